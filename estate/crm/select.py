"""Answers a checked query from the tables: which rows, in which order, with which fields."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from estate.crm.schema import Field, Sobject
from estate.crm.soql import NUMERIC, TEXTUAL, Compare, Junction, Path, Query
from estate.crm.tables import Row, Tables

Condition = Compare | Junction
Test = Callable[[Row], bool]


def rows_of(tables: Tables, query: Query, with_deleted: bool) -> list[Row]:
    """The rows of a query, in its order; `with_deleted` is queryAll."""
    table = tables[query.sobject.name]
    fits = _test(tables, query.where) if query.where else lambda row: True
    found: Iterator[Row] = (
        row
        for row in table.in_time(_since(query.where, query.sobject.clock))
        if (with_deleted or not row["IsDeleted"]) and fits(row)
    )
    stop = None if query.limit is None else query.offset + query.limit
    if _is_in_time(query):
        return list(islice(found, query.offset, stop))
    rows = list(found)
    if not query.order:
        rows.sort(key=lambda row: row["Id"])
    for path, is_down, are_nulls_last in reversed(query.order):
        rows.sort(key=_sort_key(tables, path, are_nulls_last != is_down), reverse=is_down)
    return rows[query.offset : stop]


def record(tables: Tables, query: Query, version: str, row: Row) -> dict[str, Any]:
    """One record of an answer: `attributes`, then the selected fields in their order, parents nested."""
    shown: dict[str, Any] = {"attributes": attributes(query.sobject, version, row)}
    for path in query.fields:
        if path.through:
            _nest(tables, version, (shown, row), path)
        else:
            shown[path.field.name] = row[path.field.name]
    return shown


def attributes(sobject: Sobject, version: str, row: Row) -> dict[str, str]:
    """What stands in front of every record."""
    return {"type": sobject.name, "url": f"/services/data/{version}/sobjects/{sobject.name}/{row['Id']}"}


def _nest(tables: Tables, version: str, at: tuple[dict[str, Any], Row], path: Path) -> None:
    shown, row = at
    for step in path.through:
        assert step.relation
        parent = _parent(tables, row, step)
        if parent is None:
            shown.setdefault(step.relation, None)
            return
        inner = shown.get(step.relation)
        if inner is None:
            assert step.to
            inner = {"attributes": attributes(tables[step.to].sobject, version, parent)}
            shown[step.relation] = inner
        shown, row = inner, parent
    shown[path.field.name] = row[path.field.name]


def _parent(tables: Tables, row: Row, step: Field) -> Row | None:
    assert step.to
    return tables[step.to].rows.get(row[step.name])


def _value(tables: Tables, path: Path) -> Callable[[Row], Any]:
    name = path.field.name
    if not path.through:
        return lambda row: row[name]

    def through(row: Row) -> Any:
        at: Row | None = row
        for step in path.through:
            at = _parent(tables, at, step) if at else None
        return at[name] if at else None

    return through


def _test(tables: Tables, condition: Condition) -> Test:
    if isinstance(condition, Compare):
        return _compare(tables, condition)
    tests = [_test(tables, part) for part in condition.parts]
    if condition.how == "not":
        return lambda row: not tests[0](row)
    if condition.how == "all":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _compare(tables: Tables, compare: Compare) -> Test:
    value, fold = _value(tables, compare.path), _folding(compare.path.field)
    if compare.op == "like":
        return lambda row: bool(compare.value.fullmatch(value(row) or ""))
    if compare.op in ("in", "not in"):
        wanted = {fold(item) for item in compare.value}
        is_in = compare.op == "in"
        return lambda row: (fold(value(row)) in wanted) == is_in
    wanted = fold(compare.value)
    if compare.op == "=":
        return lambda row: fold(value(row)) == wanted
    if compare.op == "!=":
        return lambda row: fold(value(row)) != wanted
    if wanted is None:
        return lambda row: False
    holds: Callable[[Any], bool] = {
        "<": lambda found: found < wanted,
        "<=": lambda found: found <= wanted,
        ">": lambda found: found > wanted,
        ">=": lambda found: found >= wanted,
    }[compare.op]

    def ordered(row: Row) -> bool:
        found = value(row)
        return found is not None and holds(fold(found))

    return ordered


def _folding(field: Field) -> Callable[[Any], Any]:
    """Texts compare without case; ids with it, and their 15-character form equals the long one."""
    if field.kind in ("id", "reference"):
        return lambda value: value[:15] if isinstance(value, str) else value
    if field.kind in TEXTUAL:
        return lambda value: value.lower() if isinstance(value, str) else value
    return lambda value: value


def _since(condition: Condition | None, clock: str) -> str:
    """The least time a row must have to fit: an index bound, '' when the condition sets none."""
    if condition is None:
        return ""
    if isinstance(condition, Compare):
        is_bound = (
            condition.op in (">", ">=", "=") and condition.path.field.name == clock and not condition.path.through
        )
        return condition.value if is_bound and condition.value else ""
    bounds = [_since(part, clock) for part in condition.parts]
    return {"all": max, "any": min}[condition.how](bounds) if condition.how != "not" else ""


def _is_in_time(query: Query) -> bool:
    """Whether the index already has the asked order."""
    wanted = [(path.field.name, is_down) for path, is_down, _ in query.order if not path.through]
    return len(wanted) == len(query.order) and wanted in (
        [(query.sobject.clock, False)],
        [(query.sobject.clock, False), ("Id", False)],
    )


def _sort_key(tables: Tables, path: Path, nulls_high: bool) -> Callable[[Row], Any]:
    value, fold = _value(tables, path), _folding(path.field)
    filler: Any = 0 if path.field.kind in (*NUMERIC, "boolean") else ""

    def key(row: Row) -> tuple[bool, Any]:
        found = value(row)
        return (found is None) == nulls_high, filler if found is None else fold(found)

    return key
