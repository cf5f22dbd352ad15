"""Lists as rows of links and words: on a wide screen they line up, on a narrow one each row folds by itself."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import streamlit as st

from app.parts import filters, marks, units
from app.parts.story import Entry, step_title

JOURNEY_PAGE = "screens/journey.py"
JOURNEYS_PAGE = "screens/journeys.py"
EXCEPTION_PAGE = "screens/exception.py"
EXCEPTIONS_PAGE = "screens/exceptions.py"
FIGURE_PAGE = "screens/figure.py"
OVERVIEW_PAGE = "screens/overview.py"

Row = Mapping[str, Any]

_NARROW = 640
"""Pixels of a window up to which a row folds."""

# Rows need a line between them to be told apart once they fold. Headings above folded cells would say nothing: there
# each value has its heading before it, one below the other.
_STYLE = f"""
[class*='st-key-row-'] {{border-bottom: 1px solid rgba(128, 128, 128, 0.22); padding: 3px 0; row-gap: 0}}
[class*='st-key-row-'] :is(a, button) {{padding-left: 0}}
[class*='st-key-row-'] :is(a, button, button *) {{justify-content: flex-start; text-align: left}}
@media (max-width: {_NARROW}px) {{
[class*='st-key-headings-'] {{display: none}}
[class*='st-key-row-'] {{flex-direction: column; align-items: stretch; padding: 8px 0}}
[class*='st-key-row-'] > .stElementContainer {{display: flex; flex: none; gap: 8px; align-items: baseline; width: 100%}}
[class*='st-key-row-'] > .stElementContainer > * {{flex: 1 1 0; min-width: 0}}
[class*='st-key-row-'] > .stElementContainer, [class*='st-key-row-'] > .stElementContainer * {{text-align: left}}
[class*='st-key-row-'] > .stElementContainer::before {{flex: 0 0 9rem; font-size: 0.875rem; opacity: 0.7}}
[class*='st-key-row-'] > .stElementContainer:not(:has(p)) {{display: none}}
}}
"""
_NO_CLASS = re.compile(r"[^a-zA-Z0-9_-]")


class Link(NamedTuple):
    """A way to a page with its query string; `label` is plain text."""

    label: str
    page: str
    parameters: Mapping[str, str | Sequence[str]]


class Turn(NamedTuple):
    """A way to another value in the address of the same page: a link there would leave the address as it was."""

    label: str
    name: str
    value: str


Cell = str | Link | Turn
"""Markdown, or a way somewhere."""


class Column(NamedTuple):
    """A heading, and a width in pixels or what is left over."""

    title: str
    width: int | Literal["stretch"]
    align: Literal["left", "right"] = "left"


def draw(name: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Draw rows under headings; `name` is unique on the page."""
    st.html(f"<style>{_STYLE}{style(name, columns)}</style>")
    with st.container(gap=None):
        with st.container(horizontal=True, gap="small", key=f"headings-{name}"):
            for column in columns:
                st.caption(
                    f"**{column.title}**" if column.title else " ", width=column.width, text_alignment=column.align
                )
        for number, row in enumerate(rows):
            with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"row-{name}-{number}"):
                for column, cell in zip(columns, row, strict=True):
                    _draw(cell, column)


def style(name: str, columns: Sequence[Column]) -> str:
    """What the cells of one table need beyond what all cells do; `name` may come from elsewhere, titles may not."""
    # Streamlit writes a key into the name of a class with everything else replaced; what is foreign ends here too.
    table = _NO_CLASS.sub("-", name)
    told = []
    for place, column in enumerate(columns, start=1):
        cells = f"[class*='st-key-row-{table}-'] > :nth-child({place})"
        if column.width == "stretch":
            # Shared out by a least width; by the width of its text a long cell would push others down.
            both = f".st-key-headings-{table} > :nth-child({place}), {cells}"
            told.append(f"@media (min-width: {_NARROW + 1}px) {{{both} {{flex: 1 1 11rem; min-width: 0}}}}")
        told.append(f"@media (max-width: {_NARROW}px) {{{cells}::before {{content: '{column.title}'}}}}")
    return "\n".join(told)


