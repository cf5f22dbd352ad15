"""What each record says of a step now: standing, or withdrawn, when and by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.facts import Facts, Slot


class Shown(NamedTuple):
    """One record's word for a step and subject: standing, or withdrawn at `withdrawn_at` by an event type."""

    source: str
    slot: Slot
    withdrawn_at: int | None
    withdrawn_by: str | None

    @property
    def stands(self) -> bool:
        """Whether an assertion stands."""
        return self.withdrawn_at is None and self.slot.version != ""


# Step, subject, one entry a record.
Evidences = dict[str, dict[str, list[Shown]]]


def shown(facts: Facts, step: str, withdrawers: Sequence[str]) -> dict[str, list[Shown]]:
    """Subject by subject what the records say of `step`, given the event types that withdraw it."""
    voids = [(name, facts.slots[name]) for name in withdrawers if name in facts.slots]
    return {
        subject: [_judge(subject, record, slot, voids) for record, slot in records.items()]
        for subject, records in facts.slots[step].items()
    }


def standing(evidences: Evidences) -> Evidences:
    """Only what stands; a step of which nothing stands keeps an empty entry."""
    return {
        step: {
            subject: stands
            for subject, records in subjects.items()
            if (stands := [one for one in records if one.stands])
        }
        for step, subjects in evidences.items()
    }


def _judge(subject: str, record: str, slot: Slot, voids: list[tuple[str, dict[str, dict[str, Slot]]]]) -> Shown:
    best: str = slot.version
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
    return Shown(record.split("\0", 1)[0], slot, at, by)
