"""Hand-overs between systems: documents in scheduled batches, and what becomes of those that fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from estate.calendar import next_slot
from estate.happenings import Happening
from estate.operations import Operation
from estate.scenario.book import Book
from estate.scenario.contract import Contract

OK, FAILED, RETRIED, BY_HAND, POISONED, SILENT, TWICE, DEAD = (
    "ok",
    "failed",
    "retried",
    "by_hand",
    "poisoned",
    "silent",
    "twice",
    "dead",
)
"""What may become of a hand-over."""

_DAILY = frozenset(range(5))
_CADENCE = {
    "customer-sync": (6, frozenset(range(7))),
    "project-sync": (14, _DAILY),
    "project-activation": (15, _DAILY),
    "rate-card-sync": (8, frozenset((0, 3))),
    "billing-schedule-sync": (9, frozenset((1, 4))),
    "revenue-schedule-sync": (10, frozenset((2, 4))),
    "budget-sync": (11, frozenset((0, 2))),
    "invoice-posting": (16, _DAILY),
    "invoice-status-sync": (18, frozenset((0, 2, 4))),
    "crm-status-sync": (19, frozenset((1, 3))),
}
"""Hour (UTC) and weekdays of each flow's batch."""

_ERRORS = (
    ("SocketTimeoutException", "Read timed out after 60000 ms"),
    ("INVALID_KEY_OR_REF", "Invalid reference key: the record does not exist or is inactive"),
    ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
    ("USER_ERROR", "Please enter value(s) for: Subsidiary, Currency"),
    ("RCRD_HAS_BEEN_CHANGED", "Record has been changed since it was read"),
    ("CONCURRENCY_LIMIT", "Request limit exceeded: concurrent requests blocked"),
)
_ORIGIN = {
    "project-activation": "certinia",
    "invoice-posting": "certinia",
    "invoice-status-sync": "netsuite",
    "crm-status-sync": "netsuite",
}
"""Where a flow reads, where not in the CLM."""

Effect = Callable[[datetime], Sequence[Happening]]
"""What a document brings about when it is processed then."""


@dataclass(frozen=True)
class HandOver:
    """One business operation to be carried out. `ready_at` is when its source says so."""

    flow: str
    contract: Contract
    ready_at: datetime
    target: str
    effect: Effect
    subject_kind: str = ""
    subject: str = ""
    amendment: str = ""
    tag: str = ""
    slot: datetime | None = None

    @property
    def operation(self) -> str:
        """The business operation's name, the same for every attempt."""
        about = self.subject or self.amendment or "all"
        return f"{self.flow}:{self.contract.number}:{about}:{self.target}{self.tag}"


_Batch = tuple[str, datetime, str | None]


