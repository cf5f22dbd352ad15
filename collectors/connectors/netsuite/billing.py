"""Events of invoices, credits, payments, charges and time: what was billed, paid, held, and taken back.

Source: SuiteQL tables `transaction`, `transactionline`, `nexttransactionlinelink`, `charge`, `timebill`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from collectors.connectors.netsuite.entities import About
from collectors.connectors.netsuite.rows import (
    Row,
    code,
    currency,
    instant,
    instant_or_none,
    is_true,
    number_or_none,
    several,
    stamp,
    text,
    text_or_none,
)
from collectors.connectors.netsuite.suiteql import STAMP
from collectors.versions import JOURNEY_KEY, Version
from models.events import Event, UnreadableEventError

OPEN, PAID, VOIDED = "A", "B", "V"
FORECAST = "FORECAST"
HELD = "HOLD_FOR_BILLING"

_DATED = (
    ("invoice.sent", "sent"),
    ("invoice.disputed", "disputed"),
    ("dispute.resolved", "dispute_resolved"),
)


def version_of(its: About, row: Row, kind: str, keys: dict[str, Any], attributes: dict[str, Any]) -> Version:
    """One version of a row. Errors: UnreadableEventError."""
    at, key = instant(row, STAMP, its.zone), text(row, "id")
    subject = attributes.get("invoice") or text_or_none(row, "tranid") or key
    return Version(its.system, f"{kind}:{key}", stamp(at), at, keys, attributes, subject)


def invoice_events(its: About, row: Row, lines: Sequence[Row]) -> list[Event]:
    """What one version of an invoice shows; nothing of an intercompany one, or before it is approved.

    A void withdraws what the same version still says. Errors: UnreadableEventError.
    """
    if is_true(row, "intercompany") or not _is_posted(its, row):
        return []
    money = currency(row, its.options)
    version = version_of(its, row, "invoice", _invoice_keys(its, row, lines), _invoice_subjects(row))
    posted_at = instant(row, "created", its.zone)
    total = number_or_none(row, "total")
    attributes = {
        "operation": text_or_none(row, "operation") or text_or_none(row, "externalid"),
        "amount": total,
        "currency": money,
        "lines": _lines(lines, total, money) or None,
    }
    events = [version.says("invoice.posted", posted_at, attributes=_present(attributes))]
    for step, name in _DATED:
        if (at := instant_or_none(row, name, its.zone)) is not None:
            events.append(version.says(step, at))
    settled_at = instant_or_none(row, "settled", its.zone)
    if settled_at is not None and code(row, "status") == PAID:
        events.append(version.says("invoice.settled", settled_at))
    events += _retainage(its, row, version)
    if is_void(row):
        voided_at = instant_or_none(row, "voided_on", its.zone) or version.at
        # The process knows what a void takes back, except for what was held back or released with it.
        kept = [event.type for event in events if event.type.startswith("retainage.")]
        events += [version.withdraws(step, voided_at, retracts=True) for step in kept]
        events.append(version.withdraws("invoice.voided", voided_at))
    return events


def is_void(row: Row) -> bool:
    """Whether a transaction was voided."""
    return is_true(row, "voided") or code(row, "status") == VOIDED


def _is_posted(its: About, row: Row) -> bool:
    said = text_or_none(row, "approvalstatus")
    if said is None:
        # Without the approval feature every invoice is posted when it is saved.
        return code(row, "status") in (OPEN, PAID, VOIDED)
    if said in its.options.approved_statuses:
        return True
    if said in its.options.unapproved_statuses:
        return False
    known = ", ".join((*its.options.approved_statuses, *its.options.unapproved_statuses))
    raise UnreadableEventError(
        f"approvalstatus is {said[:20]!r}; known are {known}: add it to approved_statuses or unapproved_statuses of "
        "the options"
    )


def _invoice_subjects(row: Row) -> dict[str, Any]:
    return _present(
        {"invoice": text(row, "tranid"), **{name: text_or_none(row, name) for name in ("milestone", "period")}}
    )


def _invoice_keys(its: About, row: Row, lines: Sequence[Row]) -> dict[str, Any]:
    """The contracts of the lines. Where no line names one, the project that all of them bill, if it is one.

    A contract and the project of its line are not named together: of a project that serves two contracts, each of
    their invoices would claim it.
    """
    keys: dict[str, Any] = {f"{its.system}/invoice": text(row, "id")}
    contracts = sorted({one for line in lines for one in several(line, "contract")})
    if contracts:
        return {**keys, JOURNEY_KEY: contracts}
    projects = {project for line in lines if (project := text_or_none(line, "entity"))}
    return {**keys, f"{its.system}/project": sorted(projects)} if len(projects) == 1 else keys


def _lines(lines: Sequence[Row], total: Decimal | None, money: str) -> list[dict[str, Any]]:
    """Shares of the contracts. Revenue lines are credits, so that their sign is turned where it is not the total's."""
    amounts = [number_or_none(line, "amount") or Decimal(0) for line in lines]
    turn = -1 if total is not None and sum(amounts) * total < 0 else 1
    return [
        _present(
            {
                "contract": text_or_none(line, "contract"),
                "line": text_or_none(line, "line"),
                "milestone": text_or_none(line, "milestone"),
                "period": text_or_none(line, "period"),
                "amount": turn * amount,
                "currency": money,
            }
        )
        for line, amount in zip(lines, amounts, strict=True)
    ]


