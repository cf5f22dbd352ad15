"""What a question may say: limits, filters and instants read from plain text, refused by name when unknown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from models.errors import Refused

FEWEST, USUAL, MOST = 1, 50, 500
"""Items of one page of a list."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_LARGEST_INTEGER = 2**63


class QuestionError(Refused):
    """A question that cannot be asked. `parameter` names what is wrong with it, `allowed` what would be right."""

    def __init__(self, message: str, parameter: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.allowed = sorted(allowed)


class NotSupportedError(QuestionError):
    """A question that is understood and cannot be answered yet."""


def unknown(parameter: str, found: str, allowed: Iterable[str]) -> QuestionError:
    """The error for a word that is none of those allowed; it names them and the nearest."""
    words = sorted(allowed)
    near = get_close_matches(found, words, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return QuestionError(
        f"{parameter}: {found[:60]!r} is not known; {hint}allowed: {', '.join(words)}", parameter, words
    )


def read_text(parameter: str, text: str) -> str:
    """Text that the store can compare with. QuestionError for null characters and halves of surrogate pairs."""
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise QuestionError(f"{parameter} holds a character that no value of ours can hold", parameter)
    return text


def read_limit(text: str) -> int:
    """How many items a page has at most."""
    if not (text.isascii() and text.isdigit() and FEWEST <= int(text[:9]) <= MOST):
        raise QuestionError(f"limit is {text[:20]!r}; a whole number from {FEWEST} to {MOST} is allowed", "limit")
    return int(text)


def read_instant(parameter: str, text: str, zone: tzinfo = UTC) -> datetime:
    """The instant of an RFC 3339 time, or of the beginning of a day in `zone`; in UTC."""
    # In a query string a plus sign that was not encoded arrives as a blank.
    candidate = text[:-6] + "+" + text[-5:] if len(text) > 19 and text[-6:-5] == " " else text
    try:
        if len(candidate) == 10:
            at = datetime.combine(date.fromisoformat(candidate), time(), zone)
        else:
            at = datetime.fromisoformat(candidate)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise QuestionError(
            f"{parameter} is {text[:40]!r}; a day such as '2026-03-02' or a time with its zone such as "
            f"'2026-03-02T10:15:00Z' is allowed, from {_FIRST_YEAR} to {_LAST_YEAR}",
            parameter,
        )
    return at.astimezone(UTC)


def read_number(parameter: str, text: str) -> Decimal:
    """A finite decimal."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(text) > 60 or abs(number.adjusted()) > 100:
        raise QuestionError(f"{parameter} is {text[:40]!r}; a number such as '12.50' is allowed", parameter)
    return number


def read_integer(parameter: str, text: str) -> int:
    """A whole number of at most 64 bits."""
    number = read_number(parameter, text)
    if number != number.to_integral_value() or abs(number) >= _LARGEST_INTEGER:
        raise QuestionError(f"{parameter} is {text[:40]!r}; a whole number is allowed", parameter)
    return int(number)


def words(values: Iterable[str]) -> list[str]:
    """Words given one by one or divided by commas, each once, in their order."""
    return list(dict.fromkeys(word for value in values for word in value.split(",") if word))
