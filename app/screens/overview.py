"""Overview: the figures of a process, how they move, and what is stuck."""

import streamlit as st

from app.ask import Ask, Row
from app.parts import filters, glance, notices, page, panels, tiles
from models.figures import FigureKind


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    process = filters.chosen_process(ask)
    freshness = notices.heading(ask, process["title"] or process["name"], process=process["name"])
    if freshness is None:
        return
    span = filters.span(ask, freshness["newest_event_at"])
    glance.draw_tiles(ask, process, span)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _trend(ask, process, span)
    with right:
        glance.draw_standing(ask, process)
    glance.draw_oldest(ask, process)
    glance.draw_quiet(ask, process)


def _trend(ask: Ask, process: Row, span: filters.Span) -> None:
    # The age of what is open now has no past: what was open then has been settled since.
    moving = {one["name"]: one for one in process["figures"] if one["kind"] != FigureKind.EXCEPTION_AGING}
    if not moving:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = filters.choice("Trend of", "trend", {name: tiles.title(one) for name, one in moving.items()}, width=320)
        by = filters.cut()
    panels.trend(ask.trend(process["name"], name, by, span.start), moving[name], ask, by)


if __name__ == "__main__":
    page.draw(render)
