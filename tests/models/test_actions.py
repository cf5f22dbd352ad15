"""Actions move forward only, have one key for one effect, and wait for what comes first."""

import pytest

from models.actions import ActionStatus, blockers, idempotency_key, may_move, sources_of
from models.derived import AmendmentRow, ExceptionRow
from models.process_file import read_process
from tests.making import CONTRACT_TO_CASH

PROCESS = read_process(CONTRACT_TO_CASH.read_text(), "contract_to_cash")
AMENDMENTS = [AmendmentRow("A2", "approved", 200), AmendmentRow("A1", "approved", 100)]


def failed(
    name: str, step: str, subject: str = "", *, settled_at: int | None = None, kind: str = "failed"
) -> ExceptionRow:
    return ExceptionRow(name, kind, [name], 1, "", "", "high", step=step, subject=subject, settled_at=settled_at)


def before(mine: ExceptionRow, *others: ExceptionRow, amendments=AMENDMENTS) -> list[str]:
    return [row.exception_id for row in blockers(mine, others, amendments, PROCESS)]


def test_amendments_go_in_the_order_of_their_approval() -> None:
    first, second = failed("one", "budget.updated", "A1"), failed("two", "budget.updated", "A2")
    assert before(second, first) == ["one"]
    assert before(first, second) == []


def test_what_a_contract_began_with_goes_before_its_amendments() -> None:
    created = failed("created", "billing_schedule.created")
    updated = failed("updated", "billing_schedule.updated", "A1")
    assert before(updated, created) == ["created"]
    assert before(created, updated) == []
    assert before(failed("budget", "budget.updated", "A1"), created) == []


def test_a_step_goes_before_those_that_imply_it() -> None:
    created, active = failed("created", "project.created"), failed("active", "project.activated")
    assert before(active, created) == ["created"]
    assert before(created, active) == []
    assert before(failed("l2", "project.activated", "L2"), failed("l1", "project.created", "L1")) == []


@pytest.mark.parametrize("state", ["rejected", "superseded"])
def test_what_is_over_stops_blocking(state: str) -> None:
    first, second = failed("one", "budget.updated", "A1"), failed("two", "budget.updated", "A2")
    over = [AmendmentRow("A1", state, 100), AmendmentRow("A2", "approved", 200)]
    assert before(second, first, amendments=over) == []
    assert before(second, failed("one", "budget.updated", "A1", settled_at=5)) == []
    assert before(second, failed("one", "budget.updated", "A1", kind="duplicate")) == []


def test_an_action_only_ever_moves_forward() -> None:
    ends = [one for one in ActionStatus if not any(may_move(one, other) for other in ActionStatus)]
    assert set(ends) == {"confirmed", "refused", "failed", "skipped", "cancelled", "expired"}
    assert may_move("unconfirmed", "confirmed")
    assert not may_move("sent", "claimed")
    assert not may_move("claimed", "requested")
    assert sources_of(ActionStatus.CONFIRMED) == ["sent", "unconfirmed"]


def test_the_key_changes_with_a_withdrawn_effect_alone() -> None:
    assert idempotency_key("op", 0) == idempotency_key("op", 0) != idempotency_key("op", 1)
