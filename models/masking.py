"""Sensitive payload fields, masked before they leave `models`: by the name of the field, and by the look of a value.

Whatever cannot be read as JSON is masked as text, by the same names and looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from models.masking_looks import MASK, is_card, mask_looks
from models.masking_names import SENSITIVE, Names

__all__ = ["MASK", "MASKING", "SENSITIVE", "Masking"]

_NAME_AND_SIGN = re.compile(
    r"""<(?P<tag>[\w:.-]{1,100}+)(?=[\s/>])"""
    r"""|(?<![\w.-])(?P<name>[\w.-]++)(?P<quote>\\{0,3}["'])?\s{0,5}(?P<sign>[:=]=?>?)\s{0,5}"""
)
_VALUE = re.compile(
    r"""(?P<quote>["'])(?:(?!(?P=quote))[^\\]|\\.)*+(?P=quote)?"""
    # JSON in JSON: a quote with more strokes before it is one of the value.
    r"""|(?P<inner>\\{1,3}["'])(?:(?!(?<!\\)(?P=inner)).)*+(?P=inner)?"""
    r"""|[^\s,;&<>"'{}\[\]]+""",
    re.DOTALL,
)
_BRACKET = re.compile(r"""[{}\[\]]|"(?:[^"\\]|\\.)*+"?""", re.DOTALL)
_INNER = re.compile(r"[^<]*")
# A scheme and what follows it: `Authorization: Bearer abc`.
_HEADER = re.compile(r"""[^\r\n,;<>"'{}\[\]]+""")
_COOKIES = re.compile(r"""[^\r\n<>"'{}\[\]]+""")
_REST_OF_TAG = re.compile(r"[^<>]{0,500}>")
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_LONGEST_ELEMENT = 4_000
# Who signed a contract (two words at least) and when are no secrets; what a program signed with has neither look.
_PERSON_OR_DAY = re.compile(
    r"[^\W\d_]{1,40}\.?(?:[ '-]{1,2}[^\W\d_]{1,40}\.?){1,6}"
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,20}(?:Z|[+-][\d:]{2,6})?)?"
)
_SIGNATURE = "signature"
_TRUTHS = ("true", "false")
_DEEPEST = 100
_ROUNDS = 5


