"""The org's reading calls: SOQL with its cursors, describe, changes in a window, one record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from estate.crm import select
from estate.crm.answers import ApiError, not_found
from estate.crm.schema import SOBJECTS, Field, Sobject
from estate.crm.soql import Query, parse
from estate.crm.soql_words import SoqlError
from estate.crm.tables import Row, Tables, stamp

PAGE = 2000
LEAST_PAGE = 200
CURSOR_SECONDS = 900.0
CURSORS = 50
DELETED_DAYS, UPDATED_DAYS = 15, 30


@dataclass
class Cursor:
    """What is left of a query: its rows as they were found."""

    query: Query
    rows: list[Row]
    page: int
    used_at: float


class Cursors:
    """Open query locators. They lapse when they are not used, and the oldest goes when there are too many."""

    def __init__(self) -> None:
        self._open: dict[str, Cursor] = {}
        self._next = 0

    def keep(self, cursor: Cursor) -> str:
        """The locator of a new cursor."""
        self._next += 1
        locator = f"01g5g{self._next:010d}AAV"
        self._open[locator] = cursor
        while len(self._open) > CURSORS:
            del self._open[next(iter(self._open))]
        return locator

    def find(self, locator: str, wall: float) -> Cursor:
        """A live cursor. Raises ApiError INVALID_QUERY_LOCATOR."""
        cursor = self._open.get(locator)
        if cursor is None or wall - cursor.used_at > CURSOR_SECONDS:
            self._open.pop(locator, None)
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        cursor.used_at = wall
        return cursor


class Reading:
    """Answers reading calls from the tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._cursors = Cursors()

    def query(self, text: str, *, with_deleted: bool, page: int, version: str, wall: float) -> dict[str, Any]:
        """The first page of a query."""
        try:
            query = parse(text)
        except SoqlError as error:
            raise ApiError(400, error.code, str(error)) from error
        rows = select.rows_of(self._tables, query, with_deleted)
        if query.is_count:
            return {"totalSize": len(rows), "done": True, "records": []}
        cursor = Cursor(query, rows, page, wall)
        locator = self._cursors.keep(cursor) if len(rows) > page else ""
        return self._page(cursor, locator, 0, version)

    def more(self, locator: str, *, version: str, wall: float) -> dict[str, Any]:
        """A further page: `01g...-2000` is the cursor and how many rows came before."""
        name, _, position = locator.rpartition("-")
        cursor = self._cursors.find(name, wall)
        if not position.isdigit() or int(position) >= len(cursor.rows):
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, name, int(position), version)

    def _page(self, cursor: Cursor, locator: str, start: int, version: str) -> dict[str, Any]:
        end = start + cursor.page
        records = [select.record(self._tables, cursor.query, version, row) for row in cursor.rows[start:end]]
        answer: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
        if not answer["done"]:
            # `/query/` also after queryAll, and the deleted rows still come.
            answer["nextRecordsUrl"] = f"/services/data/{version}/query/{locator}-{end}"
        return answer | {"records": records}

    def sobjects(self, version: str) -> dict[str, Any]:
        """`GET /sobjects`."""
        found = [_brief(sobject, version) for sobject in SOBJECTS.values()]
        return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found}

    def describe(self, name: str, version: str) -> dict[str, Any]:
        """`GET /sobjects/{name}/describe`."""
        sobject = sobject_of(name)
        return _brief(sobject, version) | {"fields": [_described(field) for field in sobject.fields]}

    def changed(self, name: str, window: Mapping[str, str], now: datetime, *, deleted: bool) -> dict[str, Any]:
        """`GET /sobjects/{name}/deleted|updated`: the ids, and up to when they are complete."""
        table, (start, end) = self._tables[sobject_of(name).name], _window(window, now, deleted)
        rows = [
            row
            for row in table.in_time(stamp(start))
            if row[table.sobject.clock] < stamp(end) and row["IsDeleted"] == deleted
        ]
        covered = {"latestDateCovered": stamp(min(end, now))}
        if not deleted:
            return {"ids": [row["Id"] for row in rows]} | covered
        found = [{"id": row["Id"], "deletedDate": row[table.sobject.clock]} for row in rows]
        return {"deletedRecords": found, "earliestDateAvailable": stamp(now - timedelta(days=DELETED_DAYS))} | covered

    def one(self, name: str, row_id: str, fields: str | None, version: str) -> dict[str, Any]:
        """`GET /sobjects/{name}/{id}`, whole or the fields asked for."""
        sobject = sobject_of(name)
        row = self.standing(sobject, row_id)
        wanted = [field.name for field in sobject.fields]
        if fields is not None:
            wanted = [_named(sobject, field.strip()).name for field in fields.split(",")]
        return {"attributes": select.attributes(sobject, version, row)} | {field: row[field] for field in wanted}

    def standing(self, sobject: Sobject, row_id: str) -> Row:
        """A row that is there. Raises ApiError for one that is not, or lies in the recycle bin."""
        if len(row_id) not in (15, 18) or not row_id.isalnum():
            raise ApiError(400, "MALFORMED_ID", f"malformed id {row_id}")
        rows = self._tables[sobject.name].rows
        row = rows.get(row_id) or next((row for key, row in rows.items() if key[:15] == row_id), None)
        if row is None:
            raise not_found()
        if row["IsDeleted"]:
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted")
        return row


def sobject_of(name: str) -> Sobject:
    """The object of a path. Raises ApiError NOT_FOUND."""
    if name.lower() not in SOBJECTS:
        raise not_found()
    return SOBJECTS[name.lower()]


def _named(sobject: Sobject, name: str) -> Field:
    if name.lower() not in sobject.by_name:
        raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}", (name,))
    return sobject.by_name[name.lower()]


def _window(window: Mapping[str, str], now: datetime, deleted: bool) -> tuple[datetime, datetime]:
    try:
        # The API ignores seconds of both ends.
        start, end = (
            datetime.fromisoformat(window[name]).replace(second=0, microsecond=0) for name in ("start", "end")
        )
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    except KeyError as error:
        raise ApiError(400, "MISSING_ARGUMENT", f"Missing required parameter: {error.args[0]}") from error
    except ValueError as error:
        raise ApiError(400, "INVALID_REPLICATION_DATE", "start and end must be valid dateTime values") from error
    if end - start < timedelta(minutes=1):
        raise ApiError(
            400, "INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than the startDate"
        )
    if now - start > timedelta(days=DELETED_DAYS if deleted else UPDATED_DAYS, minutes=1):
        raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
    return start, end


def _brief(sobject: Sobject, version: str) -> dict[str, Any]:
    url = f"/services/data/{version}/sobjects/{sobject.name}"
    is_kept = sobject.clock == "SystemModstamp"
    return {
        "name": sobject.name,
        "label": sobject.name.removeprefix("pse__").removesuffix("__c"),
        "keyPrefix": sobject.prefix,
        "custom": sobject.name.endswith("__c"),
        "queryable": True,
        "retrieveable": True,
        "replicateable": is_kept,
        "updateable": is_kept,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def _described(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.name.removeprefix("pse__").removesuffix("__c").replace("_", " "),
        "type": field.kind,
        "custom": field.name.endswith("__c"),
        "filterable": field.is_filterable,
        "sortable": field.is_filterable,
        "updateable": field.is_writable,
        "createable": field.is_writable,
        "nillable": field.kind not in ("id", "boolean"),
        "calculated": False,
        "referenceTo": [field.to] if field.to else [],
        "relationshipName": field.relation,
    }
