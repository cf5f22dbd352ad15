"""What contract_to_cash makes of events: withdrawals, waits, figures and the end of a journey."""

import pytest

from models.catalogue import Catalogue
from models.derived import Derived, Evidence, SampleRow
from models.events import Event, micros
from models.facts import Facts
from models.fold import Folding
from models.gathering import Gathering
from models.process import Process
from models.process_file import read_process
from tests.making import CONTRACT_TO_CASH, an_event, at

PROCESS: Process = read_process(CONTRACT_TO_CASH.read_text(), "contract_to_cash.toml")
HOUR = 3_600 * 10**6


def derived(*events: Event) -> Derived:
    gathering = Gathering(PROCESS, Catalogue([PROCESS]).kept_attributes(PROCESS))
    facts: Facts | None = None
    for event in events:
        facts = gathering.add(facts, event, "SOW-1")
    assert facts is not None
    return Folding(PROCESS, {}).derive(facts, "SOW-1")


def steps(found: Derived) -> dict[tuple[str, str], str]:
    return {(row.step, row.subject): row.evidence for row in found.steps if row.withdrawn_at is None}


def sample(found: Derived, figure: str) -> SampleRow:
    (row,) = [row for row in found.samples if row.figure == figure]
    return row


def said(type_: str, hours: float, record: str | None = None, **attributes: str) -> Event:
    return an_event(type_, hours, keys={"contract": "SOW-1"}, record=record, attributes=attributes)


WITHDRAWALS = [(one.by, step) for one in PROCESS.withdrawals for step in one.steps]


@pytest.mark.parametrize(("by", "step"), WITHDRAWALS)
def test_every_withdrawal_takes_back_its_steps_of_the_same_record_only(by: str, step: str) -> None:
    found = derived(said(step, 1, "R1"), said(step, 2, "R2"), said(by, 3, "R1"))
    (row,) = [row for row in found.steps if row.step == step]
    assert (row.first_at, row.last_at) == (micros(at(2)), micros(at(2)))
    both = derived(said(step, 1, "R1"), said(by, 3, "R1"))
    (row,) = [row for row in both.steps if row.step == step]
    assert (row.first_at, row.withdrawn_at, row.withdrawn_by) == (None, micros(at(3)), by)


@pytest.mark.parametrize(("by", "step"), [one for one in WITHDRAWALS if one[0] != "opportunity.committed"])
def test_what_comes_back_after_it_was_withdrawn_stands(by: str, step: str) -> None:
    found = derived(said(step, 1, "R"), said(by, 2, "R"), said(step, 3, "R"))
    (row,) = [row for row in found.steps if row.step == step]
    assert (row.first_at, row.withdrawn_at) == (micros(at(3)), None)


def test_a_void_takes_the_invoice_back_and_leaves_the_milestone_ready() -> None:
    found = derived(
        said("invoice.ready", 1, milestone="M1"),
        said("invoice.posted", 2, "I1", invoice="I1", milestone="M1"),
        said("invoice.voided", 3, "I1", invoice="I1"),
    )
    assert ("invoice.ready", "M1") in steps(found)
    assert ("invoice.posted", "I1") not in steps(found)


def test_a_later_step_infers_the_ones_before_it() -> None:
    found = derived(said("contract.activated", 1))
    inferred = {step for (step, _), evidence in steps(found).items() if evidence == Evidence.INFERRED}
    assert inferred == {"contract.signed", "contract.approved", "contract.drafted"}


def test_activation_waits_for_every_line_and_counts_from_when_the_signature_was_recorded() -> None:
    signed = an_event("contract.signed", 1, keys={"contract": "SOW-1"}, recorded_at=at(5))
    one = derived(signed, said("project.activated", 10, line="L1"), said("project.created", 9, line="L2"))
    assert sample(one, "activation_latency").finished_at is None
    both = derived(signed, said("project.activated", 10, line="L1"), said("project.activated", 12, line="L2"))
    row = sample(both, "activation_latency")
    assert row.finished_at is not None
    assert row.finished_at - row.started_at == 7 * HOUR


def test_cash_is_the_first_payment_that_stands_and_is_no_deposit() -> None:
    signed = said("contract.signed", 0)
    deposit = said("payment.applied", 1, "P0", invoice="I0", deposit="true")
    first = said("payment.applied", 2, "P1", invoice="I1")
    back = said("payment.reversed", 3, "P1", invoice="I1")
    second = said("payment.applied", 9, "P2", invoice="I1")
    assert sample(derived(signed, deposit), "contract_to_cash").finished_at is None
    assert sample(derived(signed, deposit, first), "contract_to_cash").finished_at == micros(at(2))
    assert sample(derived(signed, first, back), "contract_to_cash").finished_at is None
    assert sample(derived(signed, first, back, second), "contract_to_cash").finished_at == micros(at(9))


@pytest.mark.parametrize("step", ["project.created", "project.activated", "invoice.posted"])
def test_what_comes_before_signature_is_premature_unless_somebody_authorised_it(step: str) -> None:
    def kinds(*events: Event) -> list[tuple[str, str | None]]:
        return [(row.kind, row.step) for row in derived(*events).exceptions if row.kind == "premature"]

    signed = said("contract.signed", 5)
    assert kinds(said(step, 1), signed) == [("premature", step)]
    assert kinds(said(step, 6), signed) == []
    assert kinds(said(step, 1, at_risk_authorised_by="the head of delivery"), signed) == []


def test_the_targets_of_an_amendment_wait_for_its_own_approval() -> None:
    found = derived(
        said("contract.signed", 0),
        said("amendment.approved", 5, amendment="A1"),
        said("budget.updated", 4, amendment="A1"),
        said("budget.updated", 6, amendment="A2"),
        said("rate_card.synced", 1, line="L1"),
    )
    assert sorted(row.subject for row in found.exceptions if row.kind == "premature") == ["A1", "A2"]


def test_a_journey_is_done_when_projects_are_closed_and_invoices_cleared() -> None:
    story = [
        said("contract.signed", 0),
        said("project.created", 1, line="L1"),
        said("invoice.posted", 2, "I1", invoice="I1"),
        said("invoice.settled", 3, "I1", invoice="I1"),
    ]
    assert derived(*story).state == "running"
    closed = said("project.closed", 4, line="L1")
    assert derived(*story, closed).state == "done"
    assert derived(*story, closed, said("invoice.posted", 5, "I2", invoice="I2")).state == "running"
    assert derived(*story, said("contract.terminated", 6)).state == "ended"
