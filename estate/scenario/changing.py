"""Amendments: how they are agreed, and how they reach the systems that have to follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from estate.firm import RATE_CARDS
from estate.happenings import Happening
from estate.scenario.book import Book
from estate.scenario.contract import Contract, Line
from estate.scenario.delivering import Delivering
from estate.scenario.middleware import HandOver, Middleware
from estate.scenario.selling import Selling

CENT = Decimal("0.01")
VALUE, RATE, STAFF, END = "value", "rate_card", "staffing", "end_on"


class Changing:
    """Writes how a contract changes."""

    def __init__(self, book: Book, middleware: Middleware, selling: Selling, delivering: Delivering) -> None:
        self._book = book
        self._middleware = middleware
        self._selling = selling
        self._delivering = delivering

    def amend(
        self, one: Contract, at: datetime, changed: tuple[str, ...], *, effective_on: date | None = None
    ) -> datetime:
        """An amendment drafted then and fully signed later; its targets follow. When it is signed."""
        number, workflow = self._draft(one, at)
        approved = self._selling.approve(one, at, workflow, number)
        signed = self._book.later(one.rng, approved, 2, one.entity)
        if VALUE in changed:
            one.value = (one.value * Decimal("1.15")).quantize(CENT)
        if RATE in changed:
            one.rate_card = RATE_CARDS[-1]
        self._sign(one, number, workflow, signed, changed=changed, effective_on=effective_on)
        if one.tells("stuck"):
            self._book.plant("late", one.number, "netsuite", signed + timedelta(days=5), number, subject=number)
            return signed
        since = signed
        if effective_on is not None:
            since = max(signed, datetime.combine(effective_on, signed.timetz()) - timedelta(days=4))
        self._targets(one, number, since, changed)
        return signed

    def reject(self, one: Contract, at: datetime) -> None:
        """An amendment that nobody approved."""
        number, workflow = self._draft(one, at)
        rejected = self._book.later(one.rng, at, 4, one.entity)
        self._book.put("ironclad", "amendment.rejected", rejected, one.number, number, workflow=workflow)

    def _draft(self, one: Contract, at: datetime) -> tuple[str, str]:
        one.amendments += 1
        number = f"{one.number}-A{one.amendments}"
        workflow = self._book.ids.workflow()
        self._book.put(
            "ironclad",
            "amendment.drafted",
            at,
            one.number,
            number,
            workflow=workflow,
            readable=self._book.ids.numbered("ironclad", "IC-{}"),
            title=f"Amendment {one.amendments} to {one.number}",
            **self._parent(one, number),
        )
        return number, workflow

    def _sign(
        self,
        one: Contract,
        number: str,
        workflow: str,
        signed: datetime,
        *,
        changed: tuple[str, ...],
        effective_on: date | None,
    ) -> None:
        self._book.put(
            "ironclad",
            "amendment.signed",
            signed,
            one.number,
            number,
            when=signed + timedelta(minutes=one.rng.randint(1, 25)),
            record=self._book.ids.uuid(),
            readable=self._book.ids.numbered("ironclad", "IC-{}"),
            workflow=workflow,
            title=f"Amendment {one.amendments} to {one.number}",
            payment_terms=one.payment_terms,
            billing_frequency=one.billing_frequency,
            rate_card=one.rate_card,
            effective_on=effective_on or signed.date(),
            expires_on=(signed + timedelta(days=30.4 * one.months)).date(),
            changed_fields=",".join(changed),
            **self._parent(one, number),
        )

    def _parent(self, one: Contract, number: str) -> dict[str, Any]:
        return {
            "customer": one.customer.number,
            "customer_name": one.customer.name,
            "value": one.value,
            "currency": one.currency,
            "contract_no": one.number,
            "amendment_no": number,
            "parent_record": one.record,
            "parent_readable": one.readable,
        }

    def _targets(self, one: Contract, number: str, since: datetime, changed: tuple[str, ...]) -> None:
        line = one.lines[0]
        if VALUE in changed and not one.tells("conflict", "claimed"):
            at = self._book.later(one.rng, since, 1, one.entity)
            self._book.put(
                "salesforce",
                "value.updated",
                at,
                one.number,
                number,
                opportunity=one.opportunity,
                amendment=number,
                value=one.value,
                currency=one.currency,
            )
        if VALUE in changed or END in changed:
            self._schedules(one, line, number, since)
        if VALUE in changed and line.project_at is not None:
            self._budget(one, line, number, max(since, line.project_at))
        if RATE in changed and line.job_at is not None:
            card = {"job": line.job, "rate_card": one.rate_card, "amendment": number}
            ready_at = max(since, line.job_at)
            self._follow("rate-card-sync", "rate_card.synced", one, number, ready_at, data=lambda: card)
        if STAFF in changed and line.project_at is not None:
            at = self._book.later(one.rng, max(since, line.project_at), 3, one.entity)
            data = {**self._delivering.assignment(one, line, at), "amendment": number}
            self._book.put("certinia", "resource.changed", at, one.number, number, **data)

    def _schedules(self, one: Contract, line: Line, number: str, since: datetime) -> None:
        if line.scheduled_at is None:
            return
        ready_at = max(since, line.scheduled_at)
        total = {
            "job": line.job,
            "schedule": line.schedule,
            "amendment": number,
            "total": one.value,
            "currency": one.currency,
        }
        self._follow("billing-schedule-sync", "billing_schedule.updated", one, number, ready_at, data=lambda: total)
        revenue = {"job": line.job, "schedule": line.schedule, "amendment": number}
        self._follow("revenue-schedule-sync", "revenue_schedule.updated", one, number, ready_at, data=lambda: revenue)

    def _budget(self, one: Contract, line: Line, number: str, ready_at: datetime) -> None:
        def data() -> dict[str, Any]:
            budget = self._book.ids.salesforce("a0B")
            amount = {"amount": one.value, "currency": one.currency}
            return {"budget": budget, "project": line.project, "amendment": number, **amount}

        self._follow("budget-sync", "budget.updated", one, number, ready_at, data=data)

    def _follow(
        self,
        flow: str,
        what: str,
        one: Contract,
        number: str,
        ready_at: datetime,
        *,
        data: Callable[[], dict[str, Any]],
    ) -> None:
        target = "certinia" if flow == "budget-sync" else "netsuite"
        self._middleware.hand_over(
            HandOver(
                flow,
                one,
                ready_at,
                target,
                lambda at: [Happening(at, target, what, one.number, number, data())],
                subject_kind="amendment",
                subject=number,
                amendment=number,
            )
        )
