"""The audit log."""

from __future__ import annotations

from models.store.engine import Connection
from models.store.reading.listing import Asked, Field, Kind, Listing, Page

AUDIT = Listing(
    query="audit_listed",
    fields=(
        Field("seq", Kind.INTEGER, is_nullable=False),
        Field("at", Kind.TIME, is_nullable=False),
        Field("actor", is_nullable=False),
        Field("verb", is_nullable=False),
        Field("object", is_nullable=False),
        Field("outcome", is_nullable=False),
        Field("reason", is_nullable=False, is_sort=False),
        Field("hash", is_nullable=False, is_sort=False),
        Field("previous_hash", is_nullable=False, is_sort=False),
    ),
    unique=("seq",),
    usual_sort="-seq",
)


def list_audit(connection: Connection, asked: Asked) -> Page:
    """Entries in the shape of the interface, the latest first."""
    return AUDIT.page(connection, asked)
