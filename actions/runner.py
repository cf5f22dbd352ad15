"""Carries actions out: takes what waits, looks before it sends, writes down before and after, and waits for the effect.

Any number of workers may run. An action is in the hands of one at a time, for as long as its lease; a worker that died
leaves it to the next, who asks the target what became of it before anything is sent again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any
from uuid import uuid4

from actions import guard, replay
from actions.products import NotOfferedError, Products
from collectors.acts import Act, Item, Outcome, Sent
from models.actions import ActionStatus
from models.clock import Clock
from models.errors import RetryLater, ThroughlineError
from models.store import actions as ledger
from models.store.absorb import absorb_in
from models.store.actions import Change, Claimed, LastAttempt
from models.store.cases import Case, find_case
from models.store.current_rules import CurrentRules
from models.store.engine import Connection, Pool, in_transaction, transaction
from models.store.partitions import ensure_month

_log = logging.getLogger(__name__)

_NOT_SENT = "not_sent"
_SUCCESS = "transaction.succeeded"


@dataclass(frozen=True)
class Timings:
    """Spans of wall time, in seconds. A sending begins only with `margin` left of the `lease`, and must end within it.

    `confirm`: how long an effect may take to be seen; `patience`: how long to wait where a product puts us off; `idle`
    and `trouble`: between two looks where nothing waits, or the store does not answer.
    """

    lease: float = 300.0
    margin: float = 180.0
    confirm: float = 900.0
    patience: float = 15.0
    idle: float = 0.5
    trouble: float = 5.0


class Runner:
    """One worker's part in actions; `work` until it says that nothing waits."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        products: Products,
        *,
        rules: CurrentRules | None = None,
        timings: Timings | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._products = products
        self._rules = rules or CurrentRules()
        self._timings = timings or Timings()
        self._name = uuid4().hex[:12]

    def run(self, stopping: Event) -> None:
        """Work until `stopping` is set; what is being sent is finished."""
        while not stopping.is_set():
            try:
                if not self.work():
                    stopping.wait(self._timings.idle)
            except ThroughlineError as error:
                _log.warning("the worker cannot act", extra={"action": "act", "outcome": str(error)})
                stopping.wait(self._timings.trouble)
            except Exception:  # noqa: BLE001 - the top of a loop
                # The action stays with us until its lease ends; somebody else tries then.
                _log.exception("an action failed", extra={"action": "act"})
                stopping.wait(self._timings.trouble)

    def work(self) -> bool:
        """Take one action and do what can be done about it now; False where none waits. StoreUnavailableError."""
        at = self._clock.now()
        claimed = in_transaction(
            self._pool, lambda connection: ledger.claim(connection, self._name, self._timings.lease, at)
        )
        if claimed is None:
            return False
        try:
            self._handle(claimed)
        except RetryLater as error:
            self._put_off(claimed, error.wait_seconds or self._timings.patience, str(error))
        except ThroughlineError as error:
            # A setting that a person must change, mostly: the wish waits for it, and expires at last.
            self._put_off(claimed, 4 * self._timings.patience, str(error))
        return True

    def _handle(self, claimed: Claimed) -> None:
        case = self._find(claimed)
        if claimed.status == ActionStatus.CLAIMED:
            self._go_on(claimed, case)
        elif case is None:
            self._put_off(claimed, None)
        elif claimed.status in (ActionStatus.SENT, ActionStatus.UNCONFIRMED):
            self._judge(claimed, case)
        elif claimed.status == ActionStatus.CONFIRMED:
            self._watch(claimed, case)
        else:
            self._put_off(claimed, None)

    def _find(self, claimed: Claimed) -> Case | None:
        with transaction(self._pool) as connection:
            found = find_case(connection, self._rules.workshop(connection), claimed.exception_id)
        return None if found is None else found.case

    def _go_on(self, claimed: Claimed, case: Case | None) -> None:
        """From claimed to sent, or to why not. Begins with what another worker may have left behind."""
        with transaction(self._pool) as connection:
            last = ledger.last_attempt(connection, claimed.action_id)
        if last is not None and last.outcome is None and self._adopt(claimed, last, case):
            return
        if claimed.is_over:
            self._move(claimed, ActionStatus.EXPIRED, "it could not be sent in time; ask for it again")
        elif case is None:
            self._move(claimed, ActionStatus.REFUSED, f"exception {claimed.exception_id} is no more; nothing was sent")
        elif told := replay.needless(case, claimed.item["known"]):
            effect = replay.effect_row(case.standing[0]) if case.standing else None
            self._move(claimed, ActionStatus.SKIPPED, told, effect=effect)
        elif blocking := guard.in_the_way(case):
            ids = ", ".join(one.exception_id for one in blocking)
            self._move(claimed, ActionStatus.REFUSED, f"{ids} of the same journey comes first; nothing was sent")
        else:
            self._look_and_send(claimed, case)

    def _adopt(self, claimed: Claimed, last: LastAttempt, case: Case | None) -> bool:
        """Find out what became of a sending that nobody saw the end of; False where it may be sent again."""
        item = replay.from_json(claimed.item)
        act = self._products.act(claimed.carrier, claimed.kind)
        sent = act.look_up(item, claimed.idempotency_key, last.began_at)
        if sent is not None:
            self._record(claimed, last.number, sent, case, self._clock.now())
            return True
        told = "its worker died; nothing of it is to be seen, or the same key does no harm, so it may be sent again"
        self._end(claimed, last.number, Outcome.UNKNOWN.value, told)
        return False

    def _look_and_send(self, claimed: Claimed, case: Case) -> None:
        item = replay.item_of(case, claimed.requested_by, claimed.number)
        try:
            act = self._products.act(claimed.carrier, claimed.kind)
        except NotOfferedError as error:
            self._move(claimed, ActionStatus.REFUSED, f"{error}; nothing was sent")
            return
        looked = act.preflight(item)
        if looked.standing:
            self._move(claimed, ActionStatus.SKIPPED, f"{looked.standing}; nothing was sent")
        elif not looked.is_possible:
            self._move(claimed, ActionStatus.REFUSED, f"{looked.told}; nothing was sent")
        else:
            self._send(claimed, case, act, item)

    def _send(self, claimed: Claimed, case: Case, act: Act, item: Item) -> None:
        at = self._clock.now()
        number = in_transaction(
            self._pool,
            lambda connection: ledger.begin_attempt(
                connection,
                claimed,
                replay.as_json(item, case),
                known_at=case.known_at,
                at=at,
                margin_seconds=self._timings.margin,
            ),
        )
        if number is None:
            _log.warning("an action was lost to another worker", extra={"action_id": claimed.action_id})
            return
        try:
            sent = act.send(item, claimed.idempotency_key)
        except ThroughlineError as error:
            self._end(claimed, number, _NOT_SENT, str(error))
            raise
        except Exception:  # noqa: BLE001 - whatever it was, it may have been sent
            _log.exception("a sending ended in an error of ours", extra={"action_id": claimed.action_id})
            sent = Sent(Outcome.UNKNOWN, "the program failed while it was being sent; the log tells how")
        self._record(claimed, number, sent, case, at)

    def _record(self, claimed: Claimed, number: int, sent: Sent, case: Case | None, began_at: datetime) -> None:
        confirm = self._timings.confirm
        is_refused = sent.outcome is Outcome.REFUSED
        change = Change(
            ActionStatus.REFUSED if is_refused else ActionStatus.SENT,
            sent.told,
            look_in_seconds=None if is_refused else 1.0,
            give_up_in_seconds=None if is_refused else confirm,
            details={"outcome": sent.outcome.value, "reference": sent.reference},
        )
        at = self._clock.now()
        said = [replay.as_event(case, claimed, number, began_at)] if case and sent.outcome is Outcome.ACCEPTED else []

        def work(connection: Connection) -> bool:
            absorb_in(connection, said, self._rules.workshop(connection), at)
            ledger.end_attempt(
                connection,
                claimed.action_id,
                number,
                outcome=sent.outcome.value,
                reference=sent.reference,
                told=sent.told,
            )
            return ledger.move(connection, claimed, change, at)

        ensure_month(self._pool, at)
        in_transaction(self._pool, work)
        _log.info(
            "an action was sent",
            extra={"action_id": claimed.action_id, "system": claimed.carrier, "outcome": sent.outcome.value},
        )

    def _judge(self, claimed: Claimed, case: Case) -> None:
        if claimed.status == ActionStatus.UNCONFIRMED and self._is_followed(claimed):
            # Whatever is seen by now is what the later one brought about.
            self._put_off(claimed, None)
            return
        verdict = replay.judge(case, claimed, is_success_told=self._products.tells(claimed.carrier, _SUCCESS))
        if verdict is None:
            self._put_off(claimed, claimed.gives_up_in + 0.1)
        elif verdict.status == claimed.status or (
            claimed.status == ActionStatus.UNCONFIRMED and verdict.status is not ActionStatus.CONFIRMED
        ):
            self._put_off(claimed, None)
        else:
            self._move(claimed, verdict.status, verdict.told, effect=verdict.effect)

    def _is_followed(self, claimed: Claimed) -> bool:
        with transaction(self._pool) as connection:
            return ledger.is_followed(connection, claimed.action_id)

    def _watch(self, claimed: Claimed, case: Case) -> None:
        effect = replay.proof_now(case, claimed.effect or {})
        if effect is None:
            self._put_off(claimed, None)
            return
        told = "its effect was withdrawn" if effect["withdrawn_at"] else "an effect of it stands again"
        at = self._clock.now()
        in_transaction(self._pool, lambda connection: ledger.note_effect(connection, claimed, effect, told, at))
        _log.info("an effect changed", extra={"action_id": claimed.action_id, "outcome": told})

    def _move(self, claimed: Claimed, status: ActionStatus, told: str, *, effect: dict[str, Any] | None = None) -> None:
        at = self._clock.now()
        change = Change(status, told, effect=effect)
        in_transaction(self._pool, lambda connection: ledger.move(connection, claimed, change, at))
        _log.info("an action ended", extra={"action_id": claimed.action_id, "outcome": status.value})

    def _end(self, claimed: Claimed, number: int, outcome: str, told: str) -> None:
        in_transaction(
            self._pool,
            lambda connection: ledger.end_attempt(
                connection, claimed.action_id, number, outcome=outcome, reference="", told=told
            ),
        )

    def _put_off(self, claimed: Claimed, seconds: float | None, why: str = "") -> None:
        in_transaction(self._pool, lambda connection: ledger.put_off(connection, claimed, seconds))
        if why:
            _log.warning("an action has to wait", extra={"action_id": claimed.action_id, "outcome": why})
