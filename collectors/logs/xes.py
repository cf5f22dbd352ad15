"""Reading XES (IEEE 1849): events one by one, with the attributes of their trace beside their own.

Source: https://www.tf-pm.org/resources/xes-standard. Attributes inside attributes and lists are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from collectors.logs.rows import CASE, Fault, Fields
from collectors.logs.xmlstream import parse

_VALUES = frozenset(("string", "date", "int", "float", "boolean", "id"))


class _Reading:
    """What expat calls: keeps the trace's attributes, and collects whole events."""

    def __init__(self) -> None:
        self.events: list[Fields] = []
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] | None = None
        self._inside: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        inside = self._inside
        if name in _VALUES:
            parent = inside[-1] if inside else ""
            key, value = attributes.get("key"), attributes.get("value")
            if key is not None and value is not None:
                if parent == "event" and self._event is not None:
                    self._event[key] = value
                elif parent == "trace":
                    self._trace[CASE + key] = value
        elif name == "event":
            self._event = {}
        elif name == "trace":
            self._trace = {}
        inside.append(name)

    def end(self, name: str) -> None:
        """An element ends."""
        self._inside.pop()
        if name == "event" and self._event is not None:
            self.events.append(self._trace | self._event)
            self._event = None

    def take(self) -> list[Fields]:
        """The events that have come since the last time."""
        taken, self.events = self.events, []
        return taken


def read_xes(stream: BinaryIO) -> Iterator[Fields | Fault]:
    """The events of a log. Columns: the keys of an event's attributes, and `case:` before those of its trace."""
    reading = _Reading()
    for fault in parse(stream, reading.start, reading.end):
        yield from reading.take()
        if fault is not None:
            yield fault
