"""The engine: what has to happen happens when its time has come, and what failed happens when it is executed again."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from estate.access import Access
from estate.clock import BusinessClock
from estate.happenings import Happening
from estate.operations import Operation
from estate.scenario.making import Scenario
from estate.services import (
    ACCEPTED_THEN_NOTHING,
    DUPLICATE_SWALLOWED,
    EXPIRED,
    WRITE_DROPPED,
    Credentials,
    Outcome,
    Product,
)
from estate.truth import Fault, instant
from estate.web import Misbehaviour, Throttle, Tokens

LAG_SECONDS = {"ironclad": 1.0, "salesforce": 2.0, "certinia": 2.0, "netsuite": 3.0, "boomi": 2.0, "rabbitmq": 0.0}
"""How long a system's indexes take, on the wall, to show what was written."""


@dataclass(frozen=True, slots=True)
class Act:
    """One line of `/_estate/log`."""

    at: datetime
    system: str
    act: str
    item: str
    operation: str
    idempotency_key: str | None
    executed: bool
    outcome: str

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "at": instant(self.at),
            "system": self.system,
            "act": self.act,
            "item": self.item,
            "operation": self.operation,
            "idempotency_key": self.idempotency_key,
            "executed": self.executed,
            "outcome": self.outcome,
        }


