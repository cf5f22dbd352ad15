"""Actions: what people may ask for, where such a wish can be, how it may move on, and which of two goes first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from models.derived import AmendmentRow, ExceptionRow
from models.errors import Refused
from models.exceptions import ExceptionKind
from models.process import Process


class ActionKind(StrEnum):
    """What is asked for."""

    REPLAY = "replay"  # let the middleware do the operation again, as it was
    EDIT_AND_REPLAY = "edit_and_replay"  # the same with fields changed
    ROUTE = "route"  # to a team, a person, a ticket
    REDIRECT = "redirect"  # send it to another queue
    ASSIGN = "assign"  # give it to a person
    CLAIM = "claim"  # take it oneself
    RELEASE = "release"  # give it back
    SNOOZE = "snooze"  # let it sleep until a time
    DISCARD = "discard"  # it need not be done
    SETTLE = "settle"  # accept it, with a reason
    COMPENSATE = "compensate"  # undo what was done
    NOTE = "note"  # say something about it


OFFERED = (ActionKind.REPLAY,)
"""What can be requested so far."""


class ActionStatus(StrEnum):
    """Where an action is on its way."""

    REQUESTED = "requested"  # waits for a worker
    AWAITING_APPROVAL = "awaiting_approval"  # waits for another person's word
    CLAIMED = "claimed"  # a worker is about to send it
    SENT = "sent"  # the product took it, or may have; its effect is not seen yet
    CONFIRMED = "confirmed"  # its effect was seen
    REFUSED = "refused"  # a rule of ours or the product said no; nothing was sent
    FAILED = "failed"  # it was done again and failed again, or could not be sent
    SKIPPED = "skipped"  # what it was to do had been done already; nothing was sent
    CANCELLED = "cancelled"  # a person took it back before it was sent
    EXPIRED = "expired"  # it could not be sent in time
    UNCONFIRMED = "unconfirmed"  # sent, and its effect was not seen in time


_MOVES: dict[ActionStatus, frozenset[ActionStatus]] = {
    ActionStatus.REQUESTED: frozenset(
        {ActionStatus.AWAITING_APPROVAL, ActionStatus.CLAIMED, ActionStatus.CANCELLED, ActionStatus.EXPIRED}
    ),
    ActionStatus.AWAITING_APPROVAL: frozenset(
        {ActionStatus.CLAIMED, ActionStatus.REFUSED, ActionStatus.CANCELLED, ActionStatus.EXPIRED}
    ),
    ActionStatus.CLAIMED: frozenset(
        {
            ActionStatus.SENT,
            ActionStatus.REFUSED,
            ActionStatus.FAILED,
            ActionStatus.SKIPPED,
            ActionStatus.CANCELLED,
            ActionStatus.EXPIRED,
        }
    ),
    ActionStatus.SENT: frozenset({ActionStatus.CONFIRMED, ActionStatus.FAILED, ActionStatus.UNCONFIRMED}),
    # An effect that is seen late is seen all the same.
    ActionStatus.UNCONFIRMED: frozenset({ActionStatus.CONFIRMED}),
}

OPEN = (ActionStatus.REQUESTED, ActionStatus.AWAITING_APPROVAL, ActionStatus.CLAIMED, ActionStatus.SENT)
"""Statuses in which an action is under way."""

UNSENT = (ActionStatus.REQUESTED, ActionStatus.AWAITING_APPROVAL)
"""Statuses in which a person can still take it back."""


class ActionRefusedError(Refused):
    """A rule of ours forbids the action; nothing was requested."""


class ActionOpenError(Refused):
    """An action on the same operation is under way; `action_id` is its id."""

    def __init__(self, message: str, action_id: str) -> None:
        super().__init__(message)
        self.action_id = action_id


def may_move(before: str, after: str) -> bool:
    """Whether an action may go from one status to another; only ever forward."""
    return ActionStatus(after) in _MOVES.get(ActionStatus(before), frozenset())


def sources_of(after: ActionStatus) -> list[str]:
    """The statuses from which an action may come to this one."""
    return [before.value for before, moves in _MOVES.items() if after in moves]


def idempotency_key(operation: str, withdrawn: int) -> str:
    """The key under which an operation is sent: another one only once an effect of it was withdrawn.

    A double click has the same key; doing again what was taken back is something new.
    """
    return f"{operation}#{withdrawn}"


def blockers(
    mine: ExceptionRow, others: Sequence[ExceptionRow], amendments: Sequence[AmendmentRow], process: Process
) -> list[ExceptionRow]:
    """Unsettled failed operations of one journey that must be mended before mine: law 7.

    An earlier amendment goes before a later one, what a contract began with before its amendments for the same step's
    hand-over, and a step before those that imply it. Rejected and superseded amendments block nothing.
    """
    order = _Order(amendments, process)
    return [
        one
        for one in others
        if one.kind == ExceptionKind.FAILED
        and one.exception_id != mine.exception_id
        and one.settled_at is None
        and order.is_before(one, mine)
    ]


class _Order:
    def __init__(self, amendments: Sequence[AmendmentRow], process: Process) -> None:
        approved = sorted(amendments, key=lambda row: (row.approved_at is None, row.approved_at or 0, row.amendment))
        self._amendments = {row.amendment: place for place, row in enumerate(approved)}
        self._over = {row.amendment for row in amendments if row.state in ("rejected", "superseded")}
        self._implies = {step.name: step.implies for step in process.steps}
        self._flows: dict[str, set[str]] = {}
        for effect in process.effects:
            self._flows.setdefault(effect.step, set()).add(effect.flow)

    def is_before(self, one: ExceptionRow, other: ExceptionRow) -> bool:
        if one.subject in self._over:
            return False
        first, second = self._amendments.get(one.subject), self._amendments.get(other.subject)
        if first is not None and second is not None and first != second:
            return first < second
        if first is None and second is not None and self._same_flow(one, other):
            return True
        if one.subject and other.subject and one.subject != other.subject:
            return False
        return one.step is not None and other.step is not None and one.step in self._needed(other.step, set())

    def _same_flow(self, one: ExceptionRow, other: ExceptionRow) -> bool:
        return bool(self._flows.get(one.step or "", set()) & self._flows.get(other.step or "", set()))

    def _needed(self, step: str, seen: set[str]) -> Collection[str]:
        for earlier in self._implies.get(step, ()):
            if earlier not in seen:
                seen.add(earlier)
                self._needed(earlier, seen)
        return seen


SENTENCES: Mapping[str, str] = {
    ActionStatus.REQUESTED: "waits for a worker",
    ActionStatus.AWAITING_APPROVAL: "waits for another person's approval",
    ActionStatus.CLAIMED: "is being sent",
    ActionStatus.SENT: "was sent; its effect is not seen yet",
    ActionStatus.CONFIRMED: "worked: its effect was seen",
    ActionStatus.REFUSED: "was refused; nothing was sent",
    ActionStatus.FAILED: "failed again",
    ActionStatus.SKIPPED: "was not needed; nothing was sent",
    ActionStatus.CANCELLED: "was taken back before it was sent",
    ActionStatus.EXPIRED: "could not be sent in time",
    ActionStatus.UNCONFIRMED: "was sent, and its effect was not seen in time",
}
"""What a status means, after "the replay"."""
