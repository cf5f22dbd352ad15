"""Spans: what services report of their own work on the way of a transaction, and which of them tell of one.

Kept for the waterfall only; what of them is business is an event. Source: OpenTelemetry protocol 1.11, `trace.proto`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec


class SpanKind(StrEnum):
    """What a span is on the way between services; in the order of the protocol's numbers."""

    UNSPECIFIED = "unspecified"  # nobody said
    INTERNAL = "internal"  # inside a service
    SERVER = "server"  # answers a call
    CLIENT = "client"  # calls
    PRODUCER = "producer"  # sends a message
    CONSUMER = "consumer"  # works on a message


class SpanStatus(StrEnum):
    """How a span ended; in the order of the protocol's numbers."""

    UNSET = "unset"  # without an error that anybody noticed
    OK = "ok"  # a person's code said that it went well
    ERROR = "error"  # with an error


class Span(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One span. Times are microseconds since 1970 in UTC; `parent_id` is None for the first of its trace.

    `contract`, `transaction`, `operation` and `attempt` are what its attributes say of them, None where they do not.
    `dropped` counts attributes that were not kept.
    """

    trace_id: bytes
    span_id: bytes
    parent_id: bytes | None
    name: str
    service: str
    kind: SpanKind
    status: SpanStatus
    status_message: str
    started_at: int
    ended_at: int
    contract: str | None = None
    transaction: str | None = None
    operation: str | None = None
    attempt: int | None = None
    attributes: dict[str, Any] = {}
    dropped: int = 0


Row = Mapping[str, Any]


def belonging(spans: Sequence[Row], references: Collection[str]) -> list[Row]:
    """The spans of a transaction out of whole traces, in their order: those that name it, what leads to them, and what
    they lead to, down to where another transaction begins.

    Shape: rows with `trace_id span_id parent_id transaction operation`; `references` are transactions and operations.
    """
    places = {(row["trace_id"], row["span_id"]): row for row in spans}
    inside: dict[tuple[str, str], bool] = {}
    for place in places:
        _decide(place, places, references, inside)
    kept = {place for place, is_inside in inside.items() if is_inside}
    for place in tuple(kept):
        above = _parent(places[place])
        while above in places and above not in kept:
            kept.add(above)
            above = _parent(places[above])
    return [row for place, row in places.items() if place in kept]


def _decide(
    place: tuple[str, str],
    places: Mapping[tuple[str, str], Row],
    references: Collection[str],
    inside: dict[tuple[str, str], bool],
) -> None:
    """Settle for a span, and for those above it, whether the nearest that names a transaction names this one."""
    way: list[tuple[str, str]] = []
    verdict = False
    # Who sends may say that a span is its own ancestor.
    seen: set[tuple[str, str]] = set()
    at = place
    while at in places and at not in seen:
        if at in inside:
            verdict = inside[at]
            break
        seen.add(at)
        way.append(at)
        named = {places[at]["transaction"], places[at]["operation"]} - {None}
        if named:
            verdict = not named.isdisjoint(references)
            break
        at = _parent(places[at])
    for one in way:
        inside[one] = verdict


def _parent(row: Row) -> tuple[str, str]:
    return row["trace_id"], row["parent_id"] or ""
