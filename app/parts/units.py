"""Numbers as people read them: durations, ages, instants, money, counts. Pure functions."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

UNKNOWN = "unknown"
"""Shown where a value is not known; never a zero."""

_MOST_SHARE = 5
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3_600, 86_400, 365.25 * 86_400


# Up to what length a unit is used, how many seconds it has, how it is written.
_UNITS = (
    (_MINUTE, 1, "s"),
    (_HOUR, _MINUTE, "min"),
    (2 * _DAY, _HOUR, "hours"),
    (3 * _YEAR, _DAY, "days"),
    (float("inf"), _YEAR, "years"),
)


def duration(seconds: float | None, like: float | None = None) -> str:
    """A length of time in one unit: "5.4 days", "3.2 hours". None is unknown. `like`: in the unit of that length."""
    if seconds is None:
        return UNKNOWN
    size = abs(seconds if like is None else like)
    factor, name = next((factor, name) for most, factor, name in _UNITS if size < most)
    told = _trimmed(abs(seconds) / factor)
    noun = name.removesuffix("s") if told == "1" and len(name) > 1 else name
    return f"{'−' if seconds < 0 else ''}{told} {noun}"


def _trimmed(number: float) -> str:
    text = f"{number:,.1f}" if number < 99.95 else f"{number:,.0f}"
    return text.removesuffix(".0")


def read_instant(text: str | datetime | None) -> datetime | None:
    """The UTC instant of an RFC 3339 text; None stays None."""
    if text is None:
        return None
    return (text if isinstance(text, datetime) else datetime.fromisoformat(text)).astimezone(UTC)


def instant(at: str | datetime | None, zone: ZoneInfo) -> str:
    """An instant in the reporting zone with the zone's name then: "12 Mar 2026 10:15 CET"."""
    moment = read_instant(at)
    return moment.astimezone(zone).strftime("%-d %b %Y %H:%M %Z") if moment else UNKNOWN


def short_instant(at: str | datetime | None, zone: ZoneInfo) -> str:
    """As `instant`, without the zone: for columns whose heading names it."""
    moment = read_instant(at)
    return moment.astimezone(zone).strftime("%-d %b %Y %H:%M") if moment else "–"


def day(at: str | datetime | None, zone: ZoneInfo) -> str:
    """The day of an instant in the reporting zone: "12 Mar 2026"."""
    moment = read_instant(at)
    return moment.astimezone(zone).strftime("%-d %b %Y") if moment else UNKNOWN


def age(at: str | datetime | None, now: datetime) -> str:
    """How long ago: "5.4 days ago", "in 2 hours" for what lies ahead."""
    moment = read_instant(at)
    if moment is None:
        return UNKNOWN
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "now"
    return f"{duration(seconds)} ago" if seconds > 0 else f"in {duration(-seconds)}"


def money(value: dict[str, Any] | None) -> str:
    """An amount with its currency: "120,000.00 EUR"; unknown is unknown, never 0."""
    if value is None:
        return UNKNOWN
    return f"{Decimal(value['amount']):,f} {value['currency']}"


def count(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: "1 journey", "1,234 journeys"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def value(found: Any, unit: str) -> str:
    """The value of a figure in its unit (`seconds`, `ratio`, `count`, `money`); None is shown as a dash."""
    if found is None:
        return "–"
    if unit == "seconds":
        return duration(float(found))
    if unit == "ratio":
        return f"{float(found) * 100:.1f} %"
    if unit == "money":
        return money(found)
    return f"{float(found):,.0f}" if float(found).is_integer() else f"{float(found):,.2f}"


def number(found: Any, unit: str) -> float | None:
    """The value of a figure as one number: seconds, a share, a count, an amount."""
    if found is None:
        return None
    return float(found["amount"]) if unit == "money" else float(found)


def scale(unit: str, largest: float) -> tuple[float, str]:
    """What to divide by on an axis that reaches `largest`, and what is counted then: (86400.0, "days")."""
    if unit == "seconds":
        factor, name = next((factor, name) for most, factor, name in _UNITS if largest < most)
        return float(factor), name
    return (0.01, "%") if unit == "ratio" else (1.0, "amount" if unit == "money" else "count")


def change(found: Any, previous: Any, unit: str) -> str | None:
    """The difference to the period before: "+0.6 days (+12 %)"; None where one of them is unknown."""
    now, before = number(found, unit), number(previous, unit)
    if now is None or before is None:
        return None
    gap = now - before
    # A metric tells from the first sign whether its arrow points down, and knows only the plain hyphen.
    sign = "+" if gap > 0 else "-" if gap < 0 else "±"
    if unit == "seconds":
        size = duration(abs(gap), like=max(abs(now), abs(before)))
    else:
        size = f"{abs(gap) * 100:.1f} points" if unit == "ratio" else _trimmed(abs(gap))
    # A change by a multiple says more about how little there was before.
    is_share = unit != "ratio" and before and abs(gap / before) < _MOST_SHARE
    return f"{sign}{size} ({sign}{abs(gap / before) * 100:.0f} %)" if is_share else f"{sign}{size}"
