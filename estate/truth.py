"""What is true of the firm at an instant: standing steps, what deserves an exception, and what only looks like it.

Written when the scenario is made, before any system's record exists; what re-runs really do is added as they do it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from estate.happenings import Happening
from estate.shown import Fact, Teller

REACHED = ("failed", "duplicate", "premature", "link_conflict", "unlinked")
"""The kinds of exception that the product finds by now; others are planted and remembered."""

UNDECIDED = timedelta(hours=48)
"""What turns on this long before now counts neither way."""

UNLINKED_GRACE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that deserves an exception from `planted_at` on, until `healed_at`.

    `key` tells faults of one kind, contract and subject apart. `operation` is the business operation of a `failed` one.
    """

    kind: str
    contract: str | None
    subject: str
    system: str
    planted_at: datetime
    key: str
    healed_at: datetime | None = None
    step: str | None = None
    operation: str | None = None
    can_be_mended: bool = False

    @property
    def id(self) -> str:
        """Stable for a seed."""
        told = f"{self.kind}|{self.contract}|{self.subject}|{self.key}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A legitimate story that must raise nothing, complete enough to be told at `since`."""

    what: str
    contract: str
    since: datetime


class Truth:
    """The facts, faults and look-alikes, asked as of an instant."""

    def __init__(self) -> None:
        self._teller = Teller()
        self._facts: list[Fact] = []
        self._is_sorted = True
        self._faults: dict[str, Fault] = {}
        self.lookalikes: list[LookAlike] = []

    def tell(self, happenings: Iterable[Happening]) -> None:
        """Learn what happens, in order of its telling."""
        before = len(self._facts)
        for happening in happenings:
            self._facts.extend(self._teller.tell(happening))
        self._is_sorted &= len(self._facts) == before

    def plant(self, fault: Fault) -> None:
        """Remember a fault; one that is known already stays as it is."""
        self._faults.setdefault(fault.id, fault)

    def heal(self, operation: str, at: datetime) -> bool:
        """What failed of this operation has been made good; whether something was open."""
        found = [one for one in self._faults.values() if one.operation == operation and not _is_healed(one, at)]
        for fault in found:
            self._faults[fault.id] = replace(fault, healed_at=at)
        return bool(found)

    def is_open(self, operation: str, at: datetime) -> bool:
        """Whether the operation has failed by then and is not made good."""
        return any(
            one.operation == operation and one.planted_at <= at and not _is_healed(one, at)
            for one in self._faults.values()
        )

    def faults(self) -> list[Fault]:
        """All of them, of every kind and time, oldest first."""
        return sorted(self._faults.values(), key=lambda one: (one.planted_at, one.id))

    def view(self, now: datetime) -> dict[str, Any]:
        """The answer of `/_estate/truth`."""
        decided, undecided = [], set()
        for fault in self.faults():
            if fault.kind not in REACHED:
                continue
            grace = UNLINKED_GRACE if fault.kind == "unlinked" else timedelta()
            if fault.planted_at - grace > now:
                continue
            healed_at = fault.healed_at if _is_healed(fault, now) else None
            if max(fault.planted_at, healed_at or fault.planted_at) > now - UNDECIDED:
                undecided.add((fault.kind, fault.contract))
            else:
                decided.append(_told(fault, healed_at))
        return {
            "now": instant(now),
            "faults": decided,
            "undecided": [
                {"kind": kind, "contract": contract}
                for kind, contract in sorted(undecided, key=lambda one: (one[0], one[1] or ""))
            ],
            "lookalikes": [
                {"what": one.what, "contract": one.contract}
                for one in sorted(self.lookalikes, key=lambda one: (one.what, one.contract))
                if one.since <= now
            ],
            "steps": self.steps(now),
        }

    def steps(self, now: datetime) -> list[dict[str, Any]]:
        """One row per contract, step and subject that stands at this instant, with its earliest standing time."""
        if not self._is_sorted:
            self._facts.sort(key=lambda one: one.told_at)
            self._is_sorted = True
        told = self._facts[: bisect_right(self._facts, now, key=lambda one: one.told_at)]
        latest: dict[tuple[str, str, str, str, str], datetime | None] = {}
        for fact in told:
            latest[fact.contract, fact.step, fact.subject, fact.system, fact.record] = fact.at
        standing: dict[tuple[str, str, str], tuple[datetime, str]] = {}
        for (contract, step, subject, system, _), at in latest.items():
            if at is None:
                continue
            known = standing.get((contract, step, subject))
            if known is None or (at, system) < known:
                standing[contract, step, subject] = (at, system)
        return [
            {"contract": contract, "step": step, "subject": subject, "at": instant(at), "system": system}
            for (contract, step, subject), (at, system) in sorted(standing.items())
        ]


def instant(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def _is_healed(fault: Fault, now: datetime) -> bool:
    return fault.healed_at is not None and fault.healed_at <= now


def _told(fault: Fault, healed_at: datetime | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": fault.id,
        "kind": fault.kind,
        "contract": fault.contract,
        "subject": fault.subject,
        "system": fault.system,
        "planted_at": instant(fault.planted_at),
        "healed_at": None if healed_at is None else instant(healed_at),
    }
    if fault.step:
        told["step"] = fault.step
    if fault.operation:
        told["operation"] = fault.operation
    return told
