"""Which written happenings a system shows already: its indexes lag behind its writes."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

from estate.happenings import Happening
from estate.services import Services


class Pending:
    """Happenings that a system has taken and does not show yet, in the order in which it took them."""

    def __init__(self, services: Services, system: str, write: Callable[[Happening], None]) -> None:
        self._services = services
        self._system = system
        self._write = write
        self._waiting: deque[Happening] = deque()

    def add(self, happening: Happening) -> None:
        """Take one; `show` writes it when the system's lag has passed."""
        self._waiting.append(happening)

    def show(self) -> None:
        """Write the rows of everything that is readable by now; call it before every read."""
        lag = self._services.lag_seconds(self._system)
        readable_until = self._services.now() - timedelta(seconds=lag)
        while self._waiting and self._waiting[0].when <= readable_until:
            self._write(self._waiting.popleft())
