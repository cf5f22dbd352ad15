from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from joserfc.jwk import RSAKey

from collectors.base import Account, Credentials
from collectors.connectors.erp_netsuite import CONNECTOR
from collectors.connectors.netsuite import billing, entities
from collectors.connectors.netsuite.entities import About
from collectors.connectors.netsuite.options import Options
from collectors.connectors.netsuite.suiteql import LiteralError, Source, id_literal, text_literal, texts
from collectors.http import Http
from collectors.options import OptionError
from collectors.sign_in import SignInSettingError
from models.errors import RetryLater, StopStream
from models.events import UnreadableEventError
from tests.suites.connector import NOW, Case, Cell, ConnectorSuite, Exchange, Excused, Suite, line, post, run
from tests.suites.server import Asked, Reply, serving

SUITEQL = "/services/rest/query/v1/suiteql"
SYSTEM = "erp"
ITS = About(SYSTEM, Options(), ZoneInfo("UTC"))
T1, T2 = "2026-03-02 10:15:00", "2026-03-03 09:00:00"

CUSTOMER, DELETED, JOB, NOTE = "FROM customer", "FROM deletedrecord", "FROM job", "FROM systemnote"
INVOICE, CREDIT, PAYMENT = "type = 'CustInvc' ", "type = 'CustCred'", "type = 'CustPymt'"
LINES, LINKS, CHARGE, TIME = "FROM transactionline", "FROM nexttransactionlinelink", "FROM charge", "FROM timebill"


TOKEN = "/services/rest/auth/oauth2/v1/token"
KEY = RSAKey.generate_key(2048).as_pem(private=True).decode()


def account(url: str, **options: Any) -> Account:
    by = Credentials("oauth2_m2m", client_id="c", key_id="certificate", secret=lambda: KEY)
    return Account(SYSTEM, "netsuite", "erp", url, by, options=options)


def answered(items: list[dict[str, Any]], more: bool = False) -> dict[str, Any]:
    return {"links": [], "count": len(items), "hasMore": more, "offset": 0, "totalResults": len(items), "items": items}


def asks(
    table: str, items: list[dict[str, Any]], *also: str, more: bool = False, lacks: tuple[str, ...] = ()
) -> Exchange:
    return post(SUITEQL, answered(items, more), table, *also, lacks=lacks)


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def a_customer(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "links": [],
        "id": str(number),
        "externalid": f"C-{number:04d}",
        "validated": "2026-02-02 08:00:00",
        "created": "2026-02-01 08:00:00",
        "lastmod": T1,
        **more,
    }


def a_job(number: int = 11, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "parent": "1",
        "contract": "SOW-00001",
        "mirror": "F",
        "entity": "DE01",
        "status": "In Progress",
        "created": "2026-02-10 08:00:00",
        "lastmod": T1,
        **more,
    }


def a_note(number: int, field: str, new: str | None, old: str | None = None, **more: Any) -> dict[str, Any]:
    row = {"id": str(number), "recordid": "11", "field": field, "lastmod": T1, **more}
    return {**row, **({"newvalue": new} if new else {}), **({"oldvalue": old} if old else {})}


def an_invoice(number: int = 21, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "tranid": f"INV{number}",
        "status": "A",
        "voided": "F",
        "total": "1000",
        "currency": "EUR",
        "approvalstatus": "2",
        "operation": "SOW-00001-M01",
        "milestone": "SOW-00001-M01",
        "intercompany": "F",
        "created": "2026-03-01 12:00:00",
        "lastmod": T1,
        **more,
    }


def a_line(invoice: int = 21, **more: Any) -> dict[str, Any]:
    return {
        "transaction": str(invoice),
        "linesequencenumber": "1",
        "entity": "11",
        "contract": "SOW-00001",
        "milestone": "SOW-00001-M01",
        "amount": "-1000",
        **more,
    }


def a_credit(number: int = 31, **more: Any) -> dict[str, Any]:
    row = {"id": str(number), "tranid": f"CM{number}", "status": "B", "voided": "F", "total": "-250.50"}
    return {**row, "currency": "EUR", "createdfrom": "21", "created": "2026-03-02 09:00:00", "lastmod": T1, **more}


CREDITED = {"id": "21", "tranid": "INV21", "intercompany": "F", "lastmod": T1}


def a_payment(number: int = 41, **more: Any) -> dict[str, Any]:
    row = {"id": str(number), "tranid": f"PY{number}", "status": "C", "voided": "F", "total": "1000"}
    return {**row, "currency": "EUR", "created": "2026-03-02 10:00:00", "lastmod": T1, **more}


def a_link(payment: int = 41, invoice: int = 21, amount: str = "400") -> dict[str, Any]:
    number = {"nextdoc": str(payment), "previousdoc": str(invoice), "tranid": f"INV{invoice}"}
    return {**number, "amount": amount, "intercompany": "F"}


def a_charge(number: int = 51, **more: Any) -> dict[str, Any]:
    row = {"id": str(number), "stage": "HOLD_FOR_BILLING", "use": "Actual", "amount": "500", "contract": "SOW-00001"}
    return {**row, "period": "2026-02", "created": "2026-03-01 07:00:00", "lastmod": T1, **more}


def a_time(number: int = 61, **more: Any) -> dict[str, Any]:
    row = {"id": str(number), "customer": "11", "approvalstatus": "3", "hours": "7.5", "trandate": "2026-02-27"}
    return {**row, "lastmod": T1, **more}


def a_deletion(number: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "kind": kind, "name": "gone", "lastmod": T1, **more}


def a_scheduled(number: int = 11, **more: Any) -> dict[str, Any]:
    return a_job(number, billingschedule=str(number + 700), **more)


