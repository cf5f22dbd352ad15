"""Events added to the facts of a journey: what each says of steps, fields and operations, and which word counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from models.events import DIMENSIONS, HEARTBEAT, LINKED, SUBJECTS, TRANSACTION_TYPES, Event, micros
from models.facts import ELSEWHERE, TERMS, Attempt, Facts, Said, Slot
from models.process import Process, Step

KEPT_ATTRIBUTES = frozenset((*DIMENSIONS, *TERMS, "amount", "hours", "applied_to"))
_LINK_FIELDS = (*SUBJECTS, "entity", "operation")
_SUBJECT_KINDS = frozenset(SUBJECTS)
_BEFORE_TIME = 2**62  # keeps times before 1970 in order as bytes


class News(NamedTuple):
    """What some events told of, so that only what rests on it is looked at again.

    `types` of events that speak of steps, `fields` attributes that are kept, `subjects` kinds of them; `operations`:
    whether there were events about operations of middleware.
    """

    types: frozenset[str]
    fields: frozenset[str]
    subjects: frozenset[str]
    operations: bool


def everything(facts: Facts) -> News:
    """All that these facts tell of."""
    return News(
        types=frozenset(facts.slots),
        fields=frozenset(facts.said),
        subjects=frozenset(facts.subjects),
        operations=bool(facts.attempts),
    )


def version_of(event: Event) -> bytes:
    """The order of what was said about a record, as bytes that compare: sequence, else when it was written down, else
    when it happened; ties by content."""
    sequence = event.sequence
    if sequence is None:
        order = b"0" + (micros(event.recorded_at or event.occurred_at) + _BEFORE_TIME).to_bytes(8)
    elif sequence.isascii() and sequence.isdigit():
        digits = sequence.lstrip("0")
        order = f"2{len(digits):04d}{digits}\0".encode()
    else:
        order = f"1{sequence}\0".encode()
    return order + event.content_hash.bytes[:8]


class Gathering:
    """Adds events to the facts of journeys under one process version.

    `kept` are attribute names that a process asks for besides the ones every process keeps.
    """

    def __init__(self, process: Process, kept: frozenset[str] = frozenset()) -> None:
        self._steps = {step.name: step for step in process.steps}
        for withdrawal in process.withdrawals:
            # A withdrawing type that is no step itself speaks of the subjects of what it withdraws.
            self._steps.setdefault(withdrawal.by, self._steps[withdrawal.steps[0]])
        self._kept = KEPT_ATTRIBUTES | kept

    def news(self, events: Iterable[Event]) -> News:
        """What these events tell of, at most."""
        types: set[str] = set()
        names: set[str] = set()
        operations = False
        for event in events:
            if event.type in TRANSACTION_TYPES:
                operations = True
            else:
                types.add(event.type)
                names.update(event.attributes)
        return News(frozenset(types), self._kept & names, _SUBJECT_KINDS & names, operations)

    def add(self, facts: Facts | None, event: Event, contract: str | None) -> Facts:
        """The facts with this event among them; `contract` is the journey's, None while it has none."""
        at = micros(event.occurred_at)
        if facts is None:
            facts = Facts(at, at)
        else:
            facts.first_at = min(facts.first_at, at)
            facts.last_at = max(facts.last_at, at)
        if event.type in TRANSACTION_TYPES:
            self._add_attempt(facts, event, at)
        elif event.type != HEARTBEAT:
            self._add_evidence(facts, event, at, contract)
        return facts

    def add_elsewhere(self, facts: Facts, event: Event) -> None:
        """Add a version of one of the journey's records that is not among its events."""
        step = self._steps.get(event.type)
        if step is not None:
            kind, subjects = _subjects_elsewhere(event, step)
            for subject in subjects:
                place = kind, subject, _record(event), version_of(event)
                self._add_slot(facts, event, micros(event.occurred_at), step, place, ELSEWHERE + event.type)

    def _add_evidence(self, facts: Facts, event: Event, at: int, contract: str | None) -> None:
        attributes = event.attributes
        for kind in SUBJECTS:
            value = attributes.get(kind)
            if value:
                facts.subjects.setdefault(kind, {})[value] = True
        kind, subjects = "", [""]
        step = self._steps.get(event.type)
        if event.type == LINKED:
            # What a link says of a milestone is the milestone's, not the whole contract's.
            subjects = [next((value for name in SUBJECTS if (value := attributes.get(name))), "")]
        elif step is not None:
            kind, subjects = self._subjects(facts, event, step, contract)
            version = version_of(event)
            record = _record(event)
            for subject in subjects:
                self._add_slot(facts, event, at, step, (kind, subject, record, version), event.type)
        if not event.retracts:
            self._add_said(facts, event, at, subjects)

    def _add_slot(  # noqa: PLR0917 - what a slot is made of
        self, facts: Facts, event: Event, at: int, step: Step, place: tuple[str, str, str, bytes], name: str
    ) -> None:
        kind, subject, record, version = place
        records = facts.slots.setdefault(name, {}).setdefault(subject, {})
        slot = records.get(record)
        if slot is None:
            slot = records[record] = Slot()
        if event.retracts:
            if version > slot.withdrawn_version:
                slot.withdrawn_version, slot.withdrawn_at = version, at
            return
        earliest = slot.earliest_at
        if version > slot.version:
            slot.version, slot.at, slot.subject_kind = version, at, kind
            slot.recorded_at = None if event.recorded_at is None else micros(event.recorded_at)
            slot.object = _object(event, step)
            slot.fields = _fields(event.attributes)
        slot.hold_earliest(at if earliest is None else min(at, earliest))

    def _add_said(self, facts: Facts, event: Event, at: int, subjects: list[str]) -> None:
        tie = event.identity.bytes[:8]
        for name, value in event.attributes.items():
            if name not in self._kept:
                continue
            for subject in subjects:
                systems = facts.said.setdefault(name, {}).setdefault(subject, {})
                held = systems.get(event.source)
                if held is None or (at, tie) > (held.at, held.tie):
                    systems[event.source] = Said(at, tie, value)

    def _subjects(self, facts: Facts, event: Event, step: Step, contract: str | None) -> tuple[str, list[str]]:
        for kind in step.subjects:
            value = event.attributes.get(kind)
            if value:
                return kind, [value]
        lines = event.attributes.get("lines")
        if not lines or "line" not in step.subjects:
            return "", [""]
        facts.lines_of_contracts = True
        mine = sorted(
            {line["line"] for line in lines if line.get("line") and line.get("contract", contract) == contract}
        )
        return ("line", mine) if mine else ("", [""])

    def _add_attempt(self, facts: Facts, event: Event, at: int) -> None:
        said = event.attributes
        transaction = said.get("transaction") or event.record or event.id
        operation = said.get("operation") or transaction
        facts.attempts.setdefault(operation, {})[event.identity.bytes] = Attempt(
            at=at,
            outcome=event.type.removeprefix("transaction."),
            attempt=said.get("attempt") or "",
            transaction=transaction,
            flow=said.get("flow"),
            source_system=said.get("source_system"),
            target_system=said.get("target_system"),
            error_class=said.get("error_class"),
            error_message=(said.get("error_message") or "")[:500] or None,
            fields=_fields(said),
        )


def _record(event: Event) -> str:
    return f"{event.source}\0{event.record}" if event.record is not None else f"{event.source}\0\0{event.id}"


def _subjects_elsewhere(event: Event, step: Step) -> tuple[str, list[str]]:
    for kind in step.subjects:
        value = event.attributes.get(kind)
        if value:
            return kind, [value]
    lines = event.attributes.get("lines") or [] if "line" in step.subjects else []
    named = sorted({line["line"] for line in lines if line.get("line")})
    return ("line", named) if named else ("", [""])


def _object(event: Event, step: Step) -> str:
    if not step.object:
        return ""
    return min(
        (
            f"{name}:{value}"
            for name, values in event.keys.items()
            if name.rsplit("/", 1)[-1] == step.object
            for value in values
        ),
        default="",
    )


def _fields(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: attributes[name] for name in _LINK_FIELDS if attributes.get(name)}
