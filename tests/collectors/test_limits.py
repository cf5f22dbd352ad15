"""Pace: our own, and what systems ask for in their headers."""

import pytest

from collectors.answers import ThrottledError
from collectors.limits import Limiter, asked_pause
from tests.collectors.test_http import Clock


def turns(limiter: Limiter, count: int) -> None:
    for _ in range(count):
        with limiter.turn():
            pass


def test_requests_keep_their_distance() -> None:
    clock = Clock()
    turns(Limiter("acme", 10, 4, clock.time, clock.sleep), 31)
    assert clock.now == pytest.approx(53.0)


def test_without_a_pace_nobody_waits() -> None:
    clock = Clock()
    turns(Limiter("acme", None, 4, clock.time, clock.sleep), 100)
    assert clock.waited == []


def test_a_pause_holds_for_everybody() -> None:
    clock = Clock()
    limiter = Limiter("acme", None, 4, clock.time, clock.sleep)
    limiter.pause(3)
    turns(limiter, 2)
    assert clock.waited == [3]
    limiter.pause(60)
    with pytest.raises(ThrottledError, match="acme: its quota asks for a pause of 60 s") as raised, limiter.turn():
        pass
    assert raised.value.wait_seconds == 60


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "30"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-remaining": "0"}, 1),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "2"}, 2),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1600000000"}, 0),
        ({"sforce-limit-info": "api-usage=25/5000"}, None),
        ({"sforce-limit-info": "api-usage=4800/5000; per-app-api-usage=17/250(appName=x)"}, 900),
    ],
)
def test_headers_ask_for_a_pause(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_pause(headers) == seconds
