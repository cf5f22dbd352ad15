"""An engine that executes: operations with their effects, each done once, and a log of what was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from estate.happenings import Happening
from estate.services import Outcome
from tests.estate.engine import NOON, Engine

LIED = {"accepted_then_nothing": "nothing", "write_dropped": "dropped", "duplicate_swallowed": "exists"}


class Doing(Engine):
    """Effects of operations happen to `take`; one that has worked happens again, but not by the same key."""

    def __init__(self, at: datetime = NOON) -> None:
        super().__init__(at)
        self.effects: dict[str, list[Happening]] = {}
        self.refused: dict[str, str] = {}
        self.acts: list[dict[str, Any]] = []
        self.answered: set[str] = set()
        self.take: Callable[[Happening], None] = lambda happening: None

    def execute(self, system: str, act: str, operation: str, item: str, idempotency_key: str | None = None) -> Outcome:
        outcome = self._execute(system, operation, idempotency_key)
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

    def log(self, **said: Any) -> None:
        self.acts.append(said)

    def _execute(self, system: str, operation: str, key: str | None) -> Outcome:
        if operation not in self.effects:
            return Outcome(False, "unknown")
        if how := self.lie(system):
            return Outcome(False, LIED.get(how, how))
        if operation in self.refused:
            return Outcome(True, "error", "RATE_CARD", self.refused[operation])
        if key in self.answered:
            return Outcome(False, "repeated")
        if key is not None:
            self.answered.add(key)
        for effect in self.effects[operation]:
            self.take(replace(effect, at=self.at))
        return Outcome(True, "done")
