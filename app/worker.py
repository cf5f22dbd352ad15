"""What a worker does as long as it lives. So far it says that it does."""

import logging
import threading

from models.errors import ThroughlineError
from models.store.beat import beat
from models.store.engine import Pool, transaction

_log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0


class Worker:
    """A worker in a thread of its own, from `start` to `stop`. It outlives an absent database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Work until `stop` is called from another thread."""
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
