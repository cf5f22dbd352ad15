"""What a connector may do to its product, on a person's word: the contract of its acts. Only `actions` calls them.

A connector that offers acts has a method `acts()` (`Acting`), which names each by the kind of action that it serves
(`replay`). An act knows the product, never the store: `actions/runner.py` writes down the intention before `send` and
the outcome after it, and asks `look_up` first where that outcome was never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

import httpx

from collectors.answers import ThrottledError


@dataclass(frozen=True)
class Item:
    """One failed operation, as the act of its product is told of it.

    `transaction` is the id of the newest failed attempt in the product (a Boomi document, a `message_id`), `operation`
    the business operation, `failed_at` when that attempt failed. `keys` are all that the attempt's event named, by name
    (`boomi/execution`). `requested_by` is who wants it; `number` counts our wishes for the operation, from 1.
    `void_until`: what succeeded in the product up to then has no effect that stands: it was withdrawn, or never
    seen; it counts for nothing. None where nothing succeeded yet.
    """

    transaction: str
    operation: str
    failed_at: datetime
    flow: str = ""
    target_system: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requested_by: str = ""
    number: int = 1
    void_until: datetime | None = None


class Preflight(NamedTuple):
    """What the product says before anything is sent; asking changes nothing there.

    `is_possible`: the product offers it for this item, now; `told` says why not, else in words what would be sent and
    where. `standing` is what the product shows to have happened already (a later run of the same document that
    succeeded), or to be under way (a run that has not ended); '' where there is nothing. With something standing
    nothing is sent.
    """

    is_possible: bool
    told: str
    standing: str = ""


class Outcome(StrEnum):
    """How a sending ended, as far as the sender knows."""

    ACCEPTED = "accepted"  # the product took it; whether it worked is seen later
    REFUSED = "refused"  # the product said no: nothing was done
    UNKNOWN = "unknown"  # no answer, or one that says neither


class Sent(NamedTuple):
    """What became of a sending: `reference` is the product's own for it ('' for none), `told` is for people."""

    outcome: Outcome
    told: str
    reference: str = ""


class Act(Protocol):
    """One kind of change that a product offers.

    Errors, by the families of `models/errors.py`, and only where nothing was sent: RetryLater (throttled, signed out,
    no connection), Misconfigured, StopStream. Whatever happens once the request is on its way is a `Sent`: a time-out
    is UNKNOWN, never an error, because what is tried again may happen twice (`never_left` tells them apart).
    """

    def preflight(self, item: Item) -> Preflight:
        """What would be sent, whether it can be, and what stands already."""
        ...

    def send(self, item: Item, idempotency_key: str) -> Sent:
        """Send it, once, with the key wherever the product can carry one."""
        ...

    def look_up(self, item: Item, idempotency_key: str, since: datetime) -> Sent | None:
        """What became of a sending with this key that began at `since` (wall time) and whose end nobody wrote down.

        None: nothing of it arrived, or sending again with the same key does no harm. UNKNOWN: it cannot be told, so it
        must not be sent again.
        """
        ...


def never_left(error: Exception) -> bool:
    """Whether a request that ended in this error of `Http` was surely not acted on: unconnected, or throttled away."""
    return isinstance(error, ThrottledError) or isinstance(error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout))


@runtime_checkable
class Acting(Protocol):
    """A connector that offers acts."""

    def acts(self) -> Mapping[str, Act]:
        """The act for each kind of action that the product offers; a kind that is absent is not offered."""
        ...
