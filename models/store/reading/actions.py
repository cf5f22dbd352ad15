"""Requested changes: what was wished, where each is on its way, what was sent and what came of it."""

from __future__ import annotations

from models.masking import MASKING
from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Kind, Listing, Page, Row

ACTIONS = Listing(
    query="actions_listed",
    fields=(
        Field("id", is_nullable=False),
        Field("kind", is_nullable=False),
        Field("exception", is_nullable=False),
        Field("contract"),
        Field("transaction"),
        Field("operation", is_nullable=False),
        Field("parent"),
        Field("system", is_nullable=False),
        Field("target_system", is_nullable=False),
        Field("status", is_nullable=False),
        Field("requested_by", is_nullable=False),
        Field("approved_by"),
        Field("requested_at", Kind.TIME, is_nullable=False),
        Field("sent_at", Kind.TIME),
        Field("closed_at", Kind.TIME),
    ),
    unique=("requested_at", "id"),
    usual_sort="-requested_at",
)


def list_actions(connection: Connection, asked: Asked) -> Page:
    """Actions in the shape of the interface, the latest first."""
    page = ACTIONS.page(connection, asked)
    return Page([_shape(row) for row in page.rows], page.next)


def find_action(connection: Connection, action_id: str) -> Row | None:
    """One action by its id; None where there is none."""
    return next(iter(list_actions(connection, Asked(limit=1, filters={"id": [action_id]})).rows), None)


def actions_of(connection: Connection, exception_id: str) -> list[Row]:
    """The actions on an exception, the latest first; at most twenty."""
    return list_actions(connection, Asked(limit=20, filters={"exception": [exception_id]})).rows


def _shape(row: Row) -> Row:
    # What products answer may quote a person's address or account.
    return row | {
        "counts": {row["status"]: 1},
        "attempts": MASKING.mask(row["attempts"]),
        "result": MASKING.mask(row["result"]),
    }
