"""SuiteQL as the firm's account takes it, told to SQLite: reading only, known names only, no guesses about dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from estate.netsuite.schema import COLUMNS, DATED, NAME_SUFFIX, SHOWN_BY_NAME, TABLES


class QueryError(Exception):
    """A query that SuiteQL would not run; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: its kind and its text, upper case for words."""

    kind: str
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class Query:
    """What SQLite runs, the tables that are read, and the words that are compared with.

    `count` gives the number of rows of `sql`.
    """

    sql: str
    count: str
    has_own_limit: bool
    tables: frozenset[str]
    literals: frozenset[str]


_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<string>'(?:[^']|'')*')|(?P<quoted>\"[^\"]+\")|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_$#]*)|(?P<operator><>|!=|<=|>=|\|\||[=<>(),.*+\-/])"
)
_KEYWORDS = re.compile(
    "SELECT|DISTINCT|ALL|FROM|WHERE|AND|OR|NOT|IN|EXISTS|BETWEEN|LIKE|ESCAPE|IS|NULL|AS|ON|JOIN|INNER|LEFT|RIGHT|FULL"
    "|OUTER|CROSS|GROUP|BY|HAVING|ORDER|ASC|DESC|NULLS|FIRST|LAST|UNION|INTERSECT|CASE|WHEN|THEN|ELSE|END"
)
_NOT_ORACLE = re.compile(
    "LIMIT|OFFSET|GLOB|REGEXP|MATCH|ISNULL|NOTNULL|INDEXED|ROWID|OID|_ROWID_|CURRENT_TIME|CURRENT_DATE"
    "|CURRENT_TIMESTAMP|EXCEPT|COLLATE|CAST|VALUES|WINDOW|OVER|RETURNING|WITH|RECURSIVE|TRUE|FALSE|RAISE"
)
"""Words of SQLite that SuiteQL does not have, or that would mean something else."""

_FUNCTIONS = {
    "COUNT": "COUNT",
    "SUM": "SUM",
    "MIN": "MIN",
    "MAX": "MAX",
    "AVG": "AVG",
    "UPPER": "UPPER",
    "LOWER": "LOWER",
    "TRIM": "TRIM",
    "SUBSTR": "SUBSTR",
    "LENGTH": "LENGTH",
    "ROUND": "ROUND",
    "ABS": "ABS",
    "COALESCE": "COALESCE",
    "NVL": "IFNULL",
    "TO_CHAR": "TO_CHAR",
    "TO_DATE": "TO_DATE",
    "TO_TIMESTAMP": "TO_TIMESTAMP",
}
_OTHERWISE = {"SYSDATE": "SYSDATE()", "MINUS": "EXCEPT"}
_COMPARISONS = frozenset(("=", "<>", "!=", "<", ">", "<=", ">=", "BETWEEN"))
_GATHERING = frozenset(
    ("DISTINCT", "GROUP", "HAVING", "UNION", "INTERSECT", "MINUS", "FETCH", "COUNT", "SUM", "MIN", "MAX", "AVG")
)
_NAMES = COLUMNS | TABLES.keys()


def translate(text: str) -> Query:
    """A query for SQLite. Raises QueryError with SuiteQL's own complaint."""
    tokens = list(_tokens(text))
    if not tokens or tokens[0].text != "SELECT":
        raise QueryError("Only SELECT statements are supported.")
    _check_dates(tokens)
    sql = " ".join(_Writer(tokens).write())
    return Query(
        sql,
        _count(tokens, sql),
        any(token.text == "FETCH" for token in tokens),
        frozenset(token.raw.lower() for token in tokens if token.raw.lower() in TABLES),
        frozenset(token.raw[1:-1] for token in tokens if token.kind == "string"),
    )


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found or text.startswith("--", at):
            raise QueryError(f"Syntax error in the query at position {at + 1}: '{text[at : at + 10]}'.")
        at = found.end()
        kind = found.lastgroup or ""
        if kind != "space":
            raw = found.group()
            yield Token(kind, raw.upper() if kind == "word" else raw, raw)


def _check_dates(tokens: list[Token]) -> None:
    """A date and a word are not comparable: which format would be meant is a setting of the user."""
    for before, middle, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if middle.text in _COMPARISONS:
            pair = (before, after) if after.kind == "string" else (after, before)
            if pair[1].kind == "string" and pair[0].raw.lower() in DATED:
                raise QueryError(f"Invalid date value for '{pair[0].raw}': use TO_DATE or TO_TIMESTAMP with a format.")


