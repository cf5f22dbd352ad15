"""What the engine offers to the products: time, randomness, execution, the log, and how systems misbehave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Protocol

from estate.happenings import Happening

RERUN, PUBLISH, DISCARD, WRITE = "rerun", "publish", "discard", "write"
"""The acts of the log."""

ACCEPTED_THEN_NOTHING = "accepted_then_nothing"
WRITE_DROPPED = "write_dropped"
DUPLICATE_SWALLOWED = "duplicate_swallowed"
EXPIRED = "expired"
LIES = (ACCEPTED_THEN_NOTHING, WRITE_DROPPED, DUPLICATE_SWALLOWED, EXPIRED)
"""How a system may lie, by `POST /_estate/lie`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What executing an operation came to.

    `result`: `done` (its effects stand now), `exists` (the target had it already, nothing was made), `repeated` (same
    idempotency key: the first answer again), `dropped` (a lie: told as a success, nothing made), `nothing` (a lie:
    accepted, and no trace of a new attempt ever appears), `error` (it fails again), `expired` (the item is purged and
    cannot be executed any more), `unknown` (no such item).
    """

    executed: bool
    result: str
    error_class: str | None = None
    error_message: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether middleware would report the document as processed."""
        return self.result in ("done", "exists", "repeated", "dropped")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client of a system must present; made when the estate starts and handed out by `GET /_estate/settings`
    alone."""

    client_id: str
    secret: str
    user: str
    token: str
    certificate_id: str
    private_key_pem: str
    public_key_pem: str


class Services(Protocol):
    """The engine as the products see it. Business time and wall time are apart: see each."""

    def now(self) -> datetime:
        """The business time, UTC."""

    def wall(self) -> float:
        """Seconds of a steady wall clock; for token life and throttling."""

    def is_stopped(self) -> bool:
        """Whether the business clock stands still; then everything that happened is readable (no indexing lag)."""

    def random(self, *parts: object) -> Random:
        """A generator that depends on the estate's seed and these parts only."""

    def credentials(self, system: str) -> Credentials:
        """What a client of this system must present."""

    def execute(self, system: str, act: str, operation: str, item: str, idempotency_key: str | None = None) -> Outcome:
        """Do again what `item` (a Boomi document, a broker message) of this business operation failed to do.

        Stamps the missing effects with now, writes them into the truth, has the products record them, and appends to
        the log.
        Without an idempotency key a second execution of an operation that has worked makes a duplicate record, where
        the
        target does not refuse it.
        """

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
        """Say in `/_estate/log` what a system was asked to do and did (for acts that do not go through `execute`)."""

    def lag_seconds(self, system: str) -> float:
        """How long after its writing (in business seconds at the present speed) a row becomes readable; 0 when
        stopped."""

    def outage(self, system: str, stream: str = "") -> bool:
        """Whether the system (or this stream of it) is to answer 503 now."""

    def lie(self, system: str) -> str | None:
        """One of LIES if the next write of this system shall lie; asking uses it up. `execute` asks by itself."""

    def throttle(self, bucket: str, limit: int, per_seconds: float) -> float:
        """Count a request in a bucket: 0.0 when admitted, else the seconds to wait (wall time)."""

    def issue_token(self, system: str, life_seconds: float) -> str:
        """A new bearer token of this system."""

    def check_token(self, system: str, token: str) -> str:
        """`valid`, `expired` or `unknown`."""


class Product(Protocol):
    """One product of the estate: its tables and its HTTP surface. Package `estate.<name>` exports it as `Product`."""

    systems: tuple[str, ...]
    """Systems whose happenings it takes."""
    prefix: str
    """Where its routes are mounted, as "/ironclad"."""

    def __init__(self, services: Services) -> None:
        """Tables are empty; happenings follow in order of `when`."""

    def apply(self, happening: Happening) -> None:
        """Write the native rows of one happening whose time has come. Never reads the clock: stamps follow the
        happening."""

    def routes(self) -> Sequence[Any]:
        """Starlette routes below the prefix."""
