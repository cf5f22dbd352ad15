"""Happenings become rows: what people and hand-overs do in the org, in its own objects and histories."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from estate.crm.tables import Tables
from estate.happenings import Happening

Data = Mapping[str, Any]
Write = Callable[[Tables, datetime, Data], None]


def write(tables: Tables, happening: Happening) -> None:
    """The rows of one happening. Raises KeyError for an unknown verb or a missing row."""
    WRITES[happening.system, happening.what](tables, happening.at, happening.data)


def _account_created(tables: Tables, at: datetime, data: Data) -> None:
    values = {"Name": data["name"], "AccountNumber": data["customer"], "CurrencyIsoCode": data["currency"]}
    values |= {"BillingCountry": data["country"], "ERP_Customer_Id__c": data.get("erp_customer")}
    tables.create("Account", data["account"], at, values)


def _account_merged(tables: Tables, at: datetime, data: Data) -> None:
    tables.delete("Account", data["merged_account"], at, MasterRecordId=data["account"])
    tables.change("Account", data["account"], at, {})


def _account_linked(tables: Tables, at: datetime, data: Data) -> None:
    tables.change("Account", data["account"], at, {"ERP_Customer_Id__c": data["erp_customer"]})


def _opportunity_created(tables: Tables, at: datetime, data: Data) -> None:
    values = {"Name": data["name"], "AccountId": data["account"], "StageName": data["stage"], "Amount": data["amount"]}
    values |= {"CurrencyIsoCode": data["currency"], "CloseDate": data["close_on"]}
    values |= {"Probability": 60.0, "ForecastCategory": "BestCase"}
    tables.create("Opportunity", data["opportunity"], at, values)


def _opportunity_linked(tables: Tables, at: datetime, data: Data) -> None:
    tables.change("Opportunity", data["opportunity"], at, {"Contract_Number__c": data["contract_no"]})


def _closed(stage: str, is_won: bool) -> Write:
    def close(tables: Tables, at: datetime, data: Data) -> None:
        values = {"StageName": stage, "IsClosed": True, "IsWon": is_won, "LastStageChangeDate": at}
        values |= {"Probability": 100.0 if is_won else 0.0, "ForecastCategory": "Closed" if is_won else "Omitted"}
        tables.change("Opportunity", data["opportunity"], at, values)

    return close


def _value_updated(tables: Tables, at: datetime, data: Data) -> None:
    values = {"Amount": data["value"], "CurrencyIsoCode": data["currency"], "Last_Amendment__c": data["amendment"]}
    tables.change("Opportunity", data["opportunity"], at, values)


def _status_synced(tables: Tables, at: datetime, data: Data) -> None:
    tables.change("Opportunity", data["opportunity"], at, {"ERP_Status__c": data["status"]})


def _deleted(name: str, key: str) -> Write:
    def delete(tables: Tables, at: datetime, data: Data) -> None:
        tables.delete(name, data[key], at)

    return delete


def _project_created(is_mirror: bool) -> Write:
    def create(tables: Tables, at: datetime, data: Data) -> None:
        values = {"Name": data["name"], "pse__Project_ID__c": data["number"], "pse__Account__c": data["account"]}
        values |= {"pse__Opportunity__c": data.get("opportunity"), "Contract_Number__c": data.get("contract_no")}
        values |= {"Line__c": data["line"] or None, "Entity__c": data["entity"], "pse__Stage__c": "Planned"}
        values |= {"pse__Start_Date__c": data["start_on"], "pse__End_Date__c": data["end_on"]}
        values |= {"pse__Bookings__c": data["bookings"], "CurrencyIsoCode": data["currency"]}
        values |= {"pse__Is_Billable__c": not is_mirror, "Partner_Entity_Project__c": is_mirror}
        values |= {"At_Risk_Authorised_By__c": data.get("at_risk_authorised_by")}
        tables.create("pse__Proj__c", data["project"], at, values)
        if data.get("budget"):
            _budget(tables, at, data, {"pse__Amount__c": data["bookings"], "pse__Account__c": data["account"]})

    return create


def _budget(tables: Tables, at: datetime, data: Data, values: Data) -> None:
    standing = {"pse__Type__c": "Customer Purchase Order", "pse__Status__c": "Approved", "pse__Approved__c": True}
    named = {"Name": f"Budget {data['budget'][-8:]}", "pse__Project__c": data["project"]}
    named |= {"CurrencyIsoCode": data["currency"], "pse__Effective_Date__c": at.date()}
    tables.create("pse__Budget__c", data["budget"], at, standing | named | dict(values))


def _project(values: Data) -> Write:
    def change(tables: Tables, at: datetime, data: Data) -> None:
        tables.change("pse__Proj__c", data["project"], at, values)

    return change


def _assigned(tables: Tables, at: datetime, data: Data) -> None:
    values = {"Name": f"{data['role']} {data['assignment'][-8:]}", "pse__Project__c": data["project"]}
    values |= {"pse__Resource__c": data["resource"], "pse__Role__c": data["role"], "pse__Status__c": "Scheduled"}
    values |= {"pse__Start_Date__c": data["start_on"], "pse__End_Date__c": data["end_on"]}
    values |= {"pse__Bill_Rate__c": data["rate"], "CurrencyIsoCode": data["currency"], "pse__Is_Billable__c": True}
    values |= {"pse__Planned_Hours__c": data["hours"], "pse__Scheduled_Hours__c": data["hours"]}
    tables.create("pse__Assignment__c", data["assignment"], at, values | {"Amendment_Number__c": data.get("amendment")})


def _milestone_planned(tables: Tables, at: datetime, data: Data) -> None:
    values = {"Name": data["name"], "pse__Project__c": data["project"], "Milestone_Number__c": data["milestone"]}
    values |= {"pse__Target_Date__c": data["target_on"], "pse__Milestone_Amount__c": data["amount"]}
    values |= {"CurrencyIsoCode": data["currency"], "pse__Status__c": "Planned", "pse__Include_In_Financials__c": True}
    tables.create("pse__Milestone__c", data["milestone_id"], at, values)


def _milestone_moved(tables: Tables, at: datetime, data: Data) -> None:
    tables.change("pse__Milestone__c", data["milestone_id"], at, {"pse__Target_Date__c": data["target_on"]})


def _milestone_completed(tables: Tables, at: datetime, data: Data) -> None:
    values = {"pse__Status__c": "Completed", "pse__Actual_Date__c": at.date()}
    tables.change("pse__Milestone__c", data["milestone_id"], at, values)


def _milestone_accepted(tables: Tables, at: datetime, data: Data) -> None:
    values = {"pse__Status__c": "Approved", "pse__Approved__c": True, "pse__Approved_for_Billing__c": True}
    tables.change("pse__Milestone__c", data["milestone_id"], at, values)


def _time_approved(tables: Tables, at: datetime, data: Data) -> None:
    header, split = data["timecard"], "a1S" + data["timecard"][3:]
    hours = {"pse__Total_Hours__c": data["hours"]}
    if header not in tables["pse__Timecard_Header__c"].rows:
        week = {"pse__Start_Date__c": data["week_end_on"] - timedelta(days=6), "pse__End_Date__c": data["week_end_on"]}
        values = {
            "Name": f"TCH-{header[-8:]}",
            "pse__Project__c": data["project"],
            "pse__Resource__c": data["resource"],
        }
        values |= week | {
            "pse__Submitted__c": True,
            "pse__Status__c": "Submitted",
            "pse__Include_In_Financials__c": True,
        }
        tables.create("pse__Timecard_Header__c", header, data["submitted_at"], values | hours)
        ties = {"Name": f"TC-{header[-8:]}", "pse__Timecard_Header__c": header, "pse__Project__c": data["project"]}
        tables.create("pse__Timecard__c", split, data["submitted_at"], ties | hours | {"pse__Billable__c": True})
    approved = {"pse__Approved__c": True, "pse__Status__c": "Approved"}
    tables.change("pse__Timecard_Header__c", header, at, approved | hours)
    # Approval lives on the header, billing on the split; the package copies it down.
    billable = {"pse__Approved__c": True, "pse__Approved_for_Billing__c": True}
    tables.change("pse__Timecard__c", split, at, billable | hours)


def _time_rejected(tables: Tables, at: datetime, data: Data) -> None:
    values = {"pse__Approved__c": False, "pse__Status__c": "Rejected"}
    tables.change("pse__Timecard_Header__c", data["timecard"], at, values)
    split = {"pse__Approved__c": False, "pse__Approved_for_Billing__c": False}
    tables.change("pse__Timecard__c", "a1S" + data["timecard"][3:], at, split)


def _expense_approved(tables: Tables, at: datetime, data: Data) -> None:
    report, submitted = data["report"], data["submitted_at"]
    values = {"Name": f"ER-{report[-8:]}", "pse__Project__c": data["project"], "pse__Resource__c": data["resource"]}
    values |= {"pse__Amount__c": data["amount"], "CurrencyIsoCode": data["currency"], "pse__Submitted__c": True}
    values |= {"pse__Status__c": "Submitted", "pse__First_Expense_Date__c": f"{data['period']}-01"}
    values |= {"pse__Last_Expense_Date__c": f"{data['period']}-28"}
    tables.create("pse__Expense_Report__c", report, submitted, values)
    tables.change("pse__Expense_Report__c", report, at, {"pse__Approved__c": True, "pse__Status__c": "Approved"})


def _change_request_approved(tables: Tables, at: datetime, data: Data) -> None:
    values = {"Name": data["name"], "pse__Type__c": "Customer Purchase Order Change Request", "pse__Approved__c": False}
    values |= {"pse__Status__c": "Draft", "pse__Amount__c": data["amount"]}
    _budget(tables, data["created_at"], data, values)
    approved = {"pse__Approved__c": True, "pse__Status__c": "Approved"}
    tables.change("pse__Budget__c", data["budget"], at, approved)


def _budget_updated(tables: Tables, at: datetime, data: Data) -> None:
    _budget(tables, at, data, {"Amendment_Number__c": data["amendment"]})
    tables.change("pse__Budget__c", data["budget"], at, {"pse__Amount__c": data["amount"]})


def _invoice_ready(tables: Tables, at: datetime, data: Data) -> None:
    event = data["event"]
    values = {"Name": f"BE-{event[-8:]}", "pse__Project__c": data["project"], "pse__Date__c": at.date()}
    values |= {"Milestone_Number__c": data.get("milestone"), "Period__c": data.get("period")}
    values |= {"pse__Summary_Amount__c": data["amount"], "CurrencyIsoCode": data["currency"], "pse__Status__c": "Draft"}
    tables.create("pse__Billing_Event__c", event, at, values)
    released = {"pse__Is_Approved__c": True, "pse__Is_Released__c": True, "pse__Status__c": "Approved"}
    tables.change("pse__Billing_Event__c", event, at, released)


def _invoice_status_synced(tables: Tables, at: datetime, data: Data) -> None:
    values = {"pse__Invoiced__c": True, "pse__Invoice_Number__c": data["invoice"], "pse__Invoice_Date__c": at.date()}
    tables.change("pse__Billing_Event__c", data["event"], at, values)


WRITES: dict[tuple[str, str], Write] = {
    ("salesforce", "account.created"): _account_created,
    ("salesforce", "account.merged"): _account_merged,
    ("salesforce", "account.linked"): _account_linked,
    ("salesforce", "opportunity.created"): _opportunity_created,
    ("salesforce", "opportunity.linked"): _opportunity_linked,
    ("salesforce", "opportunity.committed"): _closed("Closed Won", True),
    ("salesforce", "opportunity.lost"): _closed("Closed Lost", False),
    ("salesforce", "opportunity.deleted"): _deleted("Opportunity", "opportunity"),
    ("salesforce", "value.updated"): _value_updated,
    ("salesforce", "crm.status_synced"): _status_synced,
    ("certinia", "project.created"): _project_created(is_mirror=False),
    ("certinia", "mirror.project"): _project_created(is_mirror=True),
    ("certinia", "project.activated"): _project({"pse__Is_Active__c": True, "pse__Stage__c": "In Progress"}),
    ("certinia", "project.cancelled"): _project({"pse__Is_Active__c": False, "pse__Stage__c": "Cancelled"}),
    ("certinia", "project.closed"): _project({"pse__Is_Active__c": False, "pse__Stage__c": "Completed"}),
    ("certinia", "project.deleted"): _deleted("pse__Proj__c", "project"),
    ("certinia", "resource.assigned"): _assigned,
    ("certinia", "resource.changed"): _assigned,
    ("certinia", "milestone.planned"): _milestone_planned,
    ("certinia", "milestone.moved"): _milestone_moved,
    ("certinia", "milestone.completed"): _milestone_completed,
    ("certinia", "milestone.accepted"): _milestone_accepted,
    ("certinia", "time.approved"): _time_approved,
    ("certinia", "time.rejected"): _time_rejected,
    ("certinia", "expense.approved"): _expense_approved,
    ("certinia", "change_request.approved"): _change_request_approved,
    ("certinia", "budget.updated"): _budget_updated,
    ("certinia", "invoice.ready"): _invoice_ready,
    ("certinia", "invoice_status.synced"): _invoice_status_synced,
}
