"""Spans in their places: each trace as a tree in order of time, and which of it is worth the room."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.parts import units

Row = Mapping[str, Any]

MOST_BARS = 40


class Bar(NamedTuple):
    """A span in its place: how deep below the first, when it began after the first, and how long it took.

    `is_first_of_service`: what it hangs below is of another service, or nothing.
    """

    depth: int
    offset_seconds: float
    seconds: float
    span: Row
    is_first_of_service: bool

    @property
    def is_error(self) -> bool:
        """Whether it ended with an error."""
        return bool(self.span["status"] == "error")


class Waterfall(NamedTuple):
    """The spans of one trace in the order of a tree; `left_out` counts those that there was no room for."""

    bars: list[Bar]
    left_out: int
    began_at: datetime
    seconds: float
    errors: int
    attempts: list[int]


def waterfalls(spans: Sequence[Row]) -> list[Waterfall]:
    """A waterfall for each trace, the newest first; [] without spans."""
    traces: dict[str, list[Row]] = {}
    for span in spans:
        traces.setdefault(span["trace_id"], []).append(span)
    return sorted(map(_waterfall, traces.values()), key=lambda one: one.began_at, reverse=True)


def chosen(found: Sequence[Waterfall]) -> int:
    """Which one is looked at first: the newest with an error, else the newest."""
    return next((place for place, one in enumerate(found) if one.errors), 0)


def opened(transactions: Sequence[Row]) -> str | None:
    """The operation whose waterfall is open from the start: the first that did not succeed, else the only one."""
    told = [one for one in transactions if one["span_count"]]
    failing = [one for one in told if one["state"] not in ("succeeded", "discarded")]
    return next((one["operation"] for one in failing or told[:1]), None)


def length(seconds: float) -> str:
    """How long a span took: "850 µs", "12 ms", "2.15 s", "3.2 minutes"."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 100 else units.duration(seconds)


def _waterfall(spans: list[Row]) -> Waterfall:
    began_at = min(span["started_at"] for span in spans)
    bars = _tree(spans, began_at)
    kept = _kept(bars)
    return Waterfall(
        [bar for place, bar in enumerate(bars) if place in kept],
        len(bars) - len(kept),
        began_at,
        (max(span["ended_at"] for span in spans) - began_at).total_seconds(),
        sum(bar.is_error for bar in bars),
        sorted({span["attempt"] for span in spans} - {None}),
    )


def _tree(spans: list[Row], began_at: datetime) -> list[Bar]:
    """Parents before their children, children as they began. A span whose parent was not sent stands at the top."""
    known = {span["span_id"]: span for span in spans}
    below: dict[str | None, list[Row]] = {}
    for span in sorted(spans, key=lambda one: (one["started_at"], one["span_id"])):
        below.setdefault(span["parent_id"] if span["parent_id"] in known else None, []).append(span)
    bars: list[Bar] = []
    seen: set[str] = set()
    # Spans that say of each other that they are the parent hang below nothing; they are told last.
    for start in (below.get(None, []), spans):
        waiting = [(span, 0) for span in reversed(start)]
        while waiting:
            span, depth = waiting.pop()
            if span["span_id"] in seen:
                continue
            seen.add(span["span_id"])
            after = (span["started_at"] - began_at).total_seconds()
            seconds = (span["ended_at"] - span["started_at"]).total_seconds()
            above = known.get(span["parent_id"])
            bars.append(Bar(depth, after, seconds, span, above is None or above["service"] != span["service"]))
            waiting += [(child, depth + 1) for child in reversed(below.get(span["span_id"], []))]
    return bars


def _kept(bars: list[Bar]) -> set[int]:
    """The places of what is drawn: errors first, then what took longest, with all that they hang below."""
    places = {bar.span["span_id"]: place for place, bar in enumerate(bars)}
    kept: set[int] = set()
    for place in sorted(range(len(bars)), key=lambda one: (not bars[one].is_error, -bars[one].seconds)):
        way: list[int] = []
        at: int | None = place
        while at is not None and at not in kept and at not in way and len(kept) + len(way) <= MOST_BARS:
            way.append(at)
            at = places.get(bars[at].span["parent_id"])
        if len(kept) + len(way) <= MOST_BARS:
            kept.update(way)
    return kept
