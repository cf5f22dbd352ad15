"""From the rows of a log to events, by one mapping."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from collectors.logs.mapping import Mapping, TypeRule
from collectors.logs.rows import OBJECTS, OCEL_LINES, OCEL_LINK, Fields
from models.events import LINKED, LONGEST_NAME, Event, UnreadableEventError, make_event

_TRUE = frozenset(("true", "1", "yes"))


class RowReader:
    """Turns rows into events by one mapping; `name` is the mapping's, told in errors."""

    def __init__(self, mapping: Mapping, name: str) -> None:
        self.mapping = mapping
        self.name = name
        self._zone = ZoneInfo(mapping.time_zone) if mapping.time_zone else None
        self._where = [(column, frozenset(allowed)) for column, allowed in mapping.where.items()]
        self._rules: dict[str, TypeRule | None] = {}
        self._sorted: dict[tuple[str, ...], list[str]] = {}

    def event(self, fields: Fields) -> Event | None:
        """The event that a row says; None for a row that the mapping leaves out.

        Errors: UnreadableEventError.
        """
        mapping = self.mapping
        for column, allowed in self._where:
            if fields.get(column) not in allowed:
                return None
        text = self._text
        is_link = OCEL_LINK in fields
        rule = TypeRule(LINKED) if is_link else self._rule("/".join(text(fields, name) or "" for name in mapping.type))
        source = mapping.source or text(fields, mapping.source_column)
        if not source:
            raise UnreadableEventError(f"column {mapping.source_column!r}, which names the source, is empty")
        at = self._time(fields, mapping.time)
        if at is None:
            raise UnreadableEventError(f"column {' and '.join(mapping.time)}, which tells the time, is empty")
        attributes = self._attributes(fields, mapping.attributes, rule.attributes)
        if OCEL_LINES in fields:
            attributes["lines"] = fields[OCEL_LINES]
        return make_event(
            source=source,
            id=self._id(fields),
            type=rule.type,
            occurred_at=at,
            recorded_at=self._time(fields, mapping.recorded) if mapping.recorded else None,
            sequence=text(fields, mapping.sequence),
            record=text(fields, mapping.record),
            retracts=(text(fields, mapping.retracts) or "").lower() in _TRUE,
            keys=self._keys(fields, mapping.keys, rule.keys),
            attributes=attributes,
        )

    def source(self, fields: Fields) -> str:
        """Which source a row is from that could not be read: what it says itself, else the mapping's name."""
        said = self.mapping.source or self._text(fields, self.mapping.source_column) or self.name
        return said if said.isprintable() and len(said) <= LONGEST_NAME else self.name

    def _text(self, fields: Fields, column: str) -> str | None:
        value = fields.get(column)
        if value is None or not column:
            return None
        if isinstance(value, list):
            # Only one of several can be an attribute, and none of them is the one.
            return value[0] if len(value) == 1 else None
        said = value if isinstance(value, str) else str(value)
        bare = said.strip()
        return (bare if self.mapping.trim else said) if bare else None

    def _rule(self, activity: str) -> TypeRule:
        if activity not in self._rules:
            types = self.mapping.types
            if not types and activity:
                found: str | TypeRule | None = activity
            else:
                found = types.get(activity) or types.get(f"{activity.partition('/')[0]}/*") or types.get("*")
            self._rules[activity] = TypeRule(found) if isinstance(found, str) else found
        rule = self._rules[activity]
        if rule is None:
            raise UnreadableEventError(
                f"{'/'.join(self.mapping.type)} is {activity[:80]!r}, of which no step is known; "
                f"add it to [imports.{self.name}.types]"
            )
        return rule

    def _time(self, fields: Fields, columns: tuple[str, ...]) -> datetime | None:
        parts = [said.strip() for column in columns if (said := self._text(fields, column))]
        if not parts:
            return None
        said = " ".join(parts)
        try:
            if self.mapping.time_format:
                at = datetime.strptime(said, self.mapping.time_format)  # noqa: DTZ007 - the zone follows
            else:
                at = datetime.fromisoformat(said)
        except ValueError:
            wanted = self.mapping.time_format or "ISO 8601"
            raise UnreadableEventError(
                f"{' and '.join(columns)} is {said[:40]!r}, which is no time as {wanted}"
            ) from None
        if not self.mapping.time_format and len(said) < len("2026-03-02T10:15"):
            raise UnreadableEventError(
                f"{' and '.join(columns)} is {said[:40]!r}, without a time of day; "
                f"say by time_format in [imports.{self.name}] that days are meant"
            )
        if at.tzinfo is None:
            if self._zone is None:
                raise UnreadableEventError(
                    f"{' and '.join(columns)} is {said[:40]!r}, without a zone; "
                    f"declare time_zone in [imports.{self.name}]"
                )
            at = at.replace(tzinfo=self._zone)
        try:
            return at.astimezone(UTC)
        except OverflowError:
            raise UnreadableEventError(
                f"{' and '.join(columns)} is {said[:40]!r}, outside the years 1 to 9999"
            ) from None

    def _keys(self, fields: Fields, *mappings: dict[str, str]) -> dict[str, list[str]]:
        keys: dict[str, list[str]] = {}
        for mapping in mappings:
            for name, column in mapping.items():
                if column.startswith(OBJECTS):
                    values = fields.get(column)
                else:
                    said = self._text(fields, column)
                    values = None if said is None else [said]
                    if values and self.mapping.separator:
                        values = [part.strip() for part in values[0].split(self.mapping.separator) if part.strip()]
                if values:
                    keys[name] = values
        return keys

    def _attributes(self, fields: Fields, *mappings: dict[str, str]) -> dict[str, Any]:
        return {
            name: said
            for mapping in mappings
            for name, column in mapping.items()
            if (said := self._text(fields, column)) is not None
        }

    def _id(self, fields: Fields) -> str:
        columns = self.mapping.id
        if columns:
            parts = [part for column in columns if (part := self._text(fields, column)) is not None]
            if len(parts) < len(columns):
                raise UnreadableEventError(f"column {' or '.join(columns)}, which tells events apart, is empty")
            # So 1/2 and 3 are not taken for 1 and 2/3.
            return (
                parts[0] if len(parts) == 1 else "/".join(one.replace("%", "%25").replace("/", "%2F") for one in parts)
            )
        names = tuple(fields)
        if names not in self._sorted:
            if len(self._sorted) > 1_000:
                self._sorted.clear()
            self._sorted[names] = sorted(names)
        # Empty columns say nothing: a part of the file that lacks them gives the same row.
        content = "\x1e".join([f"{name}\x1f{value}" for name in self._sorted[names] if (value := fields[name])])
        return blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def row_bytes(fields: Fields) -> bytes:
    """A row as bytes, to be kept in quarantine; `reread` reads it."""
    return json.dumps(fields, sort_keys=True).encode()


def reread(raw: bytes, reader: RowReader) -> Event | None:
    """The event of a row that was quarantined, by the mapping as it is now; None for one that it leaves out.

    Errors: UnreadableEventError.
    """
    try:
        fields = json.loads(raw)
    except ValueError as error:
        raise UnreadableEventError("the row itself is broken; mend the file and import it again") from error
    if not isinstance(fields, dict):
        raise UnreadableEventError("the row itself is broken; mend the file and import it again")
    return reader.event(fields)
