"""What the events of one journey said, kept so that order, repetition and batches cannot matter.

Every part is a maximum, a minimum or a union: adding an event twice changes nothing, and two halves merge to the whole.
`models/fold.py` turns facts into steps, samples and exceptions; nothing here judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

V = TypeVar("V")

TERMS = (
    "value",
    "currency",
    "payment_terms",
    "billing_frequency",
    "rate_card",
    "start_on",
    "end_on",
    "planned_on",
    "effective_on",
    "schedule_total",
    "tax",
    "retention_ratio",
    "cap",
    "po",
    "po_balance",
)


class Slot(msgspec.Struct, array_like=True, gc=False):
    """What one record says of one step and subject: the newest assertion, the newest retraction, the earliest time
    ever.

    `version` and `withdrawn_version` are empty where nothing was said; they compare as bytes. `object` names what the
    step made, '' for the record itself. `earlier_at`: a time before `at` that was asserted once, None without one.
    """

    version: bytes = b""
    at: int = 0
    recorded_at: int | None = None
    subject_kind: str = ""
    object: str = ""
    fields: dict[str, str] = {}
    earlier_at: int | None = None
    withdrawn_version: bytes = b""
    withdrawn_at: int = 0

    @property
    def earliest_at(self) -> int | None:
        """The earliest time ever asserted, None where only retractions were heard."""
        return self.at if self.earlier_at is None and self.version else self.earlier_at

    def hold_earliest(self, at: int) -> None:
        """Keep the earliest time ever asserted."""
        self.earlier_at = None if at == self.at else at


class Said(msgspec.Struct, array_like=True, gc=False):
    """The newest value one system gave for one field; None clears. `tie` decides between events of the same time."""

    at: int
    tie: bytes
    value: str | None


class Attempt(msgspec.Struct, array_like=True, gc=False):
    """One event about an operation of middleware."""

    at: int
    outcome: str
    attempt: str
    transaction: str
    flow: str | None = None
    source_system: str | None = None
    target_system: str | None = None
    error_class: str | None = None
    error_message: str | None = None
    fields: dict[str, str] = {}


ELSEWHERE = "~"
"""Before the name of a step: what versions of the journey's records say of it that are not among its events."""

Slots = dict[str, dict[str, Slot]]
Sayings = dict[str, dict[str, Said]]
Attempts = dict[bytes, Attempt]


@dataclass(slots=True)
class Facts:
    """All that was said of one journey.

    Shape: `slots` step, subject, record; `said` field, subject, system; `subjects` kind to values seen; `attempts`
    operation to identity of the event, as bytes. `lines_of_contracts`: an event divided itself by contract lines, so
    that facts gathered before the contract was known must be gathered again.
    """

    first_at: int
    last_at: int
    slots: MutableMapping[str, Slots] = field(default_factory=dict)
    said: MutableMapping[str, Sayings] = field(default_factory=dict)
    subjects: dict[str, dict[str, bool]] = field(default_factory=dict)
    attempts: MutableMapping[str, Attempts] = field(default_factory=dict)
    lines_of_contracts: bool = False

    @property
    def has_moved(self) -> bool:
        """Whether a record of the journey has versions that are not among its events."""
        return any(name[0] == ELSEWHERE for name in self.slots)


def merge(one: Facts, other: Facts) -> Facts:
    """The facts of both; `one` is changed and returned."""
    _merge_heads(one, other)
    _merge_parts(one.slots, other.slots, _merge_subjects)
    _merge_parts(one.said, other.said, _merge_sayings)
    _merge_parts(one.attempts, other.attempts, _merge_attempts)
    return one


def together(one: Slots, other: Slots) -> Slots:
    """What both say; neither is changed."""
    return _merge_subjects(deepcopy(one), deepcopy(other))


def pack(facts: Facts) -> bytes:
    """The bytes that the store keeps."""
    return _encoder.encode(
        (
            facts.first_at,
            facts.last_at,
            _packable(facts.slots),
            _packable(facts.said),
            facts.subjects,
            _packable(facts.attempts),
            facts.lines_of_contracts,
        )
    )


def unpack(packed: bytes, later: Facts | None = None) -> Facts:
    """What `pack` packed, with what was gathered later laid over it.

    Steps, fields and operations are unpacked when they are asked for: an event needs few of them. `later` is read
    then, and may be shared.
    """
    first_at, last_at, slots, said, subjects, attempts, lines_of_contracts = _decoder.decode(packed)
    facts = Facts(
        first_at,
        last_at,
        Parts(slots, _slots, _merge_subjects, None if later is None else later.slots),
        Parts(said, _sayings, _merge_sayings, None if later is None else later.said),
        subjects,
        Parts(attempts, _attempts, _merge_attempts, None if later is None else later.attempts),
        lines_of_contracts,
    )
    if later is not None:
        _merge_heads(facts, later)
    return facts


