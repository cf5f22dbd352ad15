"""What the products' interfaces share: throttling, bearer tokens that end, outages and lies. All of it on wall time."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable

Wall = Callable[[], float]


class Throttle:
    """Counts requests in named buckets over a sliding time, `generous` times as many as a product documents."""

    def __init__(self, wall: Wall = time.monotonic, generous: int = 1) -> None:
        self._wall = wall
        self._generous = generous
        self._seen: dict[str, deque[float]] = {}

    def take(self, bucket: str, limit: int, per_seconds: float) -> float:
        """0.0 when the request is admitted (and counted), else the seconds until one will be."""
        now = self._wall()
        seen = self._seen.setdefault(bucket, deque())
        while seen and seen[0] <= now - per_seconds:
            seen.popleft()
        if len(seen) < limit * self._generous:
            seen.append(now)
            return 0.0
        return max(seen[0] + per_seconds - now, 0.001)


class Tokens:
    """Bearer tokens by system, each with its end."""

    def __init__(self, wall: Wall = time.monotonic) -> None:
        self._wall = wall
        self._ends: dict[tuple[str, str], float] = {}

    def issue(self, system: str, life_seconds: float) -> str:
        """A new token of this system."""
        token = secrets.token_urlsafe(32)
        self._ends[system, token] = self._wall() + life_seconds
        return token

    def check(self, system: str, token: str) -> str:
        """`valid`, `expired` or `unknown`."""
        end = self._ends.get((system, token))
        if end is None:
            return "unknown"
        return "valid" if self._wall() < end else "expired"


class Misbehaviour:
    """Outages for a time, and lies, each told once."""

    def __init__(self, wall: Wall = time.monotonic) -> None:
        self._wall = wall
        self._down: dict[tuple[str, str], float] = {}
        self._lies: dict[str, deque[str]] = {}

    def break_down(self, system: str, stream: str, seconds: float) -> None:
        """From now on for so many seconds the system, or one stream of it, answers 503. 0 ends an outage."""
        self._down[system, stream] = self._wall() + seconds

    def is_down(self, system: str, stream: str = "") -> bool:
        """Whether a request for this stream is to be refused."""
        now = self._wall()
        places = {(system, ""), (system, stream)}
        return any(self._down.get(place, 0.0) > now for place in places)

    def promise_lie(self, system: str, how: str) -> None:
        """The next write of this system lies like this."""
        self._lies.setdefault(system, deque()).append(how)

    def lie(self, system: str) -> str | None:
        """The lie that is due, used up by asking."""
        due = self._lies.get(system)
        return due.popleft() if due else None
