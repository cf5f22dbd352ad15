"""Clocks: the machine's own, and one read over HTTP."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from collectors.clock import ClockAnswerError, ClockUnreachableError, SystemClock, open_clock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Answers:
    """A clock on loopback that says what the test tells it to."""

    def __init__(self) -> None:
        self.body = b""
        self.status = 200
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(answers.status)
                self.end_headers()
                self.wfile.write(answers.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/clock"

    def say(self, now: str, speed: float) -> None:
        self.body = json.dumps({"now": now, "speed": speed}).encode()


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    serving = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield made
    made.server.shutdown()
    serving.join()
    made.server.server_close()


def test_the_machines_clock_speaks_utc() -> None:
    with open_clock("system") as clock:
        assert isinstance(clock, SystemClock)
        assert clock.now().utcoffset() == timedelta()


def test_a_stopped_clock_stands_still_in_utc(answers: Answers) -> None:
    answers.say("2026-03-02T13:00:00+01:00", 0)
    with open_clock(answers.url) as clock:
        assert clock.now() == NOON
        assert clock.now() == NOON
        assert clock.now().utcoffset() == timedelta()


def test_between_two_readings_time_runs_at_its_speed(answers: Answers) -> None:
    answers.say("2026-03-02T12:00:00Z", 3600.0)
    with open_clock(answers.url) as clock:
        first = clock.now()
        answers.status = 500  # within the interval nobody asks again
        second = clock.now()
    assert NOON <= first < second < NOON + timedelta(seconds=0.2 * 3600)


def test_a_clock_that_does_not_answer_may_come_back(answers: Answers) -> None:
    answers.status = 503
    with open_clock(answers.url) as clock, pytest.raises(ClockUnreachableError, match="does not answer"):
        clock.now()
    with open_clock("http://127.0.0.1:9/clock") as clock, pytest.raises(ClockUnreachableError):
        clock.now()


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"now": "noon", "speed": 1}', b'{"now": "2026-03-02T12:00:00", "speed": 1}']
)
def test_what_is_no_clock_is_a_matter_of_settings(answers: Answers, body: bytes) -> None:
    answers.body = body
    with open_clock(answers.url) as clock, pytest.raises(ClockAnswerError, match="is no clock"):
        clock.now()
