"""A worker: says that it lives, and does its duties, as long as it lives."""

import logging
import threading
from collections.abc import Callable, Mapping

from models.errors import ThroughlineError
from models.store.beat import beat
from models.store.engine import Pool, transaction

_log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0

Duty = Callable[[threading.Event], None]
"""Works until the event is set, and survives its own errors."""


class Worker:
    """A worker in threads of its own, from `start` to `stop`. It outlives an absent database. `duties` by name."""

    def __init__(self, pool: Pool, duties: Mapping[str, Duty] | None = None) -> None:
        self._pool = pool
        self._duties = dict(duties or {})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until everything has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Work until `stop` is called from another thread, or this one is interrupted."""
        threads = [
            threading.Thread(target=self._do, args=(name, duty), name=name, daemon=True)
            for name, duty in self._duties.items()
        ]
        for thread in threads:
            thread.start()
        try:
            self._beat()
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def _beat(self) -> None:
        while True:
            try:
                with transaction(self._pool, wait_seconds=BEAT_SECONDS) as connection:
                    beat(connection)
            except ThroughlineError as error:
                _log.warning("the worker cannot work", extra={"action": "beat", "outcome": str(error)})
            except Exception:  # noqa: BLE001 - the top of a loop
                # Whatever it is, the next round may go well; a worker that dies is noticed by nobody.
                _log.exception("the worker failed", extra={"action": "beat"})
            if self._stopping.wait(BEAT_SECONDS):
                return

    def _do(self, name: str, duty: Duty) -> None:
        while not self._stopping.is_set():
            try:
                duty(self._stopping)
            except Exception:  # noqa: BLE001 - the top of a thread
                _log.exception("a duty of the worker failed, and begins again", extra={"action": name})
            else:
                return
            self._stopping.wait(BEAT_SECONDS)
