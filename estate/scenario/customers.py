"""Customers in the CRM and the ERP: known for years or new with their first contract, changed and merged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from estate.calendar import long_tailed
from estate.firm import Customer
from estate.happenings import Happening
from estate.scenario.book import Book
from estate.scenario.contract import Contract
from estate.scenario.middleware import HandOver, Middleware

_KNOWN_SHARE = 0.6
_SETTLED = timedelta(days=3)
"""A customer is known from before only where a job of his is older than this: else his records belong to nobody."""


def tell_customers(book: Book, middleware: Middleware, planned: list[Contract]) -> None:
    """Write down the accounts and customers that the contracts need, as late as they can be seen to belong to one."""
    contracts = {one.number: one for one in _with_partners(planned)}
    by_customer: dict[str, list[Contract]] = {}
    for one in contracts.values():
        by_customer.setdefault(one.customer.number, []).append(one)
    jobs = _first_jobs(book)
    for number, theirs in sorted(by_customer.items()):
        customer = theirs[0].customer
        rng = book.chance("customer", number)
        begun = min(one.goal for one in theirs) - timedelta(days=90)
        job = jobs.get(customer.customer_id)
        is_asked = rng.random() < _KNOWN_SHARE or any(one.tells("known_customer") for one in theirs)
        is_known = is_asked and job is not None and job.at < book.start - _SETTLED
        first = book.start - book.history - timedelta(days=rng.randint(200, 1500)) if is_known else begun
        book.customer_since(customer, min(first, begun))
        _master_agreement(book, customer, min(first, begun) + timedelta(days=30))
        if job is None or job.contract is None:
            continue
        if is_known:
            _known(book, customer, first)
            _tell_known(book, theirs)
        else:
            _new(book, middleware, contracts[job.contract], job.at)
        if rng.random() < 0.1:
            at = max(job.at, first) + long_tailed(rng, 60)
            changed = {"phone": "+1 555 0100"}
            book.put(
                "netsuite", "customer.updated", _whole(at), None, customer_id=customer.customer_id, changed=changed
            )
    _merge(book, by_customer, jobs)


def _with_partners(planned: list[Contract]) -> list[Contract]:
    return planned + [one.partner for one in planned if one.partner is not None]


def _first_jobs(book: Book) -> dict[str, Happening]:
    """The first job of each customer, what is to be executed again left out."""
    first: dict[str, Happening] = {}
    for happening in book.happenings:
        if happening.system == "netsuite" and happening.what == "project.created":
            customer = happening.data["customer_id"]
            if customer not in first or happening.at < first[customer].at:
                first[customer] = happening
    return first


def _tell_known(book: Book, theirs: list[Contract]) -> None:
    for one in theirs:
        if one.tells("known_customer") and one.active_at is not None:
            book.looks_like("known_customer", one.number, one.active_at + timedelta(days=5))


def _master_agreement(book: Book, customer: Customer, at: datetime) -> None:
    book.put(
        "ironclad",
        "msa.signed",
        _whole(at),
        None,
        record=book.ids.uuid(),
        readable=book.ids.numbered("ironclad", "IC-{}"),
        workflow=None,
        customer=customer.number,
        customer_name=customer.name,
        entity=customer.entity.code,
        title=f"Master agreement with {customer.name}",
        payment_terms="NET30",
        rate_card="RC-2025",
        currency=customer.currency,
    )


def _known(book: Book, customer: Customer, at: datetime) -> None:
    book.add(_created(customer, _whole(at)))
    validated = _whole(at) + timedelta(hours=20)
    book.put("netsuite", "customer.validated", validated, None, customer_id=customer.customer_id)
    _link(book, customer, validated)


def _new(book: Book, middleware: Middleware, one: Contract, job_at: datetime) -> None:
    """Created and validated hours before the first job, so that nothing of it hangs in the air for a day."""
    slot = (job_at - timedelta(hours=6)).replace(minute=0, second=0)
    made = middleware.hand_over(
        HandOver("customer-sync", one, slot, "netsuite", lambda at: [_created(one.customer, at)], slot=slot)
    )
    if made is not None:
        validated = made + timedelta(hours=2, minutes=one.rng.randrange(50))
        book.put("netsuite", "customer.validated", validated, None, customer_id=one.customer.customer_id)
        _link(book, one.customer, validated)


def _created(customer: Customer, at: datetime) -> Happening:
    data = {
        "customer_id": customer.customer_id,
        "customer": customer.number,
        "name": customer.name,
        "entity": customer.entity.code,
        "currency": customer.currency,
        "terms": "NET30",
        "email": f"ap@{customer.name.lower().replace(' ', '-')}.example",
        "country": customer.entity.country,
    }
    return Happening(at, "netsuite", "customer.created", None, "", data)


def _link(book: Book, customer: Customer, at: datetime) -> None:
    account: dict[str, Any] = {"account": customer.account, "erp_customer": customer.customer_id}
    book.put("salesforce", "account.linked", at + timedelta(minutes=3), None, **account)


def _merge(book: Book, by_customer: dict[str, list[Contract]], jobs: dict[str, Happening]) -> None:
    """Two customers of one entity become one in the ERP; the CLM and the CRM still say the old number."""
    rng = book.chance("merges")
    old = sorted(
        (theirs[0].customer for theirs in by_customer.values() if _is_old(book, jobs, theirs[0].customer)),
        key=lambda one: one.number,
    )
    for loser in rng.sample(old, len(old) // 25):
        survivors = [one for one in old if one.entity is loser.entity and one.currency == loser.currency]
        survivor = rng.choice(survivors)
        if survivor is loser:
            continue
        old.remove(loser)
        at = _whole(book.start - timedelta(days=rng.randint(4, 20)))
        merged: dict[str, Any] = {"merged_id": loser.customer_id, "merged_customer": loser.number}
        book.put("netsuite", "customer.merged", at, None, customer_id=survivor.customer_id, **merged)
        for one in by_customer[loser.number]:
            book.plant("broken_link", one.number, "netsuite", at, f"{loser.number}>{survivor.number}")


def _is_old(book: Book, jobs: dict[str, Happening], customer: Customer) -> bool:
    job = jobs.get(customer.customer_id)
    return job is not None and job.at < book.start - timedelta(days=60)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
