"""What the program found in the firm against what is true of it (interfaces.md, section 6).

To be asked with the firm's clock stopped and every stream read up to its time. Compared are:

- journeys: one for each contract of the truth and none besides. A journey without a contract (an opportunity that has
  not become one yet) is nobody's contract, and no journey too many as long as it is provisional.
- steps: a row of the truth for each contract, step and subject that stands, at its second, and no other standing step.
  `customer.*` are standing conditions: they belong to a customer, are not in the truth, and are left out of ours.
  Left out too is what is not seen but inferred.
- exceptions that are not over: one for each unhealed fault, by kind and contract, and none besides. What the truth
  calls undecided counts neither way.
- exceptions that were settled: each for a fault that the truth knows, whether healed or not.
- look-alikes: nothing on their contracts, open or settled, that the truth does not list as a fault.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from tests.firm.running import Estate, Web, instant

_STANDS = frozenset({"observed", "contradicted"})
_STANDING_CONDITION = "customer."
_WITHDRAWN = "withdrawn"
_PROVISIONAL = "provisional"
_OVER = frozenset({"settled", _WITHDRAWN})


Row = Mapping[str, Any]
Place = tuple[str, str, str]
Case = tuple[str, str | None]


@dataclass(frozen=True)
class Told:
    """What both sides say, as their interfaces answer it."""

    truth: Row
    journeys: Sequence[Row]
    exceptions: Sequence[Row]

    @property
    def contracts(self) -> set[str]:
        """Every contract that the truth speaks of."""
        return {row["contract"] for row in self.truth["steps"]}


@dataclass(frozen=True)
class Difference:
    """Where the two sides differ; all empty when they do not."""

    journeys_missing: list[str] = field(default_factory=list)
    journeys_too_many: list[str] = field(default_factory=list)
    steps_missing: list[Place] = field(default_factory=list)
    steps_too_many: list[Place] = field(default_factory=list)
    steps_off: list[tuple[Place, str, str]] = field(default_factory=list)
    exceptions_missing: list[Case] = field(default_factory=list)
    exceptions_invented: list[Case] = field(default_factory=list)
    settled_without_fault: list[Case] = field(default_factory=list)
    lookalikes_disturbed: list[tuple[str, str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))

    def __str__(self) -> str:
        """How many of each, and the first few."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        lines = [f"{name}: {len(rows)}, first {rows[:5]}" for name, rows in found.items() if rows]
        return "\n".join(lines) or "no difference"


def tell(estate: Estate, web: Web) -> Told:
    """Ask both sides."""
    return Told(estate.truth(), list(web.items("journeys")), list(web.items("exceptions")))


def compare(told: Told) -> Difference:
    """Where the program's journeys and exceptions differ from the truth."""
    ours = {journey["contract"] for journey in told.journeys if journey["contract"]}
    stray = [one["key"] for one in told.journeys if not one["contract"] and one["state"] != _PROVISIONAL]
    wanted, found = _steps_of_truth(told.truth), _steps_of_journeys(told.journeys)
    missing, invented = _exceptions(told)
    return Difference(
        journeys_missing=sorted(told.contracts - ours),
        journeys_too_many=sorted(ours - told.contracts) + sorted(stray),
        steps_missing=sorted(wanted.keys() - found.keys()),
        steps_too_many=sorted(found.keys() - wanted.keys()),
        steps_off=[
            (place, at.isoformat(), found[place].isoformat())
            for place, at in sorted(wanted.items())
            if place in found and not _is_same_second(at, found[place])
        ],
        exceptions_missing=missing,
        exceptions_invented=invented,
        settled_without_fault=_settled_without_fault(told),
        lookalikes_disturbed=list(_disturbed(told)),
    )


def _steps_of_truth(truth: Row) -> dict[Place, datetime]:
    return {(row["contract"], row["step"], row["subject"]): instant(row["at"]) for row in truth["steps"]}


def _steps_of_journeys(journeys: Iterable[Row]) -> dict[Place, datetime]:
    return {
        (journey["contract"], step["step"], step["subject"]): instant(step["first_at"])
        for journey in journeys
        if journey["contract"]
        for step in journey["steps"]
        if step["evidence"] in _STANDS and step["first_at"] and not step["step"].startswith(_STANDING_CONDITION)
    }


def _is_same_second(one: datetime, other: datetime) -> bool:
    # Systems that stamp milliseconds are met by a truth in whole seconds.
    return abs((one - other).total_seconds()) < 1


def _exceptions(told: Told) -> tuple[list[Case], list[Case]]:
    wanted = Counter(_case(fault) for fault in told.truth["faults"] if fault["healed_at"] is None)
    found = Counter(_case(row) for row in told.exceptions if row["status"] not in _OVER)
    undecided = _undecided(told)
    missing = [case for case in (wanted - found).elements() if case not in undecided]
    invented = [case for case in (found - wanted).elements() if case not in undecided]
    return sorted(missing, key=str), sorted(invented, key=str)


def _settled_without_fault(told: Told) -> list[Case]:
    known = {_case(fault) for fault in told.truth["faults"]} | _undecided(told)
    settled = {_case(row) for row in told.exceptions if row["status"] == "settled"}
    return sorted(settled - known, key=str)


def _disturbed(told: Told) -> Iterator[tuple[str, str, str]]:
    known = {_case(fault) for fault in told.truth["faults"]} | _undecided(told)
    raised = {_case(row) for row in told.exceptions if row["status"] != _WITHDRAWN}
    for lookalike in told.truth["lookalikes"]:
        for kind, contract in sorted(raised - known, key=str):
            if contract == lookalike["contract"]:
                yield lookalike["what"], lookalike["contract"], kind


def _undecided(told: Told) -> set[Case]:
    return {_case(row) for row in told.truth["undecided"]}


def _case(row: Row) -> Case:
    return row["kind"], row["contract"]
