"""An array of events cut into its items, so that a bad one costs itself and not its neighbours."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from app.api.problems import ProblemError

# Strings as a whole, and what opens, closes and divides. Possessive: nothing in it is tried twice.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(msgspec.Raw)


class Item(NamedTuple):
    """One item as it was sent, and why it cannot be read where that is known already."""

    raw: bytes | msgspec.Raw
    reason: str = ""


def split(body: bytes) -> list[Item]:
    """The items of an array, or the one object. 400 for what is no JSON, or neither."""
    body = body.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    if body[:1] not in (b"[", b"{"):
        raise _unparsable("an event or an array of events is wanted")
    try:
        return [Item(raw) for raw in _items.decode(body)] if body[:1] == b"[" else [Item(_one.decode(body))]
    except (msgspec.DecodeError, RecursionError) as error:
        # Half a surrogate pair, or nesting beyond all reason, is one item's fault: look at each by itself.
        whole = error
    if body[:1] == b"{":
        return [_judged(body)]
    try:
        return [_judged(part) for part in _parts(body)]
    except _BrokenArrayError:
        raise _unparsable(str(whole)) from whole


class _BrokenArrayError(Exception):
    """Brackets that do not match."""


def _parts(body: bytes) -> Iterator[bytes]:
    """What stands between the commas of the outermost array."""
    depth, begun = 0, 1
    for found in _STRUCTURE.finditer(body):
        sign = found[0]
        if sign in (b"[", b"{"):
            depth += 1
        elif sign in (b"]", b"}"):
            depth -= 1
            if depth == 0:
                if found.end() != len(body):
                    raise _BrokenArrayError
                yield body[begun : found.start()].strip()
                return
        elif sign == b"," and depth == 1:
            yield body[begun : found.start()].strip()
            begun = found.end()
    raise _BrokenArrayError


def _judged(part: bytes) -> Item:
    try:
        _one.decode(part)
    except RecursionError:
        return Item(part, "it is nested too deeply")
    except msgspec.DecodeError as error:
        if not _is_json(part):
            raise _unparsable(str(error)) from error
        return Item(part, "a text holds half of a surrogate pair, which is no Unicode character")
    return Item(part)


def _is_json(part: bytes) -> bool:
    """Whether it is JSON by the letter of RFC 8259, which half a surrogate pair is."""
    try:
        json.loads(part, parse_constant=_no_constant)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _unparsable(why: str) -> ProblemError:
    return ProblemError(400, f"the body is not JSON that can be read: {why.replace('`', chr(39))[:300]}")
