"""What a request asks of Ironclad: its parameters, read strictly."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from starlette.datastructures import QueryParams

from estate.ironclad.answers import Refused, invalid

MAX_PAGE_SIZE = 100
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def parameters(query: QueryParams, allowed: Collection[str]) -> dict[str, str]:
    """The parameters by name.

    Refuses: one that is not documented for the call, one that is given twice, and `filter`, whose formulas are not
    available here.
    """
    found: dict[str, str] = {}
    for name, value in query.multi_items():
        if name not in allowed:
            raise invalid(name, f"Unknown query parameter '{name}'.")
        if name in found:
            raise invalid(name, f"Query parameter '{name}' must be given once.")
        if name == "filter":
            raise invalid(name, "Filter formulas are not supported for this company.")
        found[name] = value
    return found


def whole(asked: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number within its limits."""
    text = asked.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise invalid(name, f"'{name}' must be an integer from {least} to {most}.")
    return int(text)


def page(asked: Mapping[str, str], most: int = MAX_PAGE_SIZE, default: int = 20) -> tuple[int, int]:
    """Page number and size."""
    return whole(asked, "page", 0, 0, 100_000_000), whole(asked, "pageSize", default, 1, most)


def one_of(asked: Mapping[str, str], name: str, words: Collection[str], default: str) -> str:
    """A word of a documented list."""
    word = asked.get(name, default)
    if word not in words:
        raise _not_among(name, word, words)
    return word


def some_of(asked: Mapping[str, str], name: str, words: Collection[str]) -> frozenset[str] | None:
    """Words of a documented list, comma separated without spaces; None when not asked."""
    if name not in asked:
        return None
    chosen = asked[name].split(",")
    for word in chosen:
        if word not in words:
            raise _not_among(name, word, words)
    return frozenset(chosen)


def flag(asked: Mapping[str, str], name: str) -> bool:
    """`true` or `false`, false when not asked."""
    return one_of(asked, name, ("true", "false"), "false") == "true"


def since(asked: Mapping[str, str]) -> datetime | None:
    """The instant of `lastUpdated`, UTC and inclusive; None when not asked."""
    text = asked.get("lastUpdated")
    if text is None:
        return None
    if _INSTANT.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            pass
    raise invalid("lastUpdated", "'lastUpdated' must be a UTC date-time such as 2018-03-10T00:00:00.000Z.")


def _not_among(name: str, word: str, words: Collection[str]) -> Refused:
    return invalid(name, f"'{word}' is not a valid value of '{name}'; expected one of {', '.join(sorted(words))}.")
