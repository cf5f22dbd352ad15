"""From the facts of one journey to its state: steps, agreed values, samples, amendments. A pure function.

`Folding(process)` prepares what a process version says once; `derive` is called for each journey.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from models.derived import (
    AmendmentRow,
    Derived,
    Evidence,
    ExceptionRow,
    JourneyState,
    LineRow,
    StepRow,
    TargetRow,
    TransactionRow,
)
from models.events import DIMENSIONS
from models.evidence import Evidences, Shown
from models.exceptions import ExceptionKind
from models.facts import TERMS, Facts
from models.findings import duplicates, failures, prematures
from models.gathering import News, everything
from models.process import Process
from models.samples import Sampling
from models.scope import Scope, Scoping

ROLES_BY_TRUST = ("clm", "crm", "psa", "erp", "")

# Steps that stand, with the subjects of which they do.
Reached = dict[str, set[str]]

_NOTHING = Derived("", 0, "", "", None, 0, 0, {}, {}, [], [], [], [], [], [])


class Since(NamedTuple):
    """What a journey was folded to, and what its facts have learned since then."""

    before: Derived
    news: News


class Folding:
    """What one process version makes of facts; `roles` maps a system's name to its role."""

    def __init__(self, process: Process, roles: Mapping[str, str]) -> None:
        self.process = process
        self.roles = roles
        self.steps = {step.name: step for step in process.steps}
        self._order = {step.name: place for place, step in enumerate(process.steps)}
        self._main = {step.name for step in process.steps if step.main}
        self._ends = {step.name: step.ends for step in process.steps if step.ends}
        self.withdrawers: dict[str, list[str]] = {}
        for withdrawal in process.withdrawals:
            for name in withdrawal.steps:
                self.withdrawers.setdefault(name, []).append(withdrawal.by)
        implied = {name: list(self._implications(name)) for name in self.steps}
        self._implying: dict[str, list[str]] = {}
        for name, earlier in implied.items():
            for step in earlier:
                self._implying.setdefault(step, []).append(name)
        self._scoping = Scoping(process, implied)
        self._targets = [
            step.name for step in process.steps if any(wait.subject == "amendment" for wait in step.waits_for)
        ]
        self._sampling = Sampling(process)

    def derive(self, facts: Facts, contract: str | None, since: Since | None = None) -> Derived:
        """The state of the journey that these facts are about.

        With `since`, what the facts were folded to before the news were added to them is looked at again only as far as
        the news reach. It must have been folded by this process version, and for the same contract.
        """
        before, news = since or Since(_NOTHING, everything(facts))
        has_failed = any(row.kind == ExceptionKind.FAILED for row in before.exceptions)
        scope = self._scoping.of(news, facts, has_failed)
        evidences = Evidences(facts, self.withdrawers)
        steps = self._steps(evidences, facts, scope, before)
        reached: dict[str, set[str]] = {}
        for row in steps:
            if row.first_at is not None:
                reached.setdefault(row.step, set()).add(row.subject)
        agreed, held = self._agreed(facts, scope, before)
        transactions, exceptions = self._exceptions(facts, evidences, contract, scope, before)
        state, reason = self._state(contract, reached, exceptions)
        return Derived(
            process=self.process.name,
            process_version=self.process.version,
            state=state,
            state_reason=reason,
            step=max((name for name in reached if name in self._main), key=self._order.__getitem__, default=None),
            first_at=facts.first_at,
            last_at=facts.last_at,
            agreed=agreed,
            held=held,
            steps=steps,
            samples=self._sampling.samples(facts, evidences, scope.figures, before.samples),
            exceptions=exceptions,
            transactions=transactions,
            amendments=self._amendments(facts, evidences) if scope.amendments else before.amendments,
            lines=self._lines(facts) if scope.lines else before.lines,
        )

    def _steps(self, evidences: Evidences, facts: Facts, scope: Scope, before: Derived) -> list[StepRow]:
        rows = [row for row in before.steps if row.step not in scope.rows]
        for step in scope.rows:
            rows += self._step_rows(step, evidences, facts)
        rows.sort(key=lambda row: (row.system is None, self._order[row.step], row.subject))
        return rows

    def _step_rows(self, step: str, evidences: Evidences, facts: Facts) -> Iterator[StepRow]:
        seen, standing = evidences.seen(step), evidences.standing(step)
        inferred = self._inferred(step, evidences, facts)
        for subject, records in seen.items():
            stands = standing.get(subject)
            if stands:
                yield _standing_row(step, subject, stands, records)
                continue
            last = max(records, key=lambda one: (one.withdrawn_at or 0, one.withdrawn_by or "", one.source))
            grade = Evidence.INFERRED if subject in inferred else Evidence.UNKNOWN
            yield StepRow(step, subject, None, None, grade, last.source, last.withdrawn_at, last.withdrawn_by)
        for subject in inferred:
            if subject not in seen:
                yield StepRow(step, subject, evidence=Evidence.INFERRED)

    def _inferred(self, step: str, evidences: Evidences, facts: Facts) -> set[str]:
        """The subjects that must have reached a step, because a later step of theirs stands.

        What stands may name the subject by which it was reached: the invoice posted for a period that was ready.
        """
        reached = evidences.standing(step)
        if "" in reached:
            return set()
        kinds = self.steps[step].subjects
        return {
            same
            for later in self._implying.get(step, ())
            if later in facts.slots
            for subject, stands in evidences.standing(later).items()
            for one in stands
            if (same := subject if one.slot.subject_kind in kinds else "") not in reached
            and not any(one.slot.fields.get(kind) in reached for kind in kinds)
        }

    def _implications(self, name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        for earlier in self.steps[name].implies:
            if earlier not in seen:
                yield earlier
                yield from self._implications(earlier, seen | {earlier})

    def _agreed(self, facts: Facts, scope: Scope, before: Derived) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        agreed, held = before.agreed.copy(), before.held.copy()
        for name in sorted(scope.fields):
            told = facts.said.get(name, {}).get("")
            if told is None:
                continue
            values = {system: said.value for system, said in sorted(told.items()) if said.value is not None}
            value = self._agreed_value(facts, "", name)
            agreed.pop(name, None)
            held.pop(name, None)
            if values:
                held[name] = values
            if value is not None:
                agreed[name] = value
        return agreed, held

    def _agreed_value(self, facts: Facts, subject: str, name: str) -> str | None:
        systems = facts.said.get(name, {}).get(subject)
        if not systems:
            return None
        trust = self.process.records.get(name, ROLES_BY_TRUST)
        rank = {role: place for place, role in enumerate(trust)}
        others = rank.get("", len(rank))
        ranks = {system: rank.get(self.roles.get(system, ""), others) for system in systems}
        best = min(ranks.values())
        said = max(
            (said for system, said in systems.items() if ranks[system] == best),
            key=lambda said: (said.at, said.tie),
        )
        return said.value

    def _exceptions(
        self, facts: Facts, evidences: Evidences, contract: str | None, scope: Scope, before: Derived
    ) -> tuple[list[TransactionRow], list[ExceptionRow]]:
        transactions = before.transactions
        found: list[ExceptionRow] = []
        again: set[str] = set()
        if scope.failures:
            again.add(ExceptionKind.FAILED)
            transactions, found = failures(facts, evidences, self.process)
        if scope.prematures and contract is not None:
            again.add(ExceptionKind.PREMATURE)
            found += prematures(facts, evidences, self.process, contract)
        if scope.duplicates:
            again.add(ExceptionKind.DUPLICATE)
            found += duplicates(evidences, self.process)
        if not again:
            return transactions, before.exceptions
        found += (row for row in before.exceptions if row.kind not in again)
        return transactions, sorted(found, key=lambda row: row.exception_id)

    def _state(self, contract: str | None, reached: Reached, exceptions: list[ExceptionRow]) -> tuple[str, str]:
        failed = [row for row in exceptions if row.kind == ExceptionKind.FAILED and row.settled_at is None]
        if failed:
            return JourneyState.FAILED, min(failed, key=lambda row: row.operation or "").reason
        if contract is None:
            return JourneyState.PROVISIONAL, "no contract is known yet"
        for step, ends in self._ends.items():
            if step in reached:
                return (JourneyState.DONE if ends == "done" else JourneyState.ENDED), step
        if self._is_done(reached):
            return JourneyState.DONE, "every closing step stands"
        return JourneyState.RUNNING, ""

    def _is_done(self, reached: Reached) -> bool:
        done = self.process.done
        if not done.steps and not done.each:
            return False
        if not all(step in reached for step in done.steps):
            return False
        return all(
            any(subject in reached.get(closing, ()) for closing in closings)
            for opening, closings in done.each.items()
            for subject in reached.get(opening, ())
        )

    def _amendments(self, facts: Facts, evidences: Evidences) -> list[AmendmentRow]:
        standing = {name: evidences.standing(name) for name in facts.slots if name in self.steps}
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