def _draw(cell: Cell, column: Column) -> None:
    if isinstance(cell, Link):
        link(cell, column.width)
    elif isinstance(cell, Turn):
        turn(cell, column.width)
    else:
        st.markdown(f":small[{cell}]" if cell else " ", width=column.width, text_alignment=column.align)


def link(to: Link, width: int | Literal["content", "stretch"] = "content") -> None:
    """Draw a link that stays in this tab; its address can be opened and sent like any other."""
    parameters = {name: list(value) if not isinstance(value, str) else value for name, value in to.parameters.items()}
    if process := st.query_params.get("process"):
        # Whoever opens the link in a tab of its own must find the same process there.
        parameters = {"process": process} | parameters
    st.page_link(to.page, label=f":blue[{marks.plain(to.label)}]", query_params=parameters, width=width)


def turn(to: Turn, width: int | Literal["content", "stretch"] = "content") -> None:
    """Draw a way to another value in this page's address."""
    st.button(
        f":blue[{marks.plain(to.label)}]",
        key=f"turn-{to.name}-{to.value}",
        type="tertiary",
        on_click=filters.narrow,
        args=(to.name, to.value),
        width=width,
    )


def journey_link(key: str) -> Link:
    """The way to one journey."""
    return Link(key, JOURNEY_PAGE, {"key": key})


def exception_link(exception_id: str, label: str) -> Link:
    """The way to one exception."""
    return Link(label, EXCEPTION_PAGE, {"id": exception_id})


def journey_columns(zone: ZoneInfo) -> list[Column]:
    """What a list of journeys shows."""
    return [
        Column("Journey", 170),
        Column("State", 90),
        Column("Step", "stretch"),
        Column("Customer", 130),
        Column("Value", 125, "right"),
        Column(f"Last event ({zone.key})", 210),
    ]


def journey_cells(row: Row, titles: Mapping[str, str], now: datetime, zone: ZoneInfo) -> list[Cell]:
    """One journey of a list."""
    return [
        journey_link(row["key"]),
        marks.state(row["state"]),
        marks.plain(step_title(row["step"], titles)),
        marks.plain(row["customer"] or "–"),
        marks.plain(units.money(row["value"])) if row["value"] else "–",
        marks.plain(f"{units.short_instant(row['last_at'], zone)} · {units.age(row['last_at'], now)}"),
    ]


EXCEPTION_COLUMNS = [
    Column("Exception", 140),
    Column("Severity", 70),
    Column("What was said", "stretch"),
    Column("Journey", 150),
    Column("System", 110),
    Column("Age", 80, "right"),
    Column("Status", 75),
]
_ITS_JOURNEY = 3


def exception_columns(*, of_one: bool = False) -> list[Column]:
    """What a list of exceptions shows; `of_one`: all of them belong to one journey, which is known."""
    return [column for at, column in enumerate(EXCEPTION_COLUMNS) if not (of_one and at == _ITS_JOURNEY)]


def exception_cells(row: Row, *, of_one: bool = False) -> list[Cell]:
    """One exception of a list."""
    journey = row["journey"] or row["contract"]
    cells = [
        exception_link(row["id"], marks.kind(row["kind"])),
        marks.severity(row["severity"]),
        marks.plain(shortened(row["reason"], 110)),
        journey_link(journey) if journey else "–",
        marks.plain(row["system"] or "–"),
        marks.plain(units.duration(row["age_seconds"])),
        marks.status(row["status"]),
    ]
    return [cell for at, cell in enumerate(cells) if not (of_one and at == _ITS_JOURNEY)]


CAUSE_COLUMNS = [
    Column("How many", 115),
    Column("Kind", 130),
    Column("System", 110),
    Column("What was said, for example", "stretch"),
    Column("Oldest", 100, "right"),
]