class Masking:
    """Masks by one list of field names; `SENSITIVE` unless another is given."""

    def __init__(self, names: Iterable[str] = SENSITIVE) -> None:
        self._names = Names(names)

    def is_sensitive(self, field: str) -> bool:
        """Whether a field of this name is masked."""
        return self._names.is_sensitive(field)

    def mask(self, value: Any) -> Any:
        """The same value with every sensitive part replaced; the shape stays, text that holds JSON stays text."""
        return self._mask(value, 0)

    def mask_text(self, text: str) -> str:
        """Text without what looks sensitive or stands under a sensitive name (`iban=`, `"iban": `, `<iban>`)."""
        return _settled(lambda found: self._mask_named(mask_looks(found)), text)

    def _mask(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return MASK
        if isinstance(value, dict):
            return self._mask_fields(value, depth)
        if isinstance(value, list | tuple):
            return [self._mask(inner, depth + 1) for inner in value]
        if isinstance(value, str):
            return self._mask_string(value, depth)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**20 and is_card(str(value)):
            return MASK
        return value

    def _mask_fields(self, fields: dict[Any, Any], depth: int) -> dict[Any, Any]:
        # `{"key": "iban", "value": …}`: the label is the name of a field. A number is the amount of a line.
        label = next((fields[one] for one in ("key", "name") if isinstance(fields.get(one), str)), "")
        is_labelled = "value" in fields
        found = {}
        for name, inner in fields.items():
            if is_labelled and name == "value" and not isinstance(inner, int | float):
                hides = self._hides(label, inner) or self._hides(name, inner)
            else:
                hides = self._hides(str(name), inner)
            found[name] = MASK if hides else self._mask(inner, depth + 1)
        return found

    def _hides(self, field: str, value: Any) -> bool:
        if value is None or not self.is_sensitive(field):
            return False
        if not self._names.is_bare(field):
            return True
        if isinstance(value, bool) or (isinstance(value, str) and value in _TRUTHS):
            return False
        if field.lower() != _SIGNATURE:
            return True
        return not (isinstance(value, str) and _PERSON_OR_DAY.fullmatch(value))

    def _mask_string(self, text: str, depth: int) -> str:
        return _settled(lambda found: self._mask_string_once(found, depth), text)

    def _mask_string_once(self, text: str, depth: int) -> str:
        if text[:1] in ("{", "["):
            try:
                inside = msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError, UnicodeError):
                return self.mask_text(text)
            return msgspec.json.encode(self._mask(inside, depth + 1)).decode()
        return self.mask_text(text)

    def _mask_named(self, text: str) -> str:
        if not any(sign in text for sign in "=:<"):
            return text
        parts: list[str] = []
        done = 0
        while (sign := _NAME_AND_SIGN.search(text, done)) is not None:
            parts.append(text[done : sign.end()])
            done = sign.end()
            masked, done = self._element(text, sign) if sign["tag"] else self._value(text, sign)
            parts.append(masked)
        return "".join(parts) + text[done:]

    def _value(self, text: str, sign: re.Match[str]) -> tuple[str, int]:
        """What stands for the value behind a name, and where it ends. Nothing is consumed where nothing is masked."""
        name, start = sign["name"], sign.end()
        if not self.is_sensitive(name) or (
            # `a second pass: EU-2024` is a sentence; `pass=`, `"pass":` and `<pass>` are fields.
            self._names.is_bare(name) and sign["sign"][0] == ":" and not sign["quote"]
        ):
            return "", start
        if text[start : start + 1] in ("{", "["):
            return MASK, _closed(text, start)
        value = _value_pattern(sign).match(text, start)
        if value is None or not value[0]:
            return "", start
        found = value.groupdict()
        quote = found.get("quote") or found.get("inner") or ""
        if not self._hides(name, value[0].strip("\\\"'")):
            return value[0], value.end()
        return f"{quote}{MASK}{quote}", value.end()

    def _element(self, text: str, sign: re.Match[str]) -> tuple[str, int]:
        """What stands for the rest of an element's first tag and for its content, and where that ends."""
        tag, start = sign["tag"], sign.end()
        name = tag.rpartition(":")[2]
        if not self.is_sensitive(name) or (rest := _REST_OF_TAG.match(text, start)) is None:
            return "", start
        attributes = self._mask_named(rest[0])
        if rest[0].endswith("/>"):
            return attributes, rest.end()
        close = text.find(f"</{tag}", rest.end(), rest.end() + _LONGEST_ELEMENT)
        if close < 0:
            inner = _CDATA.match(text, rest.end()) or _INNER.match(text, rest.end())
            close = inner.end() if inner else rest.end()
        content = text[rest.end() : close]
        if not content or not self._hides(name, content):
            return attributes, rest.end()
        return attributes + MASK, close


def _settled(step: Callable[[str], str], text: str) -> str:
    """The text that `step` leaves as it is. What is masked may let its neighbour look otherwise; a text in which that
    never ends is masked whole.
    """
    for _ in range(_ROUNDS):
        text, before = step(text), text
        if text == before:
            return text
    return MASK


def _closed(text: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed; the end of a text that is cut off before."""
    depth = 0
    for found in _BRACKET.finditer(text, start):
        if found[0] in ("{", "["):
            depth += 1
        elif found[0] in ("}", "]"):
            depth -= 1
        if depth == 0:
            return found.end()
    return len(text)


def _value_pattern(sign: re.Match[str]) -> re.Pattern[str]:
    name = sign["name"].lower()
    if sign["sign"] != ":" or sign["quote"] or sign.string[sign.end() : sign.end() + 1] in ("'", '"', "\\"):
        return _VALUE
    if name.endswith("authorization"):
        return _HEADER
    return _COOKIES if name.endswith("cookie") else _VALUE


MASKING = Masking()
"""Masks by the shipped list of names."""
