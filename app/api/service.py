"""What the HTTP interface stands on: the store, the clock, the rules as they are now; and how it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec
from anyio import CapacityLimiter
from fastapi import Request
from starlette.responses import Response

from actions.plan import Planner
from actions.products import Products
from collectors.clock import SystemClock
from collectors.connections import Connections
from collectors.intake.otlp_names import DEFAULT_NAMES, Names
from collectors.intake.webhooks import Webhooks
from models.clock import Clock
from models.masking import MASKING, Masking
from models.store.current_rules import CurrentRules
from models.store.engine import Connection, Pool, transaction
from models.store.works import Workshop

T = TypeVar("T")

# A program that waits for an answer is told to come again before it gives up by itself.
_PATIENCE_SECONDS = 5.0


class Json(Response):
    """An answer in JSON. Times are RFC 3339 in UTC."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> None:
        said = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} | (headers or {})
        super().__init__(content, status_code, said)

    def render(self, content: Any) -> bytes:
        """The bytes of the answer; what is bytes already stays as it is."""
        return content if isinstance(content, bytes) else msgspec.json.encode(content)


@dataclass
class Service:
    """One process's hold on the store. `needs_worker`: it is not ready without one that lives."""

    pool: Pool
    url: str
    clock: Clock
    zone: ZoneInfo
    needs_worker: bool = True
    masking: Masking = MASKING
    names: Names = DEFAULT_NAMES
    rules: CurrentRules = field(default_factory=CurrentRules)
    connections: Connections = field(default_factory=lambda: Connections((), SystemClock().now))
    # A body may take 64 MiB twice over while it is unpacked.
    taking: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))

    @property
    def now(self) -> datetime:
        """The clock's instant: the as-of of every answer."""
        return self.clock.now()

    @property
    def planner(self) -> Planner:
        """The way to actions."""
        return Planner(self.pool, self.clock, Products(self.connections), self.rules, self.masking)

    @property
    def observed_at(self) -> datetime:
        """When we learn what comes in now; the machine's clock, whatever the other one says."""
        return datetime.now(UTC)

    @cached_property
    def webhooks(self) -> Webhooks:
        """What verifies the webhooks of the settings' systems."""
        return Webhooks(self.connections)

    def read(self, work: Callable[[Connection], T], wait_seconds: float = _PATIENCE_SECONDS) -> T:
        """The answer to a question, in a transaction of its own. Errors: StoreUnavailableError."""
        with transaction(self.pool, wait_seconds=wait_seconds) as connection:
            return work(connection)

    def workshop(self, wait_seconds: float = _PATIENCE_SECONDS) -> Workshop:
        """The rules as they stand in the store. Errors: ProcessFileError when no process is loaded."""
        return self.read(self.rules.workshop, wait_seconds)


def service_of(request: Request) -> Service:
    """The service of the application that a request came to."""
    return cast(Service, request.app.state.service)