def cause_cells(row: Row, now: datetime) -> list[Cell]:
    """One group of exceptions of one cause; its way narrows the list down to it."""
    return [
        Turn(units.count(row["count"], "exception"), "fingerprint", row["fingerprint"]),
        marks.plain(marks.kind(row["kind"])),
        marks.plain(row["system"] or "–"),
        marks.plain(shortened(row["reason"], 120)),
        marks.plain(units.age(row["opened_at"], now)),
    ]


def story_columns(zone: ZoneInfo) -> list[Column]:
    """What the story of a journey shows."""
    return [
        Column(f"When ({zone.key})", 150),
        Column("Step", 190),
        Column("Of", 110),
        Column("Evidence", 95),
        Column("System", 120),
        Column("Note", "stretch"),
    ]


def story_cells(entry: Entry, zone: ZoneInfo) -> list[Cell]:
    """One line of a story; what was withdrawn is struck through."""
    title = marks.plain(entry.title)
    until = f"last {units.short_instant(entry.until, zone)}" if entry.until else ""
    return [
        marks.plain(units.short_instant(entry.at, zone)) if entry.at else "not seen",
        f"~~{title}~~" if entry.is_withdrawn else f"**{title}**",
        marks.plain(entry.subject or "–"),
        marks.badge("withdrawn", "red") if entry.is_withdrawn else marks.grade(entry.grade),
        marks.plain(entry.system or "–"),
        marks.plain("; ".join(part for part in (entry.note, until) if part)),
    ]


def sample_columns(zone: ZoneInfo) -> list[Column]:
    """What a list of samples shows."""
    return [
        Column("Journey", 170),
        Column("Part", "stretch"),
        Column("Duration", 90, "right"),
        Column(f"From ({zone.key})", 155),
        Column(f"To ({zone.key})", 155),
        Column("State", 90),
        Column("Customer", 120),
    ]


def sample_cells(row: Row, now: datetime, zone: ZoneInfo) -> list[Cell]:
    """One sample of a figure; a running one counts to now."""
    seconds = row["seconds"] if row["finished_at"] else (now - row["started_at"]).total_seconds()
    return [
        journey_link(row["key"]),
        marks.plain(row["subject"] or "–"),
        marks.plain(units.duration(seconds)),
        marks.plain(units.short_instant(row["started_at"], zone)),
        marks.plain(units.short_instant(row["finished_at"], zone)) if row["finished_at"] else "running",
        marks.state(row["state"]),
        marks.plain(row["customer"] or "–"),
    ]


def span_columns(zone: ZoneInfo) -> list[Column]:
    """What a list of exceptions behind a figure shows."""
    return [
        Column("Exception", 140),
        Column("Severity", 70),
        Column("Journey", "stretch"),
        Column("System", 120),
        Column("Duration", 90, "right"),
        Column(f"Opened ({zone.key})", 155),
        Column(f"Settled ({zone.key})", 155),
    ]


def span_cells(row: Row, now: datetime, zone: ZoneInfo) -> list[Cell]:
    """One exception behind a figure; an open one counts to now."""
    seconds = row["seconds"] if row["seconds"] is not None else (now - row["started_at"]).total_seconds()
    journey = row["journey"] or row["contract"]
    return [
        exception_link(row["id"], marks.kind(row["kind"])),
        marks.severity(row["severity"]),
        journey_link(journey) if journey else "–",
        marks.plain(row["system"] or "–"),
        marks.plain(units.duration(seconds)),
        marks.plain(units.short_instant(row["started_at"], zone)),
        marks.plain(units.short_instant(row["finished_at"], zone)) if row["finished_at"] else "open",
    ]


def facts(pairs: Mapping[str, str]) -> None:
    """A list of names and what they are; values are Markdown."""
    st.table({marks.plain(name): told for name, told in pairs.items()}, border="horizontal", width="content")


def shortened(text: str, most: int) -> str:
    """At most so many characters, cut at a word."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
