"""One figure: how it is measured, how it moved, and exactly the rows that made it."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import filters, marks, notices, page, paging, panels, tables, tiles, units
from models.figures import FigureKind

ORDERS = {
    "-seconds": "longest first",
    "seconds": "shortest first",
    "-finished_at": "last finished first",
    "started_at": "oldest first",
}


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    process, name = filters.chosen_process(ask), filters.sent("figure")
    figure = next((one for one in process["figures"] if one["name"] == name), None)
    if figure is None:
        notices.missing("figure", name, tables.OVERVIEW_PAGE)
        return
    freshness = notices.heading(ask, tiles.title(figure), tiles.definition(figure), process=process["name"])
    if freshness is None:
        return
    # What is open now has neither a period nor a past.
    is_of_now = figure["kind"] == FigureKind.EXCEPTION_AGING
    if is_of_now:
        span = filters.Span("all", f"as of {units.instant(ask.now(), ask.zone)}", None, None)
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            span = filters.span(ask, freshness["newest_event_at"])
            by = filters.cut()
    rows = [one for one in ask.figures(process["name"], span.start, span.before) if one["name"] == name]
    shown = tiles.tile(figure, rows[0] if rows else None)
    # The words over a metric are cut where a screen is narrow: what it rests on stands below.
    st.metric("Median", shown.value, shown.change, delta_color=shown.colour)
    compared = "The arrow compares with the period of the same length before." if shown.change else ""
    told = (f"{shown.basis} · {span.words}", ", ".join(part for part in (shown.spread, shown.target) if part), compared)
    st.caption("  \n".join(marks.plain(line) for line in told if line))
    if not is_of_now:
        panels.trend(ask.trend(process["name"], name, by, span.start), figure, ask, by)
    st.subheader("The rows behind it")
    _rows(ask, process, figure, span)


def _rows(ask: Ask, process: Row, figure: Row, span: filters.Span) -> None:
    words = tiles.part_words(figure["kind"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = filters.one_of_few("Part", "part", words)
        sort = filters.order("rows", ORDERS)
    question = Question(pairs({"part": part}), sort, paging.cursor())
    found = ask.rows(process["name"], figure["name"], span.start, question)
    if not found["items"]:
        notices.nothing_found("row")
        return
    now, zone = ask.now(), ask.zone
    if figure["kind"] == FigureKind.DURATION:
        cells = [tables.sample_cells(row, now, zone) for row in found["items"]]
        tables.draw("rows", tables.sample_columns(zone), cells)
    else:
        cells = [tables.span_cells(row, now, zone) for row in found["items"]]
        tables.draw("rows", tables.span_columns(zone), cells)
    paging.turn(found, "row")


if __name__ == "__main__":
    page.draw(render)
