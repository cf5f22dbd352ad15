"""Records of the REST record API: camel case, real types, references with their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from estate.netsuite.answers import Refused, invalid
from estate.netsuite.schema import NAME_SUFFIX, TABLES, Kind
from estate.netsuite.store import Store


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record type: its table, the rows of it, and its fields by column."""

    name: str
    table: str
    fields: dict[str, str]
    only: str = "1 = 1"


_ENTITY = {
    "entityId": "entityid",
    "externalId": "externalid",
    "companyName": "companyname",
    "isInactive": "isinactive",
    "parent": "parent",
    "entityStatus": "entitystatus",
    "subsidiary": "subsidiary",
    "currency": "currency",
    "billingSchedule": "billingschedule",
    "billingRateCard": "billingratecard",
    "dateCreated": "datecreated",
    "lastModifiedDate": "lastmodifieddate",
}
_TYPES = (
    RecordType(
        "customer",
        "customer",
        {
            **_ENTITY,
            "terms": "terms",
            "email": "email",
            "creditHoldOverride": "creditholdoverride",
            "creditLimit": "creditlimit",
            "custentity_validated_on": "custentity_validated_on",
            "custentity_merged_from": "custentity_merged_from",
        },
    ),
    RecordType(
        "job",
        "job",
        {
            **_ENTITY,
            "jobBillingType": "jobbillingtype",
            "startDate": "startdate",
            "projectedEndDate": "projectedenddate",
            **{name: name for name in TABLES["job"] if name.startswith("cust")},
        },
    ),
    RecordType(
        "invoice",
        "transaction",
        {
            "tranId": "tranid",
            "externalId": "externalid",
            "entity": "entity",
            "status": "status",
            "approvalStatus": "approvalstatus",
            "tranDate": "trandate",
            "dueDate": "duedate",
            "total": "foreigntotal",
            "amountRemaining": "foreignamountunpaid",
            "currency": "currency",
            "terms": "terms",
            "otherRefNum": "otherrefnum",
            "memo": "memo",
            "createdDate": "createddate",
            "lastModifiedDate": "lastmodifieddate",
            **{name: name for name in TABLES["transaction"] if name.startswith("cust")},
        },
        "type = 'CustInvc'",
    ),
    RecordType(
        "billingSchedule",
        "billingschedule",
        {
            "externalId": "externalid",
            "name": "name",
            "scheduleType": "scheduletype",
            "frequency": "frequency",
            "initialAmount": "initialamount",
            "job": "job",
            "inArrears": "inarrears",
            "isInactive": "isinactive",
            "isPublic": "ispublic",
        },
    ),
)
RECORD_TYPES = {record_type.name: record_type for record_type in _TYPES}
_UNITS = {"DAILY": "DAY", "WEEKLY": "WEEK", "BIWEEKLY": "WEEK"}
_CONDITION = re.compile(r"(\w+) ([A-Z_]+)(?: (.+))?")


