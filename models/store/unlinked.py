"""Events that reach no journey: listed, with an exception that opens when the grace is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.catalogue import Catalogue
from models.exceptions import SEVERITY, ExceptionKind, ExceptionStatus, exception_id
from models.fingerprint import fingerprint
from models.store.append import Stored, to_json
from models.store.engine import Connection
from sql import query


def list_unlinked(connection: Connection, catalogue: Catalogue, lost: Sequence[Stored]) -> None:
    """List events that reach no journey; those about a customer or the like need none."""
    rows = [one for one in lost if one.event.type not in catalogue.about]
    if not rows:
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY exception (journey_id, exception_id, kind, subject, system, transaction, reason, fingerprint, "
            "severity, status, opened_at, anchor) FROM STDIN"
        ) as copy,
    ):
        for one in rows:
            event = one.event
            copy.write_row(
                (
                    0,
                    _id(one),
                    ExceptionKind.UNLINKED.value,
                    event.subject,
                    event.source,
                    event.attributes.get("transaction"),
                    f"{event.type} {event.id} of {event.source} names no key that leads to a contract",
                    fingerprint("unlinked", event.source, event.type),
                    SEVERITY[ExceptionKind.UNLINKED].value,
                    ExceptionStatus.OPEN.value,
                    event.occurred_at + catalogue.unlinked_grace,
                    to_json([event.source, event.id]),
                )
            )


def forget_unlinked(connection: Connection, found: Iterable[Stored]) -> None:
    """These events have reached a journey, or are no more."""
    ids = [_id(one) for one in found]
    if ids:
        connection.execute(query("forget_unlinked"), {"exceptions": ids})


def _id(one: Stored) -> str:
    return exception_id(ExceptionKind.UNLINKED, [one.event.source, one.event.id])
