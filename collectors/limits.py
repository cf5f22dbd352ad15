"""How fast a system may be asked: our own pace, the requests under way at once, and pauses that the system asks for.

All of it runs on the machine's clock. One limiter is shared by everything in this process that asks one system.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from collectors.answers import ThrottledError, retry_after

PATIENCE_SECONDS = 5.0
"""How long a request waits for its turn; what takes longer is an error, so that other streams get the thread."""

_SALESFORCE_USAGE = re.compile(r"(?:^|[ ,])api-usage=(\d+)/(\d+)")
_SHARE_OF_DAY = 0.95
_DAY_PAUSE_SECONDS = 900.0
_LONGEST_SECONDS = 86_400.0
_EPOCH_FROM = 1_000_000_000.0
"""A reset above this is an instant in seconds since 1970, below it a length."""


class Limiter:
    """At most `per_second` requests in a second on average and `at_once` under way; None: no pace of our own.

    `clock` and `sleep` are the machine's, for tests to pass others.
    """

    def __init__(
        self,
        system: str,
        per_second: float | None = None,
        at_once: int = 4,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._system = system
        self._gap = 0.0 if per_second is None else 1.0 / per_second
        self._places = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._clock = clock
        self._sleep = sleep
        self._next_at = 0.0
        self._paused_until = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold a place for the block. Errors: ThrottledError when it would take too long."""
        if not self._places.acquire(timeout=PATIENCE_SECONDS * 6):
            raise ThrottledError(f"{self._system}: too many of our requests are under way; it is asked again later")
        try:
            wait = self._reserve()
            if wait > 0:
                self._sleep(wait)
            yield
        finally:
            self._places.release()

    def pause(self, seconds: float) -> None:
        """Ask nothing for so long."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + min(seconds, _LONGEST_SECONDS))

    def heed(self, headers: Mapping[str, str]) -> None:
        """Take from an answer's headers what the system says about its quota."""
        seconds = asked_pause(headers)
        if seconds is not None and seconds > 0:
            self.pause(seconds)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._sleep(seconds)

    def _reserve(self) -> float:
        with self._lock:
            now = self._clock()
            turn_at = max(now, self._next_at, self._paused_until)
            if turn_at - now > PATIENCE_SECONDS:
                raise ThrottledError(
                    f"{self._system}: its quota asks for a pause of {turn_at - now:.0f} s; it is asked again then",
                    wait_seconds=turn_at - now,
                )
            self._next_at = turn_at + self._gap
            return turn_at - now


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """How many seconds the headers of an answer ask us to pause; None where they ask for nothing.

    Read: Retry-After (RFC 9110); X-RateLimit-Remaining and -Reset, and RateLimit-Remaining and -Reset, when nothing
    remains; Sforce-Limit-Info (Salesforce REST guide, "Limit Info Header") when the day's allowance is nearly gone, for
    other integrations share it.
    """
    asked = retry_after(headers)
    if asked is not None:
        return asked
    for prefix in ("x-ratelimit-", "ratelimit-"):
        if headers.get(f"{prefix}remaining", "").strip() == "0":
            return _reset(headers.get(f"{prefix}reset", ""))
    usage = _SALESFORCE_USAGE.search(headers.get("sforce-limit-info", ""))
    if usage is not None and int(usage[1]) >= int(usage[2]) * _SHARE_OF_DAY:
        return _DAY_PAUSE_SECONDS
    return None


def _reset(said: str) -> float:
    try:
        number = float(said)
    except ValueError:
        return 1.0
    return max(number - time.time(), 0.0) if number > _EPOCH_FROM else max(number, 0.0)
