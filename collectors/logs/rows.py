"""What the readers of log files yield: rows of named fields, and faults where a row could not be read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from models.errors import Misconfigured, StopStream

# Columns that the readers add to those of the file.
OCEL_ID = "ocel:id"
OCEL_TYPE = "ocel:type"
OCEL_TIME = "ocel:time"
OCEL_LINK = "ocel:link"  # present where two objects are linked, instead of an event that names them
OCEL_LINES = "ocel:lines"
OBJECTS = "objects:"  # and the type: identifiers of the objects of that type
CASE = "case:"  # and the key: an attribute of the trace

LONGEST_ROW = 1 << 20
"""Characters of one row; a longer one costs a quarantined row and not our memory."""

Fields = dict[str, Any]
"""Text by column; a list of texts in a column of objects, a list of mappings in `ocel:lines`."""


class Fault(NamedTuple):
    """A row that could not be read, with its bytes and the reason; `ends`: the rest of the file is lost with it."""

    raw: bytes
    reason: str
    ends: bool = False


class LogFileError(StopStream):
    """A file that cannot be read (further); the message names it and the next step. What was read before stays."""


class LogFormatError(Misconfigured):
    """A file that is not there, one of another kind than was asked for, or one that no mapping fits."""


@contextmanager
def as_text(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The stream's text, line ends as they are; the stream itself stays open.

    Bytes that are no text become halves of surrogate pairs, so that their row is refused and not the file.
    """
    text = io.TextIOWrapper(stream, encoding, "surrogateescape", newline="")
    try:
        yield text
    finally:
        if not stream.closed:
            text.detach()


def encoded(text: str) -> bytes:
    """The bytes of what `as_text` read; halves of surrogate pairs that were written as such stay."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
