"""Certinia PSA: recorded exchanges, and what its rows tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.connectors.certinia.rows import CertiniaOptions, Rows
from collectors.connectors.psa_certinia import CONNECTOR
from collectors.http import Http
from collectors.options import OptionError
from collectors.salesforce_org import Teller, Told
from tests.collectors.connectors.org import (
    EXPIRED,
    LOGIN,
    THROTTLED,
    VENDOR_ERROR,
    Recorded,
    account,
    at,
    stamp,
)
from tests.suites.connector import Case, Cell, ConnectorSuite, Excused, Suite, line


class SmallPages(CONNECTOR):
    """Two rows a page, so that recordings stay short."""

    rows_a_page = 2


PROJECT = {"Contract_Number__c": "SOW-00001", "Partner_Entity_Project__c": False, "pse__Is_Template__c": False}


def an_object(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    return {
        "Id": f"a00{number:015d}",
        "CreatedDate": stamp(minutes - 5),
        "SystemModstamp": stamp(minutes),
        "IsDeleted": False,
        "pse__Project__c": "a0X000000000000001",
        "pse__Project__r": PROJECT,
    } | fields


def a_change(number: int, minutes: float, parent: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "Id": f"017{number:015d}",
        "ParentId": f"a00{number:015d}",
        "OldValue": None,
        "CreatedDate": stamp(minutes),
        "Parent": {"pse__Project__c": "a0X000000000000001", "pse__Project__r": PROJECT} | parent,
    } | fields


def a_project(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    row = an_object(number, minutes) | PROJECT | {"Line__c": None, "Entity__c": "DE01", "CurrencyIsoCode": "EUR"}
    row |= {"At_Risk_Authorised_By__c": None, "pse__Opportunity__c": "006000000000000001", "pse__Bookings__c": 120000.0}
    row |= {"pse__Start_Date__c": "2026-03-01", "pse__End_Date__c": "2026-09-30"}
    return row | fields


def a_project_change(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    changed = {"Field": "pse__Is_Active__c", "OldValue": False, "NewValue": True}
    return a_change(number, minutes, PROJECT | {"Line__c": None}) | changed | fields


def an_assignment(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    return an_object(number, minutes, Amendment_Number__c=None) | fields


def a_milestone(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    row = an_object(number, minutes, Milestone_Number__c=f"SOW-00001-M0{number}")
    row |= {"pse__Target_Date__c": "2026-05-31", "pse__Status__c": "Planned", "pse__Approved__c": False}
    return row | fields


def a_milestone_change(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    changed = {"Field": "pse__Status__c", "OldValue": "Planned", "NewValue": "Completed"}
    return a_change(number, minutes, {"Milestone_Number__c": f"SOW-00001-M0{number}"}) | changed | fields


WEEK = {"pse__End_Date__c": "2026-03-08", "pse__Total_Hours__c": 37.5}
REPORT = {"pse__Last_Expense_Date__c": "2026-02-28", "pse__Amount__c": 99.9, "CurrencyIsoCode": "EUR"}
APPROVAL = {"Field": "pse__Approved__c", "OldValue": False, "NewValue": True}
BILLS = {"Milestone_Number__c": "SOW-00001-M01", "Period__c": None, "pse__Summary_Amount__c": 60000.0}
BILLS |= {"CurrencyIsoCode": "EUR", "pse__Invoice_Number__c": "INV-1"}


def a_week_change(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    return a_change(number, minutes, WEEK) | APPROVAL | fields


def an_expense_change(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    return a_change(number, minutes, REPORT) | APPROVAL | fields


def a_budget(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    named = {"Amendment_Number__c": f"SOW-00001-A{number}", "pse__Type__c": "Customer Purchase Order"}
    return an_object(number, minutes) | named | fields


def a_budget_change(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    request = {"Amendment_Number__c": None, "pse__Type__c": "Customer Purchase Order Change Request"}
    return a_change(number, minutes, request) | APPROVAL | fields


def a_billing_change(number: int, minutes: float, **fields: Any) -> dict[str, Any]:
    return a_change(number, minutes, BILLS) | {"Field": "pse__Is_Released__c", "NewValue": True} | fields


def one(kind: str, *, created: bool = False) -> Any:
    """What each row of a stream tells: an event of this type about its record."""

    def tells(number: int, minutes: float) -> list[str]:
        return [f"{kind} a00{number:015d} {at(minutes - 5 if created else minutes)}"]

    return tells


PROJECTS = Recorded(
    "projects",
    "pse__Proj__c",
    "SystemModstamp",
    a_project,
    lambda number, minutes: [
        f"project.created a00{number:015d} {at(minutes - 5)}",
        f"keys.linked a00{number:015d} {at(minutes)}",
    ],
    key_field="pse__Bookings__c",
    nulls={"Contract_Number__c": None, "Entity__c": None, "pse__Opportunity__c": None, "pse__Bookings__c": None}
    | {"pse__Start_Date__c": None, "pse__End_Date__c": None, "CurrencyIsoCode": None},
)  # fmt: skip
PROJECT_HISTORY = Recorded(
    "project_history", "pse__Proj__History", "CreatedDate", a_project_change, one("project.activated"),
    key_field="Line__c", nulls={"NewValue": None}, told_of_nulls=[],
)  # fmt: skip
ASSIGNMENTS = Recorded(
    "assignments", "pse__Assignment__c", "SystemModstamp", an_assignment, one("resource.assigned", created=True),
    key_field="Amendment_Number__c", nulls={"pse__Project__c": None, "pse__Project__r": None}, told_of_nulls=[],
)  # fmt: skip
MILESTONES = Recorded(
    "milestones", "pse__Milestone__c", "SystemModstamp", a_milestone, one("keys.linked"),
    key_field="Milestone_Number__c", nulls={"Milestone_Number__c": None}, told_of_nulls=[],
)  # fmt: skip
MILESTONE_HISTORY = Recorded(
    "milestone_history", "pse__Milestone__History", "CreatedDate", a_milestone_change, one("milestone.completed"),
    key_field="Milestone_Number__c", nulls={"NewValue": None}, told_of_nulls=[],
)  # fmt: skip
TIMECARD_HISTORY = Recorded(
    "timecard_history", "pse__Timecard_Header__History", "CreatedDate", a_week_change, one("time.approved"),
    key_field="pse__Total_Hours__c",
    nulls={"Parent": {"pse__Project__c": "a0X000000000000001", "pse__Project__r": PROJECT} | WEEK
                     | {"pse__Total_Hours__c": None}},
)  # fmt: skip
DELETED_TIMECARDS = Recorded(
    "deleted_timecards", "pse__Timecard_Header__c", "SystemModstamp",
    lambda number, minutes, **fields: an_object(number, minutes, IsDeleted=True, **WEEK) | fields,
    one("time.rejected"), key_field="pse__Approved__c", nulls={"pse__End_Date__c": None}, told_of_nulls=[],
    unreadable=["pse__End_Date__c is empty"],
)  # fmt: skip
EXPENSE_HISTORY = Recorded(
    "expense_history", "pse__Expense_Report__History", "CreatedDate", an_expense_change, one("expense.approved"),
    key_field="pse__Amount__c",
    nulls={"Parent": {"pse__Project__c": "a0X000000000000001", "pse__Project__r": PROJECT} | REPORT
                     | {"pse__Amount__c": None, "CurrencyIsoCode": None}},
)  # fmt: skip
DELETED_EXPENSES = Recorded(
    "deleted_expenses", "pse__Expense_Report__c", "SystemModstamp",
    lambda number, minutes, **fields: an_object(number, minutes, IsDeleted=True, **REPORT) | fields,
    one("expense.rejected"), key_field="pse__Approved__c", nulls={"pse__Project__c": None}, told_of_nulls=[],
)  # fmt: skip
BUDGETS = Recorded(
    "budgets", "pse__Budget__c", "SystemModstamp", a_budget, one("budget.updated", created=True),
    key_field="Amendment_Number__c", nulls={"pse__Type__c": None},
)  # fmt: skip
BUDGET_HISTORY = Recorded(
    "budget_history", "pse__Budget__History", "CreatedDate", a_budget_change, one("change_request.approved"),
    key_field="pse__Type__c", nulls={"OldValue": None},
)  # fmt: skip
BILLING_HISTORY = Recorded(
    "billing_event_history", "pse__Billing_Event__History", "CreatedDate", a_billing_change, one("invoice.ready"),
    key_field="Period__c",
    nulls={"Parent": {"pse__Project__c": "a0X000000000000001", "pse__Project__r": PROJECT} | BILLS
                     | {"pse__Summary_Amount__c": None, "pse__Invoice_Number__c": None, "Milestone_Number__c": None}},
)  # fmt: skip
DELETED_BILLING = Recorded(
    "deleted_billing_events", "pse__Billing_Event__c", "SystemModstamp",
    lambda number, minutes, **fields:
        an_object(number, minutes, IsDeleted=True, pse__Invoiced__c=False, **BILLS) | fields,
    lambda number, minutes: [f"-invoice.ready a00{number:015d} {at(minutes)}"],
    key_field="pse__Is_Released__c", nulls={"pse__Summary_Amount__c": None},
)  # fmt: skip
RECORDED = (
    PROJECTS, PROJECT_HISTORY, ASSIGNMENTS, MILESTONES, MILESTONE_HISTORY, TIMECARD_HISTORY, DELETED_TIMECARDS,
    EXPENSE_HISTORY, DELETED_EXPENSES, BUDGETS, BUDGET_HISTORY, BILLING_HISTORY, DELETED_BILLING,
)  # fmt: skip


def changed(recorded: Recorded, case: Case, tells: list[str], **fields: Any) -> Cell:
    """A cell of one row that has been changed."""
    return recorded.cell(case, [recorded.asked(recorded.row(1, 10, **fields))], tells)


def about(kind: str, minutes: float = 10) -> str:
    return f"{kind} a00{1:015d} {at(minutes)}"


NO_WORDS = "nothing of it is read that has words of its own"
SUITE = Suite(
    connector=SmallPages,
    account=account("certinia", "psa"),
    login=LOGIN,
    expired=EXPIRED,
    throttled=THROTTLED,
    vendor_error=VENDOR_ERROR,
    vendor_says="unexpected token",
    cells=(
        *(cell for recorded in RECORDED for cell in recorded.cells()),
        changed(
            PROJECTS,
            Case.WITHDRAWN,
            [about("project.created", 5), about("project.deleted"), about("keys.linked")],
            IsDeleted=True,
        ),
        changed(
            PROJECT_HISTORY,
            Case.WITHDRAWN,
            [about("project.cancelled")],
            Field="pse__Stage__c",
            OldValue="Planned",
            NewValue="Cancelled",
        ),
        changed(
            ASSIGNMENTS,
            Case.WITHDRAWN,
            [about("resource.assigned", 5), about("resource.unassigned")],
            IsDeleted=True,
        ),
        changed(MILESTONES, Case.WITHDRAWN, [about("milestone.reopened")], IsDeleted=True, pse__Status__c="Completed"),
        changed(
            MILESTONE_HISTORY,
            Case.WITHDRAWN,
            [about("milestone.reopened")],
            Field="pse__Approved__c",
            OldValue=True,
            NewValue=False,
        ),
        changed(TIMECARD_HISTORY, Case.WITHDRAWN, [about("time.rejected")], OldValue=True, NewValue=False),
        Excused("deleted_timecards", Case.WITHDRAWN, "every row of it is a deleted one: see its ordinary case"),
        changed(EXPENSE_HISTORY, Case.WITHDRAWN, [about("expense.rejected")], OldValue=True, NewValue=False),
        Excused("deleted_expenses", Case.WITHDRAWN, "every row of it is a deleted one: see its ordinary case"),
        changed(BUDGETS, Case.WITHDRAWN, [about("budget.updated", 5), about("-budget.updated")], IsDeleted=True),
        changed(BUDGET_HISTORY, Case.WITHDRAWN, [about("change_request.rejected")], OldValue=True, NewValue=False),
        changed(BILLING_HISTORY, Case.WITHDRAWN, [about("-invoice.ready")], OldValue=True, NewValue=False),
        Excused("deleted_billing_events", Case.WITHDRAWN, "every row of it is a deleted one: see its ordinary case"),
        Excused("projects", Case.NEW_ENUM, "stages are read from project_history"),
        changed(PROJECT_HISTORY, Case.NEW_ENUM, [], Field="pse__Stage__c", OldValue="Planned", NewValue="Pondered"),
        Excused("assignments", Case.NEW_ENUM, NO_WORDS),
        changed(MILESTONES, Case.NEW_ENUM, [], IsDeleted=True, pse__Status__c="Pondered"),
        changed(MILESTONE_HISTORY, Case.NEW_ENUM, [], OldValue="Planned", NewValue="Pondered"),
        Cell(
            "timecard_history",
            Case.NEW_ENUM,
            [TIMECARD_HISTORY.asked(a_week_change(1, 10, NewValue="Pondered"))],
            tells=[],
            unreadable=["NewValue is 'Pondered'"],
        ),
        Excused("deleted_timecards", Case.NEW_ENUM, NO_WORDS),
        Cell(
            "expense_history",
            Case.NEW_ENUM,
            [EXPENSE_HISTORY.asked(an_expense_change(1, 10, NewValue="Pondered"))],
            tells=[],
            unreadable=["NewValue is 'Pondered'"],
        ),
        Excused("deleted_expenses", Case.NEW_ENUM, NO_WORDS),
        changed(BUDGETS, Case.NEW_ENUM, [about("budget.updated", 5)], pse__Type__c="Pondered"),
        Cell(
            "budget_history",
            Case.NEW_ENUM,
            [
                BUDGET_HISTORY.asked(
                    a_budget_change(1, 10)
                    | {"Parent": a_change(1, 10, {"Amendment_Number__c": None, "pse__Type__c": "Pondered"})["Parent"]}
                )
            ],
            tells=[],
        ),
        Cell(
            "billing_event_history",
            Case.NEW_ENUM,
            [BILLING_HISTORY.asked(a_billing_change(1, 10, NewValue="Pondered"))],
            tells=[],
            unreadable=["NewValue is 'Pondered'"],
        ),
        Excused("deleted_billing_events", Case.NEW_ENUM, NO_WORDS),
    ),
)


class TestCertinia(ConnectorSuite):
    suite = SUITE


ROWS = Rows(Teller("certinia"), CertiniaOptions())
SHARED = PROJECT | {"Contract_Number__c": "SOW-00001;SOW-00002"}
MIRROR = PROJECT | {"Partner_Entity_Project__c": True}
OWN_PROJECT = {"certinia/project": ("a0X000000000000001",)}


def lines(told: Told) -> list[str]:
    return [line(event) for event in told.events]


def test_a_project_names_its_line_entity_and_terms() -> None:
    created, linked = ROWS.project(a_project(1, 10), "").events
    assert created.keys == {"contract": ("SOW-00001",), "certinia/project": (f"a00{1:015d}",)}
    assert created.attributes == {"entity": "DE01"}
    assert linked.keys == created.keys | {"salesforce/opportunity": ("006000000000000001",)}
    assert linked.attributes == {
        "value": "120000",
        "currency": "EUR",
        "start_on": "2026-03-01",
        "end_on": "2026-09-30",
    }
    created, linked = ROWS.project(a_project(1, 10, Line__c="SOW-00001-L1", At_Risk_Authorised_By__c="Ana"), "").events
    assert created.attributes == {"entity": "DE01", "line": "SOW-00001-L1"}
    assert linked.attributes == {"at_risk_authorised_by": "Ana"}, "a line's terms are not the contract's"


def test_a_recalculation_by_night_tells_nothing_new() -> None:
    first = ROWS.project(a_project(1, 10), "")
    again = ROWS.project(a_project(1, 10) | {"SystemModstamp": stamp(900)}, first.learned)
    assert again == ([first.events[0]], first.learned)


def test_a_mirror_or_a_template_makes_no_step() -> None:
    assert [event.type for event in ROWS.project(a_project(1, 10, **MIRROR), "").events] == ["keys.linked"]
    assert ROWS.project(a_project(1, 10, pse__Is_Template__c=True), "") == Told()
    assert ROWS.assignment(an_assignment(1, 10, pse__Project__r=MIRROR), "") == Told()


def test_only_the_first_activation_counts() -> None:
    first = ROWS.project_change(a_project_change(1, 10), "")
    assert lines(first) == [about("project.activated")]
    assert ROWS.project_change(a_project_change(1, 20, OldValue=True, NewValue=False), first.learned) == Told()
    again = a_project_change(2, 30, ParentId=f"a00{1:015d}")
    assert ROWS.project_change(again, first.learned) == Told()
    assert ROWS.project_change(a_project_change(1, 10), first.learned) == first, "reading it again says the same"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Planned", "Cancelled", ["project.cancelled"]),
        ("Cancelled", "In Progress", ["-project.cancelled"]),
        ("In Progress", "Completed", ["project.closed"]),
        ("Completed", "In Progress", ["project.reopened"]),
        ("Completed", "Cancelled", ["project.cancelled"]),
        ("Cancelled", "Completed", ["-project.cancelled", "project.closed"]),
        (None, "In Progress", []),
    ],
)
def test_stages_close_and_cancel_a_project(before: str | None, after: str, told: list[str]) -> None:
    row = a_project_change(1, 10, Field="pse__Stage__c", OldValue=before, NewValue=after)
    assert lines(ROWS.project_change(row, "")) == [about(kind) for kind in told]


def test_an_assignment_for_an_amendment_is_a_change() -> None:
    (event,) = ROWS.assignment(an_assignment(1, 10, Amendment_Number__c="SOW-00001-A1"), "").events
    assert (event.type, event.attributes) == ("resource.changed", {"amendment": "SOW-00001-A1"})
    assert event.keys == OWN_PROJECT


def test_what_hangs_on_a_project_of_two_contracts_names_what_is_one_contracts_alone() -> None:
    (linked,) = ROWS.milestone(a_milestone(1, 10, pse__Project__r=SHARED), "").events
    assert linked.keys == {"milestone": ("SOW-00001-M01",)}
    (assigned,) = ROWS.assignment(an_assignment(1, 10, pse__Project__r=SHARED), "").events
    assert assigned.keys == {"contract": ("SOW-00001", "SOW-00002")}
    created, linked = ROWS.project(a_project(1, 10, **SHARED), "").events
    assert created.keys["contract"] == ("SOW-00001", "SOW-00002")
    assert "value" not in linked.attributes


def test_a_milestone_moved_is_told_once_more() -> None:
    first = ROWS.milestone(a_milestone(1, 10), "")
    assert first.events[0].attributes == {"milestone": "SOW-00001-M01", "planned_on": "2026-05-31"}
    assert first.events[0].keys == OWN_PROJECT | {"milestone": ("SOW-00001-M01",)}
    moved = ROWS.milestone(a_milestone(1, 20, pse__Target_Date__c="2026-06-30"), first.learned)
    assert moved.events[0].attributes["planned_on"] == "2026-06-30"
    assert ROWS.milestone(a_milestone(1, 900, pse__Target_Date__c="2026-06-30"), moved.learned).events == []


@pytest.mark.parametrize(
    ("field", "before", "after", "told"),
    [
        ("pse__Status__c", "Planned", "Completed", ["milestone.completed"]),
        ("pse__Status__c", "Completed", "Approved", []),
        ("pse__Status__c", "Approved", "In Progress", ["milestone.reopened"]),
        ("pse__Status__c", "Planned", "In Progress", []),
        ("pse__Approved__c", False, True, ["milestone.accepted"]),
        ("pse__Approved__c", "false", "true", ["milestone.accepted"]),
        ("pse__Approved__c", True, False, ["milestone.reopened"]),
    ],
)
def test_a_milestone_is_completed_accepted_and_reopened(field: str, before: Any, after: Any, told: list[str]) -> None:
    row = a_milestone_change(1, 10, Field=field, OldValue=before, NewValue=after)
    assert lines(ROWS.milestone_change(row, "")) == [about(kind) for kind in told]


def test_the_week_gives_the_period_and_the_hours() -> None:
    (event,) = ROWS.time_change(a_week_change(1, 10), "").events
    assert event.attributes == {"period": "2026-03", "hours": "37.5"}
    (event,) = ROWS.expense_change(an_expense_change(1, 10), "").events
    assert event.attributes == {"period": "2026-02", "amount": "99.9", "currency": "EUR"}


def test_hours_that_are_corrected_later_are_another_event_and_not_another_content() -> None:
    (before,) = ROWS.time_change(a_week_change(1, 10), "").events
    corrected = a_week_change(1, 10)
    corrected["Parent"] = corrected["Parent"] | {"pse__Total_Hours__c": 35}
    (after,) = ROWS.time_change(corrected, "").events
    assert before.id != after.id
    assert (before.record, before.occurred_at) == (after.record, after.occurred_at)


def test_a_budget_of_an_amendment_is_told_by_the_record_and_by_its_history_alike() -> None:
    (made,) = ROWS.budget(a_budget(1, 10), "").events
    parent = {"Amendment_Number__c": "SOW-00001-A1", "pse__Type__c": "Customer Purchase Order"}
    row = a_change(1, 5, parent) | {"Field": "pse__Amount__c", "OldValue": None, "NewValue": 5}
    (changed,) = ROWS.budget_change(row, "").events
    assert (made.type, made.record, made.attributes) == (changed.type, changed.record, changed.attributes)
    named = row | {"Field": "Amendment_Number__c", "OldValue": "SOW-00001-A1", "NewValue": "SOW-00001-A2"}
    (event,) = ROWS.budget_change(named, "").events
    assert event.attributes == {"amendment": "SOW-00001-A2"}


def test_a_budget_without_amendment_and_an_approval_of_no_request_tell_nothing() -> None:
    assert ROWS.budget(a_budget(1, 10, Amendment_Number__c=None), "") == Told()
    parent = {"Amendment_Number__c": None, "pse__Type__c": "Customer Purchase Order"}
    row = a_change(1, 5, parent) | {"Field": "pse__Amount__c", "OldValue": None, "NewValue": 5}
    assert list(ROWS.budget_change(row, "").events) == []
    assert list(ROWS.budget_change(row | APPROVAL, "").events) == []


def test_a_released_billing_event_is_ready_and_its_invoice_number_comes_and_goes() -> None:
    (ready,) = ROWS.billing_change(a_billing_change(1, 10), "").events
    assert ready.attributes == {"milestone": "SOW-00001-M01", "amount": "60000", "currency": "EUR"}
    number = {"Field": "pse__Invoice_Number__c", "OldValue": "INV-1", "NewValue": "INV-2"}
    gone, come = ROWS.billing_change(a_billing_change(1, 10, **number), "").events
    assert (gone.retracts, gone.attributes["invoice"]) == (True, "INV-1")
    assert (come.retracts, come.attributes["invoice"]) == (False, "INV-2")
    (flagged,) = ROWS.billing_change(a_billing_change(1, 10, Field="pse__Invoiced__c"), "").events
    assert flagged.attributes == {"milestone": "SOW-00001-M01", "invoice": "INV-1"}


def test_a_deleted_billing_event_takes_its_invoice_number_along() -> None:
    row = DELETED_BILLING.row(1, 10, pse__Invoiced__c=True)
    assert lines(ROWS.deleted_billing(row, "")) == [about("-invoice.ready"), about("-invoice_status.synced")]


def test_names_of_fields_are_checked_before_they_go_into_a_query() -> None:
    given = account("certinia", "psa", line_field="Line__c FROM Account")("http://127.0.0.1:9")
    with pytest.raises(OptionError, match=r"systems\.certinia\.options\.line_field is .*allowed: the API name"):
        CONNECTOR(given, Http("certinia", given.base_url), lambda: datetime(2026, 3, 31, tzinfo=UTC))


def test_without_a_template_field_it_is_not_asked_for() -> None:
    given = account("certinia", "psa", template_field="", currency="EUR")("http://127.0.0.1:9")
    connector = CONNECTOR(given, Http("certinia", given.base_url), lambda: datetime(2026, 3, 31, tzinfo=UTC))
    asked = [source.question.soql(None, None, 1) for source in connector.sources.values()]
    assert not [soql for soql in asked if "Template" in soql or "CurrencyIsoCode" in soql]
