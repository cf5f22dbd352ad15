"""The parts of the overview: figures as tiles, where journeys stand, what has been open or silent for longest."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import figures, filters, marks, story, tables, tiles, units
from models.wording import MOVING, STATES, UNSETTLED


def draw_tiles(ask: Ask, process: Row, span: filters.Span) -> None:
    """Every figure of the process that has samples, with what it rests on; each opens its rows."""
    rows = {row["name"]: row for row in ask.figures(process["name"], span.start, span.before)}
    empty = [one for one in process["figures"] if not tiles.has_samples(rows.get(one["name"]))]
    figures_shown = [one for one in process["figures"] if one not in empty] or empty
    shown = [(figure, tiles.tile(figure, rows.get(figure["name"]))) for figure in figures_shown]
    with st.grid("auto", min_column_width=230):
        for figure, tile in shown:
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.metric(tile.title, tile.value, tile.change, delta_color=tile.colour, help=tile.definition)
                st.caption("  \n".join(marks.plain(line) for line in (tile.basis, tile.spread, tile.target) if line))
                to = {"figure": figure["name"], "period": span.name}
                tables.link(tables.Link("Open the rows", tables.FIGURE_PAGE, to))
    compared = any(tile.change for _, tile in shown)
    st.caption(
        f"{span.words[:1].upper()}{span.words[1:]} ({ask.zone.key}). "
        f"{'Arrows compare with the period of the same length before. ' if compared else ''}"
        "What runs and what is open counts to now."
    )
    if empty and empty != figures_shown:
        names = "\n".join(f"- {marks.plain(tiles.title(one))}" for one in empty)
        st.caption(f"{units.count(len(empty), 'figure')} without any sample.", help=names)


def draw_standing(ask: Ask, process: Row) -> None:
    """How many journeys are in which state, and at which step the unfinished ones are; each number opens them."""
    st.subheader("Where journeys stand")
    rows = ask.standing(process["name"])
    with st.container(horizontal=True, gap="xsmall"):
        for state in STATES:
            number = sum(row["count"] for row in rows if row["state"] == state)
            if number:
                tables.link(tables.Link(f"{marks.words(state)} {number:,}", tables.JOURNEYS_PAGE, {"state": state}))
    moving = [row for row in rows if row["state"] in MOVING]
    if not moving:
        st.success("Every journey is finished.")
        return
    chosen = st.plotly_chart(
        figures.standing(moving, story.step_titles(process["steps"])),
        config=figures.CONFIG,
        key="standing",
        on_select="rerun",
        selection_mode="points",
        alt="Unfinished journeys by step and state",
    )
    for point in chosen["selection"]["points"][:1]:
        state, step = point["customdata"]
        wanted = {"process": filters.sent("process"), "state": state, "step": step}
        st.switch_page(tables.JOURNEYS_PAGE, query_params={name: value for name, value in wanted.items() if value})


def draw_oldest(ask: Ask, process: Row) -> None:
    """What is open, by kind, and what has been open for longest."""
    st.subheader("Oldest open exceptions")
    counts = [row for row in ask.exception_counts(process["name"]) if row["status"] in UNSETTLED]
    if not counts:
        st.success("Nothing is open.")
        return
    with st.container(horizontal=True, gap="xsmall"):
        for kind in dict.fromkeys(row["kind"] for row in counts):
            number = sum(row["count"] for row in counts if row["kind"] == kind)
            tables.link(tables.Link(f"{marks.kind(kind)} {number:,}", tables.EXCEPTIONS_PAGE, {"kind": kind}))
    question = Question(pairs({"status": UNSETTLED}), "opened_at", limit=8)
    found = ask.exceptions(process["name"], question)["items"]
    tables.draw("oldest", tables.EXCEPTION_COLUMNS, [tables.exception_cells(row) for row in found])


def draw_quiet(ask: Ask, process: Row) -> None:
    """Unfinished journeys of which nothing has been heard for longest."""
    rows = ask.journeys(process["name"], "", Question(pairs({"state": MOVING}), "last_at", limit=5))["items"]
    if not rows:
        return
    st.subheader("Longest without news")
    titles, now = story.step_titles(process["steps"]), ask.now()
    cells = [tables.journey_cells(row, titles, now, ask.zone) for row in rows]
    tables.draw("quiet", tables.journey_columns(ask.zone), cells)
