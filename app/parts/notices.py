"""What a page says when there is nothing, when what there is is old, and when the store does not answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import streamlit as st

from app.ask import Ask, Row
from app.parts import marks, units

OLD = timedelta(days=1)
"""A running firm says something every day; older than this is worth a warning."""

HISTORY = timedelta(days=90)
"""Older than this is no outage but a log of the past."""

SILENT_SECONDS = 90
"""A worker gives a sign of life every few seconds."""

ARRIVAL = """\
# import an event log, as csv, xes or ocel
throughline import csv FILE --process PROCESS

# send events
curl -X POST http://127.0.0.1:{port}/api/v1/events -H 'Content-Type: application/cloudevents+json' -d @event.json"""

FIRST_SYSTEM = """\
[systems.netsuite-us]
product = "netsuite"
role = "erp"
base_url = "https://1234567.suitetalk.api.netsuite.com"
auth = { kind = "oauth2_m2m", client_id = "...", key_id = "...", secret = "file:netsuite.pem" }"""

_LOOK_AGAIN_SECONDS = 5


class Notice(NamedTuple):
    """One thing to know before reading numbers."""

    level: Literal["warning", "info"]
    title: str
    text: str


def age_notices(freshness: Row, now: datetime) -> list[Notice]:
    """What is old, as of `now`: events, the worker's sign of life."""
    found: list[Notice] = []
    newest, beat = freshness["newest_event_at"], freshness["beat_seconds"]
    if newest is not None and now - newest > HISTORY:
        found.append(
            Notice(
                "info",
                "This is history",
                f"The newest event is {units.age(newest, now)}. Periods end with it; ages count to now.",
            )
        )
    elif newest is not None and now - newest > OLD:
        found.append(
            Notice(
                "warning",
                "Nothing new has arrived",
                f"The newest event is {units.age(newest, now)}: numbers stand as of then, and what happened since is "
                "missing. Systems, in the menu, says which one is silent.",
            )
        )
    if beat is not None and beat > SILENT_SECONDS:
        found.append(
            Notice(
                "warning",
                "No worker is running",
                f"The last sign of life was {units.duration(beat)} ago: systems are not read meanwhile. "
                "Start `throughline worker`.",
            )
        )
    return found


def show(notice: Notice) -> None:
    """Draw a notice."""
    if notice.level == "warning":
        st.warning(notice.text, title=notice.title)
    else:
        st.caption(f":blue-badge[{notice.title}] {notice.text}")


def empty(ask: Ask, process: str) -> None:
    """Draw the way to the first event, and look for it every few seconds."""
    st.info(
        "No event has arrived yet. Import a log, list the systems to collect in throughline.toml, or send events. "
        "This page fills by itself.",
        title="Nothing to watch yet",
    )
    st.code(ARRIVAL.format(port=st.get_option("server.port")), language="bash", wrap_lines=True)
    _wait_for_the_first(ask, process)


@st.fragment(run_every=_LOOK_AGAIN_SECONDS)
def _wait_for_the_first(ask: Ask, process: str) -> None:
    if ask.freshness(process)["newest_event_at"] is not None:
        st.rerun()


def no_systems() -> None:
    """Draw that no system is listed, with the way to the first."""
    st.info(
        "Nothing is collected yet. List the systems in throughline.toml; `throughline systems check` says whether they "
        "can be read.",
        title="No system is listed",
    )
    st.code(FIRST_SYSTEM, language="toml", wrap_lines=True)


def nothing_found(what: str, besides: str = "") -> None:
    """Draw that filters left nothing over; `besides` is what else can be done."""
    st.info(f"No {what} fits these filters. Take one away{besides}.", title="Nothing found")


def missing(thing: str, wanted: str, page: str) -> None:
    """Draw that the address names nothing that there is, with the way to the list."""
    st.title(f"No such {thing}" if wanted else f"Which {thing}?")
    told = f"There is no {thing} “{marks.plain(wanted)}”: it may have been merged into another, or never have arrived."
    st.info(told if wanted else f"The address names no {thing}; choose one.")
    st.page_link(page, label="Look for it", icon=":material/search:")


def choose(message: str, journeys: Sequence[str]) -> None:
    """Draw that a key leads to several journeys, with the way to each."""
    st.title("Which journey?")
    st.info(f"{marks.plain(message)}.")
    for key in journeys:
        st.page_link("screens/journey.py", label=marks.plain(key), query_params={"key": key})


def question(message: str) -> None:
    """Draw that the address asks for what cannot be asked."""
    st.warning(f"{marks.plain(message)}.", title="The address cannot be answered")
    st.button("Begin at the first page", on_click=st.query_params.clear)


def failing(message: str) -> None:
    """Draw that the store does not answer."""
    st.error(
        f"{marks.plain(message[:1].upper() + message[1:])}.\n\n"
        "Nothing is lost: what was received is stored, and the pages answer again as soon as the database does.",
        title="The store does not answer",
    )
    st.button("Try again", icon=":material/refresh:")


def heading(ask: Ask, title: str, about: str = "", *, process: str) -> Row | None:
    """Draw a page's title with its as-of; how new the data is, or None after saying that there is none."""
    st.title(title)
    freshness = ask.freshness(process)
    newest = freshness["newest_event_at"]
    if newest is None:
        empty(ask, process)
        return None
    now = ask.now()
    told = f"Newest event {units.instant(newest, ask.zone)}, {units.age(newest, now)}. Times in {ask.zone.key}."
    st.caption(f"{about} {told}".strip())
    for notice in age_notices(freshness, now):
        show(notice)
    return freshness