class Parts(MutableMapping[str, V]):
    """Parts of facts by name, packed until somebody asks for them; each may have a second layer, gathered later."""

    __slots__ = ("_later", "_merge", "_open", "_packed", "_unpack")

    def __init__(
        self,
        packed: dict[str, msgspec.Raw],
        unpack: Callable[[msgspec.Raw], V],
        merge: Callable[[V, V], V],
        later: MutableMapping[str, V] | None,
    ) -> None:
        self._open: dict[str, V] = {}
        self._packed = packed
        self._unpack = unpack
        self._merge = merge
        self._later = later or {}

    def __getitem__(self, name: str) -> V:
        found = self._open.get(name)
        if found is None:
            packed, later = self._packed.get(name), self._later.get(name)
            if packed is None:
                if later is None:
                    raise KeyError(name)
                found = later
            else:
                found = self._unpack(packed)
                if later is not None:
                    found = self._merge(found, later)
            self._open[name] = found
        return found

    def __setitem__(self, name: str, part: V) -> None:
        self._open[name] = part

    def __delitem__(self, name: str) -> None:
        raise TypeError("facts are never forgotten one by one")

    def __contains__(self, name: object) -> bool:
        return name in self._packed or name in self._later or name in self._open

    def __iter__(self) -> Iterator[str]:
        return iter({**self._packed, **dict.fromkeys(self._later), **self._open})

    def __len__(self) -> int:
        return len(list(iter(self)))

    def packable(self) -> dict[str, V | msgspec.Raw]:
        """The parts as they can be packed: what nobody asked for stays as it was."""
        return {**self._packed, **{name: self[name] for name in self._later}, **self._open}


def _packable(parts: MutableMapping[str, V]) -> Any:
    return parts.packable() if isinstance(parts, Parts) else parts


class _Packed(msgspec.Struct, array_like=True):
    first_at: int
    last_at: int
    slots: dict[str, msgspec.Raw]
    said: dict[str, msgspec.Raw]
    subjects: dict[str, dict[str, bool]]
    attempts: dict[str, msgspec.Raw]
    lines_of_contracts: bool

    def __iter__(self) -> Iterator[Any]:
        return iter(msgspec.structs.astuple(self))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)
_slots = msgspec.msgpack.Decoder(Slots).decode
_sayings = msgspec.msgpack.Decoder(Sayings).decode
_attempts = msgspec.msgpack.Decoder(Attempts).decode


def _merge_heads(one: Facts, other: Facts) -> None:
    one.first_at = min(one.first_at, other.first_at)
    one.last_at = max(one.last_at, other.last_at)
    one.lines_of_contracts = one.lines_of_contracts or other.lines_of_contracts
    for kind, values in other.subjects.items():
        one.subjects.setdefault(kind, {}).update(values)


def _merge_parts(one: MutableMapping[str, V], other: MutableMapping[str, V], merge: Callable[[V, V], V]) -> None:
    for name, part in other.items():
        one[name] = merge(one[name], part) if name in one else part


def _merge_subjects(one: Slots, other: Slots) -> Slots:
    for subject, records in other.items():
        mine = one.setdefault(subject, {})
        for record, slot in records.items():
            held = mine.get(record)
            mine[record] = slot if held is None else _merge_slots(held, slot)
    return one


def _merge_slots(one: Slot, other: Slot) -> Slot:
    best, rest = (one, other) if one.version >= other.version else (other, one)
    if rest.withdrawn_version > best.withdrawn_version:
        best.withdrawn_version, best.withdrawn_at = rest.withdrawn_version, rest.withdrawn_at
    times = [at for at in (one.earliest_at, other.earliest_at) if at is not None]
    if times:
        best.hold_earliest(min(times))
    return best


def _merge_sayings(one: Sayings, other: Sayings) -> Sayings:
    for subject, systems in other.items():
        told = one.setdefault(subject, {})
        for system, said in systems.items():
            before = told.get(system)
            if before is None or (said.at, said.tie) > (before.at, before.tie):
                told[system] = said
    return one


def _merge_attempts(one: Attempts, other: Attempts) -> Attempts:
    one.update(other)
    return one
