"""The views of one journey: story, chart, keys, transactions, events, terms. Each asks only for what it shows."""

from collections.abc import Callable

import streamlit as st

from app.ask import Ask, Row
from app.parts import facts, figures, marks, paging, panels, spans, story, tables, waterfall


def draw_story(ask: Ask, row: Row, process: Row) -> None:
    """The steps in order of time with the evidence behind each, and the steps of which there is none."""
    entries = story.story(row["steps"], process["steps"])
    if not entries:
        st.info("No step of the process has been shown yet; see Events for what has.", title="No story yet")
        return
    tables.draw("story", tables.story_columns(ask.zone), [tables.story_cells(entry, ask.zone) for entry in entries])
    unseen = story.unseen(entries, process["steps"])
    if unseen:
        st.caption(f"No evidence so far of: {marks.plain(', '.join(unseen))}.")


def draw_chart(ask: Ask, row: Row, process: Row) -> None:
    """The steps over time."""
    entries = [entry for entry in story.story(row["steps"], process["steps"]) if entry.at is not None]
    if not entries:
        st.info("No step of the process has been shown yet.", title="Nothing to draw yet")
        return
    st.plotly_chart(
        figures.steps_over_time(entries, ask.zone),
        config=figures.CONFIG,
        alt=f"{len(entries)} steps of {row['key']} over time, the last of them {entries[-1].title}",
    )
    st.caption(f"Times in {ask.zone.key}. A line leads from where a step was first shown to where it was shown last.")


def draw_keys(ask: Ask, row: Row, process: Row) -> None:
    """What each system calls the journey."""
    st.caption("What each system calls it. Owned keys belong to this journey alone, shared ones may belong to several.")
    for system in ask.keys(row["key"]):
        st.markdown(f"**{marks.plain(system['system'] or 'in all systems')}**")
        told: dict[str, list[str]] = {}
        for one in system["keys"]:
            told.setdefault(f"{one['kind']} ({one['class']})", []).append(marks.plain(one["value"]))
        tables.facts({name: ", ".join(values) for name, values in told.items()})


def draw_transactions(ask: Ask, row: Row, process: Row) -> None:
    """What middleware did for the journey."""
    found = ask.transactions(row["key"])
    if not found:
        st.info("Middleware has reported nothing about this journey.", title="No transactions")
    opened = spans.opened(found)
    for transaction in found:
        with st.container(border=True):
            panels.attempts(transaction, ask)
            waterfall.draw(transaction, ask, is_open=transaction["operation"] == opened)


def draw_events(ask: Ask, row: Row, process: Row) -> None:
    """The events as they came, newest first."""
    found = ask.events(row["key"], paging.cursor())
    panels.events(found["items"], ask)
    paging.turn(found, "event")


def draw_terms(ask: Ask, row: Row, process: Row) -> None:
    """What is agreed, and what each system holds."""
    terms = ask.terms(row["key"])
    if not terms:
        st.info("No term has been agreed or reported yet.", title="No terms")
        return
    st.caption("What is agreed, and what each system holds.")
    tables.facts({marks.words(name): facts.term(told) for name, told in terms.items()})


VIEWS: dict[str, Callable[[Ask, Row, Row], None]] = {
    "story": draw_story,
    "chart": draw_chart,
    "keys": draw_keys,
    "transactions": draw_transactions,
    "events": draw_events,
    "terms": draw_terms,
}
"""By name, in the order in which they are offered."""