def schedule(number: int, body: Any = None) -> Exchange:
    content = {"id": str(number), "initialAmount": 120000.5, "links": [{"href": "x"}]} if body is None else body
    path = f"/services/rest/record/v1/billingSchedule/{number}"
    return Exchange("GET", path, content if isinstance(content, Reply) else Reply(json=content))


def behind(clock: str, at: str, key: str, number: int) -> str:
    """How the page behind a row is asked for."""
    moment = f"TO_TIMESTAMP('{at}', 'YYYY-MM-DD HH24:MI:SS')"
    return f"({clock} > {moment} OR ({clock} = {moment} AND {key} > {number}))"


def stream_cells(
    stream: str,
    table: str,
    make: Any,
    told: Any,
    *,
    rest: Any = lambda numbers: [],
    ids: tuple[int, int],
    needs: str,
    clock: str = "lastmodifieddate",
    key: str = "id",
) -> list[Cell]:
    """The cases that all streams share. `told` gives a row's lines, `rest` what else is asked for rows of these ids."""
    one, two = ids
    first = asks(table, [make(one)], f"ORDER BY {clock}, {key}", lacks=(" >= ", " > "))
    window = f"{clock} >= TO_TIMESTAMP('2026-03-02 10:10:00', 'YYYY-MM-DD HH24:MI:SS')"
    paged = [
        asks(table, [make(one)], lacks=(" > ",), more=True),
        *rest([one]),
        asks(table, [make(two, lastmod=T2)], behind(clock, T1, key, one)),
        *rest([two]),
    ]
    tied = [
        asks(table, [make(one)], lacks=(" > ",), more=True),
        *rest([one]),
        asks(table, [make(two)], behind(clock, T1, key, one)),
        *rest([two]),
    ]
    gone = [asks(table, [without(make(one), needs), make(two)]), *rest([one, two])]
    return [
        Cell(stream, Case.ORDINARY, [first, *rest([one])], tells=told(make(one))),
        Cell(stream, Case.LAST_PAGE, paged, tells=[*told(make(one)), *told(make(two, lastmod=T2))]),
        Cell(stream, Case.EMPTY_WINDOW, [asks(table, [make(one)], window)], after=Case.ORDINARY),
        Cell(stream, Case.EQUAL_TIMES, tied, tells=[*told(make(one)), *told(make(two))]),
        Cell(stream, Case.FIELD_GONE, gone, tells=told(make(two)), unreadable=[f"{needs} is missing"]),
    ]


def lines_of(events: Any) -> list[str]:
    return [line(event) for event in events]


def _customers() -> list[Any]:
    merged = a_customer(2, merged_from="1", lastmod=T2)
    return [
        *stream_cells(
            "customers",
            CUSTOMER,
            a_customer,
            lambda row: [
                f"customer.created customer:{row['id']} 2026-02-01T08:00:00Z",
                f"customer.validated customer:{row['id']} 2026-02-02T08:00:00Z",
            ],
            ids=(1, 2),
            needs="created",
        ),
        Cell(
            "customers",
            Case.NULLS,
            [asks(CUSTOMER, [without(a_customer(), "externalid", "validated")])],
            tells=["customer.created customer:1 2026-02-01T08:00:00Z"],
        ),
        Excused("customers", Case.NEW_ENUM, "no word for a state is read"),
        Cell(
            "customers",
            Case.WITHDRAWN,
            [asks(CUSTOMER, [merged]), asks(DELETED, [a_deletion(1, "customer")], "recordid IN (1)")],
            tells=[
                "customer.created customer:2 2026-02-01T08:00:00Z",
                "customer.validated customer:2 2026-02-02T08:00:00Z",
                "customer.merged customer:1 2026-03-02T10:15:00Z",
            ],
        ),
    ]


def _deleted() -> list[Any]:
    def told(row: dict[str, Any]) -> list[str]:
        at = row["lastmod"].replace(" ", "T")
        types = ("project.deleted", "rate_card.deleted", "billing_schedule.deleted", "revenue_schedule.deleted")
        return [f"{one} job:{row['id']} {at}Z" for one in types]

    def make(number: int, **more: Any) -> dict[str, Any]:
        return a_deletion(number, "job", **more)

    cells = stream_cells(
        "deleted", DELETED, make, told, ids=(11, 12), needs="kind", clock="deleteddate", key="recordid"
    )
    survivor = a_customer(2, merged_from="1", lastmod=T2)
    return [
        *cells,
        Cell(
            "deleted",
            Case.NULLS,
            [asks(DELETED, [without(make(11), "name")])],
            tells=told(make(11)),
        ),
        Cell("deleted", Case.NEW_ENUM, [asks(DELETED, [a_deletion(1, "vendor")])], tells=[]),
        Cell(
            "deleted",
            Case.WITHDRAWN,
            [
                asks(
                    DELETED,
                    [
                        a_deletion(1, "customer"),
                        a_deletion(3, "customer"),
                        a_deletion(21, "invoice"),
                        a_deletion(41, "customerpayment"),
                    ],
                ),
                asks(CUSTOMER, [survivor], "custentity_merged_from IN ('1', '3')"),
            ],
            tells=[
                "customer.merged customer:1 2026-03-02T10:15:00Z",
                "invoice.deleted invoice:21 2026-03-02T10:15:00Z",
                "invoice.voided invoice:21 2026-03-02T10:15:00Z",
                "payment.reversed payment:41 2026-03-02T10:15:00Z",
            ],
        ),
    ]


