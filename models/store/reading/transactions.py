"""Operations of middleware with all their attempts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models import derived as packing
from models.derived import AttemptRow, TransactionRow
from models.events import from_micros
from models.masking import MASKING, Masking
from models.questions import read_text
from models.store.engine import Connection
from models.store.reading.listing import Row
from models.store.reading.spans import count_spans, spans_of
from sql import query


def find_transaction(connection: Connection, reference: str, masking: Masking = MASKING) -> Row | None:
    """As `find_attempts`, with `spans` in the place of their count: what services reported of their work on it, as it
    began.
    """
    row = _find(connection, reference, masking)
    return None if row is None else row | {"spans": spans_of(connection, _references(row))}


def find_attempts(connection: Connection, reference: str, masking: Masking = MASKING) -> Row | None:
    """The operation that a transaction, or the operation itself, names; None where no journey has it.

    Shape: as in the interface; `payload` is the newest that an attempt carried, masked, None where none did;
    `span_count` is how many spans name it.
    """
    row = _find(connection, reference, masking)
    return None if row is None else row | {"span_count": count_spans(connection, _references(row))}


def find_spans(connection: Connection, operation: str) -> list[Row]:
    """The spans of an operation, in the shape of the interface; [] where there are none."""
    row = _find(connection, operation, MASKING)
    return [] if row is None else spans_of(connection, _references(row))


def _find(connection: Connection, reference: str, masking: Masking) -> Row | None:
    found = connection.execute(
        query("transaction_places"), {"reference": read_text("transaction", reference)}
    ).fetchone()
    if found is None:
        return None
    operation, contract, derived = found
    row = next((one for one in packing.unpack(derived).transactions if one.operation == operation), None)
    return None if row is None else _shape(row, contract, masking.mask(_payload(connection, row)), masking)


def _references(row: Row) -> set[str]:
    return {row["operation"], *(one["transaction"] for one in row["attempts"])}


def _payload(connection: Connection, row: TransactionRow) -> Any:
    identities = [UUID(attempt.identity) for attempt in row.attempts]
    found = connection.execute(query("payloads_of_events"), {"identities": identities})
    sent: dict[UUID, Any] = {identity: payload for identity, payload in found}  # noqa: C416 - rows have no fixed length
    return next((sent[identity] for identity in reversed(identities) if identity in sent), None)


def _shape(row: TransactionRow, contract: str | None, payload: Any, masking: Masking) -> Row:
    return {
        "id": row.transaction,
        "operation": row.operation,
        "contract": contract,
        "flow": row.flow,
        "source_system": row.source_system,
        "target_system": row.target_system,
        "state": row.state,
        "attempts": [_attempt(one, masking) for one in row.attempts],
        "payload": payload,
    }


def _attempt(row: AttemptRow, masking: Masking) -> Row:
    return {
        "attempt": int(row.attempt) if row.attempt.isascii() and row.attempt.isdigit() else None,
        "transaction": row.transaction,
        "at": from_micros(row.at),
        "outcome": row.outcome,
        "error_class": row.error_class,
        "error_message": row.error_message and masking.mask_text(row.error_message),
    }