def find(store: Store, record_type: RecordType, name: str, base: str) -> dict[str, Any]:
    """A record by its id or by `eid:` and its external id. Refuses one that does not exist with 404."""
    columns = list(TABLES[record_type.table])
    kinds = TABLES[record_type.table]
    names = [column + NAME_SUFFIX if kinds[column] in (Kind.REFERENCE, Kind.WORD) else column for column in columns]
    by, value = ("externalid", name.removeprefix("eid:")) if name.startswith("eid:") else ("id", name)
    selected = ", ".join(f"[{column}]" for column in (*columns, *names))
    found = store.ask(
        f"SELECT {selected} FROM [{record_type.table}] WHERE {record_type.only} AND [{by}] = ?",  # noqa: S608
        value,
    )
    if not found:
        raise Refused(404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.")
    held = dict(zip(columns, found[0], strict=False))
    shown = dict(zip(columns, found[0][len(columns) :], strict=True))
    body: dict[str, Any] = {"links": [_link(f"{base}/{record_type.name}/{held['id']}")], "id": str(held["id"])}
    for field, column in record_type.fields.items():
        if held[column] is not None:
            body[field] = _typed(kinds[column], held[column], shown[column])
    return body


def schedule_sublists(body: dict[str, Any], is_expanded: bool) -> dict[str, Any]:
    """The sublists of a billing schedule: links, or with `expandSubResources` their rows."""
    itself = body["links"][0]["href"]
    if not is_expanded:
        return {name: {"links": [_link(f"{itself}/{name}")]} for name in ("milestone", "recurrence")}
    row = {
        "recurrenceId": 1,
        "amount": body["initialAmount"],
        "count": 1,
        "units": {"id": _UNITS.get(body["frequency"]["id"], "MONTH")},
        "relativeToPrevious": True,
    }
    return {
        "milestone": {"links": [], "items": [], "totalResults": 0},
        "recurrence": {"links": [], "items": [row], "totalResults": 1},
    }


def list_ids(
    store: Store, record_type: RecordType, asked: str | None, limit: int, offset: int
) -> tuple[list[str], int]:
    """The ids of this page in their order, and how many there are. `asked` is the filter `q`."""
    where, values = record_type.only, list[Any]()
    for condition in asked.split(" AND ") if asked else []:
        text, more = _where(record_type, condition.strip())
        where, values = f"{where} AND {text}", values + more
    table = record_type.table
    ((total,),) = store.ask(f"SELECT COUNT(*) FROM [{table}] WHERE {where}", *values)  # noqa: S608
    rows = store.ask(f"SELECT id FROM [{table}] WHERE {where} ORDER BY id LIMIT ? OFFSET ?", *values, limit, offset)  # noqa: S608
    return [str(key) for (key,) in rows], total


def _where(record_type: RecordType, condition: str) -> tuple[str, list[Any]]:
    """One condition of a filter as SQL; refuses fields, operators and literals that do not go with their kind."""
    found = _CONDITION.fullmatch(condition)
    column = record_type.fields.get(found[1]) if found else None
    if not found or column is None:
        raise invalid("q", f"Invalid search query: '{condition}'.")
    word, kind = found[2].removesuffix("_NOT"), TABLES[record_type.table][column]
    negated = word != found[2]
    if word == "EMPTY" and found[3] is None:
        return f"[{column}] IS {'NOT ' if negated else ''}NULL", []
    operator = _OPERATORS.get(kind, {}).get(word)
    if operator is None or not _LITERALS.get(kind, _QUOTED).fullmatch(found[3] or ""):
        raise invalid("q", f"Invalid search query: {condition} does not suit the field {found[1]}.")
    text = operator[0].format(column)
    return f"NOT ({text})" if negated else text, list(operator[1](found[3].strip('"')))


def _days(text: str) -> tuple[bytes, bytes]:
    """A day in the user's format, month first: its beginning and the next day's."""
    try:
        day = datetime.strptime(text, "%m/%d/%Y")  # noqa: DTZ007 - the account's zone is GMT
    except ValueError as error:
        raise invalid("q", f"Invalid search query: '{text}' is no date in the format M/D/YYYY.") from error
    return f"{day:%Y-%m-%d}".encode(), f"{day + timedelta(days=1):%Y-%m-%d}".encode()


Convert = Callable[[str], Sequence[Any]]

_OF_DATES: dict[str, tuple[str, Convert]] = {
    "AFTER": ("[{0}] >= ?", lambda text: _days(text)[1:]),
    "BEFORE": ("[{0}] < ?", lambda text: _days(text)[:1]),
    "ON": ("([{0}] >= ? AND [{0}] < ?)", _days),
    "ON_OR_AFTER": ("[{0}] >= ?", lambda text: _days(text)[:1]),
    "ON_OR_BEFORE": ("[{0}] < ?", lambda text: _days(text)[1:]),
}
_OF_WORDS: dict[str, tuple[str, Convert]] = {
    "IS": ("[{0}] = ?", lambda text: [text]),
    "CONTAIN": ("[{0}] LIKE ?", lambda text: [f"%{text}%"]),
    "START_WITH": ("[{0}] LIKE ?", lambda text: [f"{text}%"]),
    "ENDWITH": ("[{0}] LIKE ?", lambda text: [f"%{text}"]),
}
_OF_NUMBERS: dict[str, tuple[str, Convert]] = {
    "EQUAL": ("[{0}] = ?", lambda text: [float(text)]),
    "GREATER": ("[{0}] > ?", lambda text: [float(text)]),
    "LESS": ("[{0}] < ?", lambda text: [float(text)]),
}
_OPERATORS: dict[Kind, dict[str, tuple[str, Convert]]] = {
    Kind.DAY: _OF_DATES,
    Kind.MOMENT: _OF_DATES,
    Kind.TEXT: _OF_WORDS,
    Kind.FLAG: {"IS": ("[{0}] = ?", lambda text: ["T" if text == "true" else "F"])},
    Kind.NUMBER: _OF_NUMBERS,
    Kind.REFERENCE: {"EQUAL": ("[{0}] = ?", lambda text: [int(text)])},
}
_LITERALS = {
    Kind.FLAG: re.compile("true|false"),
    Kind.NUMBER: re.compile(r"-?\d+(\.\d+)?"),
    Kind.REFERENCE: re.compile(r"\d+"),
}
_QUOTED = re.compile('"[^"]*"')
"""How a value is written: numbers and truths bare, everything else in quotes."""


def _typed(kind: Kind, value: Any, name: Any) -> Any:
    """A value in its own type."""
    if kind == Kind.REFERENCE:
        return {"links": [], "id": str(value), "refName": name}
    if kind == Kind.WORD:
        return {"id": str(value), "refName": name}
    if kind == Kind.FLAG:
        return value == "T"
    if kind == Kind.DAY:
        return value.decode()[:10]
    if kind == Kind.MOMENT:
        return value.decode().replace(" ", "T") + "Z"
    return value


def _link(href: str, relation: str = "self") -> dict[str, str]:
    return {"rel": relation, "href": href}
