"""What the events of one journey say of its steps and attributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from models.events import DIMENSIONS, HEARTBEAT, LINKED, SUBJECTS, TRANSACTION_TYPES, Event
from models.process import Process, Step
from tests.oracle.view import StepView

TERMS = """
    value currency payment_terms billing_frequency rate_card start_on end_on planned_on effective_on schedule_total tax
    retention_ratio cap po po_balance
"""
QUANTITIES = ("amount", "hours", "applied_to")
TRUST = ("clm", "crm", "psa", "erp", "")

Record = tuple[str, str | None, str | None]  # source, record, or the event's id where it has none


@dataclass(frozen=True)
class Word:
    """One event about a step and subject; `kind` is what the subject is."""

    event: Event
    kind: str
    subject: str

    @property
    def record(self) -> Record:
        event = self.event
        return (event.source, event.record, None) if event.record is not None else (event.source, None, event.id)


@dataclass(frozen=True)
class Evidence:
    """What one record shows of a step and subject now: its newest assertion, and whether something withdrew it."""

    word: Word
    withdrawn_at: datetime | None

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None

    @property
    def source(self) -> str:
        return self.word.event.source

    @property
    def at(self) -> datetime:
        return self.word.event.occurred_at

    @property
    def named(self) -> Mapping[str, Any]:
        return self.word.event.attributes


def order(event: Event) -> tuple[int, Any, str]:
    """The place of an event among what was said about its record. Numbers come after words, both after times."""
    number = event.sequence
    tie = event.content_hash.hex
    if number is None:
        return 0, event.recorded_at or event.occurred_at, tie
    if number.isascii() and number.isdigit():
        return 2, int(number), tie
    return 1, number, tie


class Told:
    """The events of one journey under one process version; `contract` None while it has none.

    `elsewhere` are versions of its records that are not among them.
    """

    def __init__(
        self, process: Process, events: Sequence[Event], contract: str | None, elsewhere: Sequence[Event] = ()
    ) -> None:
        self.process = process
        self.elsewhere = elsewhere
        self.events = [one for one in events if one.type != HEARTBEAT]
        self.contract = contract
        self.steps = {step.name: step for step in process.steps}
        self._speaks_like = dict(self.steps)
        for withdrawal in process.withdrawals:
            self._speaks_like.setdefault(withdrawal.by, self.steps[withdrawal.steps[0]])

    def words(self, type_: str) -> list[Word]:
        """Everything ever said of this type, one entry a subject."""
        return [
            Word(event, kind, subject)
            for event in self.events
            if event.type == type_
            for kind, subject in self.subjects_of(event)
        ]

    def words_elsewhere(self, type_: str) -> list[Word]:
        """What versions of the journey's records that did not reach it say of this type."""
        found: list[Word] = []
        for event in self.elsewhere:
            step = self._speaks_like.get(event.type)
            if event.type != type_ or step is None:
                continue
            named = [(kind, event.attributes[kind]) for kind in step.subjects if event.attributes.get(kind)][:1]
            if not named and "line" in step.subjects:
                lines = {one["line"] for one in event.attributes.get("lines") or [] if one.get("line")}
                named = [("line", line) for line in sorted(lines)]
            found += [Word(event, kind, subject) for kind, subject in named or [("", "")]]
        return found

    def subjects_of(self, event: Event) -> list[tuple[str, str]]:
        """(kind, value) of what an event speaks of: a subject that the process allows, its lines, else the whole."""
        step: Step | None = self._speaks_like.get(event.type)
        if step is None:
            return [("", "")]
        for kind in step.subjects:
            if event.attributes.get(kind):
                return [(kind, event.attributes[kind])]
        lines = event.attributes.get("lines") or []
        mine = {
            line["line"]
            for line in lines
            if line.get("line") and ("contract" not in line or line["contract"] == self.contract)
        }
        return [("line", line) for line in sorted(mine)] if mine and "line" in step.subjects else [("", "")]

    @cached_property
    def evidence(self) -> dict[tuple[str, str], list[Evidence | None]]:
        """By step and subject one entry a record; None where a record only ever retracted."""
        found: dict[tuple[str, str], list[Evidence | None]] = {}
        for step in self.steps:
            words = self.words(step)
            for place in {(word.record, word.subject) for word in words}:
                found.setdefault((step, place[1]), []).append(self._judged(step, *place, words))
        return found

    def _judged(self, step: str, record: Record, subject: str, words: list[Word]) -> Evidence | None:
        mine = [word for word in words if word.record == record and word.subject == subject]
        said = [word for word in mine if not word.event.retracts]
        against = [word.event for word in mine if word.event.retracts] + self._withdrawals(step, record, subject)
        against += self._moved(step, record, subject)
        if not said:
            return None
        newest = max(said, key=lambda word: order(word.event))
        later = [event for event in against if order(event) > order(newest.event)]
        return Evidence(newest, max(later, key=order).occurred_at if later else None)

    def _withdrawals(self, step: str, record: Record, subject: str) -> list[Event]:
        """The standing events of withdrawing types that speak of this record, and of this subject or of the whole."""
        found: list[Event] = []
        for by in {one.by for one in self.process.withdrawals if step in one.steps}:
            words = [word for word in (*self.words(by), *self.words_elsewhere(by)) if word.record == record]
            for other in {word.subject for word in words}:
                newest = max((word.event for word in words if word.subject == other), key=order)
                if not newest.retracts and (not other or not subject or other == subject):
                    found.append(newest)
        return found

    def _moved(self, step: str, record: Record, subject: str) -> list[Event]:
        return [word.event for word in self.words_elsewhere(step) if word.record == record and word.subject == subject]

    def standing(self, step: str) -> dict[str, list[Evidence]]:
        """Subject by subject the evidence that stands."""
        found = {
            subject: [one for one in records if one is not None and one.stands]
            for (name, subject), records in self.evidence.items()
            if name == step
        }
        return {subject: stands for subject, stands in found.items() if stands}

    def step_views(self) -> dict[tuple[str, str], StepView]:
        """Every step and subject of which something is known."""
        views: dict[tuple[str, str], StepView] = {}
        inferred = self._inferred()
        for (step, subject), records in self.evidence.items():
            stands = self.standing(step).get(subject)
            if stands:
                first = min(stands, key=lambda one: (one.at, one.source))
                against = self._sources_against(step, subject) - {one.source for one in stands}
                grade = "contradicted" if against else "observed"
                views[step, subject] = StepView(first.at, max(one.at for one in stands), grade, first.source, None)
                continue
            at, _, source = max(self._takings_back(step, subject, records))
            grade = "inferred" if (step, subject) in inferred else "unknown"
            views[step, subject] = StepView(None, None, grade, source, at)
        for place in inferred - views.keys():
            views[place] = StepView(None, None, "inferred", None, None)
        return views

    def _takings_back(self, step: str, subject: str, records: Sequence[object]) -> Iterable[tuple[datetime, str, str]]:
        """(when, by which type, source) for each record, none of which stands."""
        for record in {word.record for word in self.words(step) if word.subject == subject}:
            words = [word for word in self.words(step) if word.record == record and word.subject == subject]
            against = [word.event for word in words if word.event.retracts] + self._withdrawals(step, record, subject)
            moved = self._moved(step, record, subject)
            newest = max((*against, *moved), key=order)
            by = "moved" if newest in moved else "retracted" if newest.retracts else newest.type
            yield newest.occurred_at, by, newest.source

    def _sources_against(self, step: str, subject: str) -> set[str]:
        """The systems of which a record was taken back."""
        found = set()
        words = self.words(step)
        for record in {word.record for word in words if word.subject == subject}:
            judged = self._judged(step, record, subject, words)
            if judged is None or not judged.stands:
                found.add(record[0])
        return found

    def _inferred(self) -> set[tuple[str, str]]:
        """Earlier steps of the same thing that must have happened."""
        places: set[tuple[str, str]] = set()
        for step in self.steps:
            for earlier in self._before(step, set()):
                known = self.standing(earlier)
                for subject, stands in self.standing(step).items():
                    for one in stands:
                        same = subject if one.word.kind in self.steps[earlier].subjects else ""
                        named = {one.word.event.attributes.get(kind) for kind in self.steps[earlier].subjects}
                        if same not in known and "" not in known and not named & known.keys():
                            places.add((earlier, same))
        return places

    def _before(self, step: str, seen: set[str]) -> set[str]:
        for earlier in self.steps[step].implies:
            if earlier not in seen:
                seen.add(earlier)
                self._before(earlier, seen)
        return seen

    def said(self, subject: str, name: str) -> dict[str, str | None]:
        """What each system holds for an attribute; None where it cleared it."""
        newest: dict[str, Event] = {}
        for event in self.events:
            if event.retracts or event.type in TRANSACTION_TYPES or name not in event.attributes:
                continue
            if event.type != LINKED and subject not in [value for _, value in self.subjects_of(event)]:
                continue
            if event.type == LINKED and subject != linked_subject(event):
                continue
            held = newest.get(event.source)
            if held is None or (event.occurred_at, event.identity) > (held.occurred_at, held.identity):
                newest[event.source] = event
        return {source: event.attributes[name] for source, event in newest.items()}

    def agreed(self, roles: Mapping[str, str]) -> dict[str, str]:
        """What the most trusted system that spoke said of each attribute of the whole."""
        found: dict[str, str] = {}
        for name in self._kept():
            said = self.said("", name)
            trust = list(self.process.records.get(name, TRUST))
            rest = trust.index("") if "" in trust else len(trust)
            ranks = {source: trust.index(role) if (role := roles.get(source, "")) in trust else rest for source in said}
            best = [source for source in said if ranks[source] == min(ranks.values())]
            # Systems of one role: the one that spoke last.
            spoken = sorted(best, key=lambda source: self._spoke(source, name))
            value = said[spoken[-1]] if spoken else None
            if value is not None:
                found[name] = value
        return found

    def _spoke(self, source: str, name: str) -> tuple[datetime, object]:
        return max(
            (event.occurred_at, event.identity)
            for event in self.events
            if event.source == source
            and name in event.attributes
            and not event.retracts
            and event.type not in TRANSACTION_TYPES
            and (
                linked_subject(event) == ""
                if event.type == LINKED
                else "" in [value for _, value in self.subjects_of(event)]
            )
        )

    def _kept(self) -> set[str]:
        points = [point for one in self.process.figures for point in (one.start, one.end) if point is not None]
        asked = {step.excused_by for step in self.process.steps} | {point.unless for point in points}
        return {*DIMENSIONS, *TERMS.split(), *QUANTITIES, *self.process.records, *asked} - {""}

    def values(self, kind: str) -> set[str]:
        """Every value of a subject kind that an event of this journey named; what middleware says does not count."""
        assert kind in SUBJECTS
        return {
            event.attributes[kind]
            for event in self.events
            if event.type not in TRANSACTION_TYPES and event.attributes.get(kind)
        }


def linked_subject(event: Event) -> str:
    """What a link without a step is about: the first kind of subject that it names."""
    named = [event.attributes[kind] for kind in SUBJECTS if event.attributes.get(kind)]
    return named[0] if named else ""
