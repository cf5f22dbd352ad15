"""Next and previous of a list that is read page by page: the place is a cursor in the query string."""

import streamlit as st

from app.ask import Row
from app.parts import filters, units

_TRAIL = "cursors"


def cursor() -> str:
    """Where the wanted page begins; '' is the first."""
    return st.query_params.get("cursor", "")


def _forward(following: str) -> None:
    # The cursors only lead onwards; the way back is what this session has walked.
    st.session_state[_TRAIL] = [*_walked(), cursor()]
    st.query_params["cursor"] = following


def _back() -> None:
    walked = _walked()
    st.session_state[_TRAIL] = walked[:-1]
    if walked and walked[-1]:
        st.query_params["cursor"] = walked[-1]
    else:
        filters.first_page()


def _walked() -> list[str]:
    return list(st.session_state.get(_TRAIL, [])) if cursor() else []


def turn(page: Row, thing: str, things: str = "") -> None:
    """Draw how many rows are shown and the ways to the other pages."""
    shown = units.count(len(page["items"]), thing, things)
    with st.container(horizontal=True, vertical_alignment="center"):
        if cursor():
            st.button(
                "Previous" if len(_walked()) > 1 else "First page", on_click=_back, icon=":material/chevron_left:"
            )
        if page["next"]:
            st.button("Next", on_click=_forward, args=(page["next"],), icon=":material/chevron_right:")
        whole = not cursor() and not page["next"]
        st.caption(f"{shown}, all there are" if whole else f"{shown} on this page")
