from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import DIMENSIONS
from models.figures import By, Period, PeriodKind, period_at, period_before, periods_over, read_by, window_before
from models.questions import QuestionError

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Africa/Cairo", "Asia/Kathmandu")
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "at", "start", "end"),
    [
        # ISO week 53 of 2026 begins on Monday 28 December and reaches into 2027.
        ("week", "2027-01-01T12:00", "2026-12-27T23:00", "2027-01-03T23:00"),
        # Sunday 23:30 in Berlin is still the old week, half an hour later the new one has begun.
        ("week", "2026-03-01T22:30", "2026-02-22T23:00", "2026-03-01T23:00"),
        ("week", "2026-03-01T23:00", "2026-03-01T23:00", "2026-03-08T23:00"),
        # Clocks go forward on 29 March and back on 25 October 2026: weeks of 167 and 169 hours.
        ("week", "2026-03-25T12:00", "2026-03-22T23:00", "2026-03-29T22:00"),
        ("week", "2026-10-21T12:00", "2026-10-18T22:00", "2026-10-25T23:00"),
        ("month", "2026-03-15T12:00", "2026-02-28T23:00", "2026-03-31T22:00"),
        ("month", "2026-12-31T23:00", "2026-12-31T23:00", "2027-01-31T23:00"),
        ("quarter", "2026-02-10T12:00", "2025-12-31T23:00", "2026-03-31T22:00"),
        ("quarter", "2026-12-31T22:59", "2026-09-30T22:00", "2026-12-31T23:00"),
        ("fiscal", "2026-02-10T12:00", "2026-01-31T23:00", "2026-02-28T23:00"),
    ],
)
def test_an_instant_falls_in_the_period_of_the_reporting_zone(kind, at, start, end) -> None:
    assert period_at(PeriodKind(kind), utc(at), BERLIN) == Period(utc(start), utc(end))


def test_a_day_that_has_no_midnight_begins_when_clocks_have_skipped_it() -> None:
    # Cairo 2026-04-24: 00:00 becomes 01:00, which is 22:00 UTC of the day before.
    assert period_at(PeriodKind.MONTH, utc("2026-04-23T22:00"), ZoneInfo("Africa/Cairo")).start == utc(
        "2026-03-31T22:00"
    )


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-03-29T23:00", "2026-04-05T22:00", None),  # not from midnight to midnight: 167 hours before
        ("2026-03-29T22:00", "2026-04-05T22:00", "2026-03-22T23:00"),  # a week before the change of clocks
        ("2026-02-28T23:00", "2026-03-31T22:00", "2026-01-28T23:00"),  # March has 31 days
        ("2026-03-02T10:00", "2026-03-02T12:00", "2026-03-02T08:00"),
    ],
)
def test_the_window_before_is_as_long_and_ends_where_this_one_begins(start, end, before) -> None:
    wanted = utc(before) if before else utc(start) - (utc(end) - utc(start))
    assert window_before(utc(start), utc(end), BERLIN) == Period(wanted, utc(start))


@given(
    st.integers(-(10**7), 10**8),
    st.sampled_from(list(PeriodKind)),
    st.sampled_from(ZONES),
    st.integers(0, 400),
)
def test_periods_cover_time_without_gap_and_without_overlap(minutes, kind, zone, days) -> None:
    first = utc("1990-01-01T00:00") + timedelta(minutes=minutes)
    last = first + timedelta(days=days)
    periods = periods_over(kind, first, last, zone)
    assert periods[0].start <= first < periods[0].end
    assert periods[-1].start <= last < periods[-1].end
    assert all(one.end == next_one.start for one, next_one in pairwise(periods))
    assert all(period_at(kind, one.start, zone) == one for one in periods)
    assert all(period_before(kind, next_one, zone) == one for one, next_one in pairwise(periods))


@pytest.mark.parametrize(
    ("values", "by"),
    [
        ([], By(None, None)),
        (["week"], By(PeriodKind.WEEK, None)),
        (["week,region"], By(PeriodKind.WEEK, "region")),
        (["region", "month"], By(PeriodKind.MONTH, "region")),
        (["week,week"], By(PeriodKind.WEEK, None)),
    ],
)
def test_by_names_a_period_and_a_dimension_in_any_order(values, by) -> None:
    assert read_by(values, DIMENSIONS) == by


@pytest.mark.parametrize("values", [["weak"], ["week,month"], ["region,entity"], ["Region"], ["system"]])
def test_by_refuses_what_it_does_not_know_and_says_what_it_does(values) -> None:
    with pytest.raises(QuestionError) as caught:
        read_by(values, DIMENSIONS)
    assert caught.value.allowed == sorted([*PeriodKind, *DIMENSIONS])
