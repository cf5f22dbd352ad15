"""The ledger of actions: wishes written down before anything is done, taken by one worker at a time, moved forward.

Every function works in the caller's transaction, writes the audit log with what it changes, and lets the exceptions
concerned show it. Waiting and leases run by the database's clock; `at` is the program's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from models.actions import ActionKind, ActionOpenError, ActionStatus, sources_of
from models.store import audit
from models.store.append import to_json
from models.store.engine import Connection
from sql import query

SYSTEM = "throughline"
"""Who acts where no person does."""


class Wish(NamedTuple):
    """What is asked for. `known_at`: the newest that is known of the operation."""

    action_id: str
    kind: ActionKind
    exception_id: str
    contract: str | None
    transaction: str
    operation: str
    carrier: str
    target_system: str
    requested_by: str
    reason: str
    idempotency_key: str
    item: dict[str, Any]
    known_at: datetime


class Claimed(NamedTuple):
    """An action in the hands of a worker. `status_before` is what it was; `gives_up_in`: seconds that it has left."""

    action_id: str
    kind: str
    exception_id: str
    operation: str
    carrier: str
    target_system: str
    status_before: str
    status: str
    requested_by: str
    reason: str
    idempotency_key: str
    number: int
    item: dict[str, Any]
    known_at: datetime
    sent_at: datetime | None
    effect: dict[str, Any] | None
    gives_up_in: float
    worker: str

    @property
    def is_over(self) -> bool:
        """Whether its time is over."""
        return self.gives_up_in <= 0


class LastAttempt(NamedTuple):
    """The newest sending of an action; `outcome` None: nobody knows."""

    number: int
    began_at: datetime
    outcome: str | None


class Change(NamedTuple):
    """Where an action goes, and why. `look_in_seconds` None: it is looked at when something is heard of it."""

    status: ActionStatus
    told: str
    look_in_seconds: float | None = None
    give_up_in_seconds: float | None = None
    effect: dict[str, Any] | None = None
    details: Mapping[str, Any] = MappingProxyType({})


def request(connection: Connection, wish: Wish, at: datetime, alive_seconds: float) -> None:
    """Write a wish down, to be sent within `alive_seconds`. ActionOpenError where one is under way for its target."""
    row = wish._asdict() | {"item": to_json(wish.item), "requested_at": at, "alive_seconds": alive_seconds}
    if connection.execute(query("request_action"), row).fetchone() is None:
        found = open_action(connection, wish.target_system, wish.operation)
        raise ActionOpenError(
            f"an action on operation {wish.operation} is under way already ({found}); wait for its end or cancel it",
            found or "",
        )
    _audit(
        connection,
        at,
        wish.requested_by,
        verb=wish.kind,
        about=wish.action_id,
        outcome=ActionStatus.REQUESTED,
        reason=wish.reason,
    )
    show(connection, [wish.exception_id])


def refuse(connection: Connection, at: datetime, *, actor: str, kind: str, about: str, why: str) -> None:
    """Write down that somebody wanted what was refused."""
    _audit(connection, at, actor, verb=kind, about=about, outcome=ActionStatus.REFUSED, reason=why)


def open_action(connection: Connection, target_system: str, operation: str) -> str | None:
    """The id of the action that is under way for this operation and target."""
    row = connection.execute(query("open_action"), {"target_system": target_system, "operation": operation}).fetchone()
    return None if row is None else row[0]


def claim(connection: Connection, worker: str, lease_seconds: float, at: datetime) -> Claimed | None:
    """The action that has waited longest to be looked at, now in this worker's hands; None where none waits."""
    row = connection.execute(query("claim_action"), {"worker": worker, "lease_seconds": lease_seconds}).fetchone()
    if row is None:
        return None
    claimed = Claimed(*row)
    if claimed.status != claimed.status_before:
        _note(connection, claimed, at, claimed.status, f"taken by worker {worker}")
    return claimed


def last_attempt(connection: Connection, action_id: str) -> LastAttempt | None:
    """The newest sending of an action, None where it was never about to be sent."""
    row = connection.execute(query("last_attempt"), {"action_id": action_id}).fetchone()
    return None if row is None else LastAttempt(*row)


def is_followed(connection: Connection, action_id: str) -> bool:
    """Whether another action sent the same operation after this one did; what is seen then is no proof of this one."""
    row = connection.execute(query("is_followed"), {"action_id": action_id}).fetchone()
    return row is not None and bool(row[0])


