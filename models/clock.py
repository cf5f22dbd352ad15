"""What a clock is. Models take plain instants; whoever runs them asks a clock, and passes the answer in."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Decides as-of, due times and ages. Polling, leases and back-off run on wall time instead."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...