def _projects() -> list[Any]:
    moved = a_job(contract="SOW-00002", lastmod=T2)
    return [
        *stream_cells(
            "projects",
            JOB,
            a_job,
            lambda row: [f"project.created job:{row['id']} 2026-02-10T08:00:00Z"],
            ids=(11, 12),
            needs="created",
        ),
        Cell(
            "projects",
            Case.NULLS,
            [asks(JOB, [without(a_job(), "contract", "parent", "mirror", "entity", "status")])],
            tells=["project.created job:11 2026-02-10T08:00:00Z"],
        ),
        Cell(
            "projects",
            Case.NEW_ENUM,
            [asks(JOB, [a_job(status="Dreamt Of")])],
            tells=["project.created job:11 2026-02-10T08:00:00Z"],
        ),
        Cell(
            "projects",
            Case.WITHDRAWN,
            [asks(JOB, [moved])],
            after=Case.ORDINARY,
            tells=["-project.created job:11 2026-03-03T09:00:00Z", "project.created job:11 2026-02-10T08:00:00Z"],
        ),
    ]


def _changes() -> list[Any]:
    def make(number: int, **more: Any) -> dict[str, Any]:
        return a_note(number, "BILLINGSCHEDULE", "738", **more)

    def told(row: dict[str, Any]) -> list[str]:
        return [f"billing_schedule.created job:11 {row['lastmod'].replace(' ', 'T')}Z"]

    jobs = asks(JOB, [a_job()], "id IN (11)")
    at = "2026-03-02T10:15:00Z"
    return [
        *stream_cells(
            "changes", NOTE, make, told, rest=lambda numbers: [jobs], ids=(81, 82), needs="field", clock="date"
        ),
        Cell(
            "changes",
            Case.NULLS,
            [asks(NOTE, [a_note(81, "BILLINGSCHEDULE", None), a_note(82, "CUSTENTITY_BILLING_AMENDMENT", None)]), jobs],
            tells=[f"-billing_schedule.created job:11 {at}"],
        ),
        Cell(
            "changes",
            Case.NEW_ENUM,
            [asks(NOTE, [a_note(81, "ENTITYSTATUS", "Dreamt Of", "In Progress"), a_note(82, "COLOUR", "red")]), jobs],
            tells=[],
        ),
        Cell(
            "changes",
            Case.WITHDRAWN,
            [
                asks(
                    NOTE,
                    [
                        a_note(81, "ENTITYSTATUS", "Not Awarded", "In Progress"),
                        a_note(82, "CUSTENTITY_REVENUE_AMENDMENT", None, "SOW-00001-A1"),
                    ],
                ),
                jobs,
            ],
            tells=[f"project.cancelled job:11 {at}", f"-revenue_schedule.updated job:11 {at}"],
        ),
    ]


def _lines(numbers: list[int]) -> list[Exchange]:
    return [asks(LINES, [a_line(number) for number in numbers], "mainline = 'F'", f"transaction IN ({_in(numbers)})")]


def _in(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers)


def _invoices() -> list[Any]:
    posted = "invoice.posted invoice:21 2026-03-01T12:00:00Z"
    voided = an_invoice(status="V", voided="T", voided_on="2026-03-04 08:00:00", lastmod="2026-03-04 08:00:00")
    return [
        *stream_cells(
            "invoices",
            INVOICE,
            an_invoice,
            lambda row: [f"invoice.posted invoice:{row['id']} 2026-03-01T12:00:00Z"],
            rest=_lines,
            ids=(21, 22),
            needs="tranid",
        ),
        Cell(
            "invoices",
            Case.NULLS,
            [
                asks(INVOICE, [without(an_invoice(), "milestone", "operation", "approvalstatus", "total")]),
                *_lines([21]),
            ],
            tells=[posted],
        ),
        Cell(
            "invoices",
            Case.NEW_ENUM,
            [asks(INVOICE, [an_invoice(approvalstatus="7"), an_invoice(22, status="CustInvc:Q")]), *_lines([21, 22])],
            tells=["invoice.posted invoice:22 2026-03-01T12:00:00Z"],
            unreadable=["approvalstatus is '7'"],
        ),
        Cell(
            "invoices",
            Case.WITHDRAWN,
            [asks(INVOICE, [voided]), *_lines([21])],
            after=Case.ORDINARY,
            tells=[posted, "invoice.voided invoice:21 2026-03-04T08:00:00Z"],
        ),
    ]


def _credits() -> list[Any]:
    told = "invoice.credited credit:{} 2026-03-02T09:00:00Z"
    voided = a_credit(voided="T", status="V", voided_on="2026-03-05 08:00:00", lastmod=T2)

    def rest(numbers: list[int]) -> list[Exchange]:
        return [asks("FROM transaction WHERE id IN (21)", [CREDITED])]

    return [
        *stream_cells(
            "credits", CREDIT, a_credit, lambda row: [told.format(row["id"])], rest=rest, ids=(31, 32), needs="created"
        ),
        Cell("credits", Case.NULLS, [asks(CREDIT, [without(a_credit(), "createdfrom", "total")])], tells=[]),
        Cell(
            "credits",
            Case.NEW_ENUM,
            [asks(CREDIT, [a_credit(status="Z"), a_credit(32, currency="Euro")]), *rest([31])],
            tells=[told.format(31)],
            unreadable=["currency is 'Euro'"],
        ),
        Cell(
            "credits",
            Case.WITHDRAWN,
            [asks(CREDIT, [voided]), *rest([31])],
            tells=[told.format(31), "credit.voided credit:31 2026-03-05T08:00:00Z"],
        ),
    ]


def _links(numbers: list[int]) -> list[Exchange]:
    return [asks(LINKS, [a_link(number) for number in numbers], f"l.nextdoc IN ({_in(numbers)})")]


