"""The firm's own time: business time that runs at any speed, stands still, or jumps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class BusinessClock:
    """Business time from a fixed beginning. `speed` is business seconds in one second of the wall; 0 stops it."""

    def __init__(self, start: datetime, speed: float, wall: Callable[[], float] = time.monotonic) -> None:
        self._base = start.astimezone(UTC)
        self._wall = wall
        self._since = wall()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Business seconds in one second of the wall."""
        return self._speed

    def now(self) -> datetime:
        """The present instant of the firm, UTC."""
        return self._base + timedelta(seconds=(self._wall() - self._since) * self._speed)

    def set_speed(self, speed: float) -> None:
        """Go on from now at another speed."""
        self._base, self._since, self._speed = self.now(), self._wall(), speed

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        self._base += timedelta(seconds=seconds)
