"""One journey: what it is, its story with the evidence, its keys, exceptions, transactions and events."""

import streamlit as st

from app.ask import Ask, Row
from app.parts import figures, filters, marks, notices, page, paging, panels, story, tables, units
from models.wording import STATES


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    key = filters.sent("key")
    row = ask.journey(key) if key else None
    if row is None:
        notices.missing("journey", key, tables.JOURNEYS_PAGE)
        return
    if notices.heading(ask, marks.plain(row["key"])) is None:
        return
    process = next(
        (one for one in ask.processes() if one["name"] == row["process"]), {"title": row["process"], "steps": []}
    )
    _about(ask, row, process)
    _exceptions(ask, row)
    names = {"story": "Story", "keys": "Keys", "transactions": "Transactions", "events": "Events", "terms": "Terms"}
    view = filters.one_of_few("Show", "view", names)
    draw = {"keys": _keys, "transactions": _transactions, "events": _events, "terms": _terms}.get(view, _story)
    draw(ask, row, process)


def _about(ask: Ask, row: Row, process: Row) -> None:
    reason = marks.plain(row["state_reason"] or STATES.get(row["state"], ""))
    st.markdown(f"{marks.state(row['state'])} {reason}")
    titles, now = story.step_titles(process["steps"]), ask.now()
    with st.grid("auto", min_column_width=130, gap="small"):
        for title, told in {
            "Process": process["title"] or process["name"],
            "Reached": tables.step_title(row["step"], titles),
            "Customer": row["customer"] or "–",
            "Value": units.money(row["value"]),
            "Money at risk": units.money(row["money_at_risk"]),
            "First event": f"{units.day(row['first_at'], ask.zone)}, {units.age(row['first_at'], now)}",
            "Last event": f"{units.day(row['last_at'], ask.zone)}, {units.age(row['last_at'], now)}",
        }.items():
            st.markdown(f"{marks.small(title)}  \n{marks.plain(told)}")


def _exceptions(ask: Ask, row: Row) -> None:
    if not row["exceptions"]:
        st.caption("No exception, now or before.")
        return
    found = [one for one in map(ask.exception, row["exceptions"][:20]) if one]
    more = len(row["exceptions"]) - len(found)
    st.subheader(units.count(len(row["exceptions"]), "exception"))
    tables.draw("exceptions", tables.EXCEPTION_COLUMNS, [tables.exception_cells(one) for one in found])
    if more:
        st.caption(f"{more:,} more are in the list of exceptions.")


def _story(ask: Ask, row: Row, process: Row) -> None:
    entries = story.story(row["steps"], process["steps"])
    if not entries:
        st.info("No step of the process has been shown yet; see Events for what has.", title="No story yet")
        return
    tables.draw("story", tables.story_columns(ask.zone), [tables.story_cells(entry, ask.zone) for entry in entries])
    unseen = story.unseen(entries, process["steps"])
    if unseen:
        st.caption(f"No evidence so far of: {marks.plain(', '.join(unseen))}.")
    st.plotly_chart(
        figures.steps_over_time(entries, ask.zone), config=figures.CONFIG, alt="Steps of this journey over time"
    )


def _keys(ask: Ask, row: Row, process: Row) -> None:
    st.caption("What each system calls it. Owned keys belong to this journey alone, shared ones may belong to several.")
    for system in ask.keys(row["key"]):
        st.markdown(f"**{marks.plain(system['system'] or 'any system')}**")
        told: dict[str, list[str]] = {}
        for one in system["keys"]:
            told.setdefault(f"{one['kind']} ({one['class']})", []).append(marks.plain(one["value"]))
        tables.facts({name: ", ".join(values) for name, values in told.items()})


def _transactions(ask: Ask, row: Row, process: Row) -> None:
    found = ask.transactions(row["key"])
    if not found:
        st.info("Middleware has reported nothing about this journey.", title="No transactions")
    for transaction in found:
        with st.container(border=True):
            panels.attempts(transaction, ask)


def _events(ask: Ask, row: Row, process: Row) -> None:
    found = ask.events(row["key"], paging.cursor())
    panels.events(found["items"], ask)
    paging.turn(found, "event")


def _terms(ask: Ask, row: Row, process: Row) -> None:
    terms = ask.terms(row["key"])
    if not terms:
        st.info("No term has been agreed or reported yet.", title="No terms")
        return
    st.caption("What is agreed, and what each system holds.")
    tables.facts({marks.words(name): panels.term(told) for name, told in terms.items()})


if __name__ == "__main__":
    page.draw(render)
