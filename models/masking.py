"""Sensitive payload fields, masked before they leave `models`: by the name of the field, and by the look of a value.

Whatever cannot be read as JSON is masked as text, by the same names and looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

MASK = "***"
SENSITIVE = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "private_key",
    "authorization",
    "cookie",
    "credential",
    "iban",
    "bic",
    "swift",
    "account_number",
    "bank_account",
    "sort_code",
    "routing_number",
    "card_number",
    "cvv",
    "cvc",
    "pin",
    "ssn",
    "social_security",
    "tax_id",
    "national_id",
    "passport",
    "birth_date",
    "date_of_birth",
    "email",
    "e_mail",
    "phone",
    "mobile",
    "salary",
)
"""Names of fields that are masked. A field matches when these words, in this order, stand in its name: `IBAN`,
`customerEmail`, `bank-account-2`; `pin` does not match `shipping`."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LOOKS = re.compile(
    r"(?P<email>[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24})"
    r"|(?P<iban>\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b)"
    r"|(?P<bearer>(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,})"
    r"|(?P<jwt>\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)"
)
_NAME_AND_SIGN = re.compile(
    r"""<(?P<tag>[\w:.-]{1,100})(?:\s[^<>]{0,500})?>|(?P<name>[A-Za-z][\w.-]{0,100})["']?\s{0,5}[:=]\s{0,5}"""
)
_VALUE = re.compile(r"""(?P<quote>["'])(?:(?!(?P=quote))[^\\]|\\.)*(?P=quote)?|[^\s,;&<>"'{}\[\]]+""", re.DOTALL)
_INNER = re.compile(r"[^<]*")
# A scheme and what follows it: `Authorization: Bearer abc`.
_HEADER = re.compile(r"""[^\r\n,;<>"'{}\[\]]+""")
_DEEPEST = 100


class Masking:
    """Masks by one list of field names; `SENSITIVE` unless another is given."""

    def __init__(self, names: Iterable[str] = SENSITIVE) -> None:
        self._names = [_words(name) for name in names]
        self._known: dict[str, bool] = {}

    def is_sensitive(self, field: str) -> bool:
        """Whether a field of this name is masked."""
        found = self._known.get(field)
        if found is None:
            words = _words(field)
            joined = "".join(words)
            found = any(_stands_in(name, words) or (len(name) > 1 and "".join(name) in joined) for name in self._names)
            if len(self._known) < 10_000:  # field names come from outside, and memory must not follow them
                self._known[field] = found
        return found

    def mask(self, value: Any) -> Any:
        """The same value with every sensitive part replaced; the shape stays, text that holds JSON stays text."""
        return self._mask(value, 0)

    def mask_text(self, text: str) -> str:
        """Text without what looks sensitive or stands under a sensitive name (`iban=`, `"iban": `, `<iban>`)."""
        return self._mask_named(_LOOKS.sub(_mask_look, text))

    def _mask(self, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            return MASK
        if isinstance(value, dict):
            return {
                name: MASK if inner is not None and self.is_sensitive(str(name)) else self._mask(inner, depth + 1)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._mask(inner, depth + 1) for inner in value]
        if isinstance(value, str):
            return self._mask_string(value, depth)
        return value

    def _mask_string(self, text: str, depth: int) -> str:
        if text[:1] in ("{", "["):
            try:
                inside = msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError, UnicodeError):
                return self.mask_text(text)
            return msgspec.json.encode(self._mask(inside, depth + 1)).decode()
        return self.mask_text(text)

    def _mask_named(self, text: str) -> str:
        parts: list[str] = []
        done = 0
        while (sign := _NAME_AND_SIGN.search(text, done)) is not None:
            parts.append(text[done : sign.end()])
            done = sign.end()
            if self.is_sensitive(sign["tag"] or sign["name"]):
                value = _value_pattern(sign).match(text, done)
                if value is not None and value[0]:
                    quote = value[0][0] if value[0][0] in "\"'" else ""
                    parts.append(f"{quote}{MASK}{quote}")
                    done = value.end()
        return "".join(parts) + text[done:]


def _value_pattern(sign: re.Match[str]) -> re.Pattern[str]:
    if sign["tag"]:
        return _INNER
    is_header = sign["name"].lower().endswith("authorization") and not sign[0].rstrip().endswith("=")
    return _HEADER if is_header and sign.string[sign.end() : sign.end() + 1] not in ("'", '"') else _VALUE


def _mask_look(match: re.Match[str]) -> str:
    return match[0] if match["iban"] and not _is_iban(match["iban"]) else MASK


def _is_iban(text: str) -> bool:
    """ISO 13616: the check digits hold. Contract numbers look alike, and must stay readable."""
    compact = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in compact[4:] + compact[:4])) % 97 == 1


def _words(name: str) -> tuple[str, ...]:
    # A plural is the same name; what else loses its last s loses it on both sides.
    return tuple(word.lower().rstrip("s") for word in _WORDS.findall(name))


def _stands_in(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    span = len(wanted)
    return any(words[start : start + span] == wanted for start in range(len(words) - span + 1))


MASKING = Masking()
"""Masks by the shipped list of names."""
