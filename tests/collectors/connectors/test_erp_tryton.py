"""Tryton 7.0 by the connector suite, in the shapes that a real one gave; tests/tryton reads a real one."""

from __future__ import annotations

from typing import Any

from collectors.base import Account, Credentials
from collectors.connectors.erp_tryton import CONNECTOR
from tests.suites.connector import Case, Cell, ConnectorSuite, Exchange, Excused, Suite, post
from tests.suites.server import Reply

PAGE = 500
PATH = "/tl/"
MODELS = {"customers": "party.party", "projects": "project.work", "invoices": "account.invoice"}
POSTED = "model.ir.model.log"


def at(minute: int, second: int = 0) -> dict[str, Any]:
    time = {"year": 2026, "month": 3, "day": 2, "hour": 10, "minute": minute, "second": second, "microsecond": 500_000}
    return {"__class__": "datetime", **time}


def a_row(stream: str, number: int, **parts: Any) -> dict[str, Any]:
    common = {"id": number, "create_date": at(1), "write_date": None}
    if stream == "customers":
        return common | {"name": "Northwind", "code": f"C-{number}", "active": True} | parts
    if stream == "projects":
        project = {"name": f"SOW-{number}", "type": "project", "party.": {"id": 1, "code": "C-1"}}
        return common | project | {"status.": {"id": 1, "name": "Open"}} | parts
    invoice = {"number": f"{number}", "type": "out", "state": "posted", "reference": f"SOW-{number}"}
    money = {"total_amount": {"__class__": "Decimal", "decimal": "1000.00"}, "currency.": {"id": 1, "code": "USD"}}
    about = {"description": f"SOW-{number}:1", "party.": {"id": 1, "code": "C-1"}, "invoice_date": None}
    return common | invoice | money | about | parts


def asks(stream: str, rows: list[dict[str, Any]], *texts: str, lacks: str | tuple[str, ...] = ()) -> list[Exchange]:
    """The page of a model, and for invoices when they were posted."""
    found = [post(PATH, {"id": 1, "result": rows}, f"model.{MODELS[stream]}.search_read", *texts, lacks=lacks)]
    if stream == "invoices" and any(row.get("number") for row in rows):
        log = [{"id": row["id"], "resource": f"account.invoice,{row['id']}", "create_date": at(5)} for row in rows]
        found.append(post(PATH, {"id": 1, "result": log}, POSTED, f'account.invoice,{rows[0]["id"]}"'))
    return found


def told(stream: str, number: int) -> str:
    return {
        "customers": f"customer.created party:{number} 2026-03-02T10:01:00.500Z",
        "projects": f"project.created work:{number} 2026-03-02T10:01:00.500Z",
        "invoices": f"invoice.posted invoice:{number} 2026-03-02T10:05:00.500Z",
    }[stream]


def cells(stream: str) -> list[Cell | Excused]:
    gone = {"customers": "create_date", "projects": "create_date", "invoices": "create_date"}[stream]
    without = {name: value for name, value in a_row(stream, 9).items() if name != gone}
    nulls = {
        "customers": {"code": None},
        "projects": {"party.": None, "name": None},
        "invoices": {"reference": None, "description": None, "party.": None},
    }[stream]
    new_word = {"customers": {"active": None}, "projects": {"status.": {"id": 7, "name": "Paused"}}}
    many = [a_row(stream, number) for number in range(1, PAGE + 1)]
    return [
        Cell(stream, Case.ORDINARY, asks(stream, [a_row(stream, 1)]), tells=[told(stream, 1)]),
        Cell(
            stream,
            Case.LAST_PAGE,
            [
                *asks(stream, many, '["id",">",0]'),
                *asks(stream, [a_row(stream, PAGE + 1)], f'["id",">",{PAGE}]'),
            ],
            tells=[told(stream, number) for number in range(1, PAGE + 2)],
        ),
        Cell(stream, Case.EMPTY_WINDOW, asks(stream, [a_row(stream, 1)], "write_date"), after=Case.ORDINARY),
        Cell(
            stream,
            Case.EQUAL_TIMES,
            [
                *asks(stream, many, '["id",">",0]'),
                *asks(stream, [many[-1], a_row(stream, PAGE + 1)], f'["id",">",{PAGE}]'),
            ],
            tells=[told(stream, number) for number in range(1, PAGE + 2)],
        ),
        Cell(stream, Case.NULLS, asks(stream, [a_row(stream, 1, **nulls)]), tells=[told(stream, 1)]),
        Cell(stream, Case.FIELD_GONE, asks(stream, [without, a_row(stream, 1)]), unreadable=[gone]),
        Cell(
            stream,
            Case.NEW_ENUM,
            asks(stream, [a_row(stream, 1, **new_word.get(stream, {"state": "frozen"}))]),
            tells=[told(stream, 1)],
        ),
        _withdrawn(stream),
    ]


def _withdrawn(stream: str) -> Cell | Excused:
    if stream == "customers":
        return Excused(stream, Case.WITHDRAWN, "a party is deactivated, and stays a customer that was made")
    changed = {"projects": {"status.": {"id": 2, "name": "Cancelled"}}, "invoices": {"state": "cancelled"}}[stream]
    void = {"projects": "project.cancelled work:1", "invoices": "invoice.voided invoice:1"}[stream]
    row = a_row(stream, 1, write_date=at(30), **changed)
    return Cell(
        stream, Case.WITHDRAWN, asks(stream, [row]), tells=[told(stream, 1), f"{void} 2026-03-02T10:30:00.500Z"]
    )


SUITE = Suite(
    connector=CONNECTOR,
    account=lambda url: Account(
        "tryton",
        "tryton",
        "erp",
        url,
        Credentials("session", user="collector", secret=lambda: "hush"),
        options={"database": "tl"},
    ),
    login=(post(PATH, {"id": 0, "result": [7, "s1"]}, "common.db.login", always=True),),
    expired=Reply(401, body=b"Unauthorized", headers={"content-type": "text/plain"}),
    throttled=Reply(429, body=b"Too Many Requests", headers={"retry-after": "1"}),
    vendor_error=Reply(json={"id": 1, "error": ["UserError", ["You are not allowed to access it.", "", None]]}),
    vendor_says="You are not allowed to access it.",
    cells=tuple(cell for stream in MODELS for cell in cells(stream)),
)


class TestTryton(ConnectorSuite):
    suite = SUITE
