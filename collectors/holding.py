"""Leases that this process holds, renewed as long as the work under them lasts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import ThroughlineError
from models.store import streams
from models.store.engine import Pool, transaction

_log = logging.getLogger(__name__)
RENEW_SECONDS = streams.LEASE_SECONDS / 3


class Holding:
    """Renews leases in a thread of its own: a page that takes long costs no lease, a process that dies does."""

    def __init__(self, pool: Pool, every_seconds: float = RENEW_SECONDS) -> None:
        self._pool = pool
        self._every_seconds = every_seconds
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self, lease: str) -> Iterator[None]:
        """Keep a lease for the block."""
        with self._lock:
            self._held.add(lease)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(lease)

    def close(self) -> None:
        """Renew no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_seconds):
            with self._lock:
                held = set(self._held)
            if not held:
                continue
            try:
                with transaction(self._pool, wait_seconds=self._every_seconds) as connection:
                    streams.renew(connection, held)
            except ThroughlineError as error:
                # Whoever writes the next page finds out whether the lease is still his.
                _log.warning("leases were not renewed", extra={"action": "renew", "outcome": str(error)})