def _payments() -> list[Any]:
    def told(row: dict[str, Any]) -> list[str]:
        return [f"payment.{verb} payment:{row['id']} 2026-03-02T10:00:00Z" for verb in ("received", "applied")]

    voided = a_payment(voided="T", status="V", voided_on="2026-03-06 08:00:00", lastmod=T2)
    return [
        *stream_cells("payments", PAYMENT, a_payment, told, rest=_links, ids=(41, 42), needs="currency"),
        Cell(
            "payments",
            Case.NULLS,
            [asks(PAYMENT, [without(a_payment(), "total", "tranid")]), asks(LINKS, [])],
            tells=[],
        ),
        Cell(
            "payments", Case.NEW_ENUM, [asks(PAYMENT, [a_payment(status="Q")]), *_links([41])], tells=told(a_payment())
        ),
        Cell(
            "payments",
            Case.WITHDRAWN,
            [asks(PAYMENT, [voided]), *_links([41])],
            after=Case.ORDINARY,
            tells=[*told(a_payment()), "payment.reversed payment:41 2026-03-06T08:00:00Z"],
        ),
    ]


def _charges() -> list[Any]:
    held = "billing.held charge:{} 2026-03-01T07:00:00Z"
    freed = a_charge(stage="READY_FOR_BILLING", released="2026-03-05 07:00:00", lastmod=T2)
    return [
        *stream_cells("charges", CHARGE, a_charge, lambda row: [held.format(row["id"])], ids=(51, 52), needs="created"),
        Cell(
            "charges",
            Case.NULLS,
            [asks(CHARGE, [without(a_charge(), "use", "contract", "amount")])],
            tells=[held.format(51)],
        ),
        Cell(
            "charges",
            Case.NEW_ENUM,
            [asks(CHARGE, [a_charge(stage="PONDERED"), a_charge(52, use="Forecast")])],
            tells=[],
        ),
        Cell(
            "charges",
            Case.WITHDRAWN,
            [asks(CHARGE, [freed])],
            after=Case.ORDINARY,
            tells=[held.format(51), "billing.released charge:51 2026-03-05T07:00:00Z"],
        ),
    ]


def _schedules() -> list[Any]:
    def told(row: dict[str, Any]) -> list[str]:
        return [f"keys.linked schedule:{row['billingschedule']} {row['lastmod'].replace(' ', 'T')}Z"]

    def rest(numbers: list[int]) -> list[Exchange]:
        return [schedule(number + 700) for number in numbers]

    cells = stream_cells("billing_schedules", JOB, a_scheduled, told, rest=rest, ids=(11, 12), needs="billingschedule")
    gone = Reply(404, {"title": "Not Found", "o:errorDetails": [{"o:errorCode": "NONEXISTENT_ID"}]})
    return [
        *[cell for cell in cells if cell.case is not Case.FIELD_GONE],
        Cell(
            "billing_schedules",
            Case.FIELD_GONE,
            [asks(JOB, [without(a_scheduled(11), "billingschedule"), a_scheduled(12)]), schedule(712)],
            tells=told(a_scheduled(12)),
            unreadable=["billingschedule is missing"],
        ),
        Cell(
            "billing_schedules",
            Case.NULLS,
            [asks(JOB, [a_scheduled()]), schedule(711, {"id": "711"})],
            tells=told(a_scheduled()),
        ),
        Excused("billing_schedules", Case.NEW_ENUM, "no word for a state is read"),
        Cell("billing_schedules", Case.WITHDRAWN, [asks(JOB, [a_scheduled()]), schedule(711, gone)], tells=[]),
    ]


def _time() -> list[Any]:
    approved = "time.approved timebill:{} {}Z"
    rejected = a_time(approvalstatus="4", lastmod=T2)
    return [
        *stream_cells(
            "time",
            TIME,
            a_time,
            lambda row: [approved.format(row["id"], row["lastmod"].replace(" ", "T"))],
            ids=(61, 62),
            needs="trandate",
        ),
        Cell(
            "time",
            Case.NULLS,
            [asks(TIME, [without(a_time(), "hours")])],
            tells=[approved.format(61, "2026-03-02T10:15:00")],
        ),
        Cell("time", Case.NEW_ENUM, [asks(TIME, [a_time(approvalstatus="9")])], tells=[]),
        Cell(
            "time",
            Case.WITHDRAWN,
            [asks(TIME, [rejected])],
            after=Case.ORDINARY,
            tells=["-time.approved timebill:61 2026-03-03T09:00:00Z"],
        ),
    ]


def vendor(status: int, code: str, detail: str) -> Reply:
    body = {
        "type": "x",
        "title": "Bad Request",
        "status": status,
        "o:errorDetails": [{"detail": detail, "o:errorCode": code}],
    }
    return Reply(status, body, headers={"content-type": "application/vnd.oracle.resource+json; type=error"})


SUITE = Suite(
    connector=CONNECTOR,
    account=account,
    login=(post(TOKEN, {"access_token": "t1", "expires_in": "3600", "token_type": "Bearer"}),),
    expired=vendor(401, "INVALID_LOGIN", "Invalid login attempt."),
    throttled=vendor(429, "CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded."),
    vendor_error=vendor(400, "INVALID_PARAMETER", "Invalid search query. Search error occurred: Invalid search."),
    vendor_says="Invalid search query",
    cells=(
        *_customers(),
        *_deleted(),
        *_projects(),
        *_changes(),
        *_invoices(),
        *_credits(),
        *_payments(),
        *_charges(),
        *_schedules(),
        *_time(),
    ),
)


class TestNetSuite(ConnectorSuite):
    suite = SUITE


# What rows say


def by_type(events: Any, kind: str) -> Any:
    (found,) = [event for event in events if event.type == kind]
    return found


def test_an_invoice_names_its_contracts_by_its_lines_and_what_it_bills() -> None:
    lines = [a_line(), a_line(linesequencenumber="2", contract="SOW-00002", amount="-500")]
    posted = by_type(billing.invoice_events(ITS, an_invoice(total="1500"), lines), "invoice.posted")
    assert posted.keys == {"contract": ("SOW-00001", "SOW-00002"), "erp/invoice": ("21",)}
    assert posted.attributes["operation"] == "SOW-00001-M01"
    assert posted.attributes["lines"] == [
        {"contract": "SOW-00001", "milestone": "SOW-00001-M01", "amount": "1000", "currency": "EUR"},
        {"contract": "SOW-00002", "milestone": "SOW-00001-M01", "amount": "500", "currency": "EUR"},
    ]


