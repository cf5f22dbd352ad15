"""From the facts of one journey to its state: steps, agreed values, samples, amendments. A pure function.

`Folding(process)` prepares what a process version says once; `derive` is called for each journey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from models.derived import (
    AmendmentRow,
    Derived,
    Evidence,
    ExceptionRow,
    JourneyState,
    LineRow,
    StepRow,
    TargetRow,
)
from models.events import DIMENSIONS
from models.evidence import Evidences, Shown, shown, standing
from models.facts import TERMS, Facts
from models.findings import duplicates, failures, prematures
from models.process import Process
from models.samples import Sampling

ROLES_BY_TRUST = ("clm", "crm", "psa", "erp", "")


class Folding:
    """What one process version makes of facts; `roles` maps a system's name to its role."""

    def __init__(self, process: Process, roles: Mapping[str, str]) -> None:
        self.process = process
        self.roles = roles
        self.steps = {step.name: step for step in process.steps}
        self._order = {step.name: place for place, step in enumerate(process.steps)}
        self._main = {step.name for step in process.steps if step.main}
        self._ends = {step.name: step.ends for step in process.steps if step.ends}
        self._withdrawers: dict[str, list[str]] = {}
        for withdrawal in process.withdrawals:
            for name in withdrawal.steps:
                self._withdrawers.setdefault(name, []).append(withdrawal.by)
        self._implied = {name: list(self._implications(name)) for name in self.steps}
        self._implied = {name: implied for name, implied in self._implied.items() if implied}
        self._targets = [
            step.name for step in process.steps if any(wait.subject == "amendment" for wait in step.waits_for)
        ]
        self._sampling = Sampling(process)

    def derive(self, facts: Facts, contract: str | None) -> Derived:
        """The state of the journey that these facts are about."""
        seen = {step: shown(facts, step, self._withdrawers.get(step, ())) for step in facts.slots if step in self.steps}
        stands = standing(seen)
        agreed, held = self._agreed(facts)
        transactions, exceptions = failures(facts, stands, self.process)
        if contract is not None:
            exceptions += prematures(facts, stands, self.process, contract)
        exceptions += duplicates(seen, self.process)
        state, reason = self._state(contract, stands, exceptions)
        return Derived(
            process=self.process.name,
            process_version=self.process.version,
            state=state,
            state_reason=reason,
            step=max(
                (name for name in stands if stands[name] and name in self._main),
                key=self._order.__getitem__,
                default=None,
            ),
            first_at=facts.first_at,
            last_at=facts.last_at,
            agreed=agreed,
            held=held,
            steps=list(self._step_rows(seen, stands)),
            samples=self._sampling.samples(facts, stands),
            exceptions=sorted(exceptions, key=lambda row: row.exception_id),
            transactions=transactions,
            amendments=self._amendments(facts, stands),
            lines=self._lines(facts),
        )

    def _step_rows(self, seen: Evidences, standing: Evidences) -> Iterator[StepRow]:
        inferred = self._inferred(standing)
        for step, subjects in sorted(seen.items(), key=lambda item: self._order[item[0]]):
            for subject, records in sorted(subjects.items()):
                stands = standing[step].get(subject)
                if stands:
                    yield _standing_row(step, subject, stands, records)
                    continue
                last = max(records, key=lambda one: (one.withdrawn_at or 0, one.withdrawn_by or "", one.source))
                grade = Evidence.INFERRED if (step, subject) in inferred else Evidence.UNKNOWN
                yield StepRow(step, subject, None, None, grade, last.source, last.withdrawn_at, last.withdrawn_by)
        for step, subject in sorted(inferred, key=lambda place: (self._order[place[0]], place[1])):
            if subject not in seen.get(step, {}):
                yield StepRow(step, subject, evidence=Evidence.INFERRED)

    def _inferred(self, standing: Evidences) -> set[tuple[str, str]]:
        places: set[tuple[str, str]] = set()
        for step, subjects in standing.items():
            for earlier in self._implied.get(step, ()):
                reached = standing.get(earlier, {})
                for subject, stands in subjects.items():
                    same = subject if stands[0].slot.subject_kind in self.steps[earlier].subjects else ""
                    if same not in reached and "" not in reached:
                        places.add((earlier, same))
        return places

    def _implications(self, name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        for earlier in self.steps[name].implies:
            if earlier not in seen:
                yield earlier
                yield from self._implications(earlier, seen | {earlier})

    def _agreed(self, facts: Facts) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        agreed: dict[str, str] = {}
        held: dict[str, dict[str, str]] = {}
        for name, systems in sorted(facts.said.get("", {}).items()):
            values = {system: said.value for system, said in sorted(systems.items()) if said.value is not None}
            if values:
                held[name] = values
            value = self._agreed_value(facts, "", name)
            if value is not None:
                agreed[name] = value
        return agreed, held

    def _agreed_value(self, facts: Facts, subject: str, name: str) -> str | None:
        systems = facts.said.get(subject, {}).get(name)
        if not systems:
            return None
        trust = self.process.records.get(name, ROLES_BY_TRUST)
        rank = {role: place for place, role in enumerate(trust)}
        others = rank.get("", len(rank))
        ranks = {system: rank.get(self.roles.get(system, ""), others) for system in systems}
        best = min(ranks.values())
        said = max(
            (said for system, said in systems.items() if ranks[system] == best),
            key=lambda said: (said.at, said.identity),
        )
        return said.value

    def _state(self, contract: str | None, standing: Evidences, exceptions: list[ExceptionRow]) -> tuple[str, str]:
        for row in exceptions:
            if row.kind == "failed" and row.settled_at is None:
                return JourneyState.FAILED, row.reason
        if contract is None:
            return JourneyState.PROVISIONAL, "no contract is known yet"
        for step, ends in self._ends.items():
            if standing.get(step):
                return (JourneyState.DONE if ends == "done" else JourneyState.ENDED), step
        if self._is_done(standing):
            return JourneyState.DONE, "every closing step stands"
        return JourneyState.RUNNING, ""

    def _is_done(self, standing: Evidences) -> bool:
        done = self.process.done
        if not done.steps and not done.each:
            return False
        if not all(standing.get(step) for step in done.steps):
            return False
        return all(
            any(subject in standing.get(closing, {}) for closing in closings)
            for opening, closings in done.each.items()
            for subject in standing.get(opening, {})
        )

    def _amendments(self, facts: Facts, standing: Evidences) -> list[AmendmentRow]:
        rows = []
        for amendment in sorted(facts.subjects.get("amendment", ())):
            reached = {
                name: min(one.slot.at for one in standing[name][amendment])
                for name in standing
                if amendment in standing[name]
            }
            rejected = reached.get("amendment.rejected")
            approved = reached.get("amendment.approved")
            state = (
                "rejected"
                if rejected is not None
                else "signed"
                if "amendment.signed" in reached
                else "approved"
                if approved is not None
                else "pending"
            )
            targets = [TargetRow(name, "reached", reached[name]) for name in self._targets if name in reached]
            rows.append(AmendmentRow(amendment, state, approved, targets))
        return rows

    def _lines(self, facts: Facts) -> list[LineRow]:
        return [
            LineRow(
                line,
                self._agreed_value(facts, line, "contract_type"),
                self._agreed_value(facts, line, "entity"),
                self._agreed_value(facts, line, "currency"),
                self._agreed_value(facts, line, "value"),
            )
            for line in sorted(facts.subjects.get("line", ()))
        ]


def columns(derived: Derived) -> dict[str, str | None]:
    """The dimensions that a journey is listed by."""
    return {name: derived.agreed.get(name) for name in DIMENSIONS}


def terms(derived: Derived) -> dict[str, str]:
    """The agreed terms."""
    return {name: derived.agreed[name] for name in TERMS if name in derived.agreed}


def _standing_row(step: str, subject: str, stands: list[Shown], records: list[Shown]) -> StepRow:
    first = min(stands, key=lambda one: (one.slot.at, one.source))
    grade = Evidence.OBSERVED
    if len(stands) < len(records):
        speaking = {one.source for one in stands}
        if any(one.source not in speaking for one in records if not one.stands):
            grade = Evidence.CONTRADICTED
    return StepRow(step, subject, first.slot.at, max(one.slot.at for one in stands), grade, first.source)
