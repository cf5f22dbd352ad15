"""What the scenario has written so far: happenings, faults, look-alikes, and the ids it gave away."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from estate.calendar import long_tailed, working
from estate.firm import Customer, Entity
from estate.happenings import Happening
from estate.identifiers import Identifiers
from estate.truth import Fault, LookAlike


class Book:
    """The pages of one scenario. `start` is now when the estate starts; nothing is written beyond `horizon`.

    `pace` shortens all waiting where the history is short, so that stories come to their ends within it.
    """

    def __init__(self, seed: int, start: datetime, months: int) -> None:
        self.seed = seed
        self.start = start
        self.history = timedelta(days=months * 30.4)
        self.horizon = start + timedelta(days=185)
        self.pace = min(1.0, max(0.3, months / 10))
        self.ids = Identifiers(seed)
        self.happenings: list[Happening] = []
        self.faults: list[Fault] = []
        self.lookalikes: dict[tuple[str, str], LookAlike] = {}

    def put(
        self,
        system: str,
        what: str,
        at: datetime,
        contract: str | None,
        subject: str = "",
        *,
        when: datetime | None = None,
        **data: Any,
    ) -> Happening:
        """Write one happening down."""
        happening = Happening(at, system, what, contract, subject, data, when)
        self.add(happening)
        return happening

    def add(self, happening: Happening) -> None:
        """Write a happening down that was made elsewhere."""
        if happening.when <= self.horizon:
            self.happenings.append(happening)

    def plant(self, kind: str, contract: str | None, system: str, at: datetime, key: str, **more: Any) -> None:
        """Write a fault down that deserves its exception from `at` on."""
        if at <= self.horizon:
            self.faults.append(
                Fault(kind=kind, contract=contract, system=system, planted_at=at, key=key, **{"subject": "", **more})
            )

    def looks_like(self, what: str, contract: str, since: datetime) -> None:
        """Write down that a contract only looks wrong; the first time counts."""
        known = self.lookalikes.get((what, contract))
        if known is None or since < known.since:
            self.lookalikes[what, contract] = LookAlike(what, contract, since)

    def chance(self, *parts: object) -> Random:
        """A generator of its own for a part of the scenario."""
        return Random("/".join(str(part) for part in (self.seed, *parts)))  # noqa: S311 - repeatable on purpose

    def later(self, rng: Random, at: datetime, median_days: float, entity: Entity, spread: float = 0.7) -> datetime:
        """Some working time later, heavy-tailed."""
        return working(at + long_tailed(rng, median_days * self.pace, spread), entity.zone)

    def customer_since(self, customer: Customer, at: datetime) -> None:
        """The customer's account in the CRM."""
        self.put(
            "salesforce",
            "account.created",
            at,
            None,
            account=customer.account,
            customer=customer.number,
            name=customer.name,
            entity=customer.entity.code,
            currency=customer.currency,
            erp_customer=None,
            country=customer.entity.country,
        )
