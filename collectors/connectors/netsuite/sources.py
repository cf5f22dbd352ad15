"""The tables and columns that each stream reads, with the account's own names out of the options."""

from __future__ import annotations

from collectors.connectors.netsuite.options import Options
from collectors.connectors.netsuite.suiteql import Source, text_literal, texts, time_column

INVOICE, CREDIT, PAYMENT = "CustInvc", "CustCred", "CustPymt"


def customers(options: Options) -> Source:
    """Customers by their last change."""
    return Source(
        "customer",
        _present(
            externalid="externalid",
            validated=_time(options.customer_validated_on),
            merged_from=options.customer_merged_from,
            created=time_column("datecreated"),
        ),
    )


def deleted(options: Options) -> Source:
    """What was deleted."""
    return Source("deletedrecord", _present(kind=options.deleted_type, name="name"), "deleteddate", "recordid")


def jobs(options: Options) -> Source:
    """Projects by their last change."""
    return Source(
        "job",
        _present(
            parent="parent",
            contract=options.job_contract,
            line=options.job_line,
            mirror=options.job_mirror,
            entity="BUILTIN.DF(subsidiary)",
            status="BUILTIN.DF(entitystatus)",
            created=time_column("datecreated"),
        ),
    )


def schedules(options: Options) -> Source:
    """Projects that have a billing schedule, by their last change."""
    base = jobs(options)
    columns = {**base.columns, "billingschedule": "billingschedule"}
    return Source(base.table, columns, where="billingschedule IS NOT NULL")


def notes(options: Options) -> Source:
    """The history of the fields that show a step."""
    return _history(
        options,
        options.note_status,
        options.note_billing_schedule,
        options.note_rate_card,
        options.note_revenue_schedule,
        options.note_billing_amendment,
        options.note_revenue_amendment,
        options.note_rate_amendment,
        *options.note_customer_fields,
    )


def rate_cards(options: Options) -> Source:
    """The history of rate cards alone, for telling what was saved at once."""
    return _history(options, options.note_rate_card, options.note_rate_amendment)


def _history(options: Options, *names: str) -> Source:
    return Source(
        options.history_table,
        {"recordid": "recordid", "field": "field", "oldvalue": "oldvalue", "newvalue": "newvalue"},
        "date",
        where=f"field IN ({texts(name for name in names if name)})",
    )


def invoices(options: Options) -> Source:
    """Invoices by their last change."""
    return _transactions(
        INVOICE,
        options,
        externalid="externalid",
        approvalstatus="approvalstatus",
        operation=options.operation,
        milestone=options.milestone,
        period=options.period,
        sent=_time(options.sent_on),
        disputed=_time(options.disputed_on),
        dispute_resolved=_time(options.dispute_resolved_on),
        settled=_time(options.settled_on),
        retainage=options.retainage,
        intercompany=options.intercompany,
    )


def credited(options: Options) -> Source:
    """The invoices that credits were made from."""
    return Source("transaction", _present(tranid="tranid", intercompany=options.intercompany))


def credit_memos(options: Options) -> Source:
    """Credits by their last change."""
    return _transactions(CREDIT, options, createdfrom="createdfrom")


def payments(options: Options) -> Source:
    """Payments by their last change."""
    return _transactions(PAYMENT, options)


def lines(options: Options, transactions: str) -> str:
    """The lines of transactions, which have no change of their own. Headers and taxes are none."""
    columns = _present(
        transaction="transaction",
        linesequencenumber="linesequencenumber",
        entity="entity",
        contract=options.line_contract,
        line=options.line_line,
        milestone=options.line_milestone,
        period=options.line_period,
        amount="foreignamount",
    )
    return (
        f"{Source('transactionline', columns).bare} WHERE transaction IN ({transactions}) "
        "AND mainline = 'F' AND taxline = 'F' ORDER BY transaction, linesequencenumber"
    )


def links(options: Options, payments: str) -> str:
    """Which invoices payments are applied to, with what is asked of the invoices."""
    columns = _present(
        nextdoc="l.nextdoc",
        previousdoc="l.previousdoc",
        amount="l.foreignamount",
        tranid="i.tranid",
        intercompany=f"i.{options.intercompany}" if options.intercompany else "",
    )
    return (
        f"{Source('nexttransactionlinelink l', columns).bare} JOIN transaction i ON i.id = l.previousdoc "
        f"WHERE l.nextdoc IN ({payments}) AND i.type = {text_literal(INVOICE)} ORDER BY l.nextdoc, l.previousdoc"
    )


def charges(options: Options) -> Source:
    """Charges by their last change."""
    return Source(
        "charge",
        _present(
            stage="stage",
            use="use",
            amount="amount",
            project=options.charge_project,
            contract=options.charge_contract,
            milestone=options.charge_milestone,
            period=options.charge_period,
            released=_time(options.charge_released_on),
            created=time_column("createddate"),
        ),
    )


def times(options: Options) -> Source:
    """Time by its last change."""
    return Source(
        "timebill",
        _present(
            customer="customer",
            approvalstatus="approvalstatus",
            hours="hours",
            trandate="TO_CHAR(trandate, 'YYYY-MM-DD')",
            approved=_time(options.time_approved_on),
        ),
    )


def _transactions(kind: str, options: Options, **columns: str) -> Source:
    held = _present(
        tranid="tranid",
        status="status",
        voided="voided",
        voided_on=_time(options.voided_on),
        total="foreigntotal",
        currency="BUILTIN.DF(currency)",
        created=time_column("createddate"),
        **columns,
    )
    return Source("transaction", held, where=f"type = {text_literal(kind)}")


def _time(column: str) -> str:
    return time_column(column) if column else ""


def _present(**columns: str) -> dict[str, str]:
    return {name: what for name, what in columns.items() if what}
