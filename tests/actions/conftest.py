"""A failed hand-over in a real store, a middleware that can run it again, and workers that do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from actions.plan import Planner
from actions.products import Products
from actions.runner import Runner, Timings
from models.exceptions import ExceptionKind, exception_id
from models.store import audit
from models.store.engine import Pool, transaction
from models.store.reading.actions import find_action
from models.store.reading.exceptions import find_exception
from models.store.reading.transactions import find_transaction
from tests.actions.middleware import SYSTEM, Middleware
from tests.making import an_event, at, load, take

FLOW = "project-activation"
TIMINGS = Timings(lease=60, margin=1, confirm=60, patience=0.01)


@dataclass
class Desk:
    """One store and one middleware, with what a test says and sees."""

    pool: Pool
    middleware: Middleware
    hours: float = 10.0

    def now(self) -> datetime:
        return at(self.hours)

    @property
    def products(self) -> Products:
        return Products(self.middleware.connections(self.now))

    @property
    def planner(self) -> Planner:
        return Planner(self.pool, self, self.products)

    def runner(self, **timings: float) -> Runner:
        return Runner(self.pool, self, self.products, timings=Timings(**(vars(TIMINGS) | timings)))

    def tell(self, type: str, hours: float, **parts: Any) -> None:
        take(self.pool, an_event(type, hours, **parts))

    def fail(
        self, hours: float = 1, *, operation: str = "op-1", document: str = "", flow: str = FLOW, **more: Any
    ) -> str:
        """An operation fails; the id of its exception."""
        self._transaction("failed", hours, operation, document or f"doc-{operation}-{hours}", flow, **more)
        return exception_id(ExceptionKind.FAILED, [operation])

    def succeed(self, hours: float, *, operation: str = "op-1", flow: str = FLOW, **more: Any) -> None:
        self._transaction("succeeded", hours, operation, f"doc-{operation}-{hours}", flow, **more)

    def _transaction(self, outcome: str, hours: float, *names: str, **more: Any) -> None:
        operation, document, flow = names
        said = {
            "transaction": document,
            "operation": operation,
            "flow": flow,
            "source_system": "clm",
            "target_system": "psa",
            **more,
        }
        if outcome == "failed":
            said["error_message"] = "no such customer"
        keys = {"contract": ("SOW-1",), "transaction": (document,)}
        self.tell(f"transaction.{outcome}", hours, source=SYSTEM, keys=keys, attributes=said)

    def effect(self, hours: float, *, record: str = "p1") -> None:
        """The project is active in the target."""
        self.tell("project.activated", hours, source="psa", record=record, keys=self._project(record))

    def withdraw(self, hours: float, *, record: str = "p1") -> None:
        self.tell(
            "project.activated",
            hours,
            source="psa",
            record=record,
            keys=self._project(record),
            retracts=True,
            id="gone",
        )

    def _project(self, record: str) -> dict[str, tuple[str, ...]]:
        return {"contract": ("SOW-1",), "psa/project": (record,)}

    def replay(self, exception: str, reason: str = "the customer is there now") -> str:
        row = self.planner.request(exception, "replay", reason=reason, actor="ana")
        assert row is not None
        return str(row["id"])

    def work(self, runner: Runner | None = None) -> None:
        """Let a worker do all that waits now."""
        runner = runner or self.runner()
        for _ in range(50):
            if not runner.work():
                return
        raise AssertionError("there is no end of work")

    def action(self, action_id: str) -> dict[str, Any]:
        with transaction(self.pool) as connection:
            found = find_action(connection, action_id)
        assert found is not None
        return found

    def status(self, exception: str) -> str:
        with transaction(self.pool) as connection:
            found = find_exception(connection, exception, self.now())
        assert found is not None
        return str(found["status"])

    def transaction(self, operation: str) -> dict[str, Any]:
        with transaction(self.pool) as connection:
            found = find_transaction(connection, operation)
        assert found is not None
        return found

    def told(self, about: str) -> list[tuple[str, str]]:
        """The audit log about something: actor and outcome, in order; the whole chain is verified as well."""
        with transaction(self.pool) as connection:
            assert audit.verify(connection)[1] is None
            rows = connection.execute("SELECT actor, outcome FROM audit WHERE object = %s ORDER BY seq", [about])
            return [(row[0], row[1]) for row in rows]

    def pass_time(self, action_id: str) -> None:
        """All the time that an action has is over, and it is looked at again."""
        with transaction(self.pool) as connection:
            connection.execute(
                "UPDATE action SET give_up_at = clock_timestamp(), look_at = clock_timestamp() WHERE action_id = %s",
                [action_id],
            )

    def lose_worker(self, action_id: str) -> None:
        """The lease of whoever holds an action is over."""
        with transaction(self.pool) as connection:
            connection.execute(
                "UPDATE action SET lease_until = clock_timestamp() - interval '1 second', look_at = clock_timestamp() "
                "WHERE action_id = %s",
                [action_id],
            )


@pytest.fixture
def middleware() -> Iterator[Middleware]:
    running = Middleware()
    yield running
    running.close()


@pytest.fixture
def desk(pool: Pool, middleware: Middleware) -> Desk:
    load(pool)
    one = Desk(pool, middleware)
    one.tell(
        "contract.signed",
        0,
        source="clm",
        keys={"contract": ("SOW-1",)},
        attributes={"value": "100.00", "currency": "EUR"},
    )
    one.tell("project.created", 0.5, source="psa", record="p1", keys={"contract": ("SOW-1",), "psa/project": ("p1",)})
    return one