def test_lines_that_are_positive_already_keep_their_sign() -> None:
    posted = by_type(billing.invoice_events(ITS, an_invoice(), [a_line(amount="1000")]), "invoice.posted")
    assert posted.attributes["lines"][0]["amount"] == "1000"


def test_an_invoice_of_one_project_without_a_contract_goes_by_the_project() -> None:
    posted = by_type(billing.invoice_events(ITS, an_invoice(), [without(a_line(), "contract")]), "invoice.posted")
    assert posted.keys == {"erp/invoice": ("21",), "erp/project": ("11",)}


def test_an_invoice_of_several_projects_without_a_contract_claims_none_of_them() -> None:
    lines = [without(a_line(), "contract"), without(a_line(entity="12"), "contract")]
    posted = by_type(billing.invoice_events(ITS, an_invoice(), lines), "invoice.posted")
    assert posted.keys == {"erp/invoice": ("21",)}


def test_a_line_without_a_contract_takes_that_of_its_project() -> None:
    exchanges = [
        asks(INVOICE, [an_invoice()]),
        asks(LINES, [without(a_line(), "contract")]),
        asks(JOB, [a_job()], "id IN (11)"),
    ]
    found = run(SUITE, Cell("invoices", Case.ORDINARY, exchanges))
    assert by_type(found.events, "invoice.posted").keys == {"contract": ("SOW-00001",), "erp/invoice": ("21",)}


def test_what_an_invoice_keeps_by_its_own_time_stamps() -> None:
    row = an_invoice(
        status="CustInvc:B",
        sent="2026-03-01 13:00:00",
        disputed="2026-03-05 09:00:00",
        dispute_resolved="2026-03-06 09:00:00",
        settled="2026-03-20 10:00:00",
        retainage="held",
    )
    assert lines_of(billing.invoice_events(ITS, row, [a_line()])) == [
        "invoice.posted invoice:21 2026-03-01T12:00:00Z",
        "invoice.sent invoice:21 2026-03-01T13:00:00Z",
        "invoice.disputed invoice:21 2026-03-05T09:00:00Z",
        "dispute.resolved invoice:21 2026-03-06T09:00:00Z",
        "invoice.settled invoice:21 2026-03-20T10:00:00Z",
        "retainage.held invoice:21 2026-03-01T12:00:00Z",
    ]


def test_a_void_comes_after_all_that_its_version_says_and_takes_back_what_was_held() -> None:
    row = an_invoice(voided="T", voided_on="2026-03-04 08:00:00", retainage="held")
    posted, held, released, void = billing.invoice_events(ITS, row, [a_line()])
    assert [event.type for event in (posted, held, released, void)] == [
        "invoice.posted",
        "retainage.held",
        "retainage.held",
        "invoice.voided",
    ]
    assert released.retracts
    said, withdrawn = ([str(event.sequence) for event in pair] for pair in ((posted, held), (released, void)))
    assert max(said) < min(withdrawn)


@pytest.mark.parametrize("more", [{"approvalstatus": "1"}, {"intercompany": "T"}, {"approvalstatus": "3"}])
def test_invoices_that_show_nothing(more: dict[str, str]) -> None:
    assert billing.invoice_events(ITS, an_invoice(**more), [a_line()]) == []


def test_a_void_without_its_time_is_dated_by_the_last_change() -> None:
    events = billing.invoice_events(ITS, an_invoice(voided="T", lastmod=T2), [a_line()])
    assert by_type(events, "invoice.voided").occurred_at == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_a_payment_is_told_for_each_invoice_that_it_pays() -> None:
    events = billing.payment_events(ITS, a_payment(), [a_link(), a_link(invoice=22, amount="-600")])
    applied = [event for event in events if event.type == "payment.applied"]
    assert [(event.attributes["invoice"], event.attributes["applied_to"]) for event in applied] == [
        ("INV21", "400"),
        ("INV22", "600"),
    ]
    assert applied[0].keys == {"erp/invoice": ("21",), "erp/payment": ("41",)}
    assert len({event.id for event in events}) == 4


def test_a_void_payment_whose_links_are_gone_is_reversed_by_itself() -> None:
    (undone,) = billing.payment_events(ITS, a_payment(voided="T", voided_on=T2), [])
    assert (undone.type, undone.keys) == ("payment.reversed", {"erp/payment": ("41",)})


def test_a_payment_that_is_applied_elsewhere_is_taken_back_where_it_was() -> None:
    first = run(SUITE, Cell("payments", Case.ORDINARY, [asks(PAYMENT, [a_payment()]), *_links([41])]))
    moved = [asks(PAYMENT, [a_payment(lastmod=T2)]), asks(LINKS, [a_link(invoice=22)])]
    cursor, learned = first.states[-1]
    found = run(SUITE, Cell("payments", Case.WITHDRAWN, moved), cursor=cursor, learned=learned)
    taken = [event for event in found.events if event.retracts]
    assert [(event.type, event.attributes) for event in taken] == [
        ("payment.received", {"invoice": "INV21"}),
        ("payment.applied", {"invoice": "INV21"}),
    ]


def test_an_invoice_that_is_open_again_is_settled_no_more() -> None:
    settled = an_invoice(status="B", settled="2026-03-02 10:00:00")
    first = run(SUITE, Cell("invoices", Case.ORDINARY, [asks(INVOICE, [settled]), *_lines([21])]))
    cursor, learned = first.states[-1]
    again = Cell("invoices", Case.WITHDRAWN, [asks(INVOICE, [an_invoice(lastmod=T2)]), *_lines([21])])
    found = run(SUITE, again, cursor=cursor, learned=learned)
    assert lines_of(found.events)[0] == "-invoice.settled invoice:21 2026-03-03T09:00:00Z"


