"""Systems: every stream with how far it was read, how far behind it is, and what is wrong with it."""

import json

import streamlit as st

from app.ask import Ask, Row
from app.parts import marks, notices, page, reading_again, streams, tables

_LOOK_AGAIN_SECONDS = 5


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    st.title("Systems")
    _draw(ask, user)


@st.fragment(run_every=_LOOK_AGAIN_SECONDS)
def _draw(ask: Ask, user: str) -> None:
    page.guarded(lambda: _systems(ask, user))


def _systems(ask: Ask, user: str) -> None:
    systems = ask.systems()
    if not systems:
        notices.no_systems()
        return
    st.caption(f"{marks.plain(streams.sentence(streams.standing(systems)))} Times in {ask.zone.key}.")
    reading_again.outcome()
    for system in streams.worst_first(systems):
        _system(ask, user, system)


def _system(ask: Ask, user: str, system: Row) -> None:
    with st.container(border=True):
        found = streams.worst(system)
        with st.container(horizontal=True, vertical_alignment="center"):
            about = " · ".join(part for part in (system["product"], system["role"]) if part)
            st.markdown(
                f"**{marks.plain(system['name'])}** {marks.badge(found, streams.COLOURS[found])}", width="content"
            )
            st.caption(marks.plain(about), width="stretch")
            polled = [stream for stream in system["streams"] if stream["stream"]]
            if polled:
                reading_again.button(ask, user, system["name"], [stream["stream"] for stream in polled])
        if not system["streams"]:
            st.caption("It only sends to us, and has sent no heartbeat yet: it proves no lateness.")
            return
        cells = [streams.cells(stream, ask.zone) for stream in system["streams"]]
        tables.draw(f"streams-{system['name']}", streams.columns(ask.zone), cells)
        cursors = {stream["stream"]: stream["cursor"] for stream in polled if stream["cursor"] is not None}
        if cursors:
            with st.expander("Cursors: where each stream goes on"):
                st.code(json.dumps(cursors, indent=1), language="json", wrap_lines=True)


if __name__ == "__main__":
    page.draw(render)
