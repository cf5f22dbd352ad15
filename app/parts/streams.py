"""How systems and their streams stand, in words: what is read, how far behind, what is wrong. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.ask import Row
from app.parts import marks, units
from app.parts.tables import Cell, Column, shortened

READ, FAILING, BLIND, NEVER = "read", "failing", "blind", "never read"
COLOURS = {READ: "green", FAILING: "red", BLIND: "orange", NEVER: "gray"}
_WORST_FIRST = (FAILING, BLIND, NEVER, READ)

EVENTS = "events it sends"
"""The one stream of a system that only pushes has no name of its own."""


class Standing(NamedTuple):
    """The systems in a few numbers: `lag_seconds` is that of the stream furthest behind, None where none has one."""

    systems: int
    streams: int
    failing: int
    blind: int
    never: int
    lag_seconds: float | None
    furthest: str


def state(stream: Row) -> str:
    """What a stream is: failing before blind before never read."""
    if stream["last_error"]:
        return FAILING
    if stream["blind_since"] is not None:
        return BLIND
    return NEVER if stream["last_success_at"] is None and stream["watermark"] is None else READ


def worst(system: Row) -> str:
    """The state of a system is that of its worst stream."""
    states = {state(stream) for stream in system["streams"]}
    return next((one for one in _WORST_FIRST if one in states), NEVER)


def worst_first(systems: Sequence[Row]) -> list[Row]:
    """The systems in the order in which they need somebody, then by name."""
    return sorted(systems, key=lambda one: (_WORST_FIRST.index(worst(one)), one["name"]))


def standing(systems: Sequence[Row]) -> Standing:
    """All systems in a few numbers."""
    streams = [(system, stream) for system in systems for stream in system["streams"]]
    states = [state(stream) for _, stream in streams]
    lags = [
        (stream["lag_seconds"], f"{system['name']} {stream['stream']}".strip())
        for system, stream in streams
        if stream["lag_seconds"] is not None
    ]
    lag, furthest = max(lags, default=(None, ""))
    counts = (states.count(name) for name in (FAILING, BLIND, NEVER))
    return Standing(len(systems), len(streams), *counts, lag, furthest)


def columns(zone: ZoneInfo) -> list[Column]:
    """What a list of streams shows."""
    return [
        Column("Stream", 210),
        Column("State", 100),
        Column(f"Read up to ({zone.key})", 170),
        Column("Behind", 90, "right"),
        Column("Last read", 120, "right"),
        Column("What is wrong", "stretch"),
    ]


def cells(stream: Row, zone: ZoneInfo) -> list[Cell]:
    """One stream of a list."""
    found = state(stream)
    return [
        marks.plain(stream["stream"] or EVENTS),
        marks.badge(found, COLOURS[found]),
        marks.plain(units.short_instant(stream["watermark"], zone)),
        marks.plain(units.duration(stream["lag_seconds"])) if stream["lag_seconds"] is not None else "–",
        "never" if stream["read_seconds"] is None else f"{marks.plain(units.duration(stream['read_seconds']))} ago",
        marks.plain(trouble(stream, zone)),
    ]


def trouble(stream: Row, zone: ZoneInfo) -> str:
    """What is wrong with a stream, in its own words; '' where nothing is."""
    told = []
    if stream["last_error"]:
        told.append(shortened(stream["last_error"], 240))
    elif stream["blind_since"] is not None:
        told.append(f"nothing is known since {units.instant(stream['blind_since'], zone)}")
    if stream["quarantined"]:
        told.append(units.count(stream["quarantined"], "unreadable record"))
    return "; ".join(told)


def sentence(found: Standing) -> str:
    """The systems in one sentence."""
    if not found.systems:
        return "No system is listed."
    told = f"{units.count(found.systems, 'system')}, {units.count(found.streams, 'stream')}: "
    parts = []
    if found.failing:
        parts.append(f"{found.failing} failing")
    if found.blind:
        parts.append(f"{found.blind} blind")
    if found.never:
        parts.append(f"{found.never} never read")
    if not found.streams:
        parts.append("nothing has arrived yet")
    told += ", ".join(parts) if parts else "all of them are read"
    if found.lag_seconds is not None:
        told += f"; furthest behind is {found.furthest} with {units.duration(found.lag_seconds)}"
    return f"{told}."
