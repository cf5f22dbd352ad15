"""Where a NetSuite account keeps what we read: custom fields, names of its states, its time zone."""

from __future__ import annotations

from dataclasses import dataclass, fields

from collectors.options import field_name


@dataclass(frozen=True)
class Options:
    """`[systems.X.options]` of NetSuite. '' as the name of an optional field: the account has none.

    `time_zone` is that of the integration user. Fields whose names begin with `note_` are as `history_table` writes
    them, of projects and, for what counts as an update, of customers (`note_customer_fields`); `deleted_...` are the
    words that `deleted_type` holds. `settled_on` and `voided_on`: transactions keep no such time themselves; without
    `settled_on` no invoice is shown as settled, without `voided_on` the last change of a void stands for it, and of
    approved time without `time_approved_on`. `schedule_total` is the field of the record `billingSchedule` that holds
    what it bills in all. `recheck_hours`: how often all billing schedules are read again, for nothing tells when one
    changed. `currencies`: "Name=CODE" for those not called by their ISO code.
    """

    time_zone: str = "UTC"
    overlap_seconds: int = 300

    customer_validated_on: str = "custentity_validated_on"
    customer_merged_from: str = "custentity_merged_from"

    job_contract: str = "custentity_contract_no"
    job_line: str = "custentity_line"
    job_mirror: str = "custentity_mirror"
    cancelled_statuses: tuple[str, ...] = ("Not Awarded",)
    active_statuses: tuple[str, ...] = ()
    closed_statuses: tuple[str, ...] = ()

    history_table: str = "systemnote"
    note_status: str = "ENTITYSTATUS"
    note_billing_schedule: str = "BILLINGSCHEDULE"
    note_rate_card: str = "BILLINGRATECARD"
    note_revenue_schedule: str = "CUSTENTITY_REVENUE_SCHEDULE"
    note_billing_amendment: str = "CUSTENTITY_BILLING_AMENDMENT"
    note_revenue_amendment: str = "CUSTENTITY_REVENUE_AMENDMENT"
    note_rate_amendment: str = "CUSTENTITY_RATE_AMENDMENT"
    note_customer_fields: tuple[str, ...] = ("COMPANYNAME", "EMAIL", "COUNTRY", "PHONE", "TERMS", "VATREGNUMBER")

    deleted_type: str = "type"
    deleted_customer: str = "customer"
    deleted_job: str = "job"
    deleted_invoice: str = "invoice"
    deleted_payment: str = "customerpayment"

    operation: str = "custbody_operation"
    milestone: str = "custbody_milestone"
    period: str = "custbody_period"
    sent_on: str = "custbody_sent_on"
    voided_on: str = "custbody_voided_on"
    disputed_on: str = "custbody_disputed_on"
    dispute_resolved_on: str = "custbody_dispute_resolved_on"
    settled_on: str = "custbody_settled_on"
    retainage: str = "custbody_retainage"
    retainage_held: str = "held"
    retainage_released: str = "released"
    intercompany: str = "custbody_intercompany"
    line_contract: str = "custcol_contract_no"
    line_line: str = "custcol_line"
    line_milestone: str = "custcol_milestone"
    line_period: str = "custcol_period"
    approved_statuses: tuple[str, ...] = ("2",)
    unapproved_statuses: tuple[str, ...] = ("1", "3", "11")
    currencies: tuple[str, ...] = ()

    charge_project: str = ""
    charge_contract: str = "custcol_contract_no"
    charge_milestone: str = "custcol_milestone"
    charge_period: str = "custcol_period"
    charge_released_on: str = "custcol_released_on"

    time_approved_on: str = ""
    time_approved_statuses: tuple[str, ...] = ("3",)

    schedule_total: str = "initialAmount"
    recheck_hours: int = 24


COLUMNS = (
    "customer_validated_on",
    "customer_merged_from",
    "job_contract",
    "job_line",
    "job_mirror",
    "deleted_type",
    "operation",
    "milestone",
    "period",
    "sent_on",
    "voided_on",
    "disputed_on",
    "dispute_resolved_on",
    "settled_on",
    "retainage",
    "intercompany",
    "line_contract",
    "line_line",
    "line_milestone",
    "line_period",
    "charge_project",
    "charge_contract",
    "charge_milestone",
    "charge_period",
    "charge_released_on",
    "time_approved_on",
)
"""Options that name a column."""


def check_names(system: str, options: Options) -> None:
    """Every name that goes into a query is one. Errors: OptionError."""
    for option in (*COLUMNS, "history_table"):
        if value := getattr(options, option):
            field_name(system, option, value)


def option_of(options: Options, column: str) -> str | None:
    """The option that names a column; None where it is one of NetSuite's own."""
    named = (one.name for one in fields(options) if one.name in COLUMNS)
    return next((name for name in named if getattr(options, name) == column), None)
