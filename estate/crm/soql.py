"""SOQL, the part of it that a collector needs: text to a checked query, or the error the API answers.

Grammar: SELECT fields | COUNT() FROM object [WHERE condition] [ORDER BY field [ASC|DESC] [NULLS FIRST|LAST], ...]
[LIMIT n] [OFFSET n]. AND and OR on one level need parentheses, as in the product. Source: SOQL and SOSL Reference.
"""

from dataclasses import dataclass
from typing import Any

from estate.crm.schema import SOBJECTS, Field, Sobject
from estate.crm.soql_words import RESERVED, SoqlError, like_pattern, refusal, scan, value_of


@dataclass(frozen=True)
class Path:
    """A selected or compared field: the references to follow, then the field."""

    through: tuple[Field, ...]
    field: Field


@dataclass(frozen=True)
class Compare:
    """One comparison; `value` is in the wire's form, a tuple for IN, a pattern for LIKE."""

    path: Path
    op: str
    value: Any


@dataclass(frozen=True)
class Junction:
    """Conditions that must all hold, or one of which must (`all`, `any`), or the opposite of one (`not`)."""

    how: str
    parts: tuple["Compare | Junction", ...]


@dataclass(frozen=True)
class Query:
    """A checked query."""

    sobject: Sobject
    fields: tuple[Path, ...]
    is_count: bool
    where: Compare | Junction | None
    order: tuple[tuple[Path, bool, bool], ...]
    limit: int | None
    offset: int


SUFFIX_HINT = "If you are attempting to use a custom {}, be sure to append the '__{}' after the {} name."
NAMES_HINT = "Please reference your WSDL or the describe call for the appropriate names."
TEXTUAL = {"string", "picklist", "id", "reference", "anyType"}
NUMERIC = {"currency", "double"}


