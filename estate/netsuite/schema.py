"""The columns of the firm's NetSuite as SuiteQL knows them, and how a value of each kind is kept in SQLite.

Column names are those of the record API in lower case; names with `cust` are the firm's own fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a column holds."""

    ID = "id"
    """An internal id."""
    REFERENCE = "reference"
    """An internal id of something that has a name: `BUILTIN.DF` gives it."""
    WORD = "word"
    """A code that has a name: `BUILTIN.DF` gives it."""
    TEXT = "text"
    """Words."""
    NUMBER = "number"
    """A number or an amount."""
    FLAG = "flag"
    """T or F."""
    DAY = "day"
    """A day."""
    MOMENT = "moment"
    """A day and a time in whole seconds, in GMT."""


ID, REFERENCE, WORD, TEXT = Kind.ID, Kind.REFERENCE, Kind.WORD, Kind.TEXT
NUMBER, FLAG, DAY, MOMENT = Kind.NUMBER, Kind.FLAG, Kind.DAY, Kind.MOMENT

_ENTITY = {
    "id": ID,
    "entityid": TEXT,
    "externalid": TEXT,
    "companyname": TEXT,
    "isinactive": FLAG,
    "datecreated": MOMENT,
    "lastmodifieddate": MOMENT,
    "parent": REFERENCE,
    "entitystatus": REFERENCE,
    "subsidiary": REFERENCE,
    "currency": REFERENCE,
    "terms": REFERENCE,
}
_NAMED = {"id": ID, "name": TEXT, "isinactive": FLAG}

TABLES: dict[str, dict[str, Kind]] = {
    "customer": {
        **_ENTITY,
        "creditholdoverride": WORD,
        "creditlimit": NUMBER,
        "email": TEXT,
        "country": TEXT,
        "phone": TEXT,
        "vatregnumber": TEXT,
        "billingschedule": REFERENCE,
        "billingratecard": REFERENCE,
        "custentity_validated_on": MOMENT,
        "custentity_merged_from": TEXT,
    },
    "job": {
        **_ENTITY,
        "jobbillingtype": WORD,
        "billingschedule": REFERENCE,
        "billingratecard": REFERENCE,
        "startdate": DAY,
        "projectedenddate": DAY,
        "custentity_contract_no": TEXT,
        "custentity_line": TEXT,
        "custentity_mirror": FLAG,
        "custentity_revenue_schedule": TEXT,
        "custentity_billing_amendment": TEXT,
        "custentity_revenue_amendment": TEXT,
        "custentity_rate_amendment": TEXT,
    },
    "transaction": {
        "id": ID,
        "tranid": TEXT,
        "externalid": TEXT,
        "type": WORD,
        "trandate": DAY,
        "duedate": DAY,
        "entity": REFERENCE,
        "status": WORD,
        "approvalstatus": REFERENCE,
        "posting": FLAG,
        "voided": FLAG,
        "foreigntotal": NUMBER,
        "foreignamountunpaid": NUMBER,
        "createdfrom": REFERENCE,
        "otherrefnum": TEXT,
        "memo": TEXT,
        "subsidiary": REFERENCE,
        "currency": REFERENCE,
        "terms": REFERENCE,
        "createddate": MOMENT,
        "lastmodifieddate": MOMENT,
        "custbody_milestone": TEXT,
        "custbody_period": TEXT,
        "custbody_operation": TEXT,
        "custbody_retainage": TEXT,
        "custbody_intercompany": FLAG,
        "custbody_sent_on": MOMENT,
        "custbody_voided_on": MOMENT,
        "custbody_disputed_on": MOMENT,
        "custbody_dispute_resolved_on": MOMENT,
        "custbody_settled_on": MOMENT,
    },
    "transactionline": {
        "transaction": ID,
        "id": ID,
        "linesequencenumber": ID,
        "mainline": FLAG,
        "taxline": FLAG,
        "entity": REFERENCE,
        "createdfrom": REFERENCE,
        "item": REFERENCE,
        "memo": TEXT,
        "subsidiary": REFERENCE,
        "foreignamount": NUMBER,
        "custcol_contract_no": TEXT,
        "custcol_line": TEXT,
        "custcol_milestone": TEXT,
        "custcol_period": TEXT,
    },
    "nexttransactionlinelink": {
        "previousdoc": ID,
        "previousline": ID,
        "previoustype": WORD,
        "nextdoc": ID,
        "nextline": ID,
        "nexttype": WORD,
        "linktype": TEXT,
        "foreignamount": NUMBER,
    },
    "charge": {
        "id": ID,
        "billto": REFERENCE,
        "project": REFERENCE,
        "projecttask": REFERENCE,
        "stage": WORD,
        "use": WORD,
        "amount": NUMBER,
        "currency": REFERENCE,
        "chargedate": DAY,
        "billdate": DAY,
        "rule": REFERENCE,
        "invoice": REFERENCE,
        "salesorder": REFERENCE,
        "timerecord": REFERENCE,
        "externalid": TEXT,
        "createddate": MOMENT,
        "lastmodifieddate": MOMENT,
        "custcol_contract_no": TEXT,
        "custcol_milestone": TEXT,
        "custcol_period": TEXT,
        "custcol_released_on": MOMENT,
    },
    "timebill": {
        "id": ID,
        "employee": REFERENCE,
        "customer": REFERENCE,
        "approvalstatus": REFERENCE,
        "isbillable": FLAG,
        "hours": NUMBER,
        "rate": NUMBER,
        "trandate": DAY,
        "posted": FLAG,
        "lastmodifieddate": MOMENT,
    },
    "projecttask": {
        "id": ID,
        "title": TEXT,
        "project": REFERENCE,
        "status": WORD,
        "enddate": DAY,
        "lastmodifieddate": MOMENT,
    },
    "employee": {"id": ID, "entityid": TEXT, "email": TEXT, "isinactive": FLAG, "lastmodifieddate": MOMENT},
    "deletedrecord": {
        "recordid": ID,
        "recordtypeid": REFERENCE,
        "type": TEXT,
        "name": TEXT,
        "deleteddate": MOMENT,
    },
    "systemnote": {
        "id": ID,
        "recordtypeid": REFERENCE,
        "recordid": ID,
        "field": TEXT,
        "oldvalue": TEXT,
        "newvalue": TEXT,
        "date": MOMENT,
        "type": REFERENCE,
        "name": REFERENCE,
    },
    "billingschedule": {
        **_NAMED,
        "externalid": TEXT,
        "scheduletype": WORD,
        "frequency": WORD,
        "initialamount": NUMBER,
        "job": REFERENCE,
        "inarrears": FLAG,
        "ispublic": FLAG,
    },
    "billingratecard": _NAMED,
    "subsidiary": _NAMED,
    "term": _NAMED,
    "currency": {**_NAMED, "symbol": TEXT},
    "dual": {"dummy": TEXT},
}

