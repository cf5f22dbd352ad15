"""Which rows of invoices, credits, payments and charges a happening changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from estate.happenings import Happening
from estate.netsuite.entities import customer_name
from estate.netsuite.schema import Named
from estate.netsuite.store import Store

INVOICE, CREDIT, PAYMENT = (
    Named("CustInvc", "Invoice"),
    Named("CustCred", "Credit Memo"),
    Named("CustPymt", "Payment"),
)
OPEN, PAID, VOIDED = Named("A", "Invoice : Open"), Named("B", "Invoice : Paid In Full"), Named("V", "Invoice : Voided")
APPROVED = Named(2, "Approved")
HOLD, READY = (
    Named("HOLD_FOR_BILLING", "Hold for Billing"),
    Named("READY_FOR_BILLING", "Ready for Billing"),
)


def invoice_posted(store: Store, happening: Happening) -> None:
    """An approved invoice with one line for each thing that it bills."""
    data = happening.data
    _header(
        store,
        happening,
        data["invoice"],
        INVOICE,
        status=OPEN,
        total=data["total"],
        foreignamountunpaid=data["total"] or None,
        duedate=data["due_on"],
        terms=store.listed("term", data.get("terms")),
        externalid=_unused(store, data["operation"]),
        custbody_operation=data["operation"],
        custbody_milestone=data.get("milestone"),
        custbody_period=data.get("period"),
        custbody_retainage=data.get("retainage"),
        custbody_intercompany=bool(data.get("intercompany")),
    )
    for number, line in enumerate(data["lines"], 1):
        _line(store, data["invoice"], number, line)


def invoice_sent(store: Store, happening: Happening) -> None:
    """The invoice has left the house."""
    store.update("transaction", happening.data["invoice"], happening.when, custbody_sent_on=happening.at)


def invoice_voided(store: Store, happening: Happening) -> None:
    """The invoice counts no more; it keeps its number and total."""
    store.update(
        "transaction",
        happening.data["invoice"],
        happening.when,
        voided=True,
        status=VOIDED,
        foreignamountunpaid=None,
        custbody_voided_on=happening.at,
    )


def invoice_credited(store: Store, happening: Happening) -> None:
    """A credit memo made from an invoice and applied to it."""
    data = happening.data
    invoice, credit = int(data["invoice"]), int(data["credit"])
    ((customer, subsidiary, tranid),) = store.ask(
        "SELECT entity, subsidiary__df, tranid FROM [transaction] WHERE id = ?", invoice
    )
    created_from = Named(invoice, f"Invoice #{tranid}")
    about = {**data, "customer_id": customer, "entity": subsidiary}
    applied = Named("B", "Credit Memo : Fully Applied")
    _header(
        store, happening, credit, CREDIT, status=applied, total=data["amount"], about=about, createdfrom=created_from
    )
    found = store.ask(
        "SELECT entity, custcol_contract_no, custcol_line FROM transactionline"
        " WHERE [transaction] = ? AND linesequencenumber = 1",
        invoice,
    )
    job, contract, line = found[0] if found else (None, None, None)
    credited = {"job": job, "contract_no": contract, "line": line, "amount": data["amount"]}
    _line(store, credit, 1, credited, createdfrom=created_from)
    _link(store, (invoice, INVOICE), (credit, CREDIT), "SaleRet", data["amount"])
    _reduce(store, happening, invoice, data["amount"])


def invoice_disputed(store: Store, happening: Happening) -> None:
    """The customer does not agree."""
    store.update("transaction", happening.data["invoice"], happening.when, custbody_disputed_on=happening.at)


def dispute_resolved(store: Store, happening: Happening) -> None:
    """The customer agrees again."""
    store.update("transaction", happening.data["invoice"], happening.when, custbody_dispute_resolved_on=happening.at)


def payment_applied(store: Store, happening: Happening) -> None:
    """A payment, the invoices that it is applied to, and those that it settles."""
    data = happening.data
    payment = int(data["payment"])
    _header(store, happening, payment, PAYMENT, status=Named("C", "Payment : Deposited"), total=data["total"])
    for applied in data["applies"]:
        _link(store, (int(applied["invoice"]), INVOICE), (payment, PAYMENT), "Payment", applied["amount"])
        _reduce(store, happening, int(applied["invoice"]), applied["amount"])
    for invoice in data["settles"]:
        store.update(
            "transaction",
            invoice,
            happening.when,
            status=PAID,
            foreignamountunpaid=None,
            custbody_settled_on=happening.at,
        )


def payment_reversed(store: Store, happening: Happening) -> None:
    """A payment that bounced: it is void, its links stay, and the invoices are open again."""
    data = happening.data
    void = Named("V", "Payment : Voided")
    store.update(
        "transaction", data["payment"], happening.when, voided=True, status=void, custbody_voided_on=happening.at
    )
    for applied in data["applies"]:
        _reduce(store, happening, int(applied["invoice"]), -applied["amount"])
    for invoice in data["unsettles"]:
        store.update("transaction", invoice, happening.when, custbody_settled_on=None)


def billing_held(store: Store, happening: Happening) -> None:
    """A charge that is not to be billed yet."""
    data = happening.data
    job = int(data["job"])
    ((name, customer, customer_word),) = store.ask(
        "SELECT companyname, parent, parent__df FROM job WHERE id = ?", job
    ) or [(None, None, None)]
    store.insert(
        "charge",
        id=int(data["charge"]),
        billto=Named(customer, customer_word) if customer else None,
        project=Named(job, name),
        stage=HOLD,
        use=Named("Actual", "Actual"),
        amount=data["amount"],
        currency=store.currency(data["currency"]),
        chargedate=happening.at.date(),
        createddate=happening.at,
        lastmodifieddate=happening.when,
        custcol_contract_no=store.value("job", job, "custentity_contract_no"),
        custcol_milestone=data.get("milestone"),
        custcol_period=data.get("period"),
    )


def billing_released(store: Store, happening: Happening) -> None:
    """A charge that may be billed now."""
    store.update("charge", happening.data["charge"], happening.when, stage=READY, custcol_released_on=happening.at)


def _header(
    store: Store,
    happening: Happening,
    key: int | str,
    kind: Named,
    *,
    status: Named,
    total: Decimal,
    about: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """A transaction and its main line. Customer, entity, currency, number stand in the happening or in `about`."""
    data = about or happening.data
    customer = int(data["customer_id"])
    entity = Named(customer, customer_name(store, customer))
    subsidiary = store.listed("subsidiary", data["entity"])
    store.insert(
        "transaction",
        id=int(key),
        tranid=data["number"],
        type=kind,
        trandate=happening.at.date(),
        entity=entity,
        status=status,
        approvalstatus=APPROVED,
        posting=True,
        voided=False,
        foreigntotal=total,
        subsidiary=subsidiary,
        currency=store.currency(data["currency"]),
        createddate=happening.at,
        lastmodifieddate=happening.when,
        **more,
    )
    store.insert(
        "transactionline",
        transaction=int(key),
        id=0,
        linesequencenumber=0,
        mainline=True,
        taxline=False,
        entity=entity,
        subsidiary=subsidiary,
        foreignamount=total,
    )


def _line(store: Store, key: int | str, number: int, line: Mapping[str, Any], **more: Any) -> None:
    job = int(line["job"]) if line.get("job") else None
    store.insert(
        "transactionline",
        transaction=int(key),
        id=number,
        linesequencenumber=number,
        mainline=False,
        taxline=False,
        entity=Named(job, store.value("job", job, "companyname")) if job else None,
        foreignamount=line["amount"],
        custcol_contract_no=line.get("contract_no"),
        custcol_line=line.get("line"),
        custcol_milestone=line.get("milestone"),
        custcol_period=line.get("period"),
        **more,
    )


def _link(store: Store, previous: tuple[int, Named], following: tuple[int, Named], kind: str, amount: Decimal) -> None:
    store.insert(
        "nexttransactionlinelink",
        previousdoc=previous[0],
        previousline=0,
        previoustype=previous[1],
        nextdoc=following[0],
        nextline=0,
        nexttype=following[1],
        linktype=kind,
        foreignamount=amount,
    )


def _reduce(store: Store, happening: Happening, invoice: int, amount: Decimal) -> None:
    """Less (or, below zero, more) to be paid on an invoice that stands; what is paid in full has no unpaid amount."""
    found = store.ask("SELECT foreignamountunpaid, voided FROM [transaction] WHERE id = ?", invoice)
    if not found or found[0][1] == "T":
        return
    unpaid = Decimal(str(found[0][0] or 0)) - amount
    status = OPEN if unpaid > 0 else PAID
    store.update(
        "transaction", invoice, happening.when, foreignamountunpaid=unpaid if unpaid > 0 else None, status=status
    )


def _unused(store: Store, external: str) -> str | None:
    """An external id, unless a transaction has it already: it is unique."""
    return None if store.ask("SELECT 1 FROM [transaction] WHERE externalid = ?", external) else external


WRITERS: dict[str, Callable[[Store, Happening], None]] = {
    "invoice.posted": invoice_posted,
    "invoice.sent": invoice_sent,
    "invoice.voided": invoice_voided,
    "invoice.credited": invoice_credited,
    "invoice.disputed": invoice_disputed,
    "dispute.resolved": dispute_resolved,
    "payment.applied": payment_applied,
    "payment.reversed": payment_reversed,
    "billing.held": billing_held,
    "billing.released": billing_released,
}
