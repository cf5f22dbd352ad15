"""Values of SuiteQL rows: all are texts, a null is left out, booleans are T and F, times have no zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from collectors.connectors.netsuite.options import Options
from models.events import UnreadableEventError

Row = Mapping[str, Any]


def text(row: Row, name: str) -> str:
    """A text that must be there. Errors: UnreadableEventError."""
    value = text_or_none(row, name)
    if value is None:
        raise UnreadableEventError(f"{name} is missing; a value is wanted")
    return value


def text_or_none(row: Row, name: str) -> str | None:
    """A text, None where the row has none. Errors: UnreadableEventError for anything but a text."""
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise UnreadableEventError(f"{name} is a {type(value).__name__}; SuiteQL gives texts")
    return value


def is_true(row: Row, name: str) -> bool:
    """Whether a flag is set. Errors: UnreadableEventError for neither T nor F."""
    value = text_or_none(row, name)
    if value not in (None, "T", "F"):
        raise UnreadableEventError(f"{name} is {value[:20]!r}; 'T' or 'F' is wanted")
    return value == "T"


def instant(row: Row, name: str, zone: ZoneInfo) -> datetime:
    """A time that must be there, in UTC. Errors: UnreadableEventError."""
    at = instant_or_none(row, name, zone)
    if at is None:
        raise UnreadableEventError(f"{name} is missing; a time is wanted")
    return at


def instant_or_none(row: Row, name: str, zone: ZoneInfo) -> datetime | None:
    """A time of the account, in UTC; None where the row has none. Errors: UnreadableEventError."""
    value = text_or_none(row, name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise UnreadableEventError(
            f"{name} is {value[:40]!r}; a time such as '2026-01-15 09:30:00' is wanted"
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def number_or_none(row: Row, name: str) -> Decimal | None:
    """A number, None where the row has none. Errors: UnreadableEventError."""
    value = text_or_none(row, name)
    if value is None:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        raise UnreadableEventError(f"{name} is {value[:40]!r}; a number is wanted") from None


def stamp(at: datetime) -> str:
    """An instant as text of fixed width, in seconds."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def account_time(at: datetime, zone: ZoneInfo) -> str:
    """An instant as the account writes it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def several(row: Row, name: str) -> list[str]:
    """Values that a field holds, apart by semicolons."""
    return [one for part in str(row.get(name) or "").split(";") if (one := part.strip())]


def currency(row: Row, options: Options) -> str:
    """The ISO code of the row's currency. Errors: UnreadableEventError that names the option to correct."""
    name = text(row, "currency")
    code = dict(one.split("=", 1) for one in options.currencies if "=" in one).get(name, name)
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise UnreadableEventError(
            f"currency is {name[:40]!r}, which is no ISO code; add '{name[:40]}=CODE' to currencies of the options"
        )
    return code


def code(row: Row, name: str) -> str | None:
    """A code such as `A`, also where it is written as `CustInvc:A`."""
    value = text_or_none(row, name)
    return None if value is None else value.rpartition(":")[2].strip()
