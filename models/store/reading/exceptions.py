"""What a person or policy must settle, as it stands at an instant."""

from __future__ import annotations

from datetime import datetime

from models.masking import MASKING
from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Kind, Listing, Page, Row

EXCEPTIONS = Listing(
    query="exceptions_listed",
    fields=(
        Field("id", is_nullable=False),
        Field("kind", is_nullable=False),
        Field("contract", condition="exceptions_of_contract"),
        Field("journey", is_sort=False),
        Field("process", is_sort=False),
        Field("step"),
        Field("subject", is_nullable=False),
        Field("system"),
        Field("transaction"),
        Field("operation"),
        Field("reason", is_nullable=False, is_sort=False),
        Field("fingerprint", is_nullable=False),
        Field("severity", is_nullable=False, order="severity_rank"),
        Field("status", is_nullable=False, condition="exceptions_of_status"),
        Field("owner"),
        Field("assignee"),
        Field("opened_at", Kind.TIME, is_nullable=False),
        Field("due_at", Kind.TIME),
        Field("settled_at", Kind.TIME, order="stored_settled_at"),
        Field("settled_by"),
        Field("reopened_count", Kind.INTEGER, is_nullable=False),
        Field("age_seconds", Kind.NUMBER, is_nullable=False),
    ),
    unique=("opened_at", "id"),
    usual_sort="-opened_at",
)


def list_exceptions(connection: Connection, asked: Asked, as_of: datetime) -> Page:
    """Exceptions in the shape of the interface, the latest first; every page as of the first page's instant."""
    page = EXCEPTIONS.page(connection, asked, {"as_of": as_of})
    return Page([_shape(row) for row in page.rows], page.next)


def find_exception(connection: Connection, exception_id: str, as_of: datetime) -> Row | None:
    """One exception by its id; None where there is none, or none yet."""
    rows = list_exceptions(connection, Asked(limit=1, filters={"id": [exception_id]}), as_of).rows
    return next(iter(rows), None)


def _shape(row: Row) -> Row:
    names = (
        *("id", "kind", "contract", "journey", "process", "step", "subject", "system", "transaction", "operation"),
        *("fingerprint", "severity", "status", "owner", "assignee", "opened_at", "due_at", "settled_at", "settled_by"),
        "reopened_count",
    )
    return {name: row[name] for name in names} | {
        # Reasons quote what other systems said, which may be a person's address or account.
        "reason": MASKING.mask_text(row["reason"]),
        "age_seconds": float(row["age_seconds"]),
        "money_at_risk": None,
        "cost_per_day": None,
        "also_blocks": [],
    }
