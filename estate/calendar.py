"""When people of an entity work, when batches run, and how long things take."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

OPENS, CLOSES = 9, 18


def working(at: datetime, zone: ZoneInfo) -> datetime:
    """The same instant when somebody works then, else the same minute of the next working hour; UTC, whole seconds."""
    local = at.astimezone(zone)
    if local.hour >= CLOSES:
        local = (local + timedelta(days=1)).replace(hour=OPENS)
    elif local.hour < OPENS:
        local = local.replace(hour=OPENS)
    while local.weekday() >= 5:
        local += timedelta(days=1)
    return local.astimezone(UTC).replace(microsecond=0)


def long_tailed(rng: Random, median_days: float, spread: float = 0.7) -> timedelta:
    """A length with a heavy tail (lognormal), cut at twelve times its median."""
    days = min(rng.lognormvariate(math.log(median_days), spread), 12 * median_days)
    return timedelta(days=days)


@cache
def quarter_weight(day: date) -> float:
    """How many more signatures a day sees than others: three times in the last two weeks of a quarter."""
    last = months_from(date(day.year, (day.month - 1) // 3 * 3 + 1, 1), 4)[3]
    left = last.toordinal() - day.toordinal()
    return 3.0 if left <= 14 else 1.0


def next_slot(at: datetime, hour: int, days: frozenset[int]) -> datetime:
    """The next run of a batch at this hour (UTC) on one of these weekdays (0 = Monday), later than the instant."""
    slot = datetime.combine(at.date(), time(hour), UTC)
    while slot <= at or slot.weekday() not in days:
        slot += timedelta(days=1)
    return slot


def month_of(day: date) -> str:
    """The period a day belongs to: YYYY-MM."""
    return f"{day.year}-{day.month:02}"


def months_from(start: date, count: int) -> list[date]:
    """The first days of so many months, from the one a day lies in."""
    first = start.year * 12 + start.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, first + count)]


def end_of(month: date) -> date:
    """The last day of a month."""
    return months_from(month, 2)[1] - timedelta(days=1)
