"""An exception as a plan needs it: its operation, what failed last, what stands in the target, what else is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from models import derived as derived_rows
from models import facts as fact_rows
from models.derived import AmendmentRow, AttemptRow, ExceptionRow, TransactionRow
from models.effects import Effect, effects
from models.events import from_micros
from models.evidence import Evidences
from models.process import Process
from models.store.engine import Connection
from models.store.works import Workshop
from sql import query

_FAILURES = ("failed", "dead_lettered")


class Heard(NamedTuple):
    """The event by which an attempt became known: the system that told it, that system's record, and its keys."""

    source: str
    record: str | None
    keys: Mapping[str, Sequence[str]]


class Case(NamedTuple):
    """One failed operation. `status` is the exception's as shown now; `failed` the newest failed attempt and `heard`
    its event; `effects` what stands or stood in the target; `others` are the journey's other exceptions."""

    exception_id: str
    status: str
    journey: str
    contract: str | None
    value: Decimal | None
    currency: str | None
    row: ExceptionRow
    transaction: TransactionRow
    failed: AttemptRow
    heard: Heard
    effects: list[Effect]
    others: list[ExceptionRow]
    amendments: list[AmendmentRow]
    process: Process

    @property
    def operation(self) -> str:
        """The business operation."""
        return self.transaction.operation

    @property
    def target_system(self) -> str:
        """Where the operation shall have its effect, '' where nobody said."""
        return self.transaction.target_system or ""

    @property
    def known_at(self) -> datetime:
        """The newest that is known of the operation."""
        return from_micros(max(one.at for one in self.transaction.attempts))

    @property
    def standing(self) -> list[Effect]:
        """The effects that stand now."""
        return [one for one in self.effects if one.withdrawn_at is None]

    @property
    def withdrawn_count(self) -> int:
        """How many of its effects were withdrawn."""
        return len(self.effects) - len(self.standing)


class Found(NamedTuple):
    """What an exception is, and its case where it is about a failed operation."""

    kind: str
    status: str
    case: Case | None


def find_case(connection: Connection, workshop: Workshop, exception_id: str) -> Found | None:
    """The exception with this id; None where there is none."""
    row = connection.execute(query("case_of_exception"), {"id": exception_id}).fetchone()
    if row is None:
        return None
    return Found(row[0], row[1], _case(connection, workshop, exception_id, row[1:]))


def _case(connection: Connection, workshop: Workshop, exception_id: str, row: tuple[Any, ...]) -> Case | None:
    status, operation, *journey = row
    if operation is None or journey[0] is None:
        return None
    key, contract, value, currency, name, version, packed, packed_later, packed_derived = journey
    derived = derived_rows.unpack(packed_derived)
    mine = next((one for one in derived.exceptions if one.exception_id == exception_id), None)
    transaction = next((one for one in derived.transactions if one.operation == operation), None)
    process = next((one for one in workshop.catalogue.versions.get(name, ()) if one.version == version), None)
    if mine is None or transaction is None or process is None:
        return None
    failed = next((one for one in reversed(transaction.attempts) if one.outcome in _FAILURES), None)
    if failed is None:
        return None
    facts = fact_rows.unpack(packed, fact_rows.unpack(packed_later) if packed_later else None)
    attempts = [facts.attempts[operation][bytes.fromhex(one.identity)] for one in transaction.attempts]
    _, folding = workshop.rules(process)
    evidences = Evidences(facts, folding.withdrawers)
    return Case(
        exception_id=exception_id,
        status=status,
        journey=key,
        contract=contract,
        value=value,
        currency=currency,
        row=mine,
        transaction=transaction,
        failed=failed,
        heard=_heard(connection, failed),
        effects=effects(transaction.flow, transaction.target_system, attempts, evidences, process),
        others=[one for one in derived.exceptions if one.exception_id != exception_id],
        amendments=derived.amendments,
        process=process,
    )


def _heard(connection: Connection, attempt: AttemptRow) -> Heard:
    row = connection.execute(query("event_of_identity"), {"identity": UUID(hex=attempt.identity)}).fetchone()
    return Heard("", None, {}) if row is None else Heard(*row)
