"""The org's objects and fields: standard ones, those of the managed package `pse__`, and the firm's own (`__c`).

Source: the Salesforce object reference and the Certinia PSA data dictionary; the firm's own fields are its choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Field:
    """One field of an object. `kind` is describe's `type`; `to` and `relation` name what a reference leads to."""

    name: str
    kind: str = "string"
    to: str | None = None
    relation: str | None = None
    is_writable: bool = True
    is_filterable: bool = True


@dataclass(frozen=True)
class Sobject:
    """One object: its name, the first three characters of its ids, its fields and which of them keep a history."""

    name: str
    prefix: str
    fields: tuple[Field, ...]
    tracked: frozenset[str] = frozenset()
    history: str | None = None
    history_parent: str = "ParentId"

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by lower-case name: SOQL does not mind case."""
        return {field.name.lower(): field for field in self.fields}

    @cached_property
    def by_relation(self) -> dict[str, Field]:
        """References by the lower-case name of their relationship (`pse__project__r`)."""
        return {field.relation.lower(): field for field in self.fields if field.relation}

    @cached_property
    def clock(self) -> str:
        """The field the rows are ordered by in time; history rows never change and have no SystemModstamp."""
        return "SystemModstamp" if "systemmodstamp" in self.by_name else "CreatedDate"


SYSTEM_FIELDS = (
    Field("Id", "id", is_writable=False),
    Field("IsDeleted", "boolean", is_writable=False),
    Field("CreatedDate", "datetime", is_writable=False),
    Field("CreatedById", "reference", to="User", is_writable=False),
    Field("LastModifiedDate", "datetime", is_writable=False),
    Field("LastModifiedById", "reference", to="User", is_writable=False),
    Field("SystemModstamp", "datetime", is_writable=False),
)

KINDS = {"$": "currency", "#": "double", "?": "boolean", "@": "date", "*": "datetime"}


def _field(text: str) -> Field:
    """`Name`, or with a mark of its kind in front; `Field>Object` is a reference, `-Field` is not writable."""
    is_writable = not text.startswith("-")
    text = text.removeprefix("-")
    if ">" in text:
        name, _, target = text.partition(">")
        relation = name.removesuffix("__c") + "__r" if name.endswith("__c") else name.removesuffix("Id")
        return Field(name, "reference", target, relation, is_writable)
    return Field(text.lstrip("".join(KINDS)), KINDS.get(text[0], "string"), is_writable=is_writable)


def _sobject(name: str, prefix: str, fields: str, tracked: str = "", history: str | None = None) -> Sobject:
    return Sobject(
        name,
        prefix,
        SYSTEM_FIELDS + tuple(_field(text) for text in fields.split()),
        frozenset(tracked.split()),
        history if history or not tracked else name.removesuffix("__c") + "__History",
        "OpportunityId" if name == "Opportunity" else "ParentId",
    )


def _history(of: Sobject) -> Sobject:
    """A history object: rows are written by the platform, and values cannot be used in a WHERE."""
    assert of.history
    parent = Field(of.history_parent, "reference", of.name, of.history_parent.removesuffix("Id"), is_writable=False)
    return Sobject(
        of.history,
        "017" if of.history_parent == "ParentId" else "008",
        (
            Field("Id", "id", is_writable=False),
            Field("IsDeleted", "boolean", is_writable=False),
            parent,
            Field("CreatedById", "reference", to="User", is_writable=False),
            Field("CreatedDate", "datetime", is_writable=False),
            Field("Field", "picklist", is_writable=False),
            Field("DataType", "picklist", is_writable=False),
            Field("OldValue", "anyType", is_writable=False, is_filterable=False),
            Field("NewValue", "anyType", is_writable=False, is_filterable=False),
        ),
    )


CRM = (
    _sobject(
        "Account",
        "001",
        "Name AccountNumber ParentId>Account MasterRecordId>Account BillingCountry ERP_Customer_Id__c CurrencyIsoCode",
    ),
    _sobject(
        "Opportunity",
        "006",
        "Name AccountId>Account ContractId>Contract StageName -?IsWon -?IsClosed $Amount CurrencyIsoCode @CloseDate "
        "#Probability ForecastCategory -*LastStageChangeDate Contract_Number__c ERP_Status__c Last_Amendment__c",
        "StageName Amount CloseDate ERP_Status__c Last_Amendment__c",
        "OpportunityFieldHistory",
    ),
    _sobject(
        "Contract",
        "800",
        "ContractNumber AccountId>Account Status StatusCode @StartDate @EndDate #ContractTerm *ActivatedDate "
        "@CustomerSignedDate @CompanySignedDate",
    ),
)

PSA = (
    _sobject(
        "pse__Proj__c",
        "a0X",
        "Name pse__Project_ID__c pse__Account__c>Account pse__Opportunity__c>Opportunity ?pse__Is_Active__c "
        "?pse__Is_Billable__c ?pse__Is_Template__c pse__Stage__c @pse__Start_Date__c @pse__End_Date__c "
        "$pse__Bookings__c ?pse__Closed_for_Time_Entry__c pse__Billing_Type__c CurrencyIsoCode Contract_Number__c "
        "Line__c Entity__c ?Partner_Entity_Project__c At_Risk_Authorised_By__c pse__Project_Manager__c>Contact",
        "pse__Is_Active__c pse__Stage__c pse__Start_Date__c pse__End_Date__c Contract_Number__c",
    ),
    _sobject(
        "pse__Assignment__c",
        "a0A",
        "Name pse__Project__c>pse__Proj__c pse__Resource__c>Contact pse__Milestone__c>pse__Milestone__c pse__Status__c "
        "@pse__Start_Date__c @pse__End_Date__c $pse__Bill_Rate__c #pse__Planned_Hours__c #pse__Scheduled_Hours__c "
        "?pse__Is_Billable__c pse__Role__c ?pse__Closed_for_Time_Entry__c CurrencyIsoCode Amendment_Number__c",
    ),
    _sobject(
        "pse__Milestone__c",
        "a1M",
        "Name pse__Project__c>pse__Proj__c $pse__Milestone_Amount__c @pse__Target_Date__c @pse__Actual_Date__c "
        "pse__Status__c ?pse__Approved__c ?pse__Approved_for_Billing__c ?pse__Include_In_Financials__c "
        "?pse__Invoiced__c CurrencyIsoCode Milestone_Number__c",
        "pse__Status__c pse__Approved__c pse__Target_Date__c pse__Invoiced__c",
    ),
    _sobject(
        "pse__Timecard_Header__c",
        "a1T",
        "Name pse__Project__c>pse__Proj__c pse__Resource__c>Contact pse__Assignment__c>pse__Assignment__c "
        "pse__Milestone__c>pse__Milestone__c @pse__Start_Date__c @pse__End_Date__c #pse__Total_Hours__c pse__Status__c "
        "?pse__Submitted__c ?pse__Approved__c ?pse__Include_In_Financials__c",
        "pse__Status__c pse__Approved__c pse__Total_Hours__c",
    ),
    _sobject(
        "pse__Timecard__c",
        "a1S",
        "Name pse__Timecard_Header__c>pse__Timecard_Header__c pse__Project__c>pse__Proj__c ?pse__Approved__c "
        "?pse__Approved_for_Billing__c ?pse__Billable__c ?pse__Billed__c @pse__Bill_Date__c #pse__Total_Hours__c",
    ),
    _sobject(
        "pse__Expense_Report__c",
        "a0E",
        "Name pse__Project__c>pse__Proj__c pse__Resource__c>Contact $pse__Amount__c CurrencyIsoCode pse__Status__c "
        "@pse__First_Expense_Date__c @pse__Last_Expense_Date__c ?pse__Submitted__c ?pse__Approved__c",
        "pse__Status__c pse__Approved__c",
    ),
    _sobject(
        "pse__Budget__c",
        "a0B",
        "Name pse__Project__c>pse__Proj__c pse__Account__c>Account $pse__Amount__c $pse__Expense_Amount__c "
        "pse__Type__c pse__Status__c ?pse__Approved__c @pse__Effective_Date__c $pse__Amount_Consumed__c "
        "$pse__Amount_Remaining__c CurrencyIsoCode Amendment_Number__c",
        "pse__Amount__c pse__Status__c pse__Approved__c Amendment_Number__c",
    ),
    _sobject(
        "pse__Billing_Event__c",
        "a0V",
        "Name pse__Project__c>pse__Proj__c @pse__Date__c pse__Status__c ?pse__Is_Approved__c ?pse__Is_Released__c "
        "?pse__Invoiced__c pse__Invoice_Number__c @pse__Invoice_Date__c $pse__Summary_Amount__c "
        "pse__Customer_Reference__c pse__Event_Key__c CurrencyIsoCode Milestone_Number__c Period__c",
        "pse__Is_Released__c pse__Invoiced__c pse__Invoice_Number__c",
    ),
)


def _all(objects: Iterable[Sobject]) -> dict[str, Sobject]:
    found = {}
    for sobject in objects:
        found[sobject.name.lower()] = sobject
        if sobject.history:
            found[sobject.history.lower()] = _history(sobject)
    return found


SOBJECTS = _all(CRM + PSA)
