"""One batch of events into the store: written down, placed, folded, in one transaction with whatever covers them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from opentelemetry import metrics, trace

from models.events import Event
from models.exceptions import SEVERITY, ExceptionKind, exception_id
from models.fingerprint import fingerprint
from models.process import KeyClass
from models.store.append import Stored, append, to_json
from models.store.engine import Connection, Pool, in_transaction
from models.store.garbage import uncollected
from models.store.partitions import ensure_month
from models.store.place import Placing
from models.store.removal import remove, settle_decided
from models.store.works import Workshop
from sql import query


class Absorbed(NamedTuple):
    """What became of a batch: `refused` gives the place in the batch and the reason of what was not taken."""

    accepted: int
    duplicates: int
    refused: list[tuple[int, str]]


Also = Callable[[Connection, Absorbed], None]

_tracer = trace.get_tracer("throughline.store")
_events = metrics.get_meter("throughline.store").create_counter(
    "throughline.events", unit="{event}", description="Events offered to the store, by what became of them."
)


def absorb(
    pool: Pool,
    events: Sequence[Event],
    workshop: Workshop,
    observed_at: datetime,
    *,
    also: Also | None = None,
) -> Absorbed:
    """Take a batch in, all of it or nothing; `also` writes in the same transaction (a cursor, what is quarantined).

    The whole transaction is done again when another writer was in the way, so `also` may run more than once.
    Errors: StoreConflictError, StoreUnavailableError; nothing was taken then.
    """
    ensure_month(pool, observed_at)
    with _tracer.start_as_current_span("absorb", attributes={"throughline.events": len(events)}) as span:
        with uncollected():
            absorbed = in_transaction(pool, partial(_absorb_with, events, workshop, observed_at, also))
        for outcome, count in (
            ("accepted", absorbed.accepted),
            ("duplicate", absorbed.duplicates),
            ("refused", len(absorbed.refused)),
        ):
            span.set_attribute(f"throughline.events.{outcome}", count)
            _events.add(count, {"outcome": outcome})
        return absorbed


def _absorb_with(
    events: Sequence[Event], workshop: Workshop, observed_at: datetime, also: Also | None, connection: Connection
) -> Absorbed:
    absorbed = absorb_in(connection, events, workshop, observed_at)
    if also is not None:
        also(connection, absorbed)
    return absorbed


def absorb_in(connection: Connection, events: Sequence[Event], workshop: Workshop, observed_at: datetime) -> Absorbed:
    """Take a batch in, inside the caller's transaction."""
    known: list[Event] = []
    refused: list[tuple[int, str]] = []
    for place, event in enumerate(events):
        if workshop.catalogue.knows(event.type):
            known.append(event)
        else:
            refused.append((place, f"unknown_type: no loaded process declares {event.type!r}"))
    if not known:
        return Absorbed(0, 0, refused)
    appended = append(connection, known, observed_at)
    for before, _ in appended.replaced:
        remove(connection, workshop, before)
    fold_in(connection, [*appended.new, *(now for _, now in appended.replaced)], workshop)
    list_changed_content(connection, sorted(appended.variants))
    # Last, because its rows are shared by all writers.
    _count_undeclared(connection, appended.new, workshop)
    return Absorbed(len(known) - appended.duplicates, appended.duplicates, refused)


def fold_in(connection: Connection, stored: Sequence[Stored], workshop: Workshop) -> None:
    """Place and fold events that are written down, count and new to the journeys; the tables for them are there."""
    if stored:
        fresh = Placing(connection, workshop, stored).place()
        settle_decided(connection, workshop, fresh)


def list_changed_content(connection: Connection, identities: Sequence[object]) -> None:
    """An exception for each identity that was sent with several contents, naming all of them."""
    if not identities:
        return
    contents: dict[object, list[tuple[object, ...]]] = {}
    for row in connection.execute(query("contents_of"), {"identities": list(identities)}):
        contents.setdefault(row[0], []).append(row)
    for rows in contents.values():
        source, id_ = str(rows[0][1]), str(rows[0][2])
        hashes = [str(row[3]) for row in rows]
        connection.execute(
            query("add_loose_exception"),
            {
                "journey_id": 0,
                "exception_id": exception_id(ExceptionKind.CHANGED_CONTENT, [source, id_]),
                "kind": ExceptionKind.CHANGED_CONTENT.value,
                "contract": None,
                "subject": rows[0][4],
                "system": source,
                "reason": f"event {id_} of {source} was sent with {len(rows)} contents: {hashes[0]} counts, "
                f"kept beside it {', '.join(hashes[1:5])}",
                "fingerprint": fingerprint("changed_content", source),
                "severity": SEVERITY[ExceptionKind.CHANGED_CONTENT].value,
                "opened_at": max(row[5] for row in rows),  # type: ignore[type-var]
                "anchor": to_json([source, id_]),
            },
        )


def _count_undeclared(connection: Connection, stored: Sequence[Stored], workshop: Workshop) -> None:
    kinds = Counter(
        name.rsplit("/", 1)[-1]
        for event, _, _ in stored
        for name in event.keys
        if workshop.catalogue.class_of(name) is KeyClass.UNDECLARED
    )
    for kind, count in sorted(kinds.items()):
        connection.execute(query("count_undeclared"), {"kind": kind, "count": count})
