"""An object-centric log held in a temporary file: events are read with their objects whatever order the log has.

The same questions are asked of it whether the log came as sqlite, XML or JSON, so the same log gives the same events.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from collectors.logs.rows import OBJECTS, OCEL_ID, OCEL_LINES, OCEL_LINK, OCEL_TIME, OCEL_TYPE, Fields

_PAGE = 1_000
_SCHEMA = """
CREATE TABLE object (id TEXT PRIMARY KEY, type TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (number INTEGER PRIMARY KEY, id TEXT, type TEXT, time TEXT, instant TEXT, attributes BLOB);
CREATE TABLE event_object (event_id TEXT, object_id TEXT);
CREATE TABLE relation (one TEXT, other TEXT);
"""
_INDEXES = """
CREATE INDEX event_object_by_event ON event_object (event_id);
CREATE INDEX relation_by_one ON relation (one);
CREATE TABLE first_seen (object_id TEXT PRIMARY KEY, instant TEXT, time TEXT) WITHOUT ROWID;
INSERT INTO first_seen
SELECT named.object_id, min(event.instant), event.time
FROM event_object AS named
INNER JOIN event ON event.id = named.event_id
WHERE event.instant IS NOT NULL
GROUP BY named.object_id;
"""
_EVENTS = "SELECT number, id, type, time, attributes FROM event WHERE number > ? ORDER BY number LIMIT ?"
_OBJECTS = """
SELECT DISTINCT event.number, object.type, named.object_id
FROM event
INNER JOIN event_object AS named ON named.event_id = event.id
LEFT JOIN object ON object.id = named.object_id
WHERE event.number BETWEEN ? AND ?
"""
_LINES = """
SELECT DISTINCT event.number, third.id, second.id
FROM event
INNER JOIN event_object AS named ON named.event_id = event.id
INNER JOIN object AS first ON first.id = named.object_id AND first.type = ?
INNER JOIN relation AS contains ON contains.one = first.id
INNER JOIN object AS second ON second.id = contains.other AND second.type = ?
INNER JOIN relation AS belongs ON belongs.one = second.id
INNER JOIN object AS third ON third.id = belongs.other AND third.type = ?
WHERE event.number BETWEEN ? AND ?
ORDER BY event.number, third.id, second.id
"""
# A link has no time of its own: it is known from when both its objects are.
_LINKS = """
SELECT DISTINCT one.id, other.id, first.instant, first.time, second.instant, second.time
FROM object AS one
INNER JOIN relation ON relation.one = one.id
INNER JOIN object AS other ON other.id = relation.other
LEFT JOIN first_seen AS first ON first.object_id = one.id
LEFT JOIN first_seen AS second ON second.object_id = other.id
WHERE one.type = ? AND other.type = ?
ORDER BY one.id, other.id
"""
_json = msgspec.json.Encoder()


class Spool:
    """The temporary file; `add_*` while the log is read, then `links` and `events`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._connection.executescript(_SCHEMA)

    def add_objects(self, rows: Iterable[tuple[str, str]]) -> None:
        """(id, type) of objects."""
        self._connection.executemany("INSERT OR IGNORE INTO object VALUES (?, ?)", rows)

    def add_events(self, rows: Iterable[tuple[str, str, str | None, dict[str, Any]]]) -> None:
        """(id, type, time as written, attributes) of events."""
        self._connection.executemany(
            "INSERT INTO event (id, type, time, instant, attributes) VALUES (?, ?, ?, ?, ?)",
            ((*row, time, _instant(time), _json.encode(attributes)) for *row, time, attributes in rows),
        )

    def add_named(self, rows: Iterable[tuple[str, str]]) -> None:
        """(event id, object id): the event names the object."""
        self._connection.executemany("INSERT INTO event_object VALUES (?, ?)", rows)

    def add_relations(self, rows: Iterable[tuple[str, str]]) -> None:
        """(object id, object id): the objects are related, whichever way round."""
        for one, other in rows:
            self._connection.executemany("INSERT INTO relation VALUES (?, ?)", ((one, other), (other, one)))

    def finish(self) -> None:
        """Make ready for reading."""
        self._connection.executescript(_INDEXES)

    def links(self, pairs: Sequence[tuple[str, str]]) -> Iterator[Fields]:
        """One row for each two related objects of these pairs of types."""
        earliest = self._connection.execute("SELECT min(instant), time FROM event").fetchone()[1]
        for pair in pairs:
            for one, other, *seen in self._connection.execute(_LINKS, pair):
                known = max((at, time) for at, time in (seen[:2], seen[2:]) if at is not None) if any(seen) else None
                yield {
                    OCEL_ID: f"link:{one}>{other}",
                    OCEL_LINK: ">".join(pair),
                    OCEL_TIME: known[1] if known else earliest,
                    OBJECTS + pair[0]: [one],
                    OBJECTS + pair[1]: [other],
                }

    def events(self, lines: tuple[str, str, str] | None) -> Iterator[Fields]:
        """The events in the order they came, with their attributes, their objects by type and, where `lines` names
        three types (named, in between, contract), the lines of the contracts that they reach over two relations."""
        reached = 0
        while page := self._connection.execute(_EVENTS, (reached, _PAGE)).fetchall():
            span = (page[0][0], page[-1][0])
            objects: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
            for number, type_, object_id in self._connection.execute(_OBJECTS, span):
                objects[number][OBJECTS + (type_ or "")].append(object_id)
            parts: dict[int, list[dict[str, str]]] = defaultdict(list)
            for number, contract, line in self._connection.execute(_LINES, (*lines, *span)) if lines else ():
                parts[number].append({"contract": contract, "line": line})
            for number, id_, type_, time, attributes in page:
                fields: Fields = msgspec.json.decode(attributes)
                fields |= {OCEL_ID: id_, OCEL_TYPE: type_, OCEL_TIME: time}
                fields |= {column: sorted(ids) for column, ids in objects[number].items()}
                if number in parts:
                    fields[OCEL_LINES] = parts[number]
                yield fields
            reached = span[1]

    @property
    def size(self) -> int:
        """How many events it holds."""
        return int(self._connection.execute("SELECT count(*) FROM event").fetchone()[0])


@contextmanager
def spool() -> Iterator[Spool]:
    """An empty spool; its file goes when it is closed."""
    with (
        TemporaryDirectory(prefix="throughline-") as folder,
        closing(sqlite3.connect(Path(folder) / "spool")) as connection,
    ):
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;")
        yield Spool(connection)


def _instant(time: str | None) -> str | None:
    """A time as text that compares; None when it cannot be read."""
    try:
        at = datetime.fromisoformat(time or "")
        return (at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return None
