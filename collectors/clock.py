"""Clocks: the machine's own, and one that another program keeps (the pretend firm's)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import msgspec

from models.clock import Clock
from models.errors import Misconfigured, RetryLater

SYSTEM = "system"

# Short enough that a clock set ahead by hand is seen at once, long enough that a page does not ask for every row.
_FRESH_SECONDS = 0.2
_TIMEOUT_SECONDS = 5.0


class ClockUnreachableError(RetryLater):
    """The clock does not answer."""


class ClockAnswerError(Misconfigured):
    """What answers at the clock's address is no clock."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


class _Answer(msgspec.Struct, frozen=True):
    now: datetime
    speed: float


class UrlClock:
    """A clock read over HTTP: `{"now": RFC 3339, "speed": seconds of its time in one of ours}`.

    Between two readings, 0.2 s apart at most, the time is worked out from the speed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(timeout=_TIMEOUT_SECONDS)
        self._answer: _Answer | None = None
        self._read_at = 0.0

    def now(self) -> datetime:
        """The clock's instant, in UTC. Errors: ClockUnreachableError, ClockAnswerError."""
        elapsed = time.monotonic() - self._read_at
        if self._answer is None or elapsed > _FRESH_SECONDS:
            self._answer = self._read()
            self._read_at, elapsed = time.monotonic(), 0.0
        return self._answer.now + timedelta(seconds=elapsed * self._answer.speed)

    def _read(self) -> _Answer:
        try:
            answered = self._client.get(self._url)
            answered.raise_for_status()
        except httpx.HTTPError as error:
            raise ClockUnreachableError(f"the clock at {self._url} does not answer ({error}); start it") from error
        try:
            answer = msgspec.json.decode(answered.content, type=_Answer)
        except msgspec.DecodeError as error:
            raise ClockAnswerError(f"{self._url} is no clock: {error}; correct `clock` in the settings") from error
        if answer.now.tzinfo is None:
            raise ClockAnswerError(f"{self._url} is no clock: its time has no zone; correct `clock` in the settings")
        return _Answer(answer.now.astimezone(UTC), answer.speed)

    def close(self) -> None:
        """Close the connection; the clock cannot be read afterwards."""
        self._client.close()


@contextmanager
def open_clock(setting: str) -> Iterator[Clock]:
    """The clock that the setting `clock` means, `system` or an address, for as long as the block lasts."""
    if setting == SYSTEM:
        yield SystemClock()
        return
    clock = UrlClock(setting)
    try:
        yield clock
    finally:
        clock.close()
