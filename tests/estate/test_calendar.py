"""Working hours in the entity's zone, batches, quarters."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from estate.calendar import end_of, long_tailed, month_of, months_from, next_slot, quarter_weight, working

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T10:15:30+00:00", "2026-03-02T10:15:30+00:00"),
        ("2026-03-02T05:15:00+00:00", "2026-03-02T08:15:00+00:00"),  # 6:15 in Berlin: at 9:15
        ("2026-03-02T20:15:00+00:00", "2026-03-03T08:15:00+00:00"),
        ("2026-03-06T20:15:00+00:00", "2026-03-09T08:15:00+00:00"),  # Friday evening: Monday
        ("2026-03-28T10:00:00+00:00", "2026-03-30T09:00:00+00:00"),  # over the change of the clocks: 11 o'clock there
    ],
)
def test_people_work_in_their_own_hours(at: str, expected: str) -> None:
    assert working(datetime.fromisoformat(at), BERLIN).isoformat() == expected


def test_a_batch_runs_later_than_what_it_carries() -> None:
    weekdays = frozenset(range(5))
    noon = datetime(2026, 3, 6, 12, tzinfo=UTC)
    assert next_slot(noon, 14, weekdays) == datetime(2026, 3, 6, 14, tzinfo=UTC)
    assert next_slot(noon, 12, weekdays) == datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_quarters_end_with_more_signatures() -> None:
    assert [quarter_weight(date(2026, month, 25)) for month in (1, 2, 3, 12)] == [1, 1, 3, 3]
    assert quarter_weight(date(2026, 3, 10)) == 1


def test_waiting_has_a_heavy_tail_and_an_end() -> None:
    rng = Random(1)
    waits = sorted(long_tailed(rng, 2).total_seconds() for _ in range(2000))
    assert waits[1000] == pytest.approx(2 * 86400, rel=0.1)
    assert waits[1980] > 4 * waits[1000]
    assert waits[-1] <= timedelta(days=24).total_seconds()


def test_months() -> None:
    assert months_from(date(2025, 11, 20), 3) == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert end_of(date(2024, 2, 1)) == date(2024, 2, 29)
    assert month_of(date(2026, 3, 31)) == "2026-03"