def test_a_project_of_two_contracts_names_both() -> None:
    (created,) = entities.job_events(ITS, a_job(contract="SOW-00001; SOW-00002"))
    assert created.keys["contract"] == ("SOW-00001", "SOW-00002")
    assert created.attributes == {"entity": "DE01"}


def test_the_mirror_of_a_project_is_a_link_and_no_step() -> None:
    assert [event.type for event in entities.job_events(ITS, a_job(mirror="T"))] == ["keys.linked"]
    assert entities.note_events(ITS, a_note(1, "BILLINGSCHEDULE", "738"), a_job(mirror="T")) == []


def test_whatever_changes_on_a_cancelled_project_it_stays_cancelled() -> None:
    note = a_note(81, "ENTITYSTATUS", "Not Awarded", "In Progress", lastmod=T1)
    (cancelled,) = entities.note_events(ITS, note, a_job())
    (later,) = entities.job_events(ITS, a_job(status="Not Awarded", lastmod="2026-03-09 00:00:00"))
    (revived,) = entities.job_events(ITS, a_job(lastmod="2026-03-10 00:00:00"))
    assert str(later.sequence) < str(cancelled.sequence) < str(revived.sequence)


def test_states_that_an_account_works_with_show_activation_and_closing() -> None:
    its = About(SYSTEM, Options(active_statuses=("In Progress",), closed_statuses=("Closed",)), ZoneInfo("UTC"))
    changes = (("In Progress", "Pending"), ("Closed", "In Progress"), ("In Progress", "Closed"))
    notes = [a_note(number, "ENTITYSTATUS", new, old) for number, (new, old) in enumerate(changes)]
    told = [event.type for note in notes for event in entities.note_events(its, note, a_job())]
    assert told == ["project.activated", "project.closed", "project.reopened", "project.activated"]


def test_history_is_ordered_within_a_second_by_its_numbers() -> None:
    notes = [a_note(number, "BILLINGSCHEDULE", "738") for number in (99, 100)]
    first, second = (str(entities.note_events(ITS, note, a_job())[0].sequence) for note in notes)
    assert first < second


def test_a_schedule_is_keyed_apart_from_a_revenue_schedule_of_the_same_number() -> None:
    (bills,) = entities.note_events(ITS, a_note(1, "BILLINGSCHEDULE", "5"), a_job())
    (recognises,) = entities.note_events(ITS, a_note(2, "CUSTENTITY_REVENUE_SCHEDULE", "5"), a_job())
    assert bills.keys["erp/schedule"] == recognises.keys["erp/revenue/schedule"] == ("5",)


def test_an_amendment_on_a_project_of_several_contracts_names_itself_alone() -> None:
    note = a_note(1, "CUSTENTITY_BILLING_AMENDMENT", "SOW-00001-A1")
    (updated,) = entities.note_events(ITS, note, a_job(contract="SOW-00001;SOW-00002"))
    assert (updated.type, updated.keys) == ("billing_schedule.updated", {"amendment": ("SOW-00001-A1",)})


def test_a_rate_card_that_an_amendment_brings_is_told_by_the_amendment() -> None:
    card = a_note(1, "BILLINGRATECARD", "RC-2026", "RC-2025")
    amendment = a_note(2, "CUSTENTITY_RATE_AMENDMENT", "SOW-00001-A1")
    assert entities.note_events(ITS, card, a_job(), [card, amendment]) == []
    (synced,) = entities.note_events(ITS, amendment, a_job(), [card, amendment])
    assert synced.attributes == {"entity": "DE01", "amendment": "SOW-00001-A1", "rate_card": "RC-2026"}
    (alone,) = entities.note_events(ITS, card, a_job(), [card, {**amendment, "lastmod": T2}])
    assert alone.attributes == {"entity": "DE01", "rate_card": "RC-2026"}


def test_notes_about_rate_cards_are_read_with_those_beside_them() -> None:
    card = a_note(81, "BILLINGRATECARD", "RC-2026")
    beside = [card, a_note(82, "CUSTENTITY_RATE_AMENDMENT", "SOW-00001-A1")]
    exchanges = [
        asks(NOTE, [card], lacks=("recordid IN",)),
        asks(JOB, [a_job()], "id IN (11)"),
        asks(NOTE, beside, "recordid IN (11)"),
    ]
    assert run(SUITE, Cell("changes", Case.ORDINARY, exchanges)).events == []


def test_customers_are_updated_by_their_history_and_each_change_is_its_own_evidence() -> None:
    rows = [a_note(1, "PHONE", "5", recordid="1"), a_note(2, "TERMS", "NET45", recordid="1", lastmod=T2)]
    exchanges = [asks(NOTE, rows), asks(CUSTOMER, [a_customer()], "id IN (1)")]
    found = run(SUITE, Cell("changes", Case.ORDINARY, exchanges))
    assert lines_of(found.events) == [
        "customer.updated customer:1:1 2026-03-02T10:15:00Z",
        "customer.updated customer:1:2 2026-03-03T09:00:00Z",
    ]


def test_a_merge_is_the_same_event_whether_the_survivor_or_the_deletion_was_read_first() -> None:
    cells = {str(cell): cell for cell in SUITE.declared()}
    found = [run(SUITE, cells[name]).events for name in ("customers-withdrawn", "deleted-withdrawn")]
    one, other = (by_type(events, "customer.merged") for events in found)
    assert one == other
    assert one.keys == {"erp/customer": ("1", "2")}
    assert one.attributes == {"customer": "C-0002"}


