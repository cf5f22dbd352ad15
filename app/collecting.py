"""Polling every stream of the settings, a few at once: what a worker does, and the command `collect`."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from app.accounts import accounts, expected
from app.wiring import Store
from collectors.connections import Connections
from collectors.poll import Polled, Poller
from models.errors import ThroughlineError
from models.store import streams
from models.store.engine import in_transaction
from models.store.streams import Claimed, Name

_log = logging.getLogger(__name__)

AT_ONCE = 4
"""How many streams a process polls at once."""

OF_ONE_SYSTEM = 2
"""How many of them may be of one system, so that a slow one leaves the others their turn."""

_IDLE_SECONDS = 0.5
_TROUBLE_SECONDS = 5.0


@dataclass(frozen=True)
class Collecting:
    """A poller and the streams that it polls."""

    poller: Poller
    names: tuple[Name, ...]


@contextmanager
def open_collecting(store: Store) -> Iterator[Collecting]:
    """Everything that polling needs; the streams of the settings are there afterwards.

    Errors: SettingsError for an unknown product, SecretMissingError; StoreUnavailableError.
    """
    wanted = expected(store.settings)
    polled = tuple((one.system, one.stream) for one in wanted if one.is_polled)
    if polled:
        store.settings.require_secrets()
    in_transaction(store.pool, lambda connection: streams.expect(connection, wanted))
    connections = Connections(accounts(store.settings), store.clock.now)
    poller = Poller(store.pool, connections)
    try:
        yield Collecting(poller, polled)
    finally:
        poller.close()
        connections.close()


class Rounds:
    """Polls what is due, as long as it is told to."""

    def __init__(self, collecting: Collecting, *, at_once: int = AT_ONCE, of_one: int = OF_ONE_SYSTEM) -> None:
        self._poller = collecting.poller
        self._names = collecting.names
        self._at_once = at_once
        self._of_one = of_one
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._free = threading.Semaphore(at_once)

    def run(self, stopping: threading.Event) -> None:
        """Poll until `stopping` is set; what is being read is put down behind its next page."""
        if not self._names:
            return
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="poll") as threads:
            while not stopping.is_set():
                if not self._free.acquire(timeout=_IDLE_SECONDS):
                    continue
                claimed = self._claim(stopping)
                if claimed is None:
                    self._free.release()
                    stopping.wait(_IDLE_SECONDS)
                else:
                    threads.submit(self._poll, claimed, stopping)

    def _claim(self, stopping: threading.Event) -> Claimed | None:
        with self._lock:
            among = [name for name in self._names if self._busy[name[0]] < self._of_one]
        try:
            claimed = self._poller.claim(among)
        except ThroughlineError as error:
            _log.warning("the worker cannot poll", extra={"action": "claim", "outcome": str(error)})
            stopping.wait(_TROUBLE_SECONDS)
            return None
        except Exception:  # noqa: BLE001 - the top of a loop
            _log.exception("claiming a stream failed", extra={"action": "claim"})
            stopping.wait(_TROUBLE_SECONDS)
            return None
        if claimed is not None:
            with self._lock:
                self._busy[claimed.system] += 1
        return claimed

    def _poll(self, claimed: Claimed, stopping: threading.Event) -> Polled:
        try:
            return self._poller.poll(claimed, stopping.is_set)
        finally:
            with self._lock:
                self._busy[claimed.system] -= 1
            self._free.release()