def _count(tokens: list[Token], sql: str) -> str:
    """The number of rows, where it can be had without working out any column: of a query that is one plain SELECT."""
    words = {token.text for token in tokens}
    if words & _GATHERING:
        return f"SELECT COUNT(*) FROM ({sql})"  # noqa: S608 - it was translated
    depth, begins, ends = 0, None, len(tokens)
    for place, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text == "FROM" and begins is None:
            begins = place
        if depth == 0 and token.text == "ORDER":
            ends = place
    if begins is None:
        raise QueryError("Syntax error: FROM is missing.")
    return f"SELECT COUNT(*) {' '.join(_Writer(tokens[begins:ends]).write())}"


class _Writer:
    """Writes one query anew, token by token."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def write(self) -> list[str]:
        """The pieces of the query for SQLite."""
        pieces = []
        while self._at < len(self._tokens):
            pieces.append(self._next())
        return pieces

    def _next(self) -> str:
        token = self._tokens[self._at]
        if token.kind == "word":
            return self._word(token)
        self._at += 1
        if token.text == "*":
            self._check_star()
        if token.kind == "quoted":
            # Brackets are a name to SQLite and nothing else; quoted words could become strings.
            _check_name(token.raw[1:-1])
            return f"[{token.raw[1:-1]}]"
        return token.text

    def _word(self, token: Token) -> str:
        if token.text == "BUILTIN":
            return self._shown()
        if token.text == "FETCH":
            return self._fetch()
        self._at += 1
        _check_name(token.raw)
        if _KEYWORDS.fullmatch(token.text) or token.text in _OTHERWISE:
            return _OTHERWISE.get(token.text, token.text)
        if self._text(0) == "(" and self._text(-2) != ".":
            return _function(token)
        return f"[{token.raw}]" if token.raw.lower() in _NAMES else token.raw

    def _text(self, ahead: int) -> str:
        place = self._at + ahead
        return self._tokens[place].text if 0 <= place < len(self._tokens) else ""

    def _shown(self) -> str:
        """`BUILTIN.DF(a.column)`: the name that is kept beside the column."""
        words = self._tokens[self._at : self._at + 8]
        if [token.text for token in words[:4]] != ["BUILTIN", ".", "DF", "("]:
            raise QueryError("Only BUILTIN.DF is supported.")
        length = 7 if [token.text for token in words[5:6]] == ["."] else 5
        if [token.text for token in words[length:][:1]] != [")"] or words[length - 1].kind != "word":
            raise QueryError("BUILTIN.DF takes one column.")
        column = words[length - 1]
        owner = f"{words[4].raw}." if length == 7 else ""
        self._at += length + 1
        name = column.raw.lower()
        return f"{owner}[{name}{NAME_SUFFIX if name in SHOWN_BY_NAME else ''}]"

    def _fetch(self) -> str:
        """`FETCH FIRST n ROWS ONLY` at the end."""
        texts = [token.text for token in self._tokens[self._at :]]
        rows = texts[2] if len(texts) == 5 and texts[1] in ("FIRST", "NEXT") else ""
        if not rows.isdigit() or texts[3] not in ("ROWS", "ROW") or texts[4] != "ONLY":
            raise QueryError("Syntax error: expected FETCH FIRST n ROWS ONLY at the end.")
        self._at += 5
        return f"LIMIT {rows}"

    def _check_star(self) -> None:
        """`*` is for COUNT(*) and for arithmetic; a transaction has too many columns to ask for all of them."""
        before = self._text(-2)
        if before in ("SELECT", ".") and any(token.text == "TRANSACTION" for token in self._tokens):
            raise QueryError("The query is too complex: name the columns of 'transaction'.")


def _check_name(name: str) -> None:
    if _NOT_ORACLE.fullmatch(name.upper()) or name.lower().startswith("sqlite_") or name.lower().endswith(NAME_SUFFIX):
        raise QueryError(f"Unknown identifier '{name}'.")


def _function(token: Token) -> str:
    if token.text not in _FUNCTIONS:
        raise QueryError(f"Function '{token.raw}' is not supported.")
    return _FUNCTIONS[token.text]
