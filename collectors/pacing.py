"""How long a stream rests after it could not be read, by the family of the error; decided here alone."""

from __future__ import annotations

import random

from models.errors import RetryLater

_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 3_600.0


def rest_after(error: Exception, failures: int, interval_seconds: float) -> float:
    """Seconds to rest, spread so that streams do not come at once. `failures`: how often running it failed before.

    RetryLater: as long as the system asks, else doubling from 5 s (or the interval, if that is shorter) up to five
    intervals, and no more than 15 minutes. Everything else waits for a person, and is only looked at now and then:
    doubling from a minute up to an hour.
    """
    if not isinstance(error, RetryLater):
        first = max(interval_seconds, 60.0)
        return min(_doubled(first, failures), max(_LONGEST_SECONDS, interval_seconds)) * _spread()
    longest = min(max(5 * interval_seconds, 30.0), 900.0)
    seconds = min(_doubled(min(_FIRST_SECONDS, interval_seconds), failures), longest) * _spread()
    # What the system asks for is the least.
    return max(seconds, (error.wait_seconds or 0.0) * random.uniform(1.0, 1.1))  # noqa: S311 - only spreads


def rest_between(interval_seconds: float) -> float:
    """Seconds until the next poll of a stream that is well."""
    return interval_seconds * _spread()


def _doubled(first: float, times: int) -> float:
    return float(first * 2.0 ** min(times, 16))


def _spread() -> float:
    return random.uniform(0.85, 1.15)  # noqa: S311 - only spreads