class World:
    """The firm in motion. It is the `Services` of its products; every public method may be called from any thread."""

    def __init__(
        self,
        scenario: Scenario,
        clock: BusinessClock,
        access: Access,
        wall: Callable[[], float] = time.monotonic,
        generous: int = 1,
    ) -> None:
        self.scenario = scenario
        self.truth = scenario.truth
        self.clock = clock
        self.access = access
        self.throttles = Throttle(wall, generous)
        self.tokens = Tokens(wall)
        self.misbehaviour = Misbehaviour(wall)
        self.products: list[Product] = []
        self._wall = wall
        self._lock = threading.RLock()
        self._takers: dict[str, list[Product]] = {}
        self._acts: list[Act] = []
        self._answers: dict[str, Outcome] = {}
        self._order = 0
        self._pending: list[tuple[datetime, int, Happening]] = []
        for happening in scenario.happenings:
            self._push(happening)
        heapq.heapify(self._pending)

    def admit(self, products: Iterable[Product]) -> None:
        """These products live here and take the happenings of their systems."""
        for product in products:
            self.products.append(product)
            for system in product.systems:
                self._takers.setdefault(system, []).append(product)

    def catch_up(self) -> None:
        """Let everything happen that is due by now; to be called before every request."""
        with self._lock:
            now = self.clock.now()
            while self._pending and self._pending[0][0] <= now:
                self._apply(heapq.heappop(self._pending)[2])

    # The services that products use.

    def now(self) -> datetime:
        """The business time, in whole seconds as records have them."""
        return self.clock.now().replace(microsecond=0)

    def wall(self) -> float:
        """Seconds of the steady wall clock."""
        return self._wall()

    def is_stopped(self) -> bool:
        """Whether business time stands still."""
        return self.clock.speed == 0

    def random(self, *parts: object) -> Random:
        """A generator of these parts and the seed."""
        return Random("/".join(str(part) for part in (self.scenario.seed, *parts)))  # noqa: S311 - repeatable on purpose

    def credentials(self, system: str) -> Credentials:
        """What a client of the system presents."""
        return self.access.of(system)

    def lag_seconds(self, system: str) -> float:
        """Business seconds until a written row is readable."""
        return LAG_SECONDS.get(system, 0.0) * self.clock.speed

    def outage(self, system: str, stream: str = "") -> bool:
        """Whether a request of this stream is answered by 503."""
        return self.misbehaviour.is_down(system, stream)

    def lie(self, system: str) -> str | None:
        """The lie that is due, used up."""
        return self.misbehaviour.lie(system)

    def throttle(self, bucket: str, limit: int, per_seconds: float) -> float:
        """0.0, or the seconds to wait."""
        with self._lock:
            return self.throttles.take(bucket, limit, per_seconds)

    def issue_token(self, system: str, life_seconds: float) -> str:
        """A new bearer token."""
        return self.tokens.issue(system, life_seconds)

    def check_token(self, system: str, token: str) -> str:
        """`valid`, `expired` or `unknown`."""
        return self.tokens.check(system, token)

    def execute(self, system: str, act: str, operation: str, item: str, idempotency_key: str | None = None) -> Outcome:
        """Do what the operation failed to do, and remember that it was asked for."""
        with self._lock:
            self.catch_up()
            if idempotency_key is not None and idempotency_key in self._answers:
                outcome = replace(self._answers[idempotency_key], executed=False, result="repeated")
            else:
                outcome = self._execute(system, operation)
                if idempotency_key is not None and outcome.result not in ("nothing", "expired", "unknown", "error"):
                    self._answers[idempotency_key] = outcome
            self.log(
                system=system,
                act=act,
                item=item,
                operation=operation,
                executed=outcome.executed,
                outcome=outcome.result,
                idempotency_key=idempotency_key,
            )
            return outcome

    def log(
        self,
        *,
        system: str,
        act: str,
        item: str,
        operation: str,
        executed: bool,
        outcome: str,
        idempotency_key: str | None = None,
    ) -> None:
        """Append a line to the log."""
        with self._lock:
            self._acts.append(Act(self.now(), system, act, item, operation, idempotency_key, executed, outcome))

    def log_lines(self) -> list[dict[str, Any]]:
        """The log, oldest first."""
        with self._lock:
            return [act.told() for act in self._acts]

    def view(self) -> dict[str, Any]:
        """The truth as of now."""
        with self._lock:
            return self.truth.view(self.clock.now())

    # How operations are executed.

    def _execute(self, system: str, name: str) -> Outcome:
        operation = self.scenario.operations.get(name)
        if operation is None:
            return Outcome(executed=False, result="unknown")
        lied = self._lied(system, operation)
        if lied is not None:
            return lied
        now = self.now()
        if operation.is_poisoned:
            return Outcome(True, "error", operation.error_class, operation.error_message)
        if not operation.stands(now):
            self._happen(operation.effects, now)
            operation.done_at = now
            self.truth.heal(name, now)
            return Outcome(executed=True, result="done")
        copies = operation.copies(self.scenario.ids)
        self.truth.heal(name, now)
        if not copies:
            return Outcome(executed=True, result="exists")
        self._happen(copies, now)
        self._plant_duplicate(operation, now)
        return Outcome(executed=True, result="done")

    def _lied(self, system: str, operation: Operation) -> Outcome | None:
        how = self.misbehaviour.lie(system)
        if how == ACCEPTED_THEN_NOTHING:
            return Outcome(executed=False, result="nothing")
        if how == EXPIRED:
            return Outcome(executed=False, result="expired")
        if how in (WRITE_DROPPED, DUPLICATE_SWALLOWED):
            # The middleware tells success: by design.md a later attempt that succeeded ends the `failed`.
            self.truth.heal(operation.name, self.now())
            return Outcome(executed=False, result="dropped" if how == WRITE_DROPPED else "exists")
        return None

    def _happen(self, effects: Sequence[Happening], now: datetime) -> None:
        made = [replace(effect, at=now, recorded_at=None) for effect in effects]
        self.truth.tell(made)
        for happening in made:
            self._apply(happening)

    def _plant_duplicate(self, operation: Operation, now: datetime) -> None:
        effect = operation.effects[0]
        self.truth.plant(
            Fault(
                kind="duplicate",
                contract=effect.contract,
                # The exception is about the line; invoices of one operation have no line in common.
                subject="" if effect.what == "invoice.posted" else effect.subject,
                system=effect.system,
                planted_at=now,
                key=operation.name,
                step=effect.what,
            )
        )

    def _push(self, happening: Happening) -> None:
        self._order += 1
        self._pending.append((happening.when, self._order, happening))

    def _apply(self, happening: Happening) -> None:
        for product in self._takers.get(happening.system, ()):
            product.apply(happening)
