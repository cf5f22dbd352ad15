"""Polling one stream: claimed, read page by page, each page committed with its cursor before the next is asked for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from opentelemetry import metrics, trace

from collectors.base import Page
from collectors.connections import Connections
from collectors.drift import Fields
from collectors.holding import RENEW_SECONDS, Holding
from collectors.pacing import rest_after, rest_between
from models.errors import FAMILIES, Misconfigured, ThroughlineError
from models.events import write_event
from models.store import streams
from models.store.absorb import Absorbed, absorb
from models.store.current_rules import CurrentRules
from models.store.engine import Connection, Pool, in_transaction
from models.store.quarantine import BadInput, quarantine_all
from models.store.streams import Claimed, LeaseLostError, Name, Step, StoredMemory
from models.store.works import Workshop

RECORD = "record"
"""The format of a record in quarantine that a connector could not tell as events."""

FAULT = "Fault"
"""The failure of a stream whose reading met a fault of the program."""

_log = logging.getLogger(__name__)
_tracer = trace.get_tracer("throughline.collectors")
_meter = metrics.get_meter("throughline.collectors")
_polls = _meter.create_counter("throughline.polls", unit="{poll}", description="Polls of streams, by how they ended.")
_pages = _meter.create_counter("throughline.pages", unit="{page}", description="Pages that were committed.")


class Ended(StrEnum):
    """How a poll ended."""

    READ = "read"  # everything that was there is in the store
    FAILED = "failed"  # the stream says what is wrong and is tried again later
    LOST = "lost"  # another worker has it
    STOPPED = "stopped"  # we were told to stop; what was committed stays


@dataclass
class Polled:
    """One poll: what it brought and how it ended. `error` is what it failed with."""

    system: str
    stream: str
    ended: Ended = Ended.READ
    pages: int = 0
    events: int = 0
    new: int = 0
    unreadable: int = 0
    error: Exception | None = None


class Poller:
    """Polls streams for one process; any number of them share a store. Its methods may be called by several threads."""

    def __init__(self, pool: Pool, connections: Connections, *, renew_seconds: float = RENEW_SECONDS) -> None:
        self._pool = pool
        self._connections = connections
        self._rules = CurrentRules()
        self._holding = Holding(pool, renew_seconds)

    def claim(self, among: Collection[Name], *, is_due_only: bool = True) -> Claimed | None:
        """The stream that has been due the longest, ours now; None: there is none. Errors: StoreUnavailableError."""
        if not among:
            return None
        return in_transaction(self._pool, partial(streams.claim, among=among, is_due_only=is_due_only))

    def poll(self, claimed: Claimed, is_stopping: Callable[[], bool] = lambda: False) -> Polled:
        """Read a claimed stream to its end and put it down. What went wrong stands in the store, and is not raised."""
        polled = Polled(claimed.system, claimed.stream)
        names = {"throughline.system": claimed.system, "throughline.stream": claimed.stream}
        begun = time.monotonic()
        with _tracer.start_as_current_span("poll", attributes=names) as span, self._holding.held(claimed.lease):
            try:
                self._read(claimed, polled, is_stopping)
            except LeaseLostError as error:
                polled.ended, polled.error = Ended.LOST, error
            except Exception as error:  # noqa: BLE001 - the top of a loop: one stream must not end the others
                self._failed(claimed, polled, error)
            span.set_attribute("throughline.pages", polled.pages)
            span.set_attribute("throughline.events", polled.events)
            span.set_attribute("throughline.outcome", polled.ended.value)
        _polls.add(1, {"system": claimed.system, "stream": claimed.stream, "outcome": polled.ended.value})
        _say(polled, time.monotonic() - begun)
        return polled

    def close(self) -> None:
        """Hold no lease any more. The connections are closed by whoever made them."""
        self._holding.close()

    def _read(self, claimed: Claimed, polled: Polled, is_stopping: Callable[[], bool]) -> None:
        connector = self._connections.of(claimed.system)
        memory = StoredMemory(self._pool, claimed.system, claimed.stream)
        fields = Fields(claimed.fields)
        for page in connector.read(claimed.stream, claimed.cursor, memory):
            fields.see(page)
            self._commit(claimed, page, fields, polled)
            if is_stopping():
                polled.ended = Ended.STOPPED
                self._release(claimed, 0.0, is_well=False)
                return
        told = _told_of_fields(claimed, fields.gone) if fields.gone else None
        self._release(claimed, rest_between(claimed.interval_seconds), is_well=True, told=told)

    def _commit(self, claimed: Claimed, page: Page, fields: Fields, polled: Polled) -> None:
        """Write a page, all of it or nothing. Errors: LeaseLostError; StoreUnavailableError."""
        workshop: Workshop = in_transaction(self._pool, self._rules.workshop)
        observed_at = datetime.now(UTC)
        step = Step(page.cursor, page.watermark, page.learned, fields.state)

        def also(connection: Connection, absorbed: Absorbed) -> None:
            bad = [BadInput(claimed.system, one.raw, one.reason) for one in page.unreadable]
            quarantine_all(connection, claimed.stream, bad, observed_at, RECORD)
            refused = [
                BadInput(claimed.system, write_event(page.events[at]), reason) for at, reason in absorbed.refused
            ]
            quarantine_all(connection, claimed.stream, refused, observed_at)
            streams.advance(connection, claimed, step)

        absorbed = absorb(self._pool, page.events, workshop, observed_at, also=also)
        polled.pages += 1
        polled.events += len(page.events)
        polled.new += absorbed.accepted
        polled.unreadable += len(page.unreadable) + len(absorbed.refused)
        _pages.add(1, {"system": claimed.system, "stream": claimed.stream})

    def _release(self, claimed: Claimed, seconds: float, *, is_well: bool, told: str | None = None) -> None:
        put_down = partial(streams.release, claimed=claimed, seconds=seconds, is_well=is_well, told=told)
        in_transaction(self._pool, put_down)

    def _failed(self, claimed: Claimed, polled: Polled, error: Exception) -> None:
        polled.ended, polled.error = Ended.FAILED, error
        family = next((family.__name__ for family in FAMILIES if isinstance(error, family)), FAULT)
        told = str(error)
        if family == FAULT:
            told = (
                f"a fault of this program, {type(error).__name__}, stopped it; see the log of the worker and report it"
            )
            _log.exception("a stream met a fault", extra={"system": claimed.system, "stream": claimed.stream})
        failures = 0 if polled.pages else claimed.failures
        seconds = rest_after(error, failures, claimed.interval_seconds)
        put_down = partial(streams.fail, claimed=claimed, seconds=seconds, failure=family, told=told)
        try:
            in_transaction(self._pool, put_down)
        except ThroughlineError as unwritten:
            # The lease ends by itself, and another worker tries.
            _log.warning("a failure was not written down", extra={"action": "poll", "outcome": str(unwritten)})


def _told_of_fields(claimed: Claimed, gone: Collection[str]) -> str:
    place = f"{claimed.system}/{claimed.stream}"
    return (
        f"{place}: the records no longer have {', '.join(sorted(gone))}; see `throughline systems check`, "
        "or read the stream anew if that is meant"
    )


def _say(polled: Polled, seconds: float) -> None:
    fields = {
        "action": "poll",
        "system": polled.system,
        "stream": polled.stream,
        "outcome": polled.ended.value,
        "pages": polled.pages,
        "events": polled.events,
        "duration_seconds": round(seconds, 3),
    }
    if polled.error is None:
        _log.log(logging.INFO if polled.new else logging.DEBUG, "a stream was polled", extra=fields)
        return
    level = logging.ERROR if isinstance(polled.error, Misconfigured) else logging.WARNING
    _log.log(level, "a stream could not be polled", extra={**fields, "reason": str(polled.error)})
