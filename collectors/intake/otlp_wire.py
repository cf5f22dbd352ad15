"""OTLP requests taken apart: spans and log records one by one, from protobuf or JSON, as they were sent.

One that cannot be read costs itself; a body that is no request at all is refused whole. Source: OpenTelemetry protocol
1.11, `docs/specification.md` ("JSON Protobuf Encoding") and its proto files.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from models.errors import SkipRecord

MOST_ATTRIBUTES = 500
"""Attributes that are looked at of one span or record. The SDKs of the project send 128 at most."""

LARGEST_TIME = 2**64


class Encoding(StrEnum):
    """How a request is written."""

    PROTOBUF = "protobuf"
    JSON = "json"


class Signal(StrEnum):
    """What a request carries."""

    TRACES = "traces"
    LOGS = "logs"


class UndecodableError(SkipRecord):
    """A body that is no OTLP request, or a part of one that is no span or record; says what is wrong."""


class WireEvent(NamedTuple):
    """An event inside a span. `at` is in nanoseconds since 1970."""

    at: int
    name: str
    attributes: dict[str, Any]


class WireSpan(NamedTuple):
    """A span as it was sent. Times are nanoseconds since 1970, 0 for unknown; an empty `parent_id` means none."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    name: str
    kind: int
    status: int
    message: str
    started: int
    ended: int
    attributes: dict[str, Any]
    dropped: int
    events: list[WireEvent]


class WireLog(NamedTuple):
    """A log record as it was sent. `at`: nanoseconds since 1970; when it was observed where nothing else is known."""

    trace_id: bytes
    span_id: bytes
    at: int
    name: str
    severity: int
    severity_text: str
    body: Any
    attributes: dict[str, Any]


class Item(NamedTuple):
    """One span or record with the attributes of its resource; `fault` says why where there is none.

    `raw` makes a request in JSON that holds it alone: what is kept where it cannot be taken.
    """

    resource: dict[str, Any]
    sent: WireSpan | WireLog | None
    raw: Callable[[], bytes]
    fault: str = ""


Items = Iterator[Item]


def as_text(value: bytes) -> str:
    """Bytes as JSON holds them."""
    return b64encode(value).decode()
