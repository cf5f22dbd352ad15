"""Overview: the figures of a process, how they move, and what is stuck."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import figures, filters, marks, notices, page, panels, story, tables, tiles
from models.figures import FigureKind
from models.wording import MOVING, STATES, UNSETTLED


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    process = filters.chosen_process(ask)
    freshness = notices.heading(ask, process["title"] or process["name"])
    if freshness is None:
        return
    span = filters.span(ask, freshness["newest_event_at"])
    _tiles(ask, process, span)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _trend(ask, process, span)
    with right:
        _standing(ask, process)
    _exceptions(ask, process)
    _quiet(ask, process)


def _tiles(ask: Ask, process: Row, span: filters.Span) -> None:
    rows = {row["name"]: row for row in ask.figures(process["name"], span.start, span.before)}
    with st.grid("auto", min_column_width=230):
        for figure in process["figures"]:
            shown = tiles.tile(figure, rows.get(figure["name"]))
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.metric(
                    shown.title,
                    shown.value,
                    shown.change,
                    delta_color=shown.colour,
                    help=shown.definition,
                )
                st.caption("  \n".join(marks.plain(line) for line in (shown.basis, shown.spread, shown.target) if line))
                tables.link(
                    tables.Link("Open the rows", tables.FIGURE_PAGE, {"figure": figure["name"], "period": span.name})
                )
    before = "" if span.start is None else " Arrows compare with the period of the same length before."
    st.caption(
        f"{span.words[:1].upper()}{span.words[1:]} ({ask.zone.key}).{before} What runs and what is open counts to now."
    )


def _trend(ask: Ask, process: Row, span: filters.Span) -> None:
    figures_by_name = {one["name"]: one for one in process["figures"] if one["kind"] != FigureKind.EXCEPTION_AGING}
    if not figures_by_name:
        return
    titles = {name: tiles.title(figure) for name, figure in figures_by_name.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = filters.choice("Trend of", "trend", titles, width=320)
        by = filters.cut()
    panels.trend(ask.trend(process["name"], name, by, span.start), figures_by_name[name], ask, by)


def _standing(ask: Ask, process: Row) -> None:
    st.subheader("Where journeys stand")
    rows = ask.standing(process["name"])
    titles = story.step_titles(process["steps"])
    with st.container(horizontal=True, gap="xsmall"):
        for state in STATES:
            number = sum(row["count"] for row in rows if row["state"] == state)
            if number:
                tables.link(tables.Link(f"{marks.words(state)} {number:,}", tables.JOURNEYS_PAGE, {"state": [state]}))
    chosen = st.plotly_chart(
        figures.standing([row for row in rows if row["state"] in MOVING], titles),
        config=figures.CONFIG,
        key="standing",
        on_select="rerun",
        selection_mode="points",
        alt="Unfinished journeys by step and state",
    )
    for point in chosen["selection"]["points"][:1]:
        state, step = point["customdata"]
        process = {"process": sent} if (sent := filters.sent("process")) else {}
        st.switch_page(tables.JOURNEYS_PAGE, query_params={"state": state} | ({"step": step} if step else {}) | process)


def _exceptions(ask: Ask, process: Row) -> None:
    st.subheader("Oldest open exceptions")
    counts = [row for row in ask.exception_counts(process["name"]) if row["status"] in UNSETTLED]
    if not counts:
        st.success("Nothing is open.")
        return
    with st.container(horizontal=True, gap="xsmall"):
        for kind in dict.fromkeys(row["kind"] for row in counts):
            number = sum(row["count"] for row in counts if row["kind"] == kind)
            tables.link(tables.Link(f"{marks.kind(kind)} {number:,}", tables.EXCEPTIONS_PAGE, {"kind": [kind]}))
    question = Question(pairs({"status": UNSETTLED}), "opened_at", limit=8)
    tables.draw(
        "oldest",
        tables.EXCEPTION_COLUMNS,
        [tables.exception_cells(row) for row in ask.exceptions(process["name"], question)["items"]],
    )


def _quiet(ask: Ask, process: Row) -> None:
    st.subheader("Longest without news")
    question = Question(pairs({"state": MOVING}), "last_at", limit=5)
    rows = ask.journeys(process["name"], "", question)["items"]
    if not rows:
        st.success("Nothing is on its way: every journey is finished.")
        return
    titles, now = story.step_titles(process["steps"]), ask.now()
    tables.draw(
        "quiet", tables.journey_columns(ask.zone), [tables.journey_cells(row, titles, now, ask.zone) for row in rows]
    )


if __name__ == "__main__":
    page.draw(render)
