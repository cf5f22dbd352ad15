"""Which written happenings a system shows already: its indexes lag behind its writes."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from estate.happenings import Happening
from estate.services import Services


class Pending:
    """Happenings that a system has taken and does not show yet, in the order in which it took them.

    Until the first read they are written as they come: the history of years would keep the first reader waiting.
    Afterwards only readers write, for happenings come from other threads, and a page must not change under its reader.
    """

    def __init__(self, services: Services, system: str, write: Callable[[Happening], None]) -> None:
        self._services = services
        self._system = system
        self._write = write
        self._waiting: deque[Happening] = deque()
        self._is_read = False
        self._lock = threading.Lock()

    def add(self, happening: Happening) -> None:
        """Take one; it is written when the system's lag has passed. Never waits for a reader, once there was one."""
        self._waiting.append(happening)
        if not self._is_read:
            with self._lock:
                self._write_readable()

    def show(self) -> None:
        """Write the rows of everything that is readable by now; for readers in one thread, before every read."""
        with self.shown():
            pass

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Everything that is readable by now is written, and nothing else is, for as long as the block lasts."""
        self._is_read = True
        with self._lock:
            self._write_readable()
            yield

    def _write_readable(self) -> None:
        lag = self._services.lag_seconds(self._system)
        readable_until = self._services.now() - timedelta(seconds=lag)
        while self._waiting and self._waiting[0].when <= readable_until:
            self._write(self._waiting.popleft())
