"""Certinia PSA: projects, assignments, milestones, time, expenses, budgets and billing events of a Salesforce org.

Custom objects of the package `pse__`, read like any other object of the org. Where the time of a change lies in an
object's history, the history is read (`milestone_history`); of objects that are read for that alone, only what was
deleted is read besides (`deleted_timecards`). Source: Certinia PSA data dictionaries (help.certinia.com, Technical
Reference, 2025.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime

from collectors.account import Account
from collectors.base import Stream
from collectors.connectors.certinia.rows import (
    ACTIVE,
    AMOUNT,
    APPROVED,
    INVOICE_NUMBER,
    INVOICED,
    PARENT,
    RELEASED,
    STAGE,
    STATUS,
    CertiniaOptions,
    Rows,
)
from collectors.http import Http
from collectors.options import field_name, read_options
from collectors.salesforce_org import OrgConnector, Source, Tell, Teller, checked_version
from collectors.soql import CREATED, Question, text_literal
from models.events import LINKED

PROJECT, ASSIGNMENT, MILESTONE = "pse__Proj__c", "pse__Assignment__c", "pse__Milestone__c"
TIMECARD, EXPENSE = "pse__Timecard_Header__c", "pse__Expense_Report__c"
BUDGET, BILLING = "pse__Budget__c", "pse__Billing_Event__c"
ITS_PROJECT, VIA_PROJECT = "pse__Project__c", "pse__Project__r."

SHOWS = {
    "projects": (PROJECT, "project.created", "project.deleted", LINKED),
    "project_history": (PROJECT, "project.activated", "project.cancelled", "project.closed", "project.reopened"),
    "assignments": (ASSIGNMENT, "resource.assigned", "resource.changed", "resource.unassigned"),
    "milestones": (MILESTONE, "milestone.reopened", LINKED),
    "milestone_history": (MILESTONE, "milestone.completed", "milestone.accepted", "milestone.reopened"),
    "timecard_history": (TIMECARD, "time.approved", "time.rejected"),
    "deleted_timecards": (TIMECARD, "time.rejected"),
    "expense_history": (EXPENSE, "expense.approved", "expense.rejected"),
    "deleted_expenses": (EXPENSE, "expense.rejected"),
    "budgets": (BUDGET, "budget.updated"),
    "budget_history": (BUDGET, "change_request.approved", "change_request.rejected", "budget.updated"),
    "billing_event_history": (BILLING, "invoice.ready", "invoice_status.synced"),
    "deleted_billing_events": (BILLING, "invoice.ready", "invoice_status.synced"),
}
STREAMS = {name: Stream(name, frozenset(types), record) for name, (record, *types) in SHOWS.items()}
OBJECT_FIELDS = ("Id", "CreatedDate", "SystemModstamp", "IsDeleted")
HISTORY_FIELDS = ("Id", "ParentId", "Field", "OldValue", "NewValue", "CreatedDate")
PROJECT_TERMS = ("pse__Opportunity__c", "pse__Bookings__c", "pse__Start_Date__c", "pse__End_Date__c")
FIELD_OPTIONS = tuple(field.name for field in fields(CertiniaOptions) if field.name.endswith("_field"))


class Certinia(OrgConnector):
    """Reads Certinia PSA. Errors: OptionError for options that it does not have."""

    product = "certinia"
    streams = tuple(STREAMS.values())

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(CertiniaOptions, account.name, account.options)
        for name in FIELD_OPTIONS:
            if getattr(self.options, name) or name != "template_field":
                field_name(account.name, name, getattr(self.options, name))
        self.api_version = checked_version(account.name, self.options.api_version)
        self.overlap_seconds = self.options.overlap_seconds
        rows = Rows(Teller(account.name), self.options)
        self._sources = {source.stream.name: source for source in (*self._of_objects(rows), *self._of_histories(rows))}

    @property
    def sources(self) -> Mapping[str, Source]:
        """A source for each stream."""
        return self._sources

    def _of_objects(self, rows: Rows) -> Iterator[Source]:
        options = self.options
        projects = (*self._of_project(""), options.line_field, options.entity_field, options.authoriser_field)
        amounts = () if options.currency else ("CurrencyIsoCode",)
        yield Source(
            STREAMS["projects"],
            Question(PROJECT, (*OBJECT_FIELDS, *projects, *PROJECT_TERMS, *amounts)),
            rows.project,
            remembers="Id",
        )
        yield self._object("assignments", (options.amendment_field,), rows.assignment)
        planned = (options.milestone_field, "pse__Target_Date__c", STATUS, APPROVED)
        yield self._object("milestones", planned, rows.milestone, remembers="Id")
        deleted = f"IsDeleted = true AND {APPROVED} = true"
        yield self._object("deleted_timecards", ("pse__End_Date__c",), rows.deleted_time, deleted)
        yield self._object("deleted_expenses", (options.expense_date_field,), rows.deleted_expense, deleted)
        budget = (options.amendment_field, options.budget_type_field)
        yield self._object("budgets", budget, rows.budget, f"{options.amendment_field} != null")
        billing = (*self._billing(""), INVOICED)
        released = f"IsDeleted = true AND {RELEASED} = true"
        yield self._object("deleted_billing_events", billing, rows.deleted_billing, released)

    def _of_histories(self, rows: Rows) -> Iterator[Source]:
        options = self.options
        changed = Question(
            "pse__Proj__History",
            (*HISTORY_FIELDS, *self._of_project(PARENT), PARENT + options.line_field),
            clock=CREATED,
            where=_one_of((ACTIVE, STAGE)),
        )
        yield Source(STREAMS["project_history"], changed, rows.project_change, remembers="ParentId")
        milestone = (options.milestone_field,)
        yield self._history("milestone_history", (STATUS, APPROVED), milestone, rows.milestone_change)
        hours = ("pse__End_Date__c", "pse__Total_Hours__c")
        yield self._history("timecard_history", (APPROVED,), hours, rows.time_change)
        currency = () if options.currency else ("CurrencyIsoCode",)
        spent = (options.expense_date_field, AMOUNT, *currency)
        yield self._history("expense_history", (APPROVED,), spent, rows.expense_change)
        budget = (options.amendment_field, options.budget_type_field)
        yield self._history("budget_history", (APPROVED, AMOUNT, options.amendment_field), budget, rows.budget_change)
        billed = (RELEASED, INVOICED, INVOICE_NUMBER)
        yield self._history("billing_event_history", billed, self._billing(""), rows.billing_change)

    def _object(
        self, stream: str, extra: tuple[str, ...], tell: Tell, where: str = "", *, remembers: str = ""
    ) -> Source:
        selected = (*OBJECT_FIELDS, ITS_PROJECT, *self._of_project(VIA_PROJECT), *extra)
        return Source(STREAMS[stream], Question(STREAMS[stream].record, selected, where=where), tell, remembers)

    def _history(self, stream: str, changes: tuple[str, ...], extra: tuple[str, ...], tell: Tell) -> Source:
        record = STREAMS[stream].record
        borrowed = (PARENT + name for name in (ITS_PROJECT, *self._of_project(VIA_PROJECT), *extra))
        selected = (*HISTORY_FIELDS, *borrowed)
        history = f"{record.removesuffix('__c')}__History"
        return Source(STREAMS[stream], Question(history, selected, clock=CREATED, where=_one_of(changes)), tell)

    def _of_project(self, prefix: str) -> tuple[str, ...]:
        options = self.options
        names = (options.contract_field, options.mirror_field, options.template_field)
        return tuple(prefix + name for name in names if name)

    def _billing(self, prefix: str) -> tuple[str, ...]:
        options = self.options
        currency = () if options.currency else ("CurrencyIsoCode",)
        names = (options.milestone_field, options.period_field, "pse__Summary_Amount__c", INVOICE_NUMBER, *currency)
        return tuple(prefix + name for name in names)


def _one_of(names: tuple[str, ...]) -> str:
    return f"Field IN ({', '.join(text_literal(name) for name in names)})"


CONNECTOR = Certinia
