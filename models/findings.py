"""What a journey's facts show that somebody must settle: failed operations, steps out of order, duplicates. Pure
rules."""

from __future__ import annotations

from typing import NamedTuple

from models.derived import AttemptRow, ExceptionRow, TransactionRow
from models.effects import SKEW_MICROS, effects, times_lost
from models.events import SUBJECTS
from models.evidence import Evidences, Shown
from models.exceptions import SEVERITY, ExceptionKind, exception_id
from models.facts import Attempt, Facts
from models.fingerprint import fingerprint
from models.process import Process, Step, Wait

_FAILURES = ("failed", "dead_lettered")
_RANK = {"started": 0, "failed": 1, "dead_lettered": 2, "replayed": 3, "discarded": 4, "succeeded": 5}


def failures(facts: Facts, evidences: Evidences, process: Process) -> tuple[list[TransactionRow], list[ExceptionRow]]:
    """Every operation with its attempts, and an exception for each that ever failed (settled or open)."""
    transactions: list[TransactionRow] = []
    exceptions: list[ExceptionRow] = []
    for operation, told in sorted(facts.attempts.items()):
        attempts = sorted(told.items(), key=_order)
        row = _transaction(operation, attempts)
        transactions.append(row)
        found = _failed(row, [attempt for _, attempt in attempts], evidences, process)
        if found is not None:
            exceptions.append(found)
    return transactions, exceptions


def prematures(facts: Facts, evidences: Evidences, process: Process, contract: str) -> list[ExceptionRow]:
    """Steps at whose time nothing had ever shown the step they wait for."""
    rows: list[ExceptionRow] = []
    for step in process.steps:
        subjects = evidences.standing(step.name) if step.waits_for else None
        if not subjects or _excused(facts, step):
            continue
        for subject, shown in sorted(subjects.items()):
            for wait in step.waits_for:
                concerned = [one for one in shown if not wait.subject or one.slot.subject_kind == wait.subject]
                first = min(concerned, key=lambda one: (one.slot.at, one.source), default=None)
                if first is None or _waited(facts, wait, subject, first.slot.at):
                    continue
                anchor = [contract, step.name, subject]
                rows.append(
                    ExceptionRow(
                        exception_id=exception_id(ExceptionKind.PREMATURE, anchor),
                        kind=ExceptionKind.PREMATURE,
                        anchor=anchor,
                        opened_at=first.slot.at,
                        reason=f"{step.name} happened before {wait.step}",
                        fingerprint=fingerprint("premature", step.name, wait.step),
                        severity=SEVERITY[ExceptionKind.PREMATURE],
                        step=step.name,
                        subject=subject,
                        system=first.source,
                    )
                )
                break
    return rows


def duplicates(evidences: Evidences, process: Process) -> list[ExceptionRow]:
    """Objects of one step that stood at the same time for one combination of what they must be alone by.

    The same objects are one exception, for however many combinations (lines of a project) or steps: as of the first.
    """
    rows: dict[str, ExceptionRow] = {}
    for step in process.steps:
        if step.alone_by is None:
            continue
        groups: dict[tuple[str, ...], dict[str, tuple[int, int | None]]] = {}
        for records in evidences.seen(step.name).values():
            for one in records:
                fields = one.slot.fields
                if not one.slot.version or any(not fields.get(name) for name in step.needs):
                    continue
                group = (one.source, *(fields.get(name, "") for name in step.alone_by))
                _stood(groups.setdefault(group, {}), one)
        for group, objects in sorted(groups.items()):
            found = _duplicate(step, group, objects) if len(objects) > 1 else None
            if found is not None:
                known = rows.get(found.exception_id)
                rows[found.exception_id] = found if known is None else _same_objects(known, found)
    return list(rows.values())


def _order(item: tuple[bytes, Attempt]) -> tuple[int, int, str, int, bytes]:
    identity, attempt = item
    number = attempt.attempt if attempt.attempt.isdigit() else ""
    return attempt.at, len(number), number, _RANK.get(attempt.outcome, 0), identity


def _transaction(operation: str, attempts: list[tuple[bytes, Attempt]]) -> TransactionRow:
    def newest(name: str) -> str | None:
        return next((value for _, one in reversed(attempts) if (value := getattr(one, name))), None)

    return TransactionRow(
        transaction=attempts[0][1].transaction,
        operation=operation,
        state=attempts[-1][1].outcome,
        attempts=[
            AttemptRow(
                one.at, one.outcome, one.attempt, one.transaction, identity.hex(), one.error_class, one.error_message
            )
            for identity, one in attempts
        ],
        flow=newest("flow"),
        source_system=newest("source_system"),
        target_system=newest("target_system"),
    )


class _Course(NamedTuple):
    """How an operation went, by what middleware told of it alone; `cause` is the failure that tells most."""

    opened_at: int
    cause: Attempt
    settled_at: int | None
    settled_by: str | None
    replayed_at: int | None
    reopened: int