def _retainage(its: About, row: Row, version: Version) -> list[Event]:
    said = text_or_none(row, "retainage")
    if said is None:
        return []
    created_at = instant(row, "created", its.zone)
    for word, step in (
        (its.options.retainage_held, "retainage.held"),
        (its.options.retainage_released, "retainage.released"),
    ):
        if said == word:
            return [version.says(step, created_at)]
    raise UnreadableEventError(
        f"retainage is {said[:20]!r}; known are {its.options.retainage_held}, {its.options.retainage_released}: "
        "correct retainage_held and retainage_released of the options"
    )


def credit_events(its: About, row: Row, invoice: Row | None) -> list[Event]:
    """A credit of an invoice, and its void; nothing of one that credits no invoice. Errors: UnreadableEventError."""
    if invoice is None or is_true(invoice, "intercompany"):
        return []
    keys = {f"{its.system}/invoice": text(invoice, "id")}
    version = version_of(its, row, "credit", keys, {"invoice": text(invoice, "tranid")})
    attributes = _present({"amount": _amount(row, "total"), "currency": currency(row, its.options)})
    events = [version.says("invoice.credited", instant(row, "created", its.zone), attributes=attributes)]
    if is_void(row):
        voided_at = instant_or_none(row, "voided_on", its.zone) or version.at
        events.append(version.withdraws("credit.voided", voided_at))
    return events


def payment_events(its: About, row: Row, links: Sequence[Row]) -> list[Event]:
    """A payment received and applied, for each invoice that it pays; reversed where it is void.

    Errors: UnreadableEventError.
    """
    keys = {f"{its.system}/payment": text(row, "id")}
    version = version_of(its, row, "payment", keys, {})
    paid_at, money = instant(row, "created", its.zone), currency(row, its.options)
    voided_at = (instant_or_none(row, "voided_on", its.zone) or version.at) if is_void(row) else None
    events: list[Event] = []
    links = [link for link in links if not is_true(link, "intercompany")]
    for link in links:
        invoice, number = text(link, "previousdoc"), text(link, "tranid")
        keys, about = {f"{its.system}/invoice": invoice}, {"invoice": number}
        amount = _amount(link, "amount")
        paid = _present({**about, "amount": amount, "applied_to": amount, "currency": money})
        steps = ("payment.received", "payment.applied")
        events += [version.says(step, paid_at, of=invoice, keys=keys, attributes=paid) for step in steps]
        if voided_at is not None:
            events.append(version.withdraws("payment.reversed", voided_at, of=invoice, keys=keys, attributes=about))
    if voided_at is not None and not links:
        # Its links went with the void; what it paid is known from before, by the payment itself.
        events.append(version.withdraws("payment.reversed", voided_at))
    return events


def charge_events(its: About, row: Row) -> list[Event]:
    """A charge held back from billing, and released; forecasts show nothing. Errors: UnreadableEventError."""
    if (text_or_none(row, "use") or "").upper() == FORECAST:
        return []
    released_at = instant_or_none(row, "released", its.zone)
    if released_at is None and code(row, "stage") != HELD:
        return []
    keys: dict[str, Any] = {}
    if contracts := several(row, "contract"):
        keys[JOURNEY_KEY] = contracts
    elif project := text_or_none(row, "project"):
        keys[f"{its.system}/project"] = project
    subjects = _present({name: text_or_none(row, name) for name in ("milestone", "period")})
    version = version_of(its, row, "charge", keys, subjects)
    attributes = _present({"amount": _amount(row, "amount")})
    events = [version.says("billing.held", instant(row, "created", its.zone), attributes=attributes)]
    if released_at is not None:
        events.append(version.says("billing.released", released_at))
    return events


def time_events(its: About, row: Row) -> list[Event]:
    """Approved time of a project, at the account's field for it or else at its last change.

    Errors: UnreadableEventError.
    """
    if text_or_none(row, "approvalstatus") not in its.options.time_approved_statuses:
        return []
    day = text(row, "trandate")
    version = version_of(its, row, "timebill", {f"{its.system}/project": text(row, "customer")}, {"period": day[:7]})
    approved_at = instant_or_none(row, "approved", its.zone) or version.at
    return [version.says("time.approved", approved_at, attributes=_present({"hours": _amount(row, "hours")}))]


def _amount(row: Row, name: str) -> Decimal | None:
    """A number without its sign, which only says on which side of the ledger it stands."""
    value = number_or_none(row, name)
    return None if value is None else abs(value)


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
