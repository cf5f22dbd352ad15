"""Journeys in the hands of one batch: loaded and locked, added to, folded, written back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models import derived as derived_rows
from models import facts as fact_rows
from models.catalogue import Catalogue
from models.derived import Derived
from models.events import Event, from_micros
from models.exceptions import ExceptionStatus
from models.facts import Facts
from models.fold import Folding, Since
from models.gathering import Gathering
from models.process import Process
from models.store.actions import heard_of
from models.store.append import Stored, read_events, to_json
from models.store.engine import Connection
from models.store.records import elsewhere
from models.store.rows import (
    NULL,
    as_row,
    bigint,
    binary,
    copy_rows,
    integer,
    lay_out,
    moment,
    numeric,
    optional_text,
    text,
)
from sql import query

_JOURNEY_COLUMNS = (
    "journey_id, component_id, key, contract, process, process_version, customer, entity, region, practice, "
    "contract_type, value_amount, value_currency, step, state, state_reason, first_at, last_at, facts, "
    "later_facts, derived"
)
_EXCEPTION_COLUMNS = (
    "journey_id, exception_id, kind, contract, step, subject, system, transaction, operation, reason, fingerprint, "
    "severity, status, opened_at, settled_at, settled_by, reopened_count, anchor"
)

# Some events: more would make the row too long to stay where it is when it changes.
_MOST_LATER_BYTES = 1_000


@dataclass
class Work:
    """One journey and what the batch brings it.

    `home` is the name of its process; `regather`: read its events again, `regathered`: that was done; `changed`: fold
    it; `merged`: another journey's facts came in; `packed`: facts as they lie in the store, `later` what was gathered
    since; `contested`: the place of events whose owned keys several contracts
    claim.
    """

    journey_id: int
    component_id: int
    key: str
    contract: str | None
    home: str
    process: tuple[str, int] | None = None
    facts: Facts | None = None
    packed: bytes = b""
    later: Facts | None = None
    before: Derived | None = None
    contract_before: str | None = None
    added: list[Stored] = field(default_factory=list)
    regather: bool = False
    changed: bool = False
    contested: bool = False
    regathered: bool = False
    merged: bool = False

    @property
    def is_new(self) -> bool:
        """Whether no row stands for it yet."""
        return self.before is None

    @property
    def is_continued(self) -> bool:
        """Whether it only gained events: the same contract, the same rules, nothing of another journey."""
        return not (self.is_new or self.regathered or self.merged) and self.contract == self.contract_before


class Workshop:
    """The rules by which journeys are folded: loaded processes and the roles of systems. Holds no state of the
    store."""

    def __init__(self, catalogue: Catalogue, roles: Mapping[str, str]) -> None:
        self.catalogue = catalogue
        self.roles = roles
        self._rules: dict[tuple[str, int], tuple[Gathering, Folding]] = {}

    def rules(self, process: Process) -> tuple[Gathering, Folding]:
        """How events are gathered and folded under this process version."""
        place = (process.name, process.version)
        if place not in self._rules:
            kept = self.catalogue.kept_attributes(process)
            self._rules[place] = (Gathering(process, kept), Folding(process, self.roles))
        return self._rules[place]

    def fold(self, connection: Connection, works: Iterable[Work]) -> None:
        """Fold the changed ones of these journeys and write them. Their places in journey_event are written before."""
        todo = [work for work in works if work.changed]
        self._regather(connection, [work for work in todo if not self._add(work)])
        rows: list[tuple[Work, Derived]] = []
        for work in todo:
            assert work.facts is not None, "a journey has at least one event"
            gathering, folding = self.rules(self._process_of(work, work.facts))
            since = None
            if work.is_continued:
                assert work.before is not None, "a journey that goes on was folded before"
                since = Since(work.before, gathering.news(one.event for one in work.added))
            rows.append((work, folding.derive(work.facts, work.contract, since)))
        _write(connection, rows)

    def _process_of(self, work: Work, facts: Facts) -> Process:
        return self.catalogue.version_at(work.home, from_micros(facts.first_at))

    def _add(self, work: Work) -> bool:
        """Add the new events to the facts; False where the journey must be gathered from all of its events instead."""
        if work.regather:
            return False
        first_at = min((one.event.occurred_at for one in work.added), default=None)
        if work.facts is not None:
            known = from_micros(work.facts.first_at)
            first_at = known if first_at is None else min(first_at, known)
        assert first_at is not None, "a journey is touched by an event or by joining another"
        process = self.catalogue.version_at(work.home, first_at)
        if work.process is not None and work.process != (process.name, process.version):
            return False
        gathering, _ = self.rules(process)
        if work.is_continued:
            for one in work.added:
                work.later = gathering.add(work.later, one.event, work.contract)
            work.facts = fact_rows.unpack(work.packed, work.later)
            return True
        for one in work.added:
            work.facts = gathering.add(work.facts, one.event, work.contract)
        return True

    def _regather(self, connection: Connection, works: list[Work]) -> None:
        if not works:
            return
        places = connection.execute(query("events_of_nodes"), {"nodes": [work.journey_id for work in works]}).fetchall()
        events = {one.event_id: one for one in read_events(connection, ((row[1], row[2]) for row in places))}
        of_journey: dict[int, list[Stored]] = {}
        for journey_id, event_id, _ in places:
            of_journey.setdefault(journey_id, []).append(events[event_id])
        others = elsewhere(connection, self.catalogue, of_journey)
        for work in works:
            self.gather(work, of_journey.get(work.journey_id, []), others.get(work.journey_id, ()))

    def gather(self, work: Work, stored: list[Stored], others: Iterable[Event]) -> None:
        """Make the facts of a journey from all of its events, and from what `elsewhere` found of their records."""
        first_at = min(one.event.occurred_at for one in stored)
        gathering, _ = self.rules(self.catalogue.version_at(work.home, first_at))
        work.facts, work.added, work.regather, work.regathered = None, [], False, True
        for one in stored:
            work.facts = gathering.add(work.facts, one.event, work.contract)
        for event in others:
            assert work.facts is not None, "a journey has at least one event"
            gathering.add_elsewhere(work.facts, event)


def work_from_row(row: tuple[Any, ...], catalogue: Catalogue) -> Work:
    """A journey from the columns of `lock_journeys`."""
    journey_id, component_id, contested, key, contract, process, version, facts, later, derived = row
    later_facts = fact_rows.unpack(later) if later else None
    home = process if process in catalogue.versions else next(iter(catalogue.versions))
    return Work(
        journey_id=journey_id,
        component_id=component_id,
        key=key,
        contract=contract,
        home=home,
        process=(process, version),
        facts=fact_rows.unpack(facts, later_facts) if facts else None,
        packed=facts,
        later=later_facts,
        contested=contested,
        before=derived_rows.unpack(derived),
        contract_before=contract,
    )


def _write(connection: Connection, rows: list[tuple[Work, Derived]]) -> None:
    if not rows:
        return
    new = [row for row in rows if row[0].is_new]
    old = [row for row in rows if not row[0].is_new]
    if new:
        copy_rows(connection, "journey", _JOURNEY_COLUMNS, (_journey_row(work, derived) for work, derived in new))
    if old:
        lines = (_journey_row(work, derived) for work, derived in old)
        lay_out(connection, "incoming_journey", _JOURNEY_COLUMNS, lines)
        connection.execute(query("update_journeys"))
    rewritten = {part: _write_part(connection, part, rows) for part in _PARTS}
    heard_of(connection, [work.journey_id for work, _ in rows], rewritten["exceptions"])


def _journey_row(work: Work, derived: Derived) -> bytes:
    assert work.facts is not None, "a journey has at least one event"
    agreed = derived.agreed.get
    facts, later = _packed_facts(work, work.facts)
    return as_row(
        bigint(work.journey_id),
        bigint(work.component_id),
        text(work.key),
        optional_text(work.contract),
        text(derived.process),
        integer(derived.process_version),
        optional_text(agreed("customer")),
        optional_text(agreed("entity")),
        optional_text(agreed("region")),
        optional_text(agreed("practice")),
        optional_text(agreed("contract_type")),
        numeric(agreed("value")),
        optional_text(agreed("currency")),
        optional_text(derived.step),
        text(derived.state),
        text(derived.state_reason),
        moment(derived.first_at),
        moment(derived.last_at),
        facts,
        later,
        binary(derived_rows.pack(derived)),
    )


def _packed_facts(work: Work, facts: Facts) -> tuple[bytes, bytes]:
    """The columns facts and later_facts; NULL for facts that stay as they lie."""
    if work.is_continued and work.later is not None:
        later = fact_rows.pack(work.later)
        if len(later) <= _MOST_LATER_BYTES:
            return NULL, binary(later)
    return binary(fact_rows.pack(facts)), binary(b"")


def _write_part(connection: Connection, part: str, rows: list[tuple[Work, Derived]]) -> list[int]:
    """Write what changed of one part; the journeys of which it did."""
    table, columns, remove, make = _PARTS[part]
    changed: list[tuple[Work, Derived]] = []
    stale: list[int] = []
    for work, derived in rows:
        told = getattr(work.before, part) if work.before is not None else []
        # Rows carry the contract: a journey that found its contract writes them anew.
        if told == getattr(derived, part) and (not told or work.contract == work.contract_before):
            continue
        changed.append((work, derived))
        if told:
            stale.append(work.journey_id)
    if stale:
        connection.execute(query(remove), {"journeys": stale})
    lines = [line for work, derived in changed for line in make(work, derived)]
    if lines:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)
    return [work.journey_id for work, _ in changed]


def _sample_rows(work: Work, derived: Derived) -> Iterable[tuple[Any, ...]]:
    for row in derived.samples:
        finished = row.finished_at
        yield (
            work.journey_id,
            row.figure,
            row.subject,
            from_micros(row.started_at),
            None if finished is None else from_micros(finished),
            None if finished is None else Decimal(finished - row.started_at).scaleb(-6),
            row.omitted,
        )


def _amendment_rows(work: Work, derived: Derived) -> Iterable[tuple[Any, ...]]:
    for row in derived.amendments:
        approved = None if row.approved_at is None else from_micros(row.approved_at)
        targets = [
            {
                "step": one.step,
                "state": one.state,
                "reached_at": None if one.reached_at is None else from_micros(one.reached_at).isoformat(),
            }
            for one in row.targets
        ]
        yield work.journey_id, work.contract, row.amendment, approved, row.state, to_json(targets)


def _exception_rows(work: Work, derived: Derived) -> Iterable[tuple[Any, ...]]:
    for row in derived.exceptions:
        settled = row.settled_at
        yield (
            work.journey_id,
            row.exception_id,
            row.kind,
            work.contract,
            row.step,
            row.subject,
            row.system,
            row.transaction,
            row.operation,
            row.reason,
            row.fingerprint,
            row.severity,
            ExceptionStatus.OPEN if settled is None else ExceptionStatus.SETTLED,
            from_micros(row.opened_at),
            None if settled is None else from_micros(settled),
            row.settled_by,
            row.reopened_count,
            to_json(row.anchor),
        )


def _transaction_rows(work: Work, derived: Derived) -> Iterable[tuple[Any, ...]]:
    places = {
        (reference, work.journey_id, row.operation)
        for row in derived.transactions
        for reference in (row.operation, *(attempt.transaction for attempt in row.attempts))
    }
    yield from sorted(places)


_PARTS: dict[str, tuple[str, str, str, Any]] = {
    "samples": (
        "sample",
        "journey_id, figure, subject, started_at, finished_at, seconds, omitted",
        "remove_samples",
        _sample_rows,
    ),
    "amendments": (
        "amendment",
        "journey_id, contract, amendment, approved_at, state, targets",
        "remove_amendments",
        _amendment_rows,
    ),
    "exceptions": ("exception", _EXCEPTION_COLUMNS, "remove_exceptions", _exception_rows),
    "transactions": (
        "transaction_place",
        "reference, journey_id, operation",
        "remove_transaction_places",
        _transaction_rows,
    ),
}