def test_times_are_those_of_the_users_zone() -> None:
    its = About(SYSTEM, Options(), ZoneInfo("America/New_York"))
    (created,) = entities.job_events(its, a_job(created="2026-02-10 08:00:00"))
    assert created.occurred_at == datetime(2026, 2, 10, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (an_invoice(total="much"), "total is 'much'"),
        (an_invoice(created="yesterday"), "created is 'yesterday'"),
        (an_invoice(voided="yes"), "voided is 'yes'"),
        (an_invoice(total=1000), "total is a int"),
        (an_invoice(retainage="kept"), "retainage is 'kept'"),
        (an_invoice(currency="Dollar"), "currencies of the options"),
    ],
)
def test_a_row_that_cannot_be_told_says_which_column(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableEventError, match=reason):
        billing.invoice_events(ITS, row, [a_line()])


def test_currencies_of_other_names_are_told_by_the_options() -> None:
    its = About(SYSTEM, Options(currencies=("Euro=EUR",)), ZoneInfo("UTC"))
    posted = by_type(billing.invoice_events(its, an_invoice(currency="Euro"), [a_line()]), "invoice.posted")
    assert posted.attributes["currency"] == "EUR"


# Questions


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("O'Neill", "'O''Neill'"),
        ("' OR 1 = 1 --", "''' OR 1 = 1 --'"),
        ("''", "''''''"),
        ("\\' OR ''='", "'\\'' OR ''''='''"),
        ("Größe; DROP TABLE x", "'Größe; DROP TABLE x'"),
    ],
)
def test_a_text_stays_inside_its_quotes(value: str, literal: str) -> None:
    assert text_literal(value) == literal


@pytest.mark.parametrize("value", ["a\nb", "a\0b", "x" * 4001, "\u2028"])
def test_texts_that_no_query_can_hold_are_refused(value: str) -> None:
    with pytest.raises(LiteralError):
        text_literal(value)


@pytest.mark.parametrize("value", ["", "1 OR 1=1", "1;", "0x10", "١", "1.5", "9" * 19, "'1'"])
def test_what_is_no_id_never_gets_into_a_query(value: str) -> None:
    with pytest.raises(LiteralError):
        id_literal(value)


def test_lists_hold_each_value_once() -> None:
    assert texts(["b", "a", "b"]) == "'a', 'b'"


def test_a_page_goes_on_behind_the_last_row_without_an_offset() -> None:
    source = Source("job", {"parent": "parent"}, where="isinactive = 'F'")
    assert source.page(None, ("2026-01-15 09:30:00", "12")) == (
        "SELECT id, parent, TO_CHAR(lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS lastmod FROM job "
        "WHERE isinactive = 'F' AND (lastmodifieddate > TO_TIMESTAMP('2026-01-15 09:30:00', 'YYYY-MM-DD HH24:MI:SS') "
        "OR (lastmodifieddate = TO_TIMESTAMP('2026-01-15 09:30:00', 'YYYY-MM-DD HH24:MI:SS') AND id > 12)) "
        "ORDER BY lastmodifieddate, id"
    )


def test_one_hostile_row_does_not_keep_its_neighbours_from_being_told() -> None:
    rows = [a_customer(2, merged_from="1) OR (1 = 1"), a_customer(3)]
    found = run(SUITE, Cell("customers", Case.ORDINARY, [asks(CUSTOMER, rows)]))
    assert len(found.asked) == 1
    assert "customer.created customer:3 2026-02-01T08:00:00Z" in lines_of(found.events)


def test_a_page_that_says_more_and_gives_nothing_new_is_asked_for_again_later() -> None:
    for rows in ([], [a_job()]):
        again = asks(JOB, rows, more=True)
        found = run(SUITE, Cell("projects", Case.LAST_PAGE, [again, again]))
        assert isinstance(found.error, RetryLater)


@pytest.mark.parametrize(
    "detail",
    [
        "Field 'custentity_contract_no' for record 'job' was not found. Reason: NOT_EXPOSED - not exposed to search.",
        "Unknown identifier 'custentity_contract_no'. Available identifiers are: {job=job}",
    ],
)
def test_a_field_that_is_gone_is_named_with_its_option_and_where_to_grant_it(detail: str) -> None:
    refusal = vendor(400, "INVALID_PARAMETER", f"Invalid search query. Search error occurred: {detail}")
    found = run(SUITE, Cell("projects", Case.FIELD_GONE, [post(SUITEQL, refusal)]))
    assert isinstance(found.error, StopStream)
    assert "no field 'custentity_contract_no'" in str(found.error)
    assert "job_contract of [systems.erp.options]" in str(found.error)
    assert "Manage Roles" in str(found.error)


def test_a_table_that_is_not_shown_is_named_with_its_permission() -> None:
    refusal = vendor(400, "INVALID_PARAMETER", "Search error occurred: Record 'deletedrecord' was not found.")
    found = run(SUITE, Cell("deleted", Case.FIELD_GONE, [post(SUITEQL, refusal)]))
    assert "'Deleted Records'" in str(found.error)


@pytest.mark.parametrize("status", [400, 403])
def test_a_missing_permission_is_one_with_either_status(status: int) -> None:
    refusal = vendor(status, "INSUFFICIENT_PERMISSION", "Permission Violation: you need the 'Invoice' permission.")
    found = run(SUITE, Cell("invoices", Case.ORDINARY, [post(SUITEQL, refusal)]))
    assert isinstance(found.error, StopStream)
    assert "grant the permission to the role" in str(found.error)


# Billing schedules


