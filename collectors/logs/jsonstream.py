"""Reading the arrays of a JSON document item by item, without holding the document."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from collectors.logs.rows import LONGEST_ROW, Fault, as_text, encoded

_CHUNK = 1 << 16
_SPACE = " \t\r\n"


class _BrokenJsonError(Exception):
    """The document cannot be followed further."""


class _Text:
    """A window on the document that grows when a value does not fit, and moves on when it was read."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        # What is no number in JSON stays a text, so that it costs one row and not the file.
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
        self._window = ""
        self._at = 0
        self._has_ended = False

    def peek(self) -> str:
        """The next character that is no space; '' at the end."""
        while True:
            while self._at < len(self._window) and self._window[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._grow():
                return ""

    def take(self, wanted: str) -> None:
        """Pass over one of these characters."""
        found = self.peek()
        if not found or found not in wanted:
            raise _BrokenJsonError(f"found {found!r} where {' or '.join(wanted)} is wanted")
        self._at += 1

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._window, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError) or len(self._window) - self._at > LONGEST_ROW:
                    raise _BrokenJsonError(f"no value of less than {LONGEST_ROW} characters: {error}") from error
                if not self._grow():
                    raise _BrokenJsonError(str(error)) from error
            else:
                # A number at the end of the window may go on.
                if end < len(self._window) or not self._grow():
                    self._at = end
                    return value

    def excerpt(self) -> bytes:
        """What stands at the place that was reached."""
        return encoded(self._window[self._at : self._at + 1000])

    def _grow(self) -> bool:
        if self._has_ended:
            return False
        more = self._text.read(max(_CHUNK, len(self._window) - self._at))
        self._has_ended = not more
        self._window = self._window[self._at :] + more
        self._at = 0
        return bool(more)


def items(stream: BinaryIO) -> Iterator[tuple[str, Any] | Fault]:
    """(name, item) of every array at the top of a document that is a mapping; other values are passed over.

    A document that is broken yields one Fault that ends it. Numbers come as text.
    """
    with as_text(stream, "utf-8-sig") as opened:
        text = _Text(opened)
        try:
            yield from _items(text)
        except _BrokenJsonError as error:
            yield Fault(text.excerpt(), f"JSON is broken, the rest is unread: {error}", ends=True)


def _items(text: _Text) -> Iterator[tuple[str, Any]]:
    text.take("{")
    while text.peek() != "}":
        name = text.value()
        text.take(":")
        if text.peek() == "[":
            text.take("[")
            while text.peek() != "]":
                yield str(name), text.value()
                if text.peek() != "]":
                    text.take(",")
            text.take("]")
        else:
            text.value()
        if text.peek() != "}":
            text.take(",")
