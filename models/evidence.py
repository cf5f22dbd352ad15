"""What each record says of a step now: standing, or withdrawn, when and by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.facts import Facts, Slot


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
            voids = [(name, slots[name]) for name in self._withdrawers.get(step, ()) if name in slots]
            found = self._seen[step] = {
                subject: [_judge(subject, record, slot, voids) for record, slot in records.items()]
                for subject, records in slots[step].items()
            }
        return found

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


def _judge(subject: str, record: str, slot: Slot, voids: list[tuple[str, dict[str, dict[str, Slot]]]]) -> Shown:
    if not voids and not slot.withdrawn_version:
        return Shown(record, slot, None, None)
    best: bytes = slot.version
    at: int | None = None
    by: str | None = None
    if slot.withdrawn_version > best:
        best, at, by = slot.withdrawn_version, slot.withdrawn_at, "retracted"
    for name, subjects in voids:
        # What a withdrawal says without a subject, or of a step without one, is about the whole record.
        for other, records in subjects.items():
            if other and subject and other != subject:
                continue
            void = records.get(record)
            if void is not None and void.version > void.withdrawn_version and void.version > best:
                best, at, by = void.version, void.at, name
    return Shown(record, slot, at, by)