def test_a_schedule_that_reads_as_before_tells_nothing_again() -> None:
    first = run(SUITE, Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [a_scheduled()]), schedule(711)]))
    cursor, learned = first.states[-1]
    same = Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [a_scheduled(lastmod=T2)]), schedule(711)])
    assert run(SUITE, same, cursor=cursor, learned=learned).events == []
    other = {"id": "711", "initialAmount": 150000}
    changed = Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [a_scheduled(lastmod=T2)]), schedule(711, other)])
    (linked,) = run(SUITE, changed, cursor=cursor, learned=learned).events
    assert linked.attributes == {"schedule_total": "150000"}
    assert linked.occurred_at == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_once_a_day_all_schedules_are_read_again() -> None:
    first = run(SUITE, Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [a_scheduled()]), schedule(711)]))
    cursor, learned = first.states[-1]
    cursor["whole_at"] -= 24 * 3600
    edited = schedule(711, {"id": "711", "initialAmount": 1})
    whole = Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [a_scheduled()], lacks=(" >= ",)), edited])
    (linked,) = run(SUITE, whole, cursor=cursor, learned=learned).events
    assert linked.occurred_at == NOW  # its project did not change: nothing else says when


def test_schedules_are_written_twenty_at_a_time() -> None:
    numbers = range(11, 56)
    bodies = [schedule(number + 700) for number in numbers]
    cell = Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [a_scheduled(one) for one in numbers]), *bodies])
    assert [len(page.events) for page in run(SUITE, cell).pages] == [20, 20, 5]


def test_a_schedule_of_one_line_says_no_total_of_the_contract() -> None:
    row = a_scheduled(line="SOW-00001-L1")
    found = run(SUITE, Cell("billing_schedules", Case.ORDINARY, [asks(JOB, [row]), schedule(711)]))
    assert found.events[0].attributes == {"line": "SOW-00001-L1"}


# Settings and checks


def checked(stream: str, answer: Any, now: datetime = NOW, by: Credentials | None = None, **options: Any) -> Any:
    asked: list[Asked] = []

    def serve(one: Asked) -> Reply:
        asked.append(one)
        return Reply(json={"access_token": "t", "expires_in": "3600"}) if one.path == TOKEN else answer(one)

    with serving(serve) as served:
        held = account(served.url, **options)
        held = held if by is None else Account(SYSTEM, "netsuite", "erp", served.url, by)
        http = Http(SYSTEM, served.url, CONNECTOR.sign_in(held), CONNECTOR.manners)
        try:
            return CONNECTOR(held, http, lambda: now).check(stream), asked
        finally:
            http.close()


def _rows(asked: Asked) -> Reply:
    assert asked.headers.get("prefer") == "transient"
    return Reply(json=answered([{"shown": "2026-03-31 12:00:00"}] if "DUAL" in asked.text else [{"id": "1"}]))


@pytest.mark.parametrize("stream", [one.name for one in CONNECTOR.streams])
def test_a_stream_that_can_be_read_is_told_so(stream: str) -> None:
    assert checked(stream, _rows)[0] == (stream, True, "one was read")


def test_a_check_asks_for_one_row_with_every_column() -> None:
    _, asked = checked("invoices", _rows)
    questions = [one.text for one in asked if one.path == SUITEQL]
    assert "custbody_settled_on" in questions[0]
    assert "FETCH FIRST 1 ROWS ONLY" in questions[0]
    assert "custcol_contract_no" in questions[1]


def test_a_check_names_the_field_that_is_missing() -> None:
    refusal = vendor(400, "INVALID_PARAMETER", "Search error occurred: Unknown identifier 'custentity_merged_from'.")
    found, _ = checked("customers", lambda asked: refusal)
    assert not found.is_readable
    assert "customer_merged_from" in found.told


def test_a_clock_in_another_zone_is_noticed() -> None:
    found, _ = checked("customers", _rows, now=NOW + timedelta(hours=5, seconds=20))
    assert not found.is_readable
    assert "-5 h off UTC" in found.told
    assert checked("customers", _rows, now=NOW + timedelta(hours=4), time_zone="America/New_York")[0].is_readable


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"job_contract": "custentity_x; DROP"}, "systems.erp.options.job_contract"),
        ({"history_table": "system note"}, "systems.erp.options.history_table"),
        ({"time_zone": "Mars/Olympus"}, "systems.erp.options.time_zone"),
        ({"overlap_seconds": -1}, "systems.erp.options.overlap_seconds"),
        ({"recheck": 1}, "systems.erp.options.recheck is no option"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        checked("customers", _rows, **options)


def test_fields_that_an_account_does_not_have_are_not_asked_for() -> None:
    _, asked = checked("projects", _rows, job_line="")
    assert not [one for one in asked if " AS line" in one.text]


def test_the_token_is_asked_for_at_the_accounts_host_with_a_signed_assertion() -> None:
    _, asked = checked("customers", _rows)
    assert asked[0].path == TOKEN
    assert "client_assertion=" in asked[0].body.decode()


def test_requests_may_be_signed_by_tokens_that_do_not_end() -> None:
    by = Credentials("oauth1", client_id="c", user="t", account="1234567", secret=lambda: "one\ntwo")
    _, asked = checked("projects", _rows, by=by)
    assert asked[0].headers["authorization"].startswith('OAuth realm="1234567"')


@pytest.mark.parametrize("by", [Credentials("basic", user="u"), Credentials("oauth2_m2m", client_id="c")])
def test_sign_ins_that_netsuite_does_not_know_are_refused(by: Credentials) -> None:
    with pytest.raises(SignInSettingError, match=r"systems\.erp\.auth"):
        CONNECTOR.sign_in(Account(SYSTEM, "netsuite", "erp", "http://x", by))


def test_values_of_the_wrong_kind_cost_their_own_row_alone() -> None:
    notes = [{**a_note(81, "BILLINGSCHEDULE", "738"), "field": 7}, a_note(82, "BILLINGSCHEDULE", "739")]
    exchanges = [asks(NOTE, notes), asks(JOB, [a_job()], "id IN (11)")]
    found = run(SUITE, Cell("changes", Case.FIELD_GONE, exchanges))
    assert (found.error, len(found.events), len(found.reasons)) == (None, 1, 1)
