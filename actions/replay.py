"""A replay: what the middleware is told, when it is not needed any more, and by what it is proven. Pure functions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from collectors.acts import Item
from models.actions import ActionStatus
from models.effects import SKEW_MICROS, Effect, steps_of_flow
from models.events import Event, from_micros, make_event, micros
from models.store.actions import Claimed
from models.store.cases import Case

OURSELVES = "throughline"
"""The source of events about what we did."""

_FAILURES = ("failed", "dead_lettered")
_REPLAYED = "transaction.replayed"


class Verdict(NamedTuple):
    """What a look at a replay finds: where it goes, why, and the effect that proves it."""

    status: ActionStatus
    told: str
    effect: dict[str, Any] | None = None


def item_of(case: Case, requested_by: str, number: int) -> Item:
    """What the carrier's act is told."""
    return Item(
        transaction=case.failed.transaction,
        operation=case.operation,
        failed_at=from_micros(case.failed.at),
        flow=case.transaction.flow or "",
        target_system=case.target_system,
        keys={name: tuple(values) for name, values in case.heard.keys.items()},
        requested_by=requested_by,
        number=number,
        void_until=None if case.standing else _last_success(case),
    )


def as_json(item: Item, case: Case) -> dict[str, Any]:
    """What the ledger keeps of a sending: the item, and which attempts were known before it."""
    kept: dict[str, Any] = msgspec.to_builtins(item)
    return kept | {"known": [one.identity for one in case.transaction.attempts]}


def from_json(kept: dict[str, Any]) -> Item:
    """The item that `as_json` kept."""
    return msgspec.convert({name: value for name, value in kept.items() if name != "known"}, Item)


def as_event(case: Case, claimed: Claimed, number: int, at: datetime) -> Event:
    """What we say of a sending that was taken: the operation is on its way again since `at`."""
    told = {"flow": case.transaction.flow, "source_system": case.transaction.source_system}
    return make_event(
        source=OURSELVES,
        id=f"{claimed.action_id}/{number}",
        type=_REPLAYED,
        # Many products tell whole seconds: what came of it shall not stand before it.
        occurred_at=at.replace(microsecond=0),
        keys=dict(case.heard.keys),
        attributes={
            "transaction": case.failed.transaction,
            "operation": case.operation,
            "target_system": case.target_system,
            **told,
        },
    )


def needless(case: Case, known: list[str]) -> str:
    """Why nothing need be sent any more: its effect stands, or another attempt worked or was discarded meanwhile."""
    if case.standing:
        return f"{effect_words(case.standing[0])} stands already; nothing was sent"
    newer = [one for one in case.transaction.attempts if one.identity not in known]
    last = next((one for one in reversed(newer) if one.outcome in ("succeeded", "discarded")), None)
    if last is not None and not any(one.at >= last.at for one in newer if one.outcome in _FAILURES):
        return f"the operation was {last.outcome} by {last.transaction} meanwhile; nothing was sent"
    return ""


def judge(case: Case, claimed: Claimed, *, is_success_told: bool) -> Verdict | None:
    """What came of a replay that was sent; None while that is not known yet.

    Only an effect proves it, and beside it the success where the carrier tells of successes at all: an effect alone may
    have been made by hand. A flow for which the process declares no effect is proven by what the middleware says.
    """
    newer = _newer(case, claimed)
    succeeded = next((one for one in reversed(newer) if one.outcome == "succeeded"), None)
    steps = steps_of_flow(case.transaction.flow, case.process)
    if case.standing and (succeeded is not None or not is_success_told):
        effect = case.standing[0]
        return Verdict(ActionStatus.CONFIRMED, f"{effect_words(effect)} is there", effect_row(effect))
    if succeeded is not None and not steps:
        told = f"{succeeded.transaction} succeeded; the process declares no effect of this flow to look for"
        return Verdict(ActionStatus.CONFIRMED, told, {"attempt": succeeded.transaction, "withdrawn_at": None})
    last = newer[-1] if newer else None
    if last is not None and last.outcome in _FAILURES and not case.standing:
        said = ": ".join(part for part in (last.error_class, last.error_message) if part) or "no reason was given"
        return Verdict(ActionStatus.FAILED, f"it failed again: {said}")
    if not claimed.is_over:
        return None
    if case.standing:
        told = (
            f"{effect_words(case.standing[0])} is there, but {claimed.carrier} told of no attempt: made by hand perhaps"
        )
        return Verdict(ActionStatus.UNCONFIRMED, told)
    said = f"{succeeded.transaction} succeeded, but" if succeeded else f"{claimed.carrier} told of no attempt, and"
    wanted = " or ".join(steps) or "success"
    where = f" in {case.target_system}" if case.target_system else ""
    return Verdict(ActionStatus.UNCONFIRMED, f"{said} no {wanted}{where} was seen in time; look in both systems")


def proof_now(case: Case, before: dict[str, Any]) -> dict[str, Any] | None:
    """What is known now of an effect that proved a replay; None where that is what was known before."""
    if "step" not in before:
        return None
    if case.standing:
        found = effect_row(case.standing[0])
        return found if before.get("withdrawn_at") else None
    if before.get("withdrawn_at"):
        return None
    withdrawn = [one.withdrawn_at for one in case.effects if one.withdrawn_at is not None]
    at = max(withdrawn, default=micros(case.known_at))
    return before | {"withdrawn_at": from_micros(at).isoformat()}


def effect_row(effect: Effect) -> dict[str, Any]:
    """An effect as the interface shows it."""
    return {
        "step": effect.step,
        "subject": effect.subject,
        "system": effect.system,
        "record": effect.record,
        "at": from_micros(effect.at).isoformat(),
        "withdrawn_at": None if effect.withdrawn_at is None else from_micros(effect.withdrawn_at).isoformat(),
    }


def effect_words(effect: Effect) -> str:
    """An effect in words."""
    about = f" of {effect.subject}" if effect.subject else ""
    return f"{effect.step}{about} in {effect.system}"


def _last_success(case: Case) -> datetime | None:
    times = [one.at for one in case.transaction.attempts if one.outcome == "succeeded"]
    return from_micros(max(times)) if times else None


def _newer(case: Case, claimed: Claimed) -> list[Any]:
    """What was told of the operation since it was sent, in order of time."""
    known = set(claimed.item.get("known", ()))
    # A failure that happened longer than this before the sending is not its own.
    since = micros(claimed.sent_at or claimed.known_at) - SKEW_MICROS
    return [
        one
        for one in case.transaction.attempts
        # That it was sent says nothing of what came of it.
        if one.identity not in known and one.at >= since and one.outcome != "replayed"
    ]