class Middleware:
    """Collects documents into batches and writes the executions at the end."""

    def __init__(self, book: Book, *, has_broker: bool) -> None:
        self._book = book
        self._has_broker = has_broker
        self._batches: dict[_Batch, list[dict[str, Any]]] = {}
        self._execution_ids: dict[_Batch, str] = {}
        self.operations: dict[str, Operation] = {}

    def hand_over(self, one: HandOver) -> datetime | None:
        """Carry an operation out; when its effect stood, None while it does not."""
        fates = one.contract.fates
        fate = fates.pop(f"{one.flow}:{one.target}", None) or fates.pop(one.flow, OK)
        if fate == DEAD and not self._has_broker:
            fate = OK
        cadence = _CADENCE[one.flow] if self._book.pace >= 0.9 else (_CADENCE[one.flow][0], frozenset(range(7)))
        slot = one.slot or next_slot(one.ready_at, *cadence)
        if fate == SILENT:
            self._missing(one, slot)
            return None
        batch: _Batch = (one.flow, slot, None)
        at = self._next_time(batch)
        operation = Operation(one.operation, list(one.effect(at)))
        self.operations[operation.name] = operation
        if fate in (OK, TWICE):
            operation.done_at = at
            self._document(batch, one, at, None, ())
            for happening in operation.effects:
                self._book.add(happening)
            if fate == TWICE:
                self._send_again(one, operation, slot)
            return at
        return self._fail(one, operation, batch, at, fate)

    def executions(self) -> None:
        """Write down all runs with their documents."""
        for batch, documents in self._batches.items():
            if not documents:
                continue
            flow, slot, original = batch
            self._book.put(
                "boomi",
                "execution",
                documents[-1]["at"] + timedelta(seconds=4),
                None,
                execution=self._execution(batch),
                flow=flow,
                started_at=slot,
                kind="retry_sched" if original else "exec_sched",
                original=original,
                documents=documents,
            )

    def stray(self, at: datetime) -> None:
        """A document that says of no contract what it is about."""
        batch: _Batch = ("invoice-status-sync", next_slot(at, 18, _DAILY), None)
        time = self._next_time(batch)
        name = f"invoice-status-sync:unknown:{len(self.operations)}:certinia"
        self.operations[name] = Operation(name, done_at=time)
        self._batches[batch].append(
            {
                "document": f"gcr-{self._book.ids.uuid()}",
                "at": time,
                "outcome": "SUCCESS",
                "operation": name,
                "contract": "",
                "subject_kind": "",
                "subject": "",
                "amendment": "",
                "source_system": "netsuite",
                "target_system": "certinia",
                "error_class": None,
                "error_message": None,
                "retryable": False,
                "payload": {},
                "effect": [],
            }
        )
        self._book.plant("unlinked", None, "boomi", time + timedelta(hours=24), name)

    def _fail(self, one: HandOver, operation: Operation, batch: _Batch, at: datetime, fate: str) -> datetime | None:
        rng = one.contract.rng
        error = rng.choice(_ERRORS)
        operation.error_class, operation.error_message = error
        operation.is_poisoned = fate == POISONED
        healed_at = None
        if fate == DEAD:
            self._dead_letter(one, operation, at)
        else:
            self._document(batch, one, at, error, operation.effects)
        if fate == RETRIED:
            healed_at = self._retry(one, operation, batch, None)
        elif fate == BY_HAND:
            healed_at = self._book.later(rng, at + timedelta(minutes=20), 2.5, one.contract.entity)
        elif fate == FAILED and rng.random() < 0.3:
            self._retry(one, operation, batch, error)
        if healed_at is not None:
            operation.done_at = healed_at
            operation.effects = [replace(effect, at=healed_at) for effect in operation.effects]
            for happening in operation.effects:
                self._book.add(happening)
        self._book.plant(
            "failed",
            one.contract.number,
            "rabbitmq" if fate == DEAD else one.target,
            at,
            one.operation,
            subject=one.subject or one.amendment,
            operation=one.operation,
            healed_at=healed_at,
            can_be_mended=fate in (FAILED, DEAD),
        )
        return healed_at

    def _retry(self, one: HandOver, operation: Operation, batch: _Batch, error: tuple[str, str] | None) -> datetime:
        flow, slot, _ = batch
        again: _Batch = (flow, slot + timedelta(days=one.contract.rng.randint(1, 3), hours=1), self._execution(batch))
        at = self._next_time(again)
        self._document(again, one, at, error, operation.effects if error else ())
        return at

    def _send_again(self, one: HandOver, operation: Operation, slot: datetime) -> None:
        """The same operation went out twice, and the target took both: nobody saw an error."""
        batch: _Batch = (one.flow, next_slot(slot + timedelta(hours=20), *_CADENCE[one.flow]), None)
        at = self._next_time(batch)
        self._document(batch, one, at, None, ())
        for copy in operation.copies(self._book.ids):
            happening = replace(copy, at=at)
            self._book.add(happening)
            subject = "" if happening.what == "invoice.posted" else happening.subject
            self._book.plant(
                "duplicate",
                happening.contract,
                happening.system,
                at,
                one.operation,
                subject=subject,
                step=happening.what,
            )

    def _missing(self, one: HandOver, slot: datetime) -> None:
        effect = one.effect(slot)[0]
        self._book.plant(
            "late", one.contract.number, one.target, slot, one.operation, subject=effect.subject, step=effect.what
        )

    def _dead_letter(self, one: HandOver, operation: Operation, at: datetime) -> None:
        data = {
            "message": self._book.ids.uuid(),
            "correlation": self._book.ids.uuid(),
            "contract": one.contract.number,
            "operation": one.operation,
            "flow": one.flow,
            "error_class": operation.error_class,
            "error_message": operation.error_message,
            "queue": "erp.project-activation",
            "body": {"contract": one.contract.number, "line": one.subject, "active": True},
            "headers": {},
            "effect": list(operation.effects),
        }
        self._book.add(Happening(at, "rabbitmq", "message.dead", one.contract.number, one.subject, data))

    def _document(
        self, batch: _Batch, one: HandOver, at: datetime, error: tuple[str, str] | None, effect: Sequence[Happening]
    ) -> None:
        error_class, error_message = error or (None, None)
        self._batches[batch].append(
            {
                "document": f"gcr-{self._book.ids.uuid()}",
                "at": at,
                "outcome": "ERROR" if error else "SUCCESS",
                "operation": one.operation,
                "contract": one.contract.number,
                "subject_kind": one.subject_kind,
                "subject": one.subject,
                "amendment": one.amendment,
                "source_system": _ORIGIN.get(one.flow, "ironclad"),
                "target_system": one.target,
                "error_class": error_class,
                "error_message": error_message,
                "retryable": True,
                "payload": {"contract": one.contract.number, "subject": one.subject or one.amendment},
                "effect": list(effect),
            }
        )

    def _next_time(self, batch: _Batch) -> datetime:
        documents = self._batches.setdefault(batch, [])
        return batch[1] + timedelta(seconds=5 + 3 * len(documents))

    def _execution(self, batch: _Batch) -> str:
        known = self._execution_ids.get(batch)
        if known is None:
            known = f"execution-{self._book.ids.uuid()}-{batch[1]:%Y.%m.%d}"
            self._execution_ids[batch] = known
        return known
