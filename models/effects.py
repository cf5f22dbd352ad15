"""What stands in the target when an operation really worked: its effects, by the flows that the process declares."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from math import inf
from typing import NamedTuple

from models.events import SUBJECTS
from models.evidence import Evidences, Shown
from models.facts import Attempt
from models.process import Process

SKEW_MICROS = 60_000_000
"""How far the clocks of systems may differ, in microseconds."""


class Effect(NamedTuple):
    """One record that an operation may have made. `withdrawn_at` is None while it stands. Times in microseconds."""

    step: str
    subject: str
    system: str
    record: str
    at: int
    withdrawn_at: int | None


def steps_of_flow(flow: str | None, process: Process) -> list[str]:
    """The steps that stand when this flow has worked; none for a flow that the process does not declare."""
    return [effect.step for effect in process.effects if effect.flow == flow]


def effects(
    flow: str | None, target_system: str | None, attempts: Sequence[Attempt], evidences: Evidences, process: Process
) -> list[Effect]:
    """What stands, or stood, of an operation's effects since its first attempt, earliest first."""
    return sorted(
        (
            Effect(step, subject, one.source, one.record.replace("\0", "/"), one.slot.at, one.withdrawn_at)
            for step in steps_of_flow(flow, process)
            for subject, records in evidences.seen(step).items()
            for one in _concerned(subject, records, target_system, attempts)
        ),
        key=lambda effect: (effect.at, effect.step, effect.subject, effect.record),
    )


def times_lost(found: Sequence[Effect], since: int) -> int:
    """How often nothing stood any more of these effects (earliest first) where something had, after `since`."""
    lost = 0
    until: float | None = None  # when the last of those so far was withdrawn
    for effect in found:
        ends = inf if effect.withdrawn_at is None else effect.withdrawn_at
        if ends <= effect.at:
            continue
        if until is not None and until < effect.at:
            lost += until > since
            until = None
        until = ends if until is None else max(until, ends)
    return lost + (until is not None and since < until < inf)


def _concerned(
    subject: str, records: Collection[Shown], target_system: str | None, attempts: Sequence[Attempt]
) -> Iterator[Shown]:
    begun = attempts[0].at
    wanted = {kind: value for one in attempts for kind, value in one.fields.items() if kind in SUBJECTS}
    for one in records:
        if (
            one.slot.version
            and one.slot.at >= begun
            and target_system in (None, one.source)
            and (not wanted or subject == "" or wanted.get(one.slot.subject_kind) == subject)
        ):
            yield one
