"""Rows in the binary form of COPY, put together by hand, for the tables that every event writes to.

The driver looks up how to write each value of each row; here the writer of a table names that once, and the server
reads numbers, times and identities without parsing text.

Source: PostgreSQL 18 documentation, COPY, "Binary Format", and the receive functions of its types.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from struct import Struct
from typing import LiteralString
from uuid import UUID

from models.events import micros
from models.store.engine import Connection

NULL = b"\xff\xff\xff\xff"

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_PIECE = 1 << 16
_POSTGRES_EPOCH = micros(datetime(2000, 1, 1, tzinfo=UTC))
_count = Struct("!h").pack
_length = Struct("!i").pack
_integer = Struct("!ii").pack
_bigint = Struct("!iq").pack
_true, _false = b"\0\0\0\1\1", b"\0\0\0\1\0"


def copy_rows(connection: Connection, table: LiteralString, columns: LiteralString, rows: Iterable[bytes]) -> None:
    """Write rows made by `as_row`, with the values in the order of `columns`."""
    statement: LiteralString = f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        piece = [_HEADER]
        size = 0
        for one in rows:
            piece.append(one)
            size += len(one)
            if size > _PIECE:
                # The server works on what it has while the next rows are made.
                copy.write(b"".join(piece))
                piece.clear()
                size = 0
        piece.append(_END)
        copy.write(b"".join(piece))


def lay_out(connection: Connection, table: LiteralString, columns: LiteralString, rows: Iterable[bytes]) -> None:
    """Write rows made by `as_row` into a table of this transaction; those of an earlier batch in it go."""
    held: LiteralString = f"SELECT FROM {table} LIMIT 1"
    # Emptying a table that is empty takes several times as long as looking.
    if connection.execute(held).rowcount:
        empty: LiteralString = f"TRUNCATE {table}"
        connection.execute(empty)
    copy_rows(connection, table, columns, rows)


def as_row(*values: bytes) -> bytes:
    """One row of values that the functions below made."""
    return _count(len(values)) + b"".join(values)


def bigint(value: int) -> bytes:
    """A value for a bigint column."""
    return _bigint(8, value)


def integer(value: int) -> bytes:
    """A value for an integer column."""
    return _integer(4, value)


def boolean(value: bool) -> bytes:
    """A value for a boolean column."""
    return _true if value else _false


def instant(value: datetime) -> bytes:
    """A value for a timestamptz column."""
    return _bigint(8, micros(value) - _POSTGRES_EPOCH)


def moment(value: int) -> bytes:
    """A value for a timestamptz column, given as microseconds since 1970."""
    return _bigint(8, value - _POSTGRES_EPOCH)


def uuid(value: UUID) -> bytes:
    """A value for a uuid column."""
    return b"\0\0\0\x10" + value.bytes


def binary(value: bytes) -> bytes:
    """A value for a bytea column."""
    return _length(len(value)) + value


def text(value: str) -> bytes:
    """A value for a text column."""
    encoded = value.encode()
    return _length(len(encoded)) + encoded


def optional_text(value: str | None) -> bytes:
    """A value for a text column, or NULL."""
    return NULL if value is None else text(value)


def json(encoded: bytes) -> bytes:
    """A value for a jsonb column, given as JSON in UTF-8."""
    return _length(len(encoded) + 1) + b"\1" + encoded


def numeric(value: str | None) -> bytes:
    """A value for a numeric column, given as a plain decimal (`-1234.5`), or NULL."""
    if value is None:
        return NULL
    whole, _, part = value.lstrip("-").partition(".")
    digits = whole.rjust(-(-len(whole) // 4) * 4, "0") + part.ljust(-(-len(part) // 4) * 4, "0")
    groups = [int(digits[start : start + 4]) for start in range(0, len(digits), 4)]
    weight = -(-len(whole) // 4) - 1
    sign = 0x4000 if value.startswith("-") else 0
    return _length(8 + 2 * len(groups)) + Struct(f"!hhhh{len(groups)}h").pack(
        len(groups), weight, sign, len(part), *groups
    )
