"""What each record says of a step now: standing, or withdrawn, when and by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.facts import ELSEWHERE, Facts, Slot, Slots, together

MOVED = "moved"
"""By what evidence is withdrawn when a newer version of its record is about something else."""


class Shown(NamedTuple):
    """One record's word for a step and subject: standing, or withdrawn at `withdrawn_at` by an event type.

    `record` is its system and its name there, or an event's id, apart by zero characters.
    """

    record: str
    slot: Slot
    withdrawn_at: int | None
    withdrawn_by: str | None

    @property
    def stands(self) -> bool:
        """Whether an assertion stands."""
        return self.withdrawn_at is None and self.slot.version != b""

    @property
    def source(self) -> str:
        """The system that says it."""
        return self.record.partition("\0")[0]

    @property
    def object(self) -> str:
        """What the step made, as the record calls it, or the record."""
        return self.slot.object or self.record.replace("\0", "/")


class Evidences:
    """What the records of one journey say, step by step; judged when first asked for, and once.

    `withdrawers` are the event types that withdraw a step, by the step's name.
    """

    def __init__(self, facts: Facts, withdrawers: Mapping[str, Sequence[str]]) -> None:
        self._slots = facts.slots
        self._has_moved = facts.has_moved
        self._withdrawers = withdrawers
        self._seen: dict[str, dict[str, list[Shown]]] = {}
        self._standing: dict[str, dict[str, list[Shown]]] = {}

    def seen(self, step: str) -> dict[str, list[Shown]]:
        """Subject by subject what the records say, standing or withdrawn."""
        found = self._seen.get(step)
        if found is None:
            slots = self._slots
            if step not in slots:
                return {}
            voids = [(name, self._said(name)) for name in self._withdrawers.get(step, ()) if self._is_said(name)]
            moved = slots[ELSEWHERE + step] if self._has_moved and ELSEWHERE + step in slots else {}
            found = self._seen[step] = {
                subject: [_judge(subject, record, slot, voids, moved) for record, slot in records.items()]
                for subject, records in slots[step].items()
            }
        return found

    def _is_said(self, name: str) -> bool:
        return name in self._slots or (self._has_moved and ELSEWHERE + name in self._slots)

    def _said(self, name: str) -> Slots:
        """What was said of a withdrawing type, here and elsewhere: it is about the record, wherever it was said."""
        slots = self._slots
        if not self._has_moved or ELSEWHERE + name not in slots:
            return slots[name]
        return together(slots.get(name, {}), slots[ELSEWHERE + name])

    def standing(self, step: str) -> dict[str, list[Shown]]:
        """Subject by subject only what stands; subjects of which nothing stands are left out."""
        found = self._standing.get(step)
        if found is None:
            if step not in self._slots:
                return {}
            found = self._standing[step] = {
                subject: stands
                for subject, records in self.seen(step).items()
                if (stands := [one for one in records if one.stands])
            }
        return found


def _judge(subject: str, record: str, slot: Slot, voids: list[tuple[str, Slots]], moved: Slots) -> Shown:
    if not voids and not moved and not slot.withdrawn_version:
        return Shown(record, slot, None, None)
    best: bytes = slot.version
    at: int | None = None
    by: str | None = None
    if slot.withdrawn_version > best:
        best, at, by = slot.withdrawn_version, slot.withdrawn_at, "retracted"
    other = moved.get(subject, {}).get(record)
    if other is not None:
        newest = max((other.version, other.at), (other.withdrawn_version, other.withdrawn_at))
        if newest[0] > best:
            best, at, by = *newest, MOVED
    for name, subjects in voids:
        # What a withdrawal says without a subject, or of a step without one, is about the whole record.
        for about, records in subjects.items():
            if about and subject and about != subject:
                continue
            void = records.get(record)
            if void is not None and void.version > void.withdrawn_version and void.version > best:
                best, at, by = void.version, void.at, name
    return Shown(record, slot, at, by)
