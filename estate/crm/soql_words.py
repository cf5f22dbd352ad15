"""The words of SOQL: tokens, literals in the wire's form, and how the API points at what it does not take."""

import re
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from estate.crm.tables import stamp


class SoqlError(Exception):
    """A query the API refuses: `code` is the answer's errorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Token(NamedTuple):
    """One word: what it is (datetime date number string name op), its text, and its column from 1."""

    kind: str
    text: str
    column: int


TOKEN = re.compile(
    r"""\s*(?:
      (?P<datetime>\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
    | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w-]))
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<name>[A-Za-z][\w.]*)
    | (?P<op><=|>=|!=|<>|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
RESERVED = {"and", "or", "not", "from", "where", "order", "limit", "offset", "select", "like", "in"}
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def scan(text: str) -> list[Token]:
    """The tokens of a query. Raises SoqlError MALFORMED_QUERY."""
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = TOKEN.match(text, at)
        if not match:
            rest = text[at:].lstrip()
            raise refusal("MALFORMED_QUERY", text, at + 1, f"unexpected token: '{rest.split()[0]}'")
        assert match.lastgroup
        tokens.append(Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        at = match.end()
    return tokens


def refusal(code: str, text: str, column: int, what: str) -> SoqlError:
    """An error that shows the place in the query, as the API does."""
    shown = text[max(0, column - 20) : column + 20]
    return SoqlError(code, f"\n{shown}\n{' ' * min(column - 1, 20)}^\nERROR at Row:1:Column:{column}\n{what}")


def value_of(kind: str, text: str) -> Any:
    """A literal in the wire's form; None when it cannot be (a 13th month)."""
    try:
        if kind == "datetime":
            return stamp(datetime.fromisoformat(text).astimezone(UTC))
        if kind == "date":
            return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
    if kind == "number":
        return float(text)
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text[1:-1])


def like_pattern(pattern: str) -> "re.Pattern[str]":
    """`%` any text, `_` any character; case does not matter."""
    parts = ("".join({"%": ".*", "_": "."}.get(letter, re.escape(letter))) for letter in pattern)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
