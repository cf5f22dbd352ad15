"""What actions and plans look like, for the OpenAPI document."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.api.shapes import Instant, Money, Shape, Text
from models.actions import ActionKind, ActionStatus


class Wish(BaseModel):
    """What is asked for. `changes`, `to` and `until` belong to kinds that are not offered yet."""

    kind: ActionKind
    reason: str = Field("", max_length=1_000)
    dry_run: bool = False
    changes: dict[str, Any] | None = None
    to: Text = None
    until: Instant = None


class Sending(Shape):
    """One time that an action was about to be sent; without an outcome nobody knows yet."""

    attempt: int
    at: datetime
    outcome: Text
    reference: Text
    told: Text


class Action(Shape):
    """A requested change, and what came of it: `system` is asked, `target_system` is where the effect shall stand.

    `result` says why it is where it is; `effect` is the record that proves it, with `withdrawn_at` once it is gone.
    """

    id: str
    kind: ActionKind
    exception: str
    contract: Text
    transaction: Text
    operation: str
    parent: Text
    system: str
    target_system: str
    status: ActionStatus
    counts: dict[str, int]
    requested_by: str
    approved_by: Text
    reason: str
    idempotency_key: str
    attempts: list[Sending]
    result: dict[str, Any] | None
    effect: dict[str, Any] | None
    requested_at: datetime
    sent_at: Instant
    closed_at: Instant


class StandingEffect(Shape):
    """A record in the target that is what the action would make."""

    step: str
    subject: str
    system: str
    record: str
    at: datetime
    withdrawn_at: Instant


class ProductAnswer(Shape):
    """What the system that would be asked says; `is_possible` null: it could not be asked."""

    is_possible: bool | None
    told: str
    standing: str


class Plan(Shape):
    """What an action would do, as things are. Nothing was sent, nothing written down."""

    kind: ActionKind
    exception: str
    journey: str
    contract: Text
    transaction: str
    operation: str
    flow: Text
    system: str
    target_system: str
    idempotency_key: str
    is_allowed: bool
    refusals: list[str]
    standing: list[StandingEffect]
    blocked_by: list[str]
    open_action: Text
    product: ProductAnswer | None
    value: Money | None
    count: int
