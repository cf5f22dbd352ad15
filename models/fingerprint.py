"""One cause, one fingerprint: what stays of an error when ids, dates and amounts are taken out."""

from __future__ import annotations

import re

from models.events import digest

_VARIABLE = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "*"),
    (re.compile(r"(['\"]).*?\1"), "*"),
    (re.compile(r"\b[0-9a-f]{12,}\b"), "*"),
    (re.compile(r"\b[\w./-]*\d[\w./:,-]*"), "*"),
    (re.compile(r"\s+"), " "),
)


def cause(message: str) -> str:
    """The message without what changes from one case to the next: quoted words, ids, dates, numbers."""
    text = message.lower()
    for pattern, instead in _VARIABLE:
        text = pattern.sub(instead, text)
    return text.strip()


def fingerprint(kind: str, *parts: str | None) -> str:
    """A short name for one cause, the same in every system and flow."""
    return digest(kind, *(cause(part or "") for part in parts)).hex[:16]
