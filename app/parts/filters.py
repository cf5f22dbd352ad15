"""Filters that live in the query string as plain values.

The address is the truth: a widget shows what it says, a change is written into it, and a value that is not on offer is
refused before anything is asked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import streamlit as st

from app.ask import Ask, Row
from app.parts import marks, units
from models.events import LONGEST_KEY, LONGEST_KEY_NAME
from models.figures import PeriodKind

LONGEST = 200
"""Characters of a filter that is typed or sent."""

# With the colon between kind and value, and one more: what had to be cut is no key.
_LONGEST_KEY = LONGEST_KEY_NAME + LONGEST_KEY + 2

SPANS: dict[str, tuple[str, int | None]] = {
    "30d": ("30 days", 30),
    "90d": ("90 days", 90),
    "12m": ("12 months", 365),
    "all": ("all time", None),
}
"""Periods on offer: their words, and their days; they end with the newest event."""

USUAL_SPAN = "12m"

EVERYTHING = "all"
"""In the address: a filter that was emptied, where an absent one means its usual choice."""


class Span(NamedTuple):
    """A period up to now: `name` is one of SPANS, `words` says it. `before` begins the one of the same length before.

    Both are None for all time.
    """

    name: str
    words: str
    start: datetime | None
    before: datetime | None


def chosen_process(ask: Ask) -> Row:
    """The process that pages are about: the one in the address, else the last one chosen, else the first with journeys.

    `name` is '' when none is loaded.
    """
    loaded = {one["name"]: one for one in ask.processes()}
    nothing: Row = {"name": "", "title": "No process", "journeys": 0, "steps": [], "figures": []}
    wanted = (st.query_params.get("process", ""), st.session_state.get("process", ""))
    return next((loaded[name] for name in wanted if name in loaded), next(iter(loaded.values()), nothing))


def pick_process(ask: Ask) -> None:
    """Draw the choice between the loaded processes, if there is one. An address always names what was chosen."""
    loaded = {one["name"]: one["title"] or one["name"] for one in ask.processes()}
    if len(loaded) < 2:
        return
    name = chosen_process(ask)["name"]
    st.session_state["process"] = name
    if st.query_params.get("process") != name:
        st.query_params["process"] = name
    st.selectbox(
        "Process", list(loaded), key="process", format_func=loaded.get, on_change=_write, args=("process", "", ())
    )


def first_page() -> None:
    """Forget how far a list was read: another filter begins it anew."""
    st.query_params.pop("cursor", None)


def typed(label: str, key: str, placeholder: str = "") -> str:
    """What was typed, without blanks around it."""
    st.session_state[key] = sent(key)
    st.text_input(label, key=key, placeholder=placeholder, max_chars=LONGEST, on_change=_write, args=(key, "", ()))
    return sent(key)


def one_of(label: str, key: str, options: Mapping[str, str], width: int = 200) -> str:
    """The option that was chosen, of those given with their words; '' for all of them."""
    return choice(label, key, {"": "all", **options}, width)


def order(key: str, options: Mapping[str, str]) -> str:
    """A sort, of those on offer with their words."""
    return choice("Order", key, options, 220)


def choice(label: str, key: str, options: Mapping[str, str], width: int = 200) -> str:
    """One of the options given with their words; the first unless another was chosen."""
    usual = next(iter(options))
    found = st.session_state[key] = _one(key, options, usual)
    st.selectbox(
        label,
        list(options),
        key=key,
        format_func=dict(options).get,
        on_change=_write,
        args=(key, usual, ()),
        width=width,
    )
    return found


def one_of_few(label: str, key: str, options: Mapping[str, str], usual: str = "") -> str:
    """One of a few options, all of them in sight; the first unless `usual` is named or another was chosen."""
    usual = usual or next(iter(options))
    found = st.session_state[key] = _one(key, options, usual)
    st.segmented_control(
        label,
        list(options),
        key=key,
        format_func=dict(options).get,
        required=True,
        on_change=_write,
        args=(key, usual, ()),
    )
    return found


def some_of(label: str, key: str, options: Mapping[str, str], usual: Sequence[str] = ()) -> list[str]:
    """The options that were chosen, of those given with their words; none means all of them."""
    _refuse(key, [*options, EVERYTHING])
    told = st.query_params.get_all(key)
    found = [name for name in options if name in told]
    if not found and EVERYTHING not in told:
        found = list(usual)
    st.session_state[key] = found
    st.pills(
        label,
        list(options),
        selection_mode="multi",
        key=key,
        format_func=dict(options).get,
        on_change=_write,
        args=(key, "", tuple(usual)),
    )
    return found


def cut() -> str:
    """The kind of period that a trend is cut into."""
    kinds = {kind.value: kind.value for kind in (PeriodKind.WEEK, PeriodKind.MONTH)}
    return one_of_few("by", "by", kinds, PeriodKind.MONTH.value)


def sent(name: str) -> str:
    """What the address says under a name, without blanks around it; `key_sent` keeps them."""
    return st.query_params.get(name, "").strip()[:LONGEST]


def key_sent(name: str) -> str:
    """The key that the address says under a name, with the blanks around it: they belong to it."""
    return st.query_params.get(name, "")[:_LONGEST_KEY]


def narrow(name: str, value: str) -> None:
    """Put a filter into the address that no widget holds."""
    st.query_params[name] = value
    first_page()


def drop(name: str) -> None:
    """Take a filter out of the address."""
    st.query_params.pop(name, None)
    first_page()


def span(ask: Ask, newest: datetime) -> Span:
    """The chosen period."""
    name = one_of_few("Period", "period", {name: words for name, (words, _) in SPANS.items()}, USUAL_SPAN)
    return read_span(name, newest, ask)


def read_span(name: str, newest: datetime, ask: Ask) -> Span:
    """The period of so many days that ends with the day of `newest` in the reporting zone; later there is nothing."""
    days = SPANS[name][1]
    if days is None:
        return Span(name, f"all time, up to {units.day(newest, ask.zone)}", None, None)
    local = newest.astimezone(ask.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start, before = local + timedelta(days=1 - days), local + timedelta(days=1 - 2 * days)
    return Span(name, f"{units.day(start, ask.zone)} to {units.day(newest, ask.zone)}", start, before)


def _one(key: str, options: Mapping[str, str], usual: str) -> str:
    _refuse(key, list(options))
    found = sent(key)
    return found if found in options else usual


def _refuse(key: str, options: Sequence[str]) -> None:
    unknown = [value for value in st.query_params.get_all(key) if value and value not in options]
    if unknown:
        st.warning(
            f"The address asks for the {marks.plain(key)} “{marks.plain(', '.join(unknown)[:80])}”, which there is not "
            "here; it was left out."
        )


def _write(key: str, usual: str, usual_many: tuple[str, ...]) -> None:
    """Put what a widget was changed to into the address; what is usual is left out of it."""
    value = st.session_state[key]
    first_page()
    if isinstance(value, list):
        if sorted(value) == sorted(usual_many):
            st.query_params.pop(key, None)
        else:
            st.query_params[key] = value or [EVERYTHING]
    elif value in (None, "", usual):
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value
