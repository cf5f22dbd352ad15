"""Parsing XML as a stream, without its dangers: no document types, so no entities; depth and piece size bounded.

The handlers of expat are used as they are, because a log of 100 MB has millions of elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from collectors.logs.rows import LONGEST_ROW, Fault

_CHUNK = 1 << 16
_DEEPEST = 64


class ForbiddenXmlError(Exception):
    """The document uses what logs do not need and attacks do."""


def parse(
    stream: BinaryIO,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None] | None = None,
) -> Iterator[Fault | None]:
    """Feed a document to the handlers; yields None after each piece, so that the caller can pass on what has come.

    A document that is not well-formed, or forbidden, yields one Fault that ends it.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    depth = 0

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise ForbiddenXmlError(f"elements lie more than {_DEEPEST} deep")
        start(name, attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    chunk = b""
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > LONGEST_ROW:
                raise ForbiddenXmlError(f"one tag or text passes {LONGEST_ROW} bytes")
            yield None
        parser.Parse(b"", True)
        yield None
    except expat.ExpatError as error:
        where = max(parser.ErrorByteIndex - fed, 0)
        yield Fault(chunk[max(where - 500, 0) : where + 500], f"XML is broken, the rest is unread: {error}", ends=True)
    except ForbiddenXmlError as error:
        yield Fault(chunk[:1000], f"XML is refused, the rest is unread: {error}", ends=True)


def _refuse_doctype(*_: Any) -> None:
    raise ForbiddenXmlError("it declares a document type, which may define entities; take the DOCTYPE out")
