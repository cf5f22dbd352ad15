"""A firm from a seed: its contracts planned, lived and told, with the truth written first."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from random import Random

from estate.calendar import quarter_weight, working
from estate.firm import (
    ENTITIES,
    FIXED_FEE,
    MANAGED,
    PRACTICES,
    RATE_CARDS,
    RETAINER,
    TERMS,
    TIME,
    TYPES,
    Customer,
    Entity,
    customers,
)
from estate.happenings import Happening
from estate.identifiers import Identifiers
from estate.operations import Operation
from estate.scenario.book import Book
from estate.scenario.contract import Contract, Line
from estate.scenario.customers import tell_customers
from estate.scenario.life import Life
from estate.scenario.middleware import FAILED, RETRIED, Middleware
from estate.scenario.stories import Told, stories
from estate.scenario.strays import tell_strays
from estate.truth import Truth

_EPOCH = datetime(2025, 10, 6, 9, tzinfo=UTC)
"""The first Monday on which an estate can start; the seed adds up to thirty weeks."""

_KIND_OF = {
    "milestone_moved": FIXED_FEE,
    "retainage": FIXED_FEE,
    "late_time_correction": TIME,
    "consolidated_invoice": RETAINER,
    "shared_project": RETAINER,
    "future_amendment": MANAGED,
    "rate-card-sync": TIME,
}
"""Stories and flows that only contracts of one type can tell."""

_RECENT = timedelta(days=60)
_FAIL_LATELY = ("billing-schedule-sync", "project-activation", "invoice-posting")
"""Hand-overs that go on failing now and then while the firm is watched."""


@dataclass
class Scenario:
    """What will happen in the firm, in order of its telling; `start` is its now when the estate starts."""

    seed: int
    start: datetime
    happenings: list[Happening]
    truth: Truth
    operations: dict[str, Operation] = field(default_factory=dict)
    ids: Identifiers = field(default_factory=lambda: Identifiers(0))


def make(seed: int, contracts: int, months: int, *, has_broker: bool = False) -> Scenario:
    """The scenario of a seed and size: so many contracts begun by its start, and as many more a month after it."""
    start = start_of(seed)
    book = Book(seed, start, months)
    middleware = Middleware(book, has_broker=has_broker)
    life = Life(book, middleware)
    planned = _Planning(book, contracts).contracts()
    for one in planned:
        life.live(one)
    tell_customers(book, middleware, planned)
    tell_strays(book, middleware, contracts, [one.customer for one in planned])
    middleware.executions()
    happenings = sorted(book.happenings, key=lambda one: one.when)
    truth = Truth()
    truth.tell(happenings)
    for fault in book.faults:
        truth.plant(fault)
    truth.lookalikes.extend(book.lookalikes.values())
    return Scenario(seed, start, happenings, truth, middleware.operations, book.ids)


def start_of(seed: int) -> datetime:
    """Now, when an estate of this seed starts: a Monday morning, whatever the machine's date."""
    return _EPOCH + timedelta(weeks=Random(f"{seed}/start").randrange(30))  # noqa: S311 - repeatable on purpose


