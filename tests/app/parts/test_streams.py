from zoneinfo import ZoneInfo

import pytest

from app.parts import streams
from tests.app.memory import NOW
from tests.app.rows import a_stream, a_system

ZONE = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ({}, "read"),
        ({"last_error": "netsuite: 503", "blind_since": NOW}, "failing"),
        ({"blind_since": NOW}, "blind"),
        ({"watermark": None, "last_success_at": None, "lag_seconds": None, "read_seconds": None}, "never read"),
    ],
)
def test_a_stream_is_what_is_worst_about_it(parts: dict, state: str) -> None:
    assert streams.state(a_stream(**parts)) == state
    assert streams.worst(a_system("a", a_stream("fine"), a_stream("x", **parts))) == state


def test_systems_are_told_in_one_sentence() -> None:
    systems = [
        a_system("a", a_stream("x", lag_seconds=60.0), a_stream("y", last_error="no")),
        a_system("b", a_stream("z", lag_seconds=7200.0)),
    ]
    told = streams.sentence(streams.standing(systems))
    assert told == "2 systems, 3 streams: 1 failing; furthest behind is b z with 2 hours."
    assert streams.sentence(streams.standing(systems[1:])) == (
        "1 system, 1 stream: all of them are read; furthest behind is b z with 2 hours."
    )
    assert streams.sentence(streams.standing([])) == "No system is listed."


def test_what_was_never_read_is_not_told_as_read() -> None:
    never = a_stream("z", watermark=None, last_success_at=None, lag_seconds=None)
    assert streams.sentence(streams.standing([a_system("a", never)])) == "1 system, 1 stream: 1 never read."
    assert streams.sentence(streams.standing([a_system("a")])) == "1 system, 0 streams: nothing has arrived yet."


def test_what_fails_comes_before_what_was_never_read() -> None:
    systems = [
        a_system("a", a_stream("x")),
        a_system("b"),
        a_system("d", a_stream("x", last_error="no")),
        a_system("c", a_stream("x", blind_since=NOW)),
    ]
    assert [one["name"] for one in streams.worst_first(systems)] == ["d", "c", "b", "a"]


def test_what_is_wrong_is_said_in_the_systems_own_words() -> None:
    assert streams.trouble(a_stream(last_error="erp: 503 from /suiteql", quarantined=2), ZONE) == (
        "erp: 503 from /suiteql; 2 unreadable records"
    )
    assert streams.trouble(a_stream(blind_since=NOW), ZONE) == "nothing is known since 20 Mar 2026 10:00 CET"
    assert streams.trouble(a_stream(), ZONE) == ""


def test_a_stream_that_was_never_read_says_so_and_shows_no_zero() -> None:
    never = a_stream("", watermark=None, last_success_at=None, lag_seconds=None, read_seconds=None, cursor=None)
    assert streams.cells(never, ZONE) == [
        "events it sends",
        ":gray-badge[never read]",
        "–",
        "–",
        "never",
        "",
    ]
