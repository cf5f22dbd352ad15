"""What was sent taken into the store: spans, events and what cannot be read, with whatever covers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from collectors.intake.otlp import Received, Rejected, Told
from collectors.intake.otlp_wire import Signal
from models.masking import MASKING, Masking
from models.store.absorb import Absorbed, absorb
from models.store.engine import Connection, Pool, in_transaction
from models.store.quarantine import BadInput, quarantine_all
from models.store.spans import write_spans
from models.store.works import Workshop
from models.traces import Span

OTLP = "otlp"
"""The format of spans and log records in quarantine: a request in JSON that holds one of them."""

BATCH = 5_000
"""Events of one transaction."""

Also = Callable[[Connection], None]


class Store(NamedTuple):
    """Where what was sent goes, by which rules, and when it came."""

    pool: Pool
    workshop: Workshop
    observed_at: datetime
    masking: Masking = MASKING


class Parcel(NamedTuple):
    """What came on one stream; `format` is how that of it waits in quarantine which cannot be taken."""

    received: Received
    stream: str
    format: str


class Taken(NamedTuple):
    """What became of events: how many were new, how many known, and what was not taken."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


def take_otlp(store: Store, received: Received, signal: Signal) -> Taken:
    """Take a request in. Everything is committed when this returns; done again, it changes nothing.

    Errors: StoreConflictError, StoreUnavailableError; a part may be taken then.
    """
    # An exporter sends its next request when it has the answer to this one: spans are kept while events are folded.
    with ThreadPoolExecutor(1) as beside:
        kept = beside.submit(_keep, store, received.spans)
        taken = take(store, [Parcel(received._replace(spans=[]), signal.value, OTLP)])
        kept.result()
    return taken


def _keep(store: Store, spans: Sequence[Span]) -> None:
    if spans:
        in_transaction(store.pool, lambda connection: write_spans(connection, spans, store.observed_at, store.masking))


def take(store: Store, parcels: Sequence[Parcel], *, batch: int = BATCH, also: Also = lambda connection: None) -> Taken:
    """Take parcels in, in transactions of `batch` events; `also` writes in the last one. Errors: as for `take_otlp`."""
    told = [(one, parcel) for parcel in parcels for one in parcel.received.told]
    batches = [told[at : at + batch] for at in range(0, len(told), batch)] or [[]]
    accepted = duplicates = 0
    rejected = [one for parcel in parcels for one in parcel.received.rejected]
    for number, some in enumerate(batches):
        first = parcels if number == 0 else ()
        last = also if number == len(batches) - 1 else None
        absorbed = _Writing(store, some, first, last).run()
        accepted += absorbed.accepted
        duplicates += absorbed.duplicates
        rejected += [one for one, _ in _refused(some, absorbed)]
    return Taken(accepted, duplicates, rejected)


class _Writing(NamedTuple):
    """One transaction: events; with the first the spans and what cannot be read, with the last what covers all."""

    store: Store
    told: Sequence[tuple[Told, Parcel]]
    parcels: Sequence[Parcel]
    also: Also | None

    def run(self) -> Absorbed:
        store = self.store
        if not self.told:
            nothing = Absorbed(0, 0, [])
            in_transaction(store.pool, lambda connection: self.write(connection, nothing))
            return nothing
        events = [one.event for one, _ in self.told]
        return absorb(store.pool, events, store.workshop, store.observed_at, also=self.write)

    def write(self, connection: Connection, absorbed: Absorbed) -> None:
        spans = [span for parcel in self.parcels for span in parcel.received.spans]
        write_spans(connection, spans, self.store.observed_at, self.store.masking)
        bad: dict[tuple[str, str], list[BadInput]] = {}
        unread = [(one, parcel) for parcel in self.parcels for one in parcel.received.rejected]
        for one, parcel in [*unread, *_refused(self.told, absorbed)]:
            found = bad.setdefault((parcel.stream, parcel.format), [])
            found.append(BadInput(one.source, one.raw(), one.reason))
        for stream, told_as in sorted(bad):
            quarantine_all(connection, stream, bad[stream, told_as], self.store.observed_at, told_as)
        if self.also is not None:
            self.also(connection)


def _refused(told: Sequence[tuple[Told, Parcel]], absorbed: Absorbed) -> list[tuple[Rejected, Parcel]]:
    found: list[tuple[Rejected, Parcel]] = []
    for place, reason in absorbed.refused:
        one, parcel = told[place]
        found.append((Rejected(one.event.source, one.raw, reason, one.place), parcel))
    return found
