"""Reading CSV row by row: a bad row is told and the next one is read, whatever quotes it left open."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from collectors.logs.rows import LONGEST_ROW, Fault, Fields, LogFileError, as_text, encoded

_MOST_LINES = 200  # of one row: a field may hold line breaks, and an open quote must not swallow the file

csv.field_size_limit(LONGEST_ROW)


class _LongRowError(Exception):
    """A row passes the limits."""


class _Lines:
    """The lines of a text, which gives back what a bad row had taken beyond its first line."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._text.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._size += len(line)
        if self._size >= LONGEST_ROW or len(self._taken) > _MOST_LINES:
            raise _LongRowError(f"a row passes {LONGEST_ROW} characters or {_MOST_LINES} lines")
        return line

    def begin_row(self) -> None:
        """What is taken from here on belongs to the next row."""
        self._taken.clear()
        self._size = 0

    def spoilt(self) -> str:
        """The first line of the bad row; the others will be read again."""
        first, *others = self._taken
        self._waiting.extendleft(reversed(others))
        if not first.endswith(("\n", "\r")):
            # Only the beginning of a line was taken: its end is no row.
            while rest := self._text.readline(LONGEST_ROW):
                if rest.endswith("\n"):
                    break
        return first

    @property
    def taken(self) -> str:
        """The text of the row that was read last."""
        return "".join(self._taken)


def read_csv(stream: BinaryIO, name: str, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[Fields | Fault]:
    """The rows of a CSV file with a header; `name` is told in errors.

    Errors: LogFileError for a header that cannot be read.
    """
    utf8 = encoding.lower().replace("-", "").replace("_", "") == "utf8"
    with as_text(stream, "utf-8-sig" if utf8 else encoding) as text:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = _header(reader, name)
        while True:
            lines.begin_row()
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Fault(encoded(lines.spoilt()), f"no CSV: {error}")
            except _LongRowError as error:
                yield Fault(encoded(lines.spoilt()[:2000]), str(error))
            except UnicodeError as error:
                yield Fault(
                    str(error).encode(), f"no text in {encoding}; declare the encoding in the mapping", ends=True
                )
                return
            else:
                if len(row) == len(header):
                    yield dict(zip(header, row, strict=True))
                elif row:
                    yield Fault(encoded(lines.taken), f"{len(row)} fields where the header names {len(header)}")


def _header(reader: Iterator[list[str]], name: str) -> list[str]:
    try:
        header = next(reader, [])
    except (csv.Error, _LongRowError, UnicodeError) as error:
        raise LogFileError(f"{name}: the header cannot be read ({error}); the first line names the columns") from error
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice or not any(header):
        what = f"names {', '.join(map(repr, twice))} twice" if twice else "is empty"
        raise LogFileError(f"{name}: the header {what}; the first line names every column once")
    return header


def columns(stream: BinaryIO, delimiter: str = ",", encoding: str = "utf-8") -> list[str]:
    """The column names in the first line of a file that is only peeked at; empty when there are none."""
    head = stream.peek(LONGEST_ROW)[:LONGEST_ROW]  # type: ignore[attr-defined]
    try:
        text = head.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding, "replace")
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except (csv.Error, UnicodeError, LookupError):
        return []
