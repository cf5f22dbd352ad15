"""Figures over periods and groups: which periods there are, what may be asked by, what an answer looks like. Pure.

Periods are half open and begin at midnight of the reporting zone: a week on Monday (ISO 8601), a month and a quarter
with the calendar, a fiscal period with its month. On a day when clocks change a period is an hour shorter or longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.events import DIMENSIONS
from models.questions import QuestionError, read_instant, unknown, words


class PeriodKind(StrEnum):
    """How time is cut."""

    WEEK = "week"  # ISO week, from Monday
    MONTH = "month"  # calendar month
    QUARTER = "quarter"  # from January, April, July, October
    FISCAL = "fiscal"  # accounting period: the calendar month until a fiscal calendar is set


class FigureKind(StrEnum):
    """What a figure measures."""

    DURATION = "duration"  # from one step to another
    RECOVERY_TIME = "recovery_time"  # of settled exceptions, settled minus opened
    EXCEPTION_AGING = "exception_aging"  # age of the exceptions that are open


EXCEPTION_DIMENSIONS = ("system", "kind", "owner", "severity")
"""What figures of exceptions can be grouped by besides the dimensions of every journey."""


class Period(NamedTuple):
    """From `start`, included, to `end`, excluded; UTC."""

    start: datetime
    end: datetime


EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)
ALL_TIME = Period(EARLIEST, LATEST)
"""The window of a question that names none."""


class By(NamedTuple):
    """How an answer is cut: by at most one kind of period and one dimension."""

    period: PeriodKind | None = None
    dimension: str | None = None


def dimensions_of(kind: str) -> tuple[str, ...]:
    """What a figure of this kind can be grouped by."""
    return DIMENSIONS if kind == FigureKind.DURATION else (*DIMENSIONS, *EXCEPTION_DIMENSIONS)


def read_by(values: Iterable[str], dimensions: Iterable[str]) -> By:
    """The cut that words such as `week` and `region` ask for; QuestionError names what is allowed."""
    periods: list[PeriodKind] = []
    groups: list[str] = []
    allowed = [*PeriodKind, *dimensions]
    for word in words(values):
        if word in list(PeriodKind):
            periods.append(PeriodKind(word))
        elif word in allowed:
            groups.append(word)
        else:
            raise unknown("by", word, allowed)
    if len(periods) > 1 or len(groups) > 1:
        raise QuestionError(
            f"by names {', '.join([*periods, *groups])}; at most one period ({', '.join(PeriodKind)}) and one "
            "dimension are allowed",
            "by",
            allowed,
        )
    return By(next(iter(periods), None), next(iter(groups), None))


def read_window(start: str | None, end: str | None, zone: ZoneInfo) -> Period:
    """The window from one day or time to another, each None for no limit. Errors: QuestionError."""
    window = Period(
        EARLIEST if start is None else read_instant("from", start, zone),
        LATEST if end is None else read_instant("to", end, zone),
    )
    if window.start >= window.end:
        raise QuestionError(f"from {start} is not before to {end}; the window holds no time", "from")
    return window


def period_at(kind: PeriodKind, at: datetime, zone: ZoneInfo) -> Period:
    """The period in which an instant falls."""
    day = _first_day(kind, at.astimezone(zone).date())
    period = Period(_midnight(day, zone), _midnight(_next_day(kind, day), zone))
    if at >= period.end:
        # Clocks went back over midnight: the calendar shows the day before again, whose period is over.
        day = _next_day(kind, day)
        period = Period(period.end, _midnight(_next_day(kind, day), zone))
    return period


def period_before(kind: PeriodKind, period: Period, zone: ZoneInfo) -> Period:
    """The period that ends where this one begins."""
    return period_at(kind, period.start - timedelta(microseconds=1), zone)


def periods_over(kind: PeriodKind, first: datetime, last: datetime, zone: ZoneInfo) -> list[Period]:
    """Every period from the one with `first` to the one with `last`, in order."""
    periods = [period_at(kind, first, zone)]
    while periods[-1].end <= last:
        periods.append(period_at(kind, periods[-1].end, zone))
    return periods


def window_before(start: datetime, end: datetime, zone: ZoneInfo) -> Period:
    """The window of the same length that ends where this one begins.

    A window from midnight to midnight is as long as it has days, whatever the clocks did in between.
    """
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.time() == last.time() == time():
        return Period(_midnight(first.date() - (last.date() - first.date()), zone), start)
    return Period(start - (end - start), start)


def _first_day(kind: PeriodKind, day: date) -> date:
    if kind is PeriodKind.WEEK:
        return day - timedelta(days=day.weekday())
    if kind is PeriodKind.QUARTER:
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(day=1)


def _next_day(kind: PeriodKind, day: date) -> date:
    if kind is PeriodKind.WEEK:
        return day + timedelta(days=7)
    months = day.month + (2 if kind is PeriodKind.QUARTER else 0)
    return date(day.year + months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # A midnight that clocks skip counts as the instant of the skip, one that comes twice as the first.
    return datetime.combine(day, time(), zone).astimezone(UTC)
