"""What rows of Certinia PSA tell: a pure function per stream. The connector is `psa_certinia.py`.

A step's time is CreatedDate of the record or of its history row. Rows of projects that bill nobody (mirrors of another
entity's project, templates) tell no step. Everything hangs on its project by `pse__Project__c`.
Source: Certinia PSA data dictionaries (help.certinia.com, Technical Reference, 2025.3); Salesforce object reference
(custom object history).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from collectors.salesforce_org import API_VERSION, OVERLAP_SECONDS, Teller, Told
from collectors.soql import CREATED, STAMP, Row, field, flag, instant, numbers, text
from models.events import LINKED, Event, UnreadableEventError

ACTIVE, STAGE = "pse__Is_Active__c", "pse__Stage__c"
STATUS, APPROVED = "pse__Status__c", "pse__Approved__c"
AMOUNT, RELEASED, INVOICED = "pse__Amount__c", "pse__Is_Released__c", "pse__Invoiced__c"
INVOICE_NUMBER = "pse__Invoice_Number__c"
PARENT = "Parent."


@dataclass(frozen=True)
class CertiniaOptions:
    """What differs between orgs: fields that a firm adds, words of its picklists, and how the org is read.

    `crm_system` is the configured name of the CRM whose opportunities projects point to; '' for none. `template_field`
    '' where there is none. `currency` is the one of an org without multiple currencies.
    """

    contract_field: str = "Contract_Number__c"
    line_field: str = "Line__c"
    entity_field: str = "Entity__c"
    mirror_field: str = "Partner_Entity_Project__c"
    authoriser_field: str = "At_Risk_Authorised_By__c"
    amendment_field: str = "Amendment_Number__c"
    milestone_field: str = "Milestone_Number__c"
    period_field: str = "Period__c"
    expense_date_field: str = "pse__Last_Expense_Date__c"
    budget_type_field: str = "pse__Type__c"
    template_field: str = "pse__Is_Template__c"
    cancelled_stages: tuple[str, ...] = ("Cancelled",)
    completed_stages: tuple[str, ...] = ("Completed",)
    completed_statuses: tuple[str, ...] = ("Completed",)
    accepted_statuses: tuple[str, ...] = ("Approved",)
    change_request_words: tuple[str, ...] = ("Change Request",)
    crm_system: str = "salesforce"
    currency: str = ""
    api_version: str = API_VERSION
    overlap_seconds: float = OVERLAP_SECONDS


class Project(NamedTuple):
    """The project that a row hangs on: its id and its contracts."""

    id: str
    contracts: list[str]


@dataclass(frozen=True)
class Rows:
    """What the rows of one org tell."""

    teller: Teller
    options: CertiniaOptions

    def project(self, row: Row, remembered: str) -> Told:
        """Created, deleted, and what it says of contract, opportunity and terms."""
        if self.options.template_field and flag(row, self.options.template_field):
            return Told()
        has_steps = self._project(row, "Id", "") is not None
        record, contracts, line = text(row, "Id"), numbers(row, self.options.contract_field), self._line(row, "")
        keys: dict[str, Any] = {f"{self.teller.system}/project": record}
        if contracts:
            keys["contract"] = contracts
        events = []
        if has_steps:
            said = {"line": line, "entity": text(row, self.options.entity_field)}
            event = partial(self.teller.event, row=row, record=record, keys=keys, attributes=said)
            events.append(event("project.created", instant(row, CREATED)))
            if flag(row, "IsDeleted"):
                events.append(event("project.deleted", instant(row, STAMP)))
        terms = self._project_terms(row, keys, is_whole=has_steps and not line and len(contracts) < 2)
        return _with_terms(events, terms, remembered)

    def project_change(self, row: Row, remembered: str) -> Told:
        """The first activation, and stages that close or cancel it. What is inactive later is closed or paused, and was
        activated all the same."""
        project = self._project(row, "ParentId", PARENT)
        if project is None:
            return Told()
        keys, name = self.teller.keys("project", *project), text(row, "Field")
        event = partial(self._change, row=row, record=project.id, keys=keys)
        lined = {"line": self._line(row, PARENT)}
        if name == ACTIVE:
            first = remembered or text(row, "Id")
            if not flag(row, "NewValue") or text(row, "Id") != first:
                return Told()
            return Told([event("project.activated", attributes=lined)], first)
        before, after = text(row, "OldValue"), text(row, "NewValue")
        cancelled, completed = self.options.cancelled_stages, self.options.completed_stages
        events = []
        if (before in cancelled) != (after in cancelled):
            events.append(event("project.cancelled", retracts=before in cancelled))
        if after in completed and before not in completed:
            events.append(event("project.closed", attributes=lined))
        elif before in completed and after not in (*completed, *cancelled):
            events.append(event("project.reopened"))
        return Told(events)

    def assignment(self, row: Row, remembered: str) -> Told:
        """A person assigned, for an amendment where it names one; unassigned when deleted."""
        project = self._project(row, "pse__Project__c", "pse__Project__r.")
        if project is None:
            return Told()
        amendment = text(row, self.options.amendment_field)
        keys = self.teller.keys("project", *project, amendment=amendment)
        event = partial(
            self.teller.event, row=row, record=text(row, "Id"), keys=keys, attributes={"amendment": amendment}
        )
        events = [event("resource.changed" if amendment else "resource.assigned", instant(row, CREATED))]
        if flag(row, "IsDeleted"):
            events.append(event("resource.unassigned", instant(row, STAMP)))
        return Told(events)

    def milestone(self, row: Row, remembered: str) -> Told:
        """Which milestone of which contract it is, and when it is planned; open again when deleted."""
        project = self._project(row, "pse__Project__c", "pse__Project__r.")
        milestone = text(row, self.options.milestone_field)
        if project is None or not milestone:
            return Told()
        keys = self.teller.keys("project", *project, milestone=milestone) | {"milestone": milestone}
        event = partial(self.teller.event, row=row, record=text(row, "Id"), keys=keys)
        if not flag(row, "IsDeleted"):
            said = {"milestone": milestone, "planned_on": text(row, "pse__Target_Date__c")}
            return _with_terms([], event(LINKED, instant(row, STAMP), attributes=said), remembered)
        shown = (*self.options.completed_statuses, *self.options.accepted_statuses)
        if not flag(row, APPROVED) and text(row, STATUS) not in shown:
            return Told()
        return Told([event("milestone.reopened", instant(row, STAMP), attributes={"milestone": milestone})])

    def milestone_change(self, row: Row, remembered: str) -> Told:
        """Completed by its status, accepted by its checkbox; opened again by either."""
        project = self._project(row, "Parent.pse__Project__c", "Parent.pse__Project__r.")
        milestone = text(row, PARENT + self.options.milestone_field)
        if project is None:
            return Told()
        keys = self.teller.keys("project", *project, milestone=milestone)
        event = partial(
            self._change, row=row, record=text(row, "ParentId"), keys=keys, attributes={"milestone": milestone}
        )
        if text(row, "Field") == APPROVED:
            return Told([event("milestone.accepted" if flag(row, "NewValue") else "milestone.reopened")])
        completed = self.options.completed_statuses
        before, after = text(row, "OldValue"), text(row, "NewValue")
        if after in completed:
            return Told([event("milestone.completed")])
        is_done = (*completed, *self.options.accepted_statuses)
        return Told([event("milestone.reopened")] if before in is_done and after not in is_done else ())

    def time_change(self, row: Row, remembered: str) -> Told:
        """A week approved, or no longer."""
        event = self._of_period(row, PARENT, "pse__End_Date__c", {"hours": PARENT + "pse__Total_Hours__c"})
        kind = "time.approved" if flag(row, "NewValue") else "time.rejected"
        return Told([event(kind, instant(row, CREATED))] if event is not None else ())

    def deleted_time(self, row: Row, remembered: str) -> Told:
        """An approved week that was deleted."""
        event = self._of_period(row, "", "pse__End_Date__c", {})
        return Told([event("time.rejected", instant(row, STAMP))] if event is not None else ())

    def expense_change(self, row: Row, remembered: str) -> Told:
        """An expense report approved, or no longer."""
        amounts = {"amount": PARENT + AMOUNT}
        event = self._of_period(row, PARENT, self.options.expense_date_field, amounts)
        kind = "expense.approved" if flag(row, "NewValue") else "expense.rejected"
        return Told([event(kind, instant(row, CREATED))] if event is not None else ())

    def deleted_expense(self, row: Row, remembered: str) -> Told:
        """An approved expense report that was deleted."""
        event = self._of_period(row, "", self.options.expense_date_field, {})
        return Told([event("expense.rejected", instant(row, STAMP))] if event is not None else ())

    def budget(self, row: Row, remembered: str) -> Told:
        """A budget made for an amendment; taken back when deleted."""
        project = self._project(row, "pse__Project__c", "pse__Project__r.")
        amendment = text(row, self.options.amendment_field)
        if project is None or not amendment or self._is_change_request(row, ""):
            return Told()
        keys = self.teller.keys("project", *project, amendment=amendment)
        said = {"amendment": amendment}
        event = partial(
            self.teller.event, "budget.updated", row=row, record=text(row, "Id"), keys=keys, attributes=said
        )
        events = [event(at=instant(row, CREATED))]
        if flag(row, "IsDeleted"):
            events.append(event(at=instant(row, STAMP), retracts=True))
        return Told(events)

    def budget_change(self, row: Row, remembered: str) -> Told:
        """A change request approved or no longer, or a budget that took up an amendment."""
        project = self._project(row, "Parent.pse__Project__c", "Parent.pse__Project__r.")
        if project is None:
            return Told()
        name, is_request = text(row, "Field"), self._is_change_request(row, PARENT)
        is_named_now = name == self.options.amendment_field
        amendment = text(row, "NewValue" if is_named_now else PARENT + self.options.amendment_field)
        keys = self.teller.keys("project", *project, amendment=amendment)
        said = {"amendment": amendment}
        event = partial(self._change, row=row, record=text(row, "ParentId"), keys=keys, attributes=said)
        if name == APPROVED:
            kind = "change_request.approved" if flag(row, "NewValue") else "change_request.rejected"
            return Told([event(kind)] if is_request else ())
        return Told([event("budget.updated")] if amendment and not is_request else ())

    def billing_change(self, row: Row, remembered: str) -> Told:
        """Released for invoicing or no longer; and the number of its invoice, come or gone."""
        name = text(row, "Field")
        event = self._of_billing(row, PARENT, "Parent.pse__Project__c", text(row, "ParentId"))
        if event is None:
            return Told()
        at = instant(row, CREATED)
        if name == RELEASED:
            return Told([event("invoice.ready", at, retracts=not flag(row, "NewValue"))])
        if name == INVOICED:
            number = text(row, PARENT + INVOICE_NUMBER)
            gone, come = ("", number) if flag(row, "NewValue") else (number, "")
        else:
            gone, come = text(row, "OldValue"), text(row, "NewValue")
        synced = partial(event, "invoice_status.synced", at)
        return Told(
            [synced(invoice=number, retracts=is_gone) for number, is_gone in ((gone, True), (come, False)) if number]
        )

    def deleted_billing(self, row: Row, remembered: str) -> Told:
        """A released billing event that was deleted: its batch was rolled back."""
        event = self._of_billing(row, "", "pse__Project__c", text(row, "Id"))
        if event is None:
            return Told()
        at, number = instant(row, STAMP), text(row, INVOICE_NUMBER) if flag(row, INVOICED) else ""
        events = [event("invoice.ready", at, retracts=True)]
        if number:
            events.append(event("invoice_status.synced", at, invoice=number, retracts=True))
        return Told(events)

    def _project(self, row: Row, id_field: str, prefix: str) -> Project | None:
        """The project of a row, whose own fields are behind `prefix`; None where it tells no steps."""
        record, options = text(row, id_field), self.options
        hidden = [name for name in (options.mirror_field, options.template_field) if name]
        if not record or any(flag(row, prefix + name) for name in hidden):
            return None
        return Project(record, numbers(row, prefix + options.contract_field))

    def _project_terms(self, row: Row, keys: dict[str, Any], is_whole: bool) -> Event:
        """What links the project, and what it holds of the terms where it is the contract's only one."""
        options = self.options
        named = dict(keys)
        opportunity = text(row, "pse__Opportunity__c")
        if opportunity and options.crm_system and len(keys.get("contract", ())) < 2:
            named[f"{options.crm_system}/opportunity"] = opportunity
        said: dict[str, Any] = {"at_risk_authorised_by": text(row, options.authoriser_field)}
        if is_whole:
            value = field(row, "pse__Bookings__c")
            said |= {
                "value": value,
                "currency": self._currency(row, "") if value is not None else None,
                "start_on": text(row, "pse__Start_Date__c"),
                "end_on": text(row, "pse__End_Date__c"),
            }
        return self.teller.event(LINKED, instant(row, STAMP), row, record=text(row, "Id"), keys=named, attributes=said)

    def _of_period(self, row: Row, prefix: str, date_field: str, borrowed: dict[str, str]) -> Any:
        project = self._project(row, f"{prefix}pse__Project__c", f"{prefix}pse__Project__r.")
        if project is None:
            return None
        day = text(row, prefix + date_field)
        if not day:
            raise UnreadableEventError(f"{prefix}{date_field} is empty; the day that gives the period is wanted")
        said: dict[str, Any] = {"period": day[:7]}
        said |= {name: field(row, place) for name, place in borrowed.items()}
        if said.get("amount") is not None:
            said["currency"] = self._currency(row, prefix)
        return partial(
            self.teller.event,
            row=row,
            record=text(row, "ParentId" if prefix else "Id"),
            keys=self.teller.keys("project", *project),
            attributes=said,
        )

    def _of_billing(self, row: Row, prefix: str, id_field: str, record: str) -> Any:
        project = self._project(row, id_field, f"{prefix}pse__Project__r.")
        if project is None:
            return None
        options, milestone = self.options, text(row, prefix + self.options.milestone_field)
        bills = {"milestone": milestone, "period": text(row, prefix + options.period_field)}
        keys = self.teller.keys("project", *project, milestone=milestone)

        def event(kind: str, at: datetime, invoice: str = "", retracts: bool = False) -> Event:
            said = {**bills, "invoice": invoice} if invoice else self._ready(row, prefix, bills)
            return self.teller.event(kind, at, row, record=record, keys=keys, attributes=said, retracts=retracts)

        return event

    def _ready(self, row: Row, prefix: str, bills: dict[str, str]) -> dict[str, Any]:
        amount = field(row, prefix + "pse__Summary_Amount__c")
        return {**bills, "amount": amount, "currency": self._currency(row, prefix) if amount is not None else None}

    def _change(self, kind: str, *, row: Row, **parts: Any) -> Event:
        return self.teller.event(kind, instant(row, CREATED), row, **parts)

    def _is_change_request(self, row: Row, prefix: str) -> bool:
        kind = text(row, prefix + self.options.budget_type_field)
        return any(word in kind for word in self.options.change_request_words)

    def _line(self, row: Row, prefix: str) -> str:
        return text(row, prefix + self.options.line_field)

    def _currency(self, row: Row, prefix: str) -> str:
        return self.options.currency or text(row, prefix + "CurrencyIsoCode")


def _with_terms(events: list[Event], terms: Event, remembered: str) -> Told:
    """The terms too, unless the same was said last: a row that only moved in time is no news."""
    said = terms.id.rpartition("~")[2]
    return Told(events if said == remembered else [*events, terms], said)