def begin_attempt(
    connection: Connection,
    claimed: Claimed,
    item: dict[str, Any],
    *,
    known_at: datetime,
    at: datetime,
    margin_seconds: float,
) -> int | None:
    """The number of a sending that may now begin; None where the claim is lost or ends within `margin_seconds`."""
    row = connection.execute(
        query("begin_attempt"),
        {
            "action_id": claimed.action_id,
            "worker": claimed.worker,
            "item": to_json(item),
            "known_at": known_at,
            "at": at,
            "margin_seconds": margin_seconds,
        },
    ).fetchone()
    if row is None:
        return None
    why = f"attempt {row[0]} with key {claimed.idempotency_key}"
    _note(connection, claimed, at, "sending", why)
    return int(row[0])


def end_attempt(
    connection: Connection, action_id: str, number: int, *, outcome: str, reference: str, told: str
) -> None:
    """What became of a sending; what was written down before stays."""
    row = {"action_id": action_id, "number": number, "outcome": outcome, "reference": reference, "told": told}
    connection.execute(query("end_attempt"), row)


def move(connection: Connection, claimed: Claimed, change: Change, at: datetime) -> bool:
    """Move a claimed action on and give it back; False where it is in other hands by now."""
    is_sent = change.status in (ActionStatus.SENT, ActionStatus.CONFIRMED, ActionStatus.UNCONFIRMED)
    row = connection.execute(
        query("move_action"),
        {
            "action_id": claimed.action_id,
            "worker": claimed.worker,
            "sources": sources_of(change.status),
            "status": change.status.value,
            "result": to_json({"told": change.told, "at": at.isoformat(), **change.details}),
            "effect": None if change.effect is None else to_json(change.effect),
            "is_sent": is_sent,
            "closed_at": None if change.status is ActionStatus.SENT else at,
            "look_in_seconds": change.look_in_seconds,
            "give_up_in_seconds": change.give_up_in_seconds,
        },
    ).fetchone()
    if row is None:
        return False
    _note(connection, claimed, at, change.status, change.told)
    show(connection, [row[0]])
    return True


def put_off(connection: Connection, claimed: Claimed, look_in_seconds: float | None) -> None:
    """Give an action back as it is; None: it is looked at again when something is heard of it."""
    connection.execute(
        query("put_action_off"),
        {"action_id": claimed.action_id, "worker": claimed.worker, "look_in_seconds": look_in_seconds},
    )


def note_effect(connection: Connection, claimed: Claimed, effect: dict[str, Any], told: str, at: datetime) -> None:
    """What became of a proven effect later: withdrawn, or standing once more."""
    row = connection.execute(
        query("note_effect"),
        {"action_id": claimed.action_id, "worker": claimed.worker, "effect": to_json(effect)},
    ).fetchone()
    if row is not None:
        outcome = "reopened" if effect.get("withdrawn_at") else "stands"
        _note(connection, claimed, at, outcome, told)
        show(connection, [row[0]])


def cancel(connection: Connection, action_id: str, actor: str, at: datetime) -> bool:
    """Take a wish back that nobody has begun with; False where it is too late, or there is none."""
    result = to_json({"told": f"taken back by {actor}", "at": at.isoformat()})
    row = connection.execute(query("cancel_action"), {"action_id": action_id, "at": at, "result": result}).fetchone()
    outcome = ActionStatus.REFUSED if row is None else ActionStatus.CANCELLED
    why = "" if row else "it no longer waits"
    _audit(connection, at, actor, verb="cancel", about=action_id, outcome=outcome, reason=why)
    if row is not None:
        show(connection, [row[0]])
    return row is not None


def show(connection: Connection, exceptions: Sequence[str]) -> None:
    """Let exceptions show what actions make of them."""
    connection.execute(query("rejoin_actions"), {"journeys": None, "exceptions": list(exceptions)})


def heard_of(connection: Connection, journeys: Sequence[int], rewritten: Sequence[int]) -> None:
    """Something was heard of these journeys, and the exceptions of some were written anew: look at their actions again,
    and let the exceptions show them."""
    connection.execute(query("wake_actions"), {"journeys": list(journeys)})
    if rewritten:
        connection.execute(query("rejoin_actions"), {"journeys": list(rewritten), "exceptions": None})


def plain(item: Any) -> dict[str, Any]:
    """A record as JSON holds it."""
    found: dict[str, Any] = msgspec.to_builtins(item)
    return found


def _note(connection: Connection, claimed: Claimed, at: datetime, outcome: str, reason: str) -> None:
    _audit(connection, at, SYSTEM, verb=claimed.kind, about=claimed.action_id, outcome=outcome, reason=reason)


def _audit(
    connection: Connection, at: datetime, actor: str, *, verb: str, about: str, outcome: str, reason: str
) -> None:
    audit.record(
        connection, at=at, actor=actor, verb=str(verb), object=about, outcome=str(outcome), reason=reason[:1_000]
    )
