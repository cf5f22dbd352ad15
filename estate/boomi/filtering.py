"""Boomi's QueryFilter and QuerySort over rows in the wire's form.

An expression is a leaf (`operator`, `property`, `argument`) or a group (`and`, `or` with `nestedExpression`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from estate.boomi.answers import ApiError
from estate.boomi.rows import Row, iso

Test = Callable[[Row], bool]

DATES = {"executionTime", "recordedDate", "dateProcessed"}
LONGS = {"inboundDocumentCount", "outboundDocumentCount", "inboundErrorDocumentCount", "executionDuration"}
ARGUMENTS = {"IS_NULL": 0, "IS_NOT_NULL": 0, "BETWEEN": 2}
COMPARISONS: Mapping[str, Callable[[Any, Sequence[Any]], bool]] = {
    "EQUALS": lambda found, wanted: found == wanted[0],
    "NOT_EQUALS": lambda found, wanted: found != wanted[0],
    "LIKE": lambda found, wanted: found is not None and _like(wanted[0]).fullmatch(str(found)) is not None,
    "CONTAINS": lambda found, wanted: found is not None and str(wanted[0]) in str(found),
    "NOT_CONTAINS": lambda found, wanted: found is None or str(wanted[0]) not in str(found),
    "IS_NULL": lambda found, wanted: found is None,
    "IS_NOT_NULL": lambda found, wanted: found is not None,
    "BETWEEN": lambda found, wanted: found is not None and wanted[0] <= found <= wanted[1],
    "GREATER_THAN": lambda found, wanted: found is not None and found > wanted[0],
    "GREATER_THAN_OR_EQUAL": lambda found, wanted: found is not None and found >= wanted[0],
    "LESS_THAN": lambda found, wanted: found is not None and found < wanted[0],
    "LESS_THAN_OR_EQUAL": lambda found, wanted: found is not None and found <= wanted[0],
}


def test_of(expression: Any, properties: frozenset[str]) -> Test:
    """What an expression asks of a row. Raises ApiError for what the schema does not know."""
    if not isinstance(expression, Mapping):
        raise ApiError(400, "QueryFilter.expression must be an object")
    if expression.get("operator") in ("and", "or"):
        return _group(expression, properties)
    _only(expression, {"operator", "property", "argument"}, "expression")
    operator, name = str(expression.get("operator")), str(expression.get("property"))
    if operator not in COMPARISONS:
        raise ApiError(400, f"Invalid operator: {operator}")
    if name not in properties:
        raise ApiError(400, f"Invalid property for query filter: {name}")
    arguments = _arguments(operator, name, expression.get("argument", []))
    holds = COMPARISONS[operator]
    return lambda row: holds(plain(row.get(name)), arguments)


def order_of(sort: Any, properties: frozenset[str]) -> list[tuple[str, bool]]:
    """The fields to sort by, and whether downwards. Raises ApiError."""
    _only(sort, {"sortField"}, "QuerySort")
    found = []
    for item in _list(sort.get("sortField", [])):
        _only(item, {"fieldName", "sortOrder"}, "sortField")
        if item.get("fieldName") not in properties:
            raise ApiError(400, f"Invalid sort field: {item.get('fieldName')}")
        if item.get("sortOrder", "ASC") not in ("ASC", "DESC"):
            raise ApiError(400, f"Invalid sort order: {item.get('sortOrder')}")
        found.append((item["fieldName"], item.get("sortOrder") == "DESC"))
    return found


def by(name: str) -> Callable[[Row], Any]:
    """The sort key of a field; rows without it come first."""
    return lambda row: (row.get(name) is not None, plain(row.get(name)))


def plain(value: Any) -> Any:
    """A value without the tag of a long."""
    return value[1] if isinstance(value, list) and len(value) == 2 and value[0] == "Long" else value


def _group(expression: Mapping[str, Any], properties: frozenset[str]) -> Test:
    _only(expression, {"operator", "nestedExpression"}, "expression")
    tests = [test_of(part, properties) for part in _list(expression.get("nestedExpression", []))]
    if not tests:
        raise ApiError(400, "nestedExpression must not be empty")
    if expression["operator"] == "and":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _arguments(operator: str, name: str, given: Any) -> list[Any]:
    arguments = _list(given)
    if len(arguments) != ARGUMENTS.get(operator, 1):
        raise ApiError(400, f"Operator {operator} takes {ARGUMENTS.get(operator, 1)} argument(s), got {len(arguments)}")
    try:
        return [_literal(name, str(argument)) for argument in arguments]
    except ValueError as error:
        raise ApiError(400, f"Invalid argument for {name}: {error}") from error


def _literal(name: str, text: str) -> Any:
    if name in LONGS:
        return int(text)
    if name not in DATES:
        return text
    at = datetime.fromisoformat(text)
    return iso(at if at.tzinfo else at.replace(tzinfo=UTC))


def _like(pattern: str) -> "re.Pattern[str]":
    return re.compile("".join(".*" if letter == "%" else re.escape(letter) for letter in pattern))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _only(given: Any, known: set[str], where: str) -> None:
    if not isinstance(given, Mapping) or (unknown := sorted(given.keys() - known - {"@type"})):
        shown = ", ".join(unknown) if isinstance(given, Mapping) else str(given)
        raise ApiError(400, f"Unrecognized field in {where}: {shown}")
