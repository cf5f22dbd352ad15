"""Where a page of a list ended, as opaque text: the place in the order, and the question it belongs to."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from models.questions import QuestionError, read_integer, read_text
from models.store.reading.fields import Kind

_LONGEST = 20_000


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """The last row of a page.

    `place` is its values of the columns that order the list; `in_nulls`: the list had come to the rows without a
    value in its sort column; `pins` are instants that hold for all pages.
    """

    sort: str
    filters: dict[str, list[str]]
    in_nulls: bool
    place: list[str | int]
    pins: dict[str, datetime] = {}


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Cursor)


def write_cursor(cursor: Cursor) -> str:
    """The text of a cursor, safe in a query string."""
    return urlsafe_b64encode(_encoder.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The cursor that `write_cursor` wrote. QuestionError for any other text."""
    try:
        if len(text) > _LONGEST:
            raise ValueError
        return _decoder.decode(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise QuestionError("cursor is none that a list gave; take it from `next` as it is", "cursor") from None


def read_place(value: str | int, kind: Kind) -> Any:
    """A value of an ordering column as `plain` wrote it. QuestionError where somebody else did."""
    try:
        if kind is Kind.TIME:
            at = datetime.fromisoformat(str(value))
            return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        if kind is Kind.NUMBER:
            return Decimal(str(value))
        return read_integer("cursor", str(value)) if kind is Kind.INTEGER else read_text("cursor", str(value))
    except (ValueError, InvalidOperation):
        raise QuestionError("cursor does not fit this list", "cursor") from None


def plain(value: Any) -> str | int:
    """A value of an ordering column as a cursor keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
