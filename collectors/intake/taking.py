"""What was sent taken into the store: spans, events and what cannot be read, with whatever covers them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

OTLP = "otlp"
"""The format of spans and log records in quarantine: a request in JSON that holds one of them."""

_BATCH = 5_000

Also = Callable[[Connection], None]


class Store(NamedTuple):
    """Where what was sent goes, by which rules, and when it came."""

    pool: Pool
    workshop: Workshop
    observed_at: datetime
    masking: Masking = MASKING


class Taken(NamedTuple):
    """What became of events: how many were new, how many known, and what was not taken."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


def take_otlp(store: Store, received: Received, signal: Signal, also: Also = lambda connection: None) -> Taken:
    """Take a request in. Everything is committed when this returns; done again, it changes nothing.

    `also` writes in the last transaction. Errors: StoreConflictError, StoreUnavailableError; a part may be taken then.
    """
    batches = [received.told[at : at + _BATCH] for at in range(0, len(received.told), _BATCH)] or [[]]
    taken = Taken(0, 0, list(received.rejected))
    for number, batch in enumerate(batches):
        writing = _Writing(store, received, signal, also, number == 0, number == len(batches) - 1)
        absorbed = writing.take(batch)
        taken = Taken(
            taken.accepted + absorbed.accepted,
            taken.duplicates + absorbed.duplicates,
            [*taken.rejected, *_refused(batch, absorbed)],
        )
    return taken


class _Writing(NamedTuple):
    """One transaction: spans and what cannot be read go with the first, what covers all of it with the last."""

    store: Store
    received: Received
    signal: Signal
    also: Also
    is_first: bool
    is_last: bool

    def take(self, batch: Sequence[Told]) -> Absorbed:
        events = [one.event for one in batch]
        if not events:
            nothing = Absorbed(0, 0, [])
            in_transaction(self.store.pool, lambda connection: self.write(connection, batch, nothing))
            return nothing
        return absorb(
            self.store.pool,
            events,
            self.store.workshop,
            self.store.observed_at,
            also=lambda connection, absorbed: self.write(connection, batch, absorbed),
        )

    def write(self, connection: Connection, batch: Sequence[Told], absorbed: Absorbed) -> None:
        rejected = [*(self.received.rejected if self.is_first else ()), *_refused(batch, absorbed)]
        if self.is_first:
            write_spans(connection, self.received.spans, self.store.observed_at, self.store.masking)
        bad = [BadInput(one.source, one.raw(), one.reason) for one in rejected]
        quarantine_all(connection, self.signal.value, bad, self.store.observed_at, OTLP)
        if self.is_last:
            self.also(connection)


def _refused(batch: Sequence[Told], absorbed: Absorbed) -> list[Rejected]:
    return [
        Rejected(batch[place].event.source, batch[place].raw, reason, batch[place].place)
        for place, reason in absorbed.refused
    ]