def parse(text: str) -> Query:
    """The query of a text. Raises SoqlError with the code the API gives."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = scan(text)
        self._at = 0
        self._sobject: Sobject = SOBJECTS["account"]

    def query(self) -> Query:
        self._expect("select")
        start = self._at
        while self._peek() not in ("from", ""):
            self._at += 1
        self._expect("from")
        self._sobject = self._object()
        after, self._at = self._at, start
        is_count, fields = self._selection()
        self._at = after
        where = self._condition() if self._accept("where") else None
        order = self._order() if self._accept("order") else ()
        limit = self._number() if self._accept("limit") else None
        offset = self._number() if self._accept("offset") else 0
        if self._peek():
            raise self._unexpected()
        if offset > 2000:
            raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        return Query(self._sobject, fields, is_count, where, order, limit, offset)

    def _object(self) -> Sobject:
        name = self._name()
        if "." in name or name.lower() not in SOBJECTS:
            raise SoqlError(
                "INVALID_TYPE",
                f"\nSELECT ... FROM {name}\n               ^\nERROR at Row:1:Column:{self._column()}\n"
                f"sObject type '{name}' is not supported. {SUFFIX_HINT.format('object', 'c', 'entity')} {NAMES_HINT}",
            )
        return SOBJECTS[name.lower()]

    def _selection(self) -> tuple[bool, tuple[Path, ...]]:
        if self._peek() == "count" and self._ahead(1) == "(":
            self._at += 2
            self._expect(")")
            self._stand_at_from()
            return True, ()
        fields = [self._path()]
        while self._accept(","):
            fields.append(self._path())
        self._stand_at_from()
        names = [(tuple(step.name for step in path.through), path.field.name) for path in fields]
        for name in names:
            if names.count(name) > 1:
                raise SoqlError("INVALID_FIELD", f"duplicate field selected: {'.'.join((*name[0], name[1]))}")
        return False, tuple(fields)

    def _stand_at_from(self) -> None:
        if self._peek() != "from":
            raise self._unexpected()

    def _path(self) -> Path:
        column, name = self._column(), self._name()
        *steps, last = name.split(".")
        sobject, through = self._sobject, []
        for step in steps:
            field = sobject.by_relation.get(step.lower())
            if field is None or field.to is None or field.to.lower() not in SOBJECTS:
                raise self._invalid(
                    column,
                    f"Didn't understand relationship '{step}' in field path. "
                    + SUFFIX_HINT.format("relationship", "r", "custom relationship"),
                )
            through.append(field)
            sobject = SOBJECTS[field.to.lower()]
        if last.lower() not in sobject.by_name:
            raise self._invalid(
                column,
                f"No such column '{last}' on entity '{sobject.name}'. "
                f"{SUFFIX_HINT.format('field', 'c', 'custom field')} {NAMES_HINT}",
            )
        return Path(tuple(through), sobject.by_name[last.lower()])

    def _condition(self) -> Compare | Junction:
        parts = [self._term()]
        word = self._peek()
        if word not in ("and", "or"):
            return parts[0]
        while self._accept(word):
            parts.append(self._term())
        if self._peek() in ("and", "or"):  # the product wants parentheses where the two meet
            raise self._unexpected()
        return Junction("all" if word == "and" else "any", tuple(parts))

    def _term(self) -> Compare | Junction:
        if self._accept("not"):
            return Junction("not", (self._term(),))
        if self._accept("("):
            inside = self._condition()
            self._expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Compare:
        column = self._column()
        path = self._path()
        if not path.field.is_filterable:
            raise self._invalid(column, f"field '{path.field.name}' can not be filtered in a query call")
        if self._accept("like"):
            if path.field.kind not in TEXTUAL:
                raise self._invalid(column, f"invalid operator on {path.field.kind} field")
            return Compare(path, "like", like_pattern(str(self._literal(path, column))))
        negated = self._accept("not")
        if self._accept("in"):
            return Compare(path, "not in" if negated else "in", self._list(path, column))
        op = self._take()
        if negated or op not in ("=", "!=", "<>", "<", "<=", ">", ">="):
            self._at -= 1
            raise self._unexpected()
        return Compare(path, "!=" if op == "<>" else op, self._literal(path, column))

    def _list(self, path: Path, column: int) -> tuple[Any, ...]:
        self._expect("(")
        values = [self._literal(path, column)]
        while self._accept(","):
            values.append(self._literal(path, column))
        self._expect(")")
        return tuple(values)

    def _literal(self, path: Path, column: int) -> Any:
        if self._at >= len(self._tokens):
            raise self._unexpected()
        kind, text, _ = self._tokens[self._at]
        if kind == "op":
            raise self._unexpected()
        self._at += 1
        wanted = path.field.kind
        if kind == "name":
            return self._word(path, text)
        value = value_of(kind, text)
        if value is None:
            raise self._malformed(self._tokens[self._at - 1].column, f"invalid {kind}: {text}")
        fits = kind == "string" if wanted in TEXTUAL else kind == ("number" if wanted in NUMERIC else wanted)
        if not fits:
            quotes = "should be enclosed in quotes" if wanted in TEXTUAL else "should not be enclosed in quotes"
            called = {"datetime": "dateTime", "string": "string", "currency": "decimal"}.get(wanted, wanted)
            raise self._invalid(
                column,
                f"value of filter criterion for field '{path.field.name}' must be of type {called} and {quotes}",
            )
        return value

    def _word(self, path: Path, text: str) -> Any:
        word = text.lower()
        if word == "null":
            return None
        if word in ("true", "false"):
            if path.field.kind != "boolean":
                raise self._invalid(
                    self._tokens[self._at - 1].column,
                    f"value of filter criterion for field '{path.field.name}' must be of type {path.field.kind}",
                )
            return word == "true"
        self._at -= 1
        raise self._unexpected()

    def _order(self) -> tuple[tuple[Path, bool, bool], ...]:
        self._expect("by")
        found = [self._sorting()]
        while self._accept(","):
            found.append(self._sorting())
        return tuple(found)

    def _sorting(self) -> tuple[Path, bool, bool]:
        column = self._column()
        path = self._path()
        if not path.field.is_filterable:
            raise self._invalid(column, f"field '{path.field.name}' can not be sorted in a query call")
        is_down = self._accept("desc") or (self._accept("asc") and False)
        are_nulls_last = False
        if self._accept("nulls"):
            are_nulls_last = self._accept("last")
            if not are_nulls_last:
                self._expect("first")
        return path, is_down, are_nulls_last

    def _number(self) -> int:
        if self._at >= len(self._tokens) or self._tokens[self._at].kind != "number" or not self._peek().isdigit():
            raise self._unexpected()
        return int(self._take())

    def _name(self) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at].kind != "name" or self._peek() in RESERVED:
            raise self._unexpected()
        return self._take()

    def _peek(self) -> str:
        return self._ahead(0)

    def _ahead(self, steps: int) -> str:
        at = self._at + steps
        return self._tokens[at].text.lower() if at < len(self._tokens) else ""

    def _take(self) -> str:
        if self._at >= len(self._tokens):
            raise self._unexpected()
        self._at += 1
        return self._tokens[self._at - 1].text

    def _accept(self, word: str) -> bool:
        is_there = self._peek() == word and self._tokens[self._at].kind in ("name", "op")
        self._at += is_there
        return is_there

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _column(self) -> int:
        return self._tokens[self._at].column if self._at < len(self._tokens) else len(self._text)

    def _unexpected(self) -> SoqlError:
        token = self._tokens[self._at].text if self._at < len(self._tokens) else "<EOF>"
        return self._malformed(self._column(), f"unexpected token: '{token}'")

    def _malformed(self, column: int, what: str) -> SoqlError:
        return refusal("MALFORMED_QUERY", self._text, column, what)

    def _invalid(self, column: int, what: str) -> SoqlError:
        return refusal("INVALID_FIELD", self._text, column, what)
