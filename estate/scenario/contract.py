"""One contract of the scenario: what was agreed, which story it tells, and the records it has so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from random import Random

from estate.firm import Customer, Entity


@dataclass
class Line:
    """A line of a contract with its records. `name` is '' where the contract has one line."""

    name: str
    kind: str
    entity: Entity
    amount: Decimal
    project: str = ""
    job: str = ""
    schedule: str = ""
    project_at: datetime | None = None
    job_at: datetime | None = None
    scheduled_at: datetime | None = None
    activated_at: datetime | None = None
    milestones: list[tuple[str, str, date, Decimal]] = field(default_factory=list)
    """Number, id in the PSA, target, amount."""


@dataclass
class Contract:
    """A contract and its story. `goal` is about when it is signed; `fates` what becomes of its hand-overs."""

    number: str
    rng: Random
    customer: Customer
    kind: str
    value: Decimal
    months: int
    goal: datetime
    practice: str
    payment_terms: str
    billing_frequency: str
    rate_card: str
    opportunity: str
    lines: list[Line]
    story: str | None = None
    fates: dict[str, str] = field(default_factory=dict)
    partner: Contract | None = None
    retention: Decimal | None = None
    at_risk_by: str | None = None
    master: str | None = None
    workflow: str = ""
    record: str = ""
    readable: str = ""
    committed_at: datetime | None = None
    approved_at: datetime | None = None
    signed_at: datetime | None = None
    active_at: datetime | None = None
    amendments: int = 0
    ended_at: datetime | None = None

    @property
    def entity(self) -> Entity:
        """The entity that signs."""
        return self.lines[0].entity

    @property
    def currency(self) -> str:
        """What it is paid in."""
        return self.customer.currency

    @property
    def terms_days(self) -> int:
        """Days until an invoice is due."""
        return int(self.payment_terms.removeprefix("NET"))

    def tells(self, *stories: str) -> bool:
        """Whether its story is one of these."""
        return self.story in stories


@dataclass(frozen=True)
class Ready:
    """Something that can be invoiced: a milestone or a period of a line, with its billing event in the PSA."""

    at: datetime
    line: Line
    event: str
    amount: Decimal
    milestone: str = ""
    period: str = ""

    @property
    def what(self) -> str:
        """The milestone's number or the period."""
        return self.milestone or self.period
