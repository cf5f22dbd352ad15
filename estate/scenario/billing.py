"""From ready to cash: invoices, what happens to them, payments, and the status that goes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from estate.calendar import working
from estate.happenings import Happening
from estate.scenario.book import Book
from estate.scenario.contract import Contract, Ready
from estate.scenario.middleware import HandOver, Middleware

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Invoice:
    """A posted invoice."""

    id: str
    number: str
    total: Decimal
    at: datetime
    lines: Sequence[dict[str, Any]] = ()


class Billing:
    """Writes how what is ready turns into cash."""

    def __init__(self, book: Book, middleware: Middleware) -> None:
        self._book = book
        self._middleware = middleware

    def bill(self, one: Contract, ready: Ready, *, is_first: bool) -> datetime | None:
        """Invoice, send and collect one thing; when it is settled, None when it stays open."""
        if ready.line.job_at is None:
            return None
        held_until = self._hold(one, ready)
        invoice = self._post(one, ready, max(ready.at, held_until or ready.at, ready.line.job_at))
        if invoice is None:
            return None
        sent = self._send(one, invoice)
        if is_first and one.tells("void_rebill"):
            rebilled = self._void_and_rebill(one, ready, invoice, sent)
            if rebilled is None:
                return None
            invoice = rebilled
            sent = self._send(one, invoice)
        self._tell_psa(one, ready.line.project, ready.event, invoice)
        if is_first and one.rng.random() < 0.05 and one.story is None:
            sent = self._dispute(one, invoice, sent)
        return self._collect(one, invoice, sent, is_special=is_first)

    def release(self, one: Contract, held: Decimal, at: datetime) -> datetime | None:
        """Invoice what was retained, when the work is done."""
        line = one.lines[0]
        if line.job_at is None or not held:
            return None
        posted = self._book.later(one.rng, at, 10, one.entity)
        lines = [{"job": line.job, "contract_no": one.number, "line": line.name, "amount": held}]
        happening = self.invoice(one, posted, f"{one.number}:RETAINAGE", lines, retainage="released")
        self._book.add(happening)
        self._book.looks_like("retainage", one.number, posted)
        invoice = Invoice(happening.data["invoice"], happening.subject, held, posted)
        return self._collect(one, invoice, self._send(one, invoice), is_special=False)

    def together(self, one: Contract, operation: str, lines: Sequence[dict[str, Any]], ready_at: datetime) -> Invoice:
        """One invoice for several contracts, made by finance in the ERP."""
        at = self._book.later(one.rng, ready_at, 2, one.entity)
        happening = self.invoice(one, at, operation, lines)
        self._book.add(happening)
        return Invoice(happening.data["invoice"], happening.subject, happening.data["total"], at, lines)

    def follow(self, one: Contract, invoice: Invoice) -> datetime:
        """Send an invoice and collect it in one payment."""
        return self._collect(one, invoice, self._send(one, invoice), is_special=False)

    def advance(self, one: Contract, at: datetime) -> None:
        """An invoice before anybody signed."""
        line = one.lines[0]
        amount = (one.value * Decimal("0.1")).quantize(CENT)
        lines = [{"job": line.job, "contract_no": one.number, "line": line.name, "amount": amount}]
        happening = self.invoice(one, at, f"{one.number}:ADVANCE", lines)
        self._book.add(happening)
        self._book.plant(
            "premature", one.number, "netsuite", at, "invoice.posted", subject=happening.subject, step="invoice.posted"
        )
        self.follow(one, Invoice(happening.data["invoice"], happening.subject, amount, at))

    def tell_psa(self, one: Contract, ready: Ready, invoice: Invoice) -> None:
        """The status of an invoice goes back to the PSA."""
        self._tell_psa(one, ready.line.project, ready.event, invoice)

    def invoice(
        self, one: Contract, at: datetime, operation: str, lines: Sequence[dict[str, Any]], **more: Any
    ) -> Happening:
        """An invoice of the ERP, posted then."""
        number = self._book.ids.invoice_number()
        data = {
            "invoice": self._book.ids.netsuite("transaction"),
            "number": number,
            "customer_id": one.customer.customer_id,
            "entity": one.entity.code,
            "currency": one.currency,
            "total": sum((line["amount"] for line in lines), Decimal(0)),
            "due_on": (at + timedelta(days=one.terms_days)).date(),
            "terms": one.payment_terms,
            "operation": operation,
            "milestone": None,
            "period": None,
            "retainage": None,
            "intercompany": False,
            "lines": list(lines),
            **more,
        }
        return Happening(at, "netsuite", "invoice.posted", one.number, number, data)

    def net(self, one: Contract, ready: Ready) -> Decimal:
        """What is invoiced now: less what is retained."""
        return (ready.amount * (1 - (one.retention or Decimal(0)))).quantize(CENT)

    def _post(self, one: Contract, ready: Ready, since: datetime, tag: str = "") -> Invoice | None:
        line = {
            "job": ready.line.job,
            "contract_no": one.number,
            "line": ready.line.name,
            "milestone": ready.milestone or None,
            "period": ready.period or None,
            "amount": self.net(one, ready),
        }
        made: list[Happening] = []
        operation = f"{one.number}:{ready.period}" if ready.period else ready.milestone
        if ready.period and ready.line.name:
            operation = f"{ready.line.name}:{ready.period}"

        def effect(at: datetime) -> list[Happening]:
            more = {"milestone": ready.milestone or None, "period": ready.period or None}
            happening = self.invoice(one, at, operation, [line], retainage="held" if one.retention else None, **more)
            made.append(happening)
            return [happening]

        at = self._middleware.hand_over(
            HandOver(
                "invoice-posting",
                one,
                since,
                "netsuite",
                effect,
                subject_kind="milestone" if ready.milestone else "period",
                subject=ready.what,
                tag=f":{ready.line.name}{tag}" if ready.period and ready.line.name else tag,
            )
        )
        if at is None:
            return None
        return Invoice(made[0].data["invoice"], made[0].subject, made[0].data["total"], at)

    def _send(self, one: Contract, invoice: Invoice) -> datetime:
        at = self._book.later(one.rng, invoice.at, 0.6, one.entity)
        self._erp("invoice.sent", at, one, invoice)
        return at

    def _void_and_rebill(self, one: Contract, ready: Ready, invoice: Invoice, sent: datetime) -> Invoice | None:
        voided = self._book.later(one.rng, sent, 3, one.entity)
        self._erp("invoice.voided", voided, one, invoice)
        rebilled = self._post(one, ready, voided + timedelta(hours=2), tag=":2")
        if rebilled is not None:
            self._book.looks_like("void_rebill", one.number, rebilled.at)
        return rebilled

    def _tell_psa(self, one: Contract, project: str, event: str, invoice: Invoice) -> None:
        def effect(at: datetime) -> list[Happening]:
            data = {"event": event, "project": project, "invoice": invoice.number}
            return [Happening(at, "certinia", "invoice_status.synced", one.number, invoice.number, data)]

        self._middleware.hand_over(
            HandOver(
                "invoice-status-sync",
                one,
                invoice.at,
                "certinia",
                effect,
                subject_kind="invoice",
                subject=invoice.number,
            )
        )

    def _dispute(self, one: Contract, invoice: Invoice, sent: datetime) -> datetime:
        disputed = self._book.later(one.rng, sent, 6, one.entity)
        self._erp("invoice.disputed", disputed, one, invoice)
        resolved = self._book.later(one.rng, disputed, 12, one.entity)
        self._erp("dispute.resolved", resolved, one, invoice)
        return resolved

    def _hold(self, one: Contract, ready: Ready) -> datetime | None:
        if one.story is not None or one.rng.random() > 0.02:
            return None
        charge = self._book.ids.netsuite("charge")
        self._book.put(
            "netsuite",
            "billing.held",
            ready.at,
            one.number,
            ready.what,
            charge=charge,
            job=ready.line.job,
            contract_no=one.number,
            milestone=ready.milestone or None,
            period=ready.period or None,
            amount=ready.amount,
            currency=one.currency,
        )
        released = self._book.later(one.rng, ready.at, 5, one.entity)
        self._book.put("netsuite", "billing.released", released, one.number, ready.what, charge=charge)
        return released

    def _collect(self, one: Contract, invoice: Invoice, sent: datetime, *, is_special: bool) -> datetime:
        waited = one.rng.lognormvariate(0.05, 0.4) * one.terms_days * self._book.pace
        at = working(sent + timedelta(days=min(waited, 200)), one.entity.zone)
        total = invoice.total
        if is_special and one.tells("credit_memo"):
            total -= self._credit(one, invoice, sent)
        if is_special and one.tells("partial_payment"):
            half = (total * Decimal("0.4")).quantize(CENT)
            self._pay(one, invoice, at, half, settles=False)
            at = self._book.later(one.rng, at, 9, one.entity)
            total -= half
            self._book.looks_like("partial_payment", one.number, at)
        paid = self._pay(one, invoice, at, total, settles=True)
        if is_special and one.tells("reversed_payment"):
            at = self._reverse(one, invoice, paid)
        return at

    def _credit(self, one: Contract, invoice: Invoice, sent: datetime) -> Decimal:
        amount = (invoice.total * Decimal("0.08")).quantize(CENT)
        at = self._book.later(one.rng, sent, 2, one.entity)
        self._erp(
            "invoice.credited",
            at,
            one,
            invoice,
            credit=self._book.ids.netsuite("transaction"),
            number=self._book.ids.numbered("credit", "CM-{:04}"),
            amount=amount,
            currency=one.currency,
        )
        self._book.looks_like("credit_memo", one.number, at)
        return amount

    def _pay(self, one: Contract, invoice: Invoice, at: datetime, amount: Decimal, *, settles: bool) -> Happening:
        return self._book.put(
            "netsuite",
            "payment.applied",
            at,
            one.number,
            invoice.number,
            payment=self._book.ids.netsuite("transaction"),
            number=self._book.ids.numbered("payment", "PAY-{:05}"),
            customer_id=one.customer.customer_id,
            entity=one.entity.code,
            currency=one.currency,
            total=amount,
            applies=[{"invoice": invoice.id, "number": invoice.number, "amount": amount}],
            settles=[invoice.id] if settles else [],
        )

    def _reverse(self, one: Contract, invoice: Invoice, paid: Happening) -> datetime:
        at = self._book.later(one.rng, paid.at, 4, one.entity)
        self._book.put(
            "netsuite",
            "payment.reversed",
            at,
            one.number,
            invoice.number,
            payment=paid.data["payment"],
            applies=paid.data["applies"],
            unsettles=[invoice.id],
        )
        again = self._book.later(one.rng, at, 6, one.entity)
        self._pay(one, invoice, again, paid.data["total"], settles=True)
        self._book.looks_like("reversed_payment", one.number, again)
        return again

    def _erp(self, what: str, at: datetime, one: Contract, invoice: Invoice, **more: Any) -> None:
        self._book.put("netsuite", what, at, one.number, invoice.number, invoice=invoice.id, **more)
