"""The sections [imports.NAME] of a process file: how the rows of a log become events; read and checked here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

import msgspec

from collectors.logs.rows import OCEL_ID, OCEL_TIME, OCEL_TYPE
from models.events import COMMON_TYPES
from models.process import Process
from models.process_file import ProcessFileError

FORMATS = ("csv", "xes", "ocel")
_ANY_TIME = datetime(2026, 12, 31, 23, 59, 58, 123_456, UTC)


class TypeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an activity of the log means, where it says more than its type: keys and attributes by column."""

    type: str
    keys: dict[str, str] = {}
    attributes: dict[str, str] = {}


class Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Types of objects: an event that names `objects` is said of the `through` related to them, as lines of the
    `contract` related to those."""

    objects: str
    through: str
    contract: str


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the rows of one log become events.

    Columns are those of the file; in XES the keys of an event's attributes, and `case:` before those of its trace; in
    OCEL the names of an event's attributes, and `objects:` before a type of object. `type` and `id` columns are joined
    by '/' (of several `id` columns a slash within is written %2F), `time` columns by a space. `types` leads from what
    stands there to an event type (`A/*` and `*` stand for the rest; absent: it is the type itself). `where` leaves out
    rows by declaration. `id` absent: the row's content tells it from others.
    """

    format: str
    source: str = ""
    source_column: str = ""
    time: tuple[str, ...] = ()
    time_format: str = ""
    time_zone: str = ""
    recorded: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    types: dict[str, str | TypeRule] = {}
    trim: bool = False
    id: tuple[str, ...] = ()
    record: str = ""
    sequence: str = ""
    retracts: str = ""
    keys: dict[str, str] = {}
    attributes: dict[str, str] = {}
    separator: str = ""
    where: dict[str, tuple[str, ...]] = {}
    delimiter: str = ","
    encoding: str = "utf-8"
    links: tuple[tuple[str, str], ...] = ()
    lines: Lines | None = None

    @property
    def columns(self) -> set[str]:
        """Every column that the mapping reads."""
        rules = [rule for rule in self.types.values() if isinstance(rule, TypeRule)]
        named = (self.source_column, self.record, self.sequence, self.retracts)
        return {
            *self.time,
            *self.recorded,
            *self.type,
            *self.id,
            *self.where,
            *self.keys.values(),
            *self.attributes.values(),
            *(column for rule in rules for column in (*rule.keys.values(), *rule.attributes.values())),
            *(column for column in named if column),
        }


_USUAL: dict[str, dict[str, Any]] = {
    "csv": {},
    "xes": {"time": ["time:timestamp"], "type": ["concept:name"]},
    "ocel": {"time": [OCEL_TIME], "type": [OCEL_TYPE], "id": [OCEL_ID]},
}


def read_mappings(process: Process, file: str) -> dict[str, Mapping]:
    """The mappings that a process file holds, checked against its steps and keys.

    Errors: ProcessFileError with every fault found, one a line, each naming `file` and the key.
    """
    mappings: dict[str, Mapping] = {}
    faults: list[str] = []
    for name, section in process.imports.items():
        usual = _USUAL.get(str(section.get("format")), {})
        try:
            mapping = msgspec.convert(usual | section, Mapping)
        except msgspec.ValidationError as error:
            faults.append(f"imports.{name}: {str(error).replace('`', chr(39))}")
            continue
        mappings[name] = mapping
        faults += [f"imports.{name}.{fault}" for fault in _faults(mapping, process)]
    if faults:
        raise ProcessFileError("\n".join(f"{file}: {fault}" for fault in faults))
    return mappings


def _faults(mapping: Mapping, process: Process) -> Iterable[str]:
    if mapping.format not in FORMATS:
        yield f"format is {mapping.format!r}; one of {', '.join(FORMATS)} is allowed"
        return
    yield from _reading_faults(mapping)
    yield from _meaning_faults(mapping, process)


def _reading_faults(mapping: Mapping) -> Iterable[str]:
    if bool(mapping.source) == bool(mapping.source_column):
        yield "source is wanted, or else source_column: which system the events are from"
    for key, found in (("time", mapping.time), ("type", mapping.type)):
        if not found:
            yield f"{key} is empty; name the column or columns that tell it"
    if mapping.time_zone and mapping.time_zone not in available_timezones():
        yield f"time_zone is {mapping.time_zone!r}; a zone of the IANA database such as 'Europe/Berlin' is allowed"
    if len(mapping.delimiter) != 1 or mapping.delimiter in '\r\n"':
        yield f"delimiter is {mapping.delimiter!r}; one character, no quote and no end of a line, is allowed"
    if not _is_encoding(mapping.encoding):
        yield f"encoding is {mapping.encoding!r}; one such as 'utf-8' or 'cp1252' is allowed"
    if mapping.time_format and not _is_time_format(mapping.time_format):
        yield f"time_format is {mapping.time_format!r}; one of Python's strptime such as '%d.%m.%Y %H:%M' is allowed"
    if mapping.format != "ocel" and (mapping.links or mapping.lines):
        yield "links and lines are for format 'ocel' only; remove them"


def _is_encoding(name: str) -> bool:
    try:
        return isinstance("".encode(name), bytes)
    except (LookupError, ValueError):
        return False


def _is_time_format(text: str) -> bool:
    """Whether a time written in this way can be read again."""
    try:
        return bool(datetime.strptime(_ANY_TIME.strftime(text), text))  # noqa: DTZ007 - the zone is another setting
    except ValueError:
        return False


def _meaning_faults(mapping: Mapping, process: Process) -> Iterable[str]:
    known = {step.name for step in process.steps} | COMMON_TYPES | {one.by for one in process.withdrawals}
    for activity, rule in mapping.types.items():
        type_ = rule if isinstance(rule, str) else rule.type
        if type_ not in known:
            yield f"types.{activity!r} is {type_!r}, which is no step of {process.name}; declare it or correct it"
    keys = process.keys
    kinds = {*keys.journey, *keys.owned, *keys.shared, *keys.context}
    rules = [rule for rule in mapping.types.values() if isinstance(rule, TypeRule)]
    for key in sorted({*mapping.keys, *(key for rule in rules for key in rule.keys)}):
        if key.rsplit("/", 1)[-1] not in kinds:
            yield f"keys.{key} is of no kind that {process.name} declares; {', '.join(sorted(kinds))} are"


def fitting(mappings: dict[str, Mapping], format_: str, columns: Callable[[Mapping], Iterable[str]]) -> list[str]:
    """Names of the mappings for a format whose columns the file has; `columns` reads the file's header by a mapping."""
    return [
        name
        for name, mapping in mappings.items()
        if mapping.format == format_ and (format_ != "csv" or mapping.columns <= set(columns(mapping)))
    ]