COLUMNS = frozenset(column for columns in TABLES.values() for column in columns)
DATED = frozenset(column for columns in TABLES.values() for column, kind in columns.items() if kind in (DAY, MOMENT))
SHOWN_BY_NAME = frozenset(
    column for columns in TABLES.values() for column, kind in columns.items() if kind in (REFERENCE, WORD)
)
NAME_SUFFIX = "__df"
"""What a column's name is kept under, beside its id or code."""

_AFFINITY = {ID: "INTEGER", REFERENCE: "INTEGER", NUMBER: "NUMERIC", DAY: "BLOB", MOMENT: "BLOB"}
_INDEXES = (
    ("customer", "id"),
    ("customer", "lastmodifieddate, id"),
    ("job", "id"),
    ("job", "lastmodifieddate, id"),
    ("job", "custentity_contract_no"),
    ("job", "parent"),
    ("transaction", "id"),
    ("transaction", "type, lastmodifieddate, id"),
    ("transaction", "entity"),
    ("transaction", "externalid"),
    ("transaction", "custbody_operation"),
    ("transaction", "createdfrom"),
    ("transactionline", "[transaction], linesequencenumber"),
    ("nexttransactionlinelink", "previousdoc"),
    ("nexttransactionlinelink", "nextdoc"),
    ("charge", "id"),
    ("charge", "lastmodifieddate, id"),
    ("systemnote", "id"),
    ("systemnote", "date, id"),
    ("systemnote", "recordtypeid, recordid"),
    ("deletedrecord", "deleteddate"),
    ("billingschedule", "id"),
)


@dataclass(frozen=True, slots=True)
class Named:
    """A value of a reference or a word, with its name."""

    value: int | str
    name: str | None


def statements() -> Iterator[str]:
    """What makes the tables in an empty SQLite database."""
    for table, columns in TABLES.items():
        parts = []
        for column, kind in columns.items():
            parts.append(f"[{column}] {_AFFINITY.get(kind, 'TEXT')}")
            if kind in (REFERENCE, WORD):
                parts.append(f"[{column}{NAME_SUFFIX}] TEXT")
        yield f"CREATE TABLE [{table}] ({', '.join(parts)})"
    for number, (table, columns_) in enumerate(_INDEXES):
        yield f"CREATE INDEX index_{number} ON [{table}] ({columns_})"
    yield "INSERT INTO dual VALUES ('X')"


def kept(value: Any) -> Any:
    """A value as SQLite holds it. Dates are bytes, so that they sort in time and are never taken for words."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ", "seconds")[:19].encode()
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00".encode()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"no column holds {type(value).__name__}")
