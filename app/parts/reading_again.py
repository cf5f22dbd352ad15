"""Reading a stream again from a page: which one, since when and why; then what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

import streamlit as st

from app.ask import Ask
from app.parts import marks
from models.errors import ThroughlineError

_ASKING = "read_again_asked_for"
_TOLD = "read_again_told"
_STREAM, _SINCE, _REASON = "read_again_stream", "read_again_since", "read_again_reason"


def button(ask: Ask, user: str, system: str, streams: Sequence[str]) -> None:
    """Draw the way to reading a stream of a system again."""
    st.button(
        "Read again …",
        key=f"read-again-{system}",
        icon=":material/history:",
        help="Reads a window of a stream once more. What was read before is recognised, and counts once.",
        on_click=_ask_for,
        args=(system,),
    )
    if st.session_state.get(_ASKING) == system:
        _dialog(ask, user, system, streams)


def outcome() -> None:
    """Draw what became of the last wish, once."""
    told, is_well = st.session_state.pop(_TOLD, ("", True))
    if told and is_well:
        st.success(told)
    elif told:
        st.error(told, title="Not read again")


@st.dialog("Read a stream again", on_dismiss=lambda: _ask_for(""))
def _dialog(ask: Ask, user: str, system: str, streams: Sequence[str]) -> None:
    if st.session_state.get(_ASKING) != system:
        # What was asked for is on its way: close.
        st.rerun()
    st.markdown(f"The stream of **{marks.plain(system)}** is read anew by the next free worker, within a few seconds.")
    st.selectbox("Stream", streams, key=_STREAM)
    st.date_input("Changed since", value=None, key=_SINCE, help=f"A day in {ask.zone.key}; empty: from the beginning.")
    st.text_input("Why", key=_REASON, max_chars=500, placeholder="for the audit log")
    st.button("Read it again", type="primary", on_click=_act, args=(ask, user, system))


def _act(ask: Ask, user: str, system: str) -> None:
    stream: str = st.session_state[_STREAM]
    day: date | None = st.session_state.get(_SINCE)
    start = None if day is None else datetime.combine(day, time(), ask.zone).astimezone(UTC)
    try:
        is_there = ask.read_again(system, stream, start, st.session_state.get(_REASON) or "", user)
    except ThroughlineError as error:
        st.session_state[_TOLD] = (marks.plain(str(error)), False)
    else:
        since = f"what changed since {day:%-d %b %Y}" if day else "all of it"
        told = f"{system} {stream} is read again, {since}." if is_there else f"{system} has no stream {stream}."
        st.session_state[_TOLD] = (marks.plain(told), is_there)
    _ask_for("")


def _ask_for(system: str) -> None:
    st.session_state[_ASKING] = system