def _course(attempts: list[Attempt]) -> _Course | None:
    """None where it never failed."""
    opened_at = settled_at = settled_by = replayed_at = None
    reopened = 0
    cause: Attempt | None = None
    for attempt in attempts:
        if attempt.outcome in _FAILURES:
            if opened_at is None:
                opened_at = attempt.at
            elif settled_at is not None:
                reopened += 1
            settled_at = settled_by = replayed_at = None
            if attempt.error_class or attempt.error_message or cause is None:
                cause = attempt
        elif attempt.outcome in ("succeeded", "discarded") and opened_at is not None and settled_at is None:
            settled_at = attempt.at
            settled_by = "a later attempt" if attempt.outcome == "succeeded" else "discarded"
        elif attempt.outcome == "replayed":
            replayed_at = attempt.at
    if opened_at is None or cause is None:
        return None
    return _Course(opened_at, cause, settled_at, settled_by, replayed_at, reopened)


def _failed(
    row: TransactionRow, attempts: list[Attempt], evidences: Evidences, process: Process
) -> ExceptionRow | None:
    course = _course(attempts)
    if course is None:
        return None
    opened_at, cause, settled_at, settled_by, replayed_at, reopened = course
    if settled_at is None:
        made = effects(row.flow, row.target_system, attempts, evidences, process)
        reopened += times_lost(made, opened_at)
        stands_since = next((effect.at for effect in made if effect.withdrawn_at is None), None)
        if stands_since is not None:
            was_replayed = replayed_at is not None and stands_since >= replayed_at - SKEW_MICROS
            settled_at, settled_by = (
                max(stands_since, opened_at),
                "its effect, after a replay" if was_replayed else "by hand",
            )
    named = next((one.fields for one in attempts if one.fields), {})
    said = ": ".join(part for part in (cause.error_class, cause.error_message) if part) or "no reason was given"
    return ExceptionRow(
        exception_id=exception_id(ExceptionKind.FAILED, [row.operation]),
        kind=ExceptionKind.FAILED,
        anchor=[row.operation],
        opened_at=opened_at,
        reason=said,
        fingerprint=fingerprint("failed", cause.error_class, cause.error_message),
        severity=SEVERITY[ExceptionKind.FAILED],
        step=next((effect.step for effect in process.effects if effect.flow == row.flow), None),
        subject=next((named[kind] for kind in SUBJECTS if kind in named), ""),
        system=row.target_system or row.source_system,
        transaction=row.transaction,
        operation=row.operation,
        settled_at=settled_at,
        settled_by=settled_by,
        reopened_count=reopened,
    )


def _excused(facts: Facts, step: Step) -> bool:
    if not step.excused_by:
        return False
    return any(
        said.value
        for systems in facts.said.get(step.excused_by, {}).values()
        for said in systems.values()
        if said.value is not None and said.value.lower() != "false"
    )


def _waited(facts: Facts, wait: Wait, subject: str, at: int) -> bool:
    subjects = facts.slots.get(wait.step, {})
    records = (
        list(subjects.get(subject, {}).values())
        if wait.subject
        else [slot for slots in subjects.values() for slot in slots.values()]
    )
    return any(slot.earliest_at is not None and slot.earliest_at <= at for slot in records)


def _same_objects(one: ExceptionRow, other: ExceptionRow) -> ExceptionRow:
    """One row for both: opened by the first, settled when both are."""
    first, second = (other, one) if other.opened_at < one.opened_at else (one, other)
    if first.settled_at is not None:
        later = second.settled_at
        first.settled_at = None if later is None else max(first.settled_at, later)
        first.settled_by = None if later is None else first.settled_by
    return first


def _stood(objects: dict[str, tuple[int, int | None]], one: Shown) -> None:
    """Widen the time during which this record's object stood."""
    begun, ended = one.slot.at, one.withdrawn_at
    held = objects.get(one.object)
    if held is not None:
        begun = min(begun, held[0])
        ended = None if ended is None or held[1] is None else max(ended, held[1])
    objects[one.object] = (begun, ended)


def _duplicate(step: Step, group: tuple[str, ...], objects: dict[str, tuple[int, int | None]]) -> ExceptionRow | None:
    stood = sorted((begun, name, ended) for name, (begun, ended) in objects.items())
    overlapping: set[str] = set()
    opened_at = settled_at = None
    for place, (begun, name, _) in enumerate(stood):
        beside = {other for _, other, ended in stood[:place] if ended is None or ended > begun}
        if beside:
            overlapping |= beside | {name}
            opened_at = begun if opened_at is None else opened_at
    if opened_at is None:
        return None
    still = sorted(name for name in overlapping if objects[name][1] is None)
    if len(still) < 2:
        settled_at = max(ended for name in overlapping if (ended := objects[name][1]) is not None)
    names = sorted(overlapping)
    return ExceptionRow(
        exception_id=exception_id(ExceptionKind.DUPLICATE, names),
        kind=ExceptionKind.DUPLICATE,
        anchor=names,
        opened_at=opened_at,
        reason=f"{step.name}: {group[0]} has {' and '.join(names)} for the same {' and '.join(step.alone_by or ())}",
        fingerprint=fingerprint("duplicate", step.name),
        severity=SEVERITY[ExceptionKind.DUPLICATE],
        step=step.name,
        subject=group[1] if len(group) > 1 and step.alone_by and step.alone_by[0] in SUBJECTS else "",
        system=group[0],
        settled_at=settled_at,
        settled_by=None if settled_at is None else "one of them withdrawn",
    )
