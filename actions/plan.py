"""The way in for pages, the HTTP interface and the command: look at what an action would do, ask for it, take it back.

Nothing here changes another system; `actions/runner.py` does, from what is written down here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from actions import guard, replay
from actions.products import Products
from models.actions import ActionKind, ActionOpenError, ActionRefusedError, idempotency_key
from models.clock import Clock
from models.errors import Misconfigured, RetryLater, StopStream
from models.masking import MASKING, Masking
from models.money import Money, money
from models.store import actions as ledger
from models.store.cases import Case, Found, find_case
from models.store.current_rules import CurrentRules
from models.store.engine import Connection, Pool, in_transaction, transaction
from models.store.reading.actions import find_action

ALIVE_SECONDS = 24 * 3_600
"""How long a wish waits to be sent, its system away for instance, before it expires."""

_PATIENCE_SECONDS = 5.0


class Answered(NamedTuple):
    """What the product said when it was asked what it would do; `is_possible` None: it could not be asked."""

    is_possible: bool | None
    told: str
    standing: str = ""


@dataclass(frozen=True)
class Plan:
    """What an action would do, as things are: nothing was sent, nothing written down.

    `refusals` are reasons why it would be refused; `standing` effects that are there already, in the shape of the
    interface; `product` what the system asked says, None where it was not asked; `value` the contract's, in `currency`.
    """

    kind: str
    exception: str
    journey: str
    contract: str | None
    transaction: str
    operation: str
    flow: str | None
    system: str
    target_system: str
    idempotency_key: str
    refusals: tuple[str, ...]
    standing: tuple[dict[str, Any], ...]
    blocked_by: tuple[str, ...]
    open_action: str | None
    product: Answered | None
    value: Money | None
    count: int = 1

    @property
    def is_allowed(self) -> bool:
        """Whether it would be taken on, and would send something."""
        product = self.product
        stopped = product is not None and (product.is_possible is False or bool(product.standing))
        return not (self.refusals or self.standing or stopped)

    def shape(self) -> dict[str, Any]:
        """The plan as the interface answers it."""
        product = None if self.product is None else self.product._asdict()
        return {**vars(self), "product": product, "is_allowed": self.is_allowed}


class Planner:
    """Plans and requests of one store. `products` are the systems that can be asked."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        products: Products,
        rules: CurrentRules | None = None,
        masking: Masking = MASKING,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._products = products
        self._rules = rules or CurrentRules()
        self._masking = masking

    def plan(self, exception_id: str, kind: str = ActionKind.REPLAY, given: Sequence[str] = ()) -> Plan | None:
        """What an action on an exception would do; None where there is no such exception. Asks the product.

        `given` names what was said beside the kind (`changes`, `to`, `until`).
        Errors: ActionRefusedError for what cannot be planned at all.
        """
        case = self._case(exception_id, kind, given)
        if case is None:
            return None
        with transaction(self._pool, wait_seconds=_PATIENCE_SECONDS) as connection:
            under_way = ledger.open_action(connection, case.target_system, case.operation)
        refusals = guard.against_state(case)
        why_not = self._products.why_not(case.heard.source, kind)
        if why_not:
            refusals.append(why_not)
        if under_way is not None:
            refusals.append(f"action {under_way} on this operation is under way")
        return Plan(
            kind=str(kind),
            exception=exception_id,
            journey=case.journey,
            contract=case.contract,
            transaction=case.failed.transaction,
            operation=case.operation,
            flow=case.transaction.flow,
            system=case.heard.source,
            target_system=case.target_system,
            idempotency_key=idempotency_key(case.operation, case.withdrawn_count),
            refusals=tuple(self._masking.mask_text(one) for one in refusals),
            standing=tuple(replay.effect_row(one) for one in case.standing),
            blocked_by=tuple(one.exception_id for one in guard.in_the_way(case)),
            open_action=under_way,
            product=None if why_not else self._preflight(case, kind),
            value=money(case.value, case.currency),
        )

    def request(
        self, exception_id: str, kind: str, *, reason: str, actor: str, given: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """Ask for an action; it as the interface shows it, None where there is no such exception.

        `given` names what was said beside the kind. Every attempt is in the audit log.
        Errors: ActionRefusedError, ActionOpenError.
        """
        at = self._clock.now()
        try:
            case = self._case(exception_id, kind, given)
            if case is not None:
                return self._requested(case, kind, reason, actor)
        except (ActionRefusedError, ActionOpenError) as error:
            self._refused(at, actor, kind, exception_id, str(error))
            raise
        self._refused(at, actor, kind, exception_id, "there is no such exception")
        return None

    def cancel(self, action_id: str, *, actor: str) -> dict[str, Any] | None:
        """Take an action back before it is sent; it as the interface shows it, None where there is none.

        Errors: ActionRefusedError where it is too late.
        """
        at = self._clock.now()

        def work(connection: Connection) -> tuple[bool, dict[str, Any] | None]:
            return ledger.cancel(connection, action_id[:200], actor, at), find_action(connection, action_id)

        is_cancelled, row = in_transaction(self._pool, work)
        if row is not None and not is_cancelled:
            raise ActionRefusedError(f"action {action_id} is {row['status']}; only what still waits can be taken back")
        return row

    def _requested(self, case: Case, kind: str, reason: str, actor: str) -> dict[str, Any] | None:
        refusals = guard.against_state(case)
        if not refusals:
            refusals = [why] if (why := self._products.why_not(case.heard.source, kind)) else []
        if refusals:
            raise ActionRefusedError("; ".join(refusals))
        wish = ledger.Wish(
            action_id=f"act_{uuid4().hex[:24]}",
            kind=ActionKind(kind),
            exception_id=case.exception_id,
            contract=case.contract,
            transaction=case.failed.transaction,
            operation=case.operation,
            carrier=case.heard.source,
            target_system=case.target_system,
            requested_by=actor,
            reason=reason,
            idempotency_key=idempotency_key(case.operation, case.withdrawn_count),
            item=replay.as_json(replay.item_of(case, actor, 1), case),
            known_at=case.known_at,
        )
        at = self._clock.now()

        def work(connection: Connection) -> dict[str, Any] | None:
            ledger.request(connection, wish, at, ALIVE_SECONDS)
            return find_action(connection, wish.action_id)

        return in_transaction(self._pool, work)

    def _case(self, exception_id: str, kind: str, given: Sequence[str]) -> Case | None:
        """The case of an exception; None where there is no such exception. Errors: ActionRefusedError."""
        against = guard.against_kind(kind, given)
        found: Found | None = self._read(lambda connection: self._find(connection, exception_id))
        if found is None:
            return None
        against = against or guard.against_exception(found, exception_id)
        if against:
            raise ActionRefusedError(against)
        return found.case

    def _find(self, connection: Connection, exception_id: str) -> Found | None:
        return find_case(connection, self._rules.workshop(connection), exception_id)

    def _read(self, work: Callable[[Connection], Found | None]) -> Found | None:
        with transaction(self._pool, wait_seconds=_PATIENCE_SECONDS) as connection:
            return work(connection)

    def _preflight(self, case: Case, kind: str) -> Answered:
        try:
            act = self._products.act(case.heard.source, kind)
            answered = act.preflight(replay.item_of(case, "", 1))
        except (RetryLater, Misconfigured, StopStream) as error:
            told = f"{case.heard.source} could not be asked: {error}"
            return Answered(None, self._masking.mask_text(told))
        told, standing = self._masking.mask_text(answered.told), self._masking.mask_text(answered.standing)
        return Answered(answered.is_possible, told, standing)

    def _refused(self, at: datetime, actor: str, kind: str, exception_id: str, why: str) -> None:
        in_transaction(
            self._pool,
            lambda connection: ledger.refuse(
                connection, at, actor=actor, kind=kind[:50], about=exception_id[:200], why=why
            ),
        )
