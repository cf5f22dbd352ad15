"""What SuiteQL's functions do on SQLite, and how a value of an answer is written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

_PARTS = {
    "YYYY": "%Y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "AM": "%p",
    "MON": "%b",
}
_FORMAT = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)) + r"|[-/:. ,]|\"T\"", re.IGNORECASE)
_ISO_DAY, _ISO_MOMENT = "YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS"


@lru_cache(maxsize=256)
def _pattern(form: str) -> str:
    """A format model as strptime takes it; refuses what it does not know."""
    parts, at = [], 0
    while at < len(form):
        found = _FORMAT.match(form, at)
        if not found:
            raise ValueError(f"date format not recognized: {form}")
        word = found.group()
        parts.append(_PARTS.get(word.upper(), word.strip('"')))
        at = found.end()
    return "".join(parts)


def to_char(value: bytes | str | float | None, form: str | None = None) -> str | None:
    """A date as words in a format, in the user's own without one; a number as its digits."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return written(value)
    if form is None:
        return written(value)
    text = value.decode()
    if form == _ISO_MOMENT:
        return text
    if form == _ISO_DAY:
        return text[:10]
    return datetime.fromisoformat(text).strftime(_pattern(form))


def to_date(text: str | bytes | None, form: str | None = None) -> bytes | None:
    """A date from words in a format; without one the user's own is meant, which the firm forbids as ambiguous."""
    if text is None or isinstance(text, bytes):
        return text
    if form is None:
        raise ValueError("a format is required")
    moment = datetime.strptime(text, _pattern(form))  # noqa: DTZ007 - the account's zone is GMT
    return f"{moment:%Y-%m-%d %H:%M:%S}".encode()


def written(value: Any) -> str:
    """A value that is not null as SuiteQL answers it: words always; a date in the user's format, without its time."""
    if isinstance(value, bytes):
        text = value.decode()
        return f"{int(text[5:7])}/{int(text[8:10])}/{text[:4]}"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def install(database: sqlite3.Connection, now: Callable[[], datetime]) -> None:
    """Give a database SuiteQL's functions."""

    def sysdate() -> bytes:
        return f"{now().astimezone(UTC):%Y-%m-%d %H:%M:%S}".encode()

    for arguments in (1, 2):
        database.create_function("to_char", arguments, to_char, deterministic=True)
        database.create_function("to_date", arguments, to_date, deterministic=True)
        database.create_function("to_timestamp", arguments, to_date, deterministic=True)
    database.create_function("sysdate", 0, sysdate)
