"""Records that say of no contract what they are about."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

from estate.calendar import working
from estate.firm import Customer
from estate.scenario.book import Book
from estate.scenario.middleware import Middleware
from estate.truth import UNLINKED_GRACE


def tell_strays(book: Book, middleware: Middleware, contracts: int, known: list[Customer]) -> None:
    """Invoices and documents without a contract, some of them after the start; nobody links them."""
    rng = book.chance("strays")
    often = [customer for customer, _ in Counter(known).most_common(5)]
    for _ in range(max(2, round(contracts * 0.02))):
        back = timedelta(days=rng.uniform(-20, book.history.days * 0.9))
        customer = rng.choice(often)
        _invoice(book, customer, working(book.start - back, customer.entity.zone).replace(second=rng.randrange(60)))
    for _ in range(max(1, round(contracts * 0.005))):
        middleware.stray(book.start - timedelta(days=rng.uniform(3, book.history.days * 0.9)))


def _invoice(book: Book, customer: Customer, at: datetime) -> None:
    number = book.ids.invoice_number()
    amount = Decimal(book.chance("stray", number).randrange(500, 40000))
    book.put(
        "netsuite",
        "invoice.posted",
        at,
        None,
        number,
        invoice=book.ids.netsuite("transaction"),
        number=number,
        customer_id=customer.customer_id,
        entity=customer.entity.code,
        currency=customer.currency,
        total=amount,
        due_on=(at + timedelta(days=30)).date(),
        terms="NET30",
        operation=None,
        milestone=None,
        period=None,
        retainage=None,
        intercompany=False,
        lines=[{"job": None, "contract_no": None, "line": "", "amount": amount}],
    )
    book.plant("unlinked", None, "netsuite", at + UNLINKED_GRACE, number)
