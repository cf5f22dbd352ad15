"""Reading OCEL 2.0 as sqlite, XML or JSON: every kind goes into the spool, and is read from there.

Source: https://www.ocel-standard.org (specification 2.0). Attributes of objects are not read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from collectors.logs.jsonstream import items
from collectors.logs.rows import Fault, LogFileError
from collectors.logs.spool import Spool
from collectors.logs.xmlstream import parse

_TABLES = frozenset(("event", "object", "event_object", "object_object", "event_map_type"))


def spool_sqlite(place: Path, name: str, into: Spool) -> Iterator[Fault]:
    """Read a database, opened without writing anything beside it; yields what could not be read of it.

    Errors: LogFileError when it is no OCEL 2.0.
    """
    try:
        with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as log:
            # The file is not ours: nothing that its schema holds may run.
            log.executescript("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON;")
            tables = {row[0] for row in log.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if missing := _TABLES - tables:
                raise LogFileError(f"{name}: has no table {', '.join(sorted(missing))}; export it as OCEL 2.0")
            types = [row[0] for row in log.execute("SELECT DISTINCT ocel_type FROM event")]
            suffixes = dict(log.execute("SELECT ocel_type, ocel_type_map FROM event_map_type"))
            log.text_factory = bytes  # read as text row by row, so that a bad one costs itself only
            for question, add in (
                ("SELECT ocel_id, ocel_type FROM object", into.add_objects),
                ("SELECT ocel_event_id, ocel_object_id FROM event_object", into.add_named),
                ("SELECT ocel_source_id, ocel_target_id FROM object_object", into.add_relations),
            ):
                for row in _read(log.execute(question)):
                    if isinstance(row, Fault):
                        yield row
                    else:
                        add([(row[0] or "", row[1] or "")])
            for type_ in types:
                yield from _spool_events(log, into, type_, f"event_{suffixes.get(type_, type_)}", tables)
    except sqlite3.Error as error:
        raise LogFileError(f"{name}: is no OCEL 2.0 database that can be read ({error}); export it again") from error


def _spool_events(
    log: sqlite3.Connection, into: Spool, type_: str | None, table: str, tables: set[str]
) -> Iterator[Fault]:
    question = "SELECT ocel_id FROM event WHERE ocel_type IS ?"
    if table in tables:
        # The name of a table cannot be bound: it stands in the file's own list of tables, and is quoted.
        quoted = '"' + table.replace('"', '""') + '"'
        question = (
            "SELECT event.ocel_id AS ocel_event, said.* FROM event "  # noqa: S608
            f"LEFT JOIN {quoted} AS said ON said.ocel_id = event.ocel_id WHERE event.ocel_type IS ?"
        )
    cursor = log.execute(question, (type_,))
    columns = [column[0] for column in cursor.description][1:]
    for row in _read(cursor):
        if isinstance(row, Fault):
            yield row
            continue
        said = {name: value for name, value in zip(columns, row[1:], strict=True) if value is not None}
        time = said.pop("ocel_time", None)
        said.pop("ocel_id", None)
        into.add_events([(row[0] or "", type_ or "", time, said)])


def _read(cursor: sqlite3.Cursor) -> Iterator[list[str | None] | Fault]:
    for row in cursor:
        try:
            yield [
                value.decode() if isinstance(value, bytes) else None if value is None else str(value) for value in row
            ]
        except UnicodeDecodeError as error:
            raw = b"\t".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
            yield Fault(raw, f"no text in UTF-8: {error.reason}")


class _XmlReading:
    """What expat calls: fills the spool with the objects and events of an XML log."""

    def __init__(self, into: Spool) -> None:
        self._into = into
        self._inside: list[str] = []
        self._owner: tuple[str, str] | None = None  # ("object" or "event", id)
        self._event: tuple[str, str | None] = ("", None)
        self._attributes: dict[str, Any] = {}
        self._attribute: str | None = None
        self._text: list[str] = []

    def start(self, name: str, said: dict[str, str]) -> None:
        """An element begins."""
        parent = self._inside[-1] if self._inside else ""
        self._inside.append(name)
        if self._owner is not None:
            other = said.get("object-id")
            if other is not None and name in ("object", "relationship"):
                add = self._into.add_named if self._owner[0] == "event" else self._into.add_relations
                add([(self._owner[1], other)])
            elif name == "attribute":
                self._attribute = said.get("name")
                self._text.clear()
        elif name == "object" and parent == "objects":
            self._owner = ("object", said.get("id", ""))
            self._into.add_objects([(self._owner[1], said.get("type", ""))])
        elif name == "event" and parent == "events":
            self._owner = ("event", said.get("id", ""))
            self._event = (said.get("type", ""), said.get("time"))
            self._attributes = {}

    def text(self, data: str) -> None:
        """Text inside an element."""
        if self._attribute is not None:
            self._text.append(data)

    def end(self, name: str) -> None:
        """An element ends."""
        self._inside.pop()
        if name == "attribute" and self._attribute is not None:
            self._attributes[self._attribute] = "".join(self._text)
            self._attribute = None
        elif self._owner is not None and name == self._owner[0] and len(self._inside) == 2:
            if name == "event":
                self._into.add_events([(self._owner[1], *self._event, self._attributes)])
            self._owner = None


def spool_xml(stream: BinaryIO, into: Spool) -> Iterator[Fault]:
    """Read an XML log; yields the fault that ended the reading, if one did."""
    reading = _XmlReading(into)
    for fault in parse(stream, reading.start, reading.end, reading.text):
        if fault is not None:
            yield fault


def spool_json(stream: BinaryIO, into: Spool) -> Iterator[Fault]:
    """Read a JSON log; yields the items that could not be read, and the fault that ended the reading, if one did."""
    for found in items(stream):
        if isinstance(found, Fault):
            yield found
            continue
        name, item = found
        try:
            if name == "objects":
                related = [(_text(item["id"]), _text(one["objectId"])) for one in item.get("relationships") or ()]
                into.add_objects([(_text(item["id"]), _text(item["type"]))])
                into.add_relations(related)
            elif name == "events":
                related = [(_text(item["id"]), _text(one["objectId"])) for one in item.get("relationships") or ()]
                said = {_text(one["name"]): one["value"] for one in item.get("attributes") or ()}
                into.add_events([(_text(item["id"]), _text(item["type"]), _text(item["time"]), said)])
                into.add_named(related)
        except (KeyError, TypeError, AttributeError, UnicodeError, sqlite3.Error) as error:
            yield Fault(ascii(item).encode()[:100_000], f"{name}: no item as in OCEL 2.0 ({error!r})")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where text is wanted")
    return value