class _Planning:
    """Gives every contract its customer, terms, day and story."""

    def __init__(self, book: Book, count: int) -> None:
        self._book = book
        self._count = count
        self._rng = book.chance("plan")
        self._customers = customers(max(9, count // 4), self._rng, book.ids)
        self._number = 0

    def contracts(self) -> list[Contract]:
        """The contracts to be lived one after the other; partners that are lived with another are not in the list."""
        made: list[Contract] = []
        left = self._count
        for told in stories(self._count):
            needed = 2 if told.is_paired else 1
            if left - needed >= self._count * 0.25:
                left -= needed
                made += self._story(told)
        future = round(self._count * 155 / max(self._book.history.days, 30))
        made += [self._plain(goal) for goal in self._goals(left, -self._book.history, timedelta(days=-2))]
        made += [self._plain(goal) for goal in self._goals(future, timedelta(days=34), timedelta(days=175))]
        return made

    def _story(self, told: Told) -> list[Contract]:
        maturity = min(timedelta(days=200 * self._book.pace), self._book.history * 0.7)
        begins = -maturity - timedelta(days=40) if told.story == "future_amendment" else -self._book.history
        goal = self._goals(1, begins, -maturity)[0]
        # A job that is to be made again needs a customer who has others: nobody else's hand-over would create it.
        often = self._customers[self._rng.randrange(3)] if told.flow == "project-sync:netsuite" else None
        one = self._contract(goal, _KIND_OF.get(told.story) or _KIND_OF.get(told.flow), often)
        one.story = "amended" if told.needs_amendment else told.story
        if told.flow:
            one.fates[told.flow] = told.fate
        self._terms_of(one)
        if not told.is_paired:
            return [one]
        other = self._contract(goal + timedelta(days=one.rng.randint(4, 12)), one.kind, one.customer)
        if told.story == "conflict":
            # The later record is the wrong one: it names the opportunity of the earlier contract.
            one.story, other.story, other.partner = "claimed", "conflict", one
            return [one, other]
        other.story = "successor" if told.story == "superseded" else told.story
        one.partner = other
        return [one]

    def _terms_of(self, one: Contract) -> None:
        if one.tells("retainage"):
            one.retention = Decimal("0.10")
        if one.tells("at_risk_start"):
            one.at_risk_by = "Greta Lindqvist"
        if one.tells("two_entities"):
            self._split(one, next(entity for entity in ENTITIES.values() if entity is not one.entity))

    def _plain(self, goal: datetime) -> Contract:
        one = self._contract(goal)
        rng = one.rng
        if rng.random() < 0.04:
            one.story = "lost"
        elif goal > self._book.start - _RECENT and rng.random() < 0.15:
            one.fates[rng.choice(_FAIL_LATELY)] = rng.choice((FAILED, RETRIED, RETRIED))
            one.story = "handed_over"
        elif rng.random() < 0.15 and one.months >= 3:
            self._split(one, one.entity)
        return one

    def _contract(self, goal: datetime, kind: str | None = None, customer: Customer | None = None) -> Contract:
        self._number += 1
        number = f"SOW-{self._number:05}"
        rng = self._book.chance("contract", number)
        if customer is None:
            # A few customers buy often, most of them once.
            place = min(int(rng.paretovariate(0.9)) - 1, 10**6) % len(self._customers)
            customer = self._customers[place if rng.random() < 0.4 else rng.randrange(len(self._customers))]
        kind = kind or rng.choices(TYPES, (5, 4, 2, 1))[0]
        value = Decimal(round(rng.lognormvariate(11.3, 0.9) / 500) * 500 + 5000)
        return Contract(
            number=number,
            rng=rng,
            customer=customer,
            kind=kind,
            value=value,
            months=12 if kind == MANAGED else rng.choice((3, 4, 6, 6, 9)),
            goal=working(goal, customer.entity.zone),
            practice=rng.choice(PRACTICES),
            payment_terms=rng.choice(TERMS),
            billing_frequency="milestone" if kind == FIXED_FEE else "monthly",
            rate_card=rng.choice(RATE_CARDS[:-1]),
            opportunity=self._book.ids.salesforce("006"),
            lines=[Line("", kind, customer.entity, value)],
        )

    def _split(self, one: Contract, second: Entity) -> None:
        """Two lines instead of one."""
        first = one.lines[0]
        part = (one.value * Decimal("0.6")).quantize(Decimal("0.01"))
        one.lines = [
            Line(f"{one.number}-L1", first.kind, first.entity, part),
            Line(f"{one.number}-L2", one.rng.choice((FIXED_FEE, TIME)), second, one.value - part),
        ]

    def _goals(self, count: int, begins: timedelta, ends: timedelta) -> list[datetime]:
        """Days of signature between two points seen from the start, more of them at the ends of quarters."""
        first = (self._book.start + begins).date()
        heap = _heaped(first, max(1, (ends - begins).days))
        goals = []
        for _ in range(count):
            day = first + timedelta(days=min(bisect(heap, self._rng.random() * heap[-1]), len(heap) - 1))
            goals.append(datetime.combine(day, time(self._rng.randint(8, 17), self._rng.randrange(60)), UTC))
        return sorted(goals)


@cache
def _heaped(first: date, days: int) -> list[float]:
    """The weights of so many days, summed up."""
    return list(accumulate(quarter_weight(first + timedelta(days=place)) for place in range(days)))
