from datetime import UTC, datetime

from app.parts import filters
from tests.app.memory import MemoryAsk, ago
from tests.app.worlds import one


def test_a_period_ends_with_the_day_of_the_newest_event_and_has_one_before_it() -> None:
    found = filters.read_span("30d", ago(hours=5), one())
    assert found.words == "19 Feb 2026 to 20 Mar 2026"
    assert found.start.astimezone(UTC) == datetime(2026, 2, 18, 23, tzinfo=UTC)
    assert found.before.astimezone(UTC) == datetime(2026, 1, 19, 23, tzinfo=UTC)


def test_a_period_begins_at_midnight_whatever_the_clocks_did() -> None:
    found = filters.read_span("30d", datetime(2026, 4, 10, 12, tzinfo=UTC), MemoryAsk())
    assert found.start.isoformat() == "2026-03-12T00:00:00+01:00"


def test_all_time_has_no_beginning() -> None:
    found = filters.read_span("all", ago(hours=5), one())
    assert (found.words, found.start, found.before) == ("all time, up to 20 Mar 2026", None, None)
