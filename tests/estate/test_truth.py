"""What is true at an instant, told by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

from estate.happenings import Happening
from estate.truth import Fault, LookAlike, Truth

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(system: str, what: str, at: datetime, subject: str = "", **data: Any) -> Happening:
    return Happening(at, system, what, "SOW-1", subject, data)


def steps(truth: Truth, now: datetime) -> dict[tuple[str, str], str]:
    return {(row["step"], row["subject"]): row["at"] for row in truth.steps(now)}


def posted(number: str, at: datetime, *contracts: str) -> Happening:
    lines = [{"job": "", "contract_no": contract, "line": "", "amount": 1} for contract in contracts]
    return told("netsuite", "invoice.posted", at, number, invoice=f"id-{number}", number=number, lines=lines)


def paid(payment: str, number: str, at: datetime, *, settles: bool) -> Happening:
    applies = [{"invoice": f"id-{number}", "number": number, "amount": 1}]
    settled = [f"id-{number}"] if settles else []
    return told("netsuite", "payment.applied", at, number, payment=payment, applies=applies, settles=settled)


def test_a_step_stands_at_its_earliest_evidence_once_it_is_written_down() -> None:
    truth = Truth()
    signed = Happening(NOON, "ironclad", "contract.signed", "SOW-1", "", {"record": "r"}, NOON + DAY)
    truth.tell([signed])
    assert steps(truth, NOON + HOUR) == {}
    assert steps(truth, NOON + DAY) == {("contract.signed", ""): "2026-03-02T12:00:00Z"}


def test_a_corrected_day_replaces_what_the_record_said() -> None:
    truth = Truth()
    correct = told("ironclad", "record.corrected", NOON + DAY, record="r", signed_at=NOON - HOUR)
    truth.tell([told("ironclad", "contract.signed", NOON, record="r"), correct])
    assert steps(truth, NOON + DAY) == {("contract.signed", ""): "2026-03-02T11:00:00Z"}


def test_a_voided_record_takes_its_signature_back_and_the_next_one_counts() -> None:
    truth = Truth()
    truth.tell(
        [
            told("ironclad", "contract.signed", NOON, record="one"),
            told("ironclad", "contract.voided", NOON + HOUR, record="one"),
            told("ironclad", "contract.signed", NOON + DAY, record="two"),
        ]
    )
    assert steps(truth, NOON + 2 * HOUR) == {}
    assert steps(truth, NOON + DAY) == {("contract.signed", ""): "2026-03-03T12:00:00Z"}


def test_a_cancelled_project_leaves_the_one_that_replaced_it() -> None:
    truth = Truth()
    truth.tell(
        [
            told("certinia", "project.created", NOON, project="a", contract_no="SOW-1"),
            told("certinia", "project.cancelled", NOON + HOUR, project="a"),
            told("certinia", "project.created", NOON + DAY, project="b", contract_no="SOW-1"),
        ]
    )
    assert steps(truth, NOON + DAY) == {("project.created", ""): "2026-03-03T12:00:00Z"}


def test_the_system_is_that_of_the_earliest_evidence() -> None:
    truth = Truth()
    truth.tell(
        [
            told("netsuite", "project.created", NOON, job="1", contract_no="SOW-1"),
            told("certinia", "project.created", NOON + HOUR, project="a", contract_no="SOW-1"),
        ]
    )
    assert [row["system"] for row in truth.steps(NOON + DAY)] == ["netsuite"]


def test_an_invoice_over_two_contracts_and_its_payment_reach_both() -> None:
    truth = Truth()
    truth.tell([posted("INV-1", NOON, "SOW-1", "SOW-2"), paid("p", "INV-1", NOON + HOUR, settles=True)])
    reached = {(row["contract"], row["step"]) for row in truth.steps(NOON + DAY)}
    every = ("invoice.posted", "payment.applied", "payment.received", "invoice.settled")
    assert reached == {(contract, step) for contract in ("SOW-1", "SOW-2") for step in every}


def test_a_reversed_payment_neither_arrived_nor_settled() -> None:
    truth = Truth()
    payment = paid("p", "INV-1", NOON + HOUR, settles=True)
    back = {"payment": "p", "applies": payment.data["applies"], "unsettles": ["id-INV-1"]}
    reversal = told("netsuite", "payment.reversed", NOON + DAY, "INV-1", **back)
    truth.tell([posted("INV-1", NOON, "SOW-1"), payment, reversal])
    assert {step for step, _ in steps(truth, NOON + DAY)} == {"invoice.posted", "payment.reversed"}


def test_a_voided_invoice_is_voided_and_no_longer_posted_or_sent() -> None:
    truth = Truth()
    truth.tell(
        [
            posted("INV-1", NOON, "SOW-1"),
            told("netsuite", "invoice.sent", NOON + HOUR, "INV-1", invoice="id-INV-1"),
            told("netsuite", "invoice.voided", NOON + DAY, "INV-1", invoice="id-INV-1"),
        ]
    )
    assert {step for step, _ in steps(truth, NOON + DAY)} == {"invoice.voided"}


def test_intercompany_and_mirrors_show_nothing() -> None:
    truth = Truth()
    mirror = told("certinia", "mirror.project", NOON, project="m", contract_no="SOW-1")
    invoice = posted("INV-1", NOON, "SOW-1")
    truth.tell([mirror, told("netsuite", invoice.what, NOON, "INV-1", **invoice.data, intercompany=True)])
    assert truth.steps(NOON + DAY) == []


def test_an_opportunity_shows_its_steps_when_a_contract_names_it() -> None:
    truth = Truth()
    link = told("salesforce", "opportunity.linked", NOON + DAY, opportunity="o", contract_no="SOW-1")
    truth.tell([told("salesforce", "opportunity.committed", NOON, opportunity="o"), link])
    assert truth.steps(NOON + HOUR) == []
    assert steps(truth, NOON + DAY) == {("opportunity.committed", ""): "2026-03-02T12:00:00Z"}


def test_a_project_of_two_contracts_is_of_both_and_what_hangs_on_it_of_neither() -> None:
    truth = Truth()
    truth.tell(
        [
            told("certinia", "project.created", NOON, project="a", contract_no="SOW-1;SOW-2"),
            told("certinia", "resource.assigned", NOON + HOUR, project="a", assignment="s"),
        ]
    )
    assert {(row["contract"], row["step"]) for row in truth.steps(NOON + DAY)} == {
        ("SOW-1", "project.created"),
        ("SOW-2", "project.created"),
    }


def a_fault(kind: str = "failed", at: datetime = NOON, **more: Any) -> Fault:
    return Fault(kind=kind, contract="SOW-1", subject="", system="netsuite", planted_at=at, key="k", **more)


def test_a_fault_is_undecided_for_two_days_after_it_arose() -> None:
    truth = Truth()
    truth.plant(a_fault())
    assert truth.view(NOON - HOUR)["faults"] == truth.view(NOON - HOUR)["undecided"] == []
    assert truth.view(NOON + HOUR)["undecided"] == [{"kind": "failed", "contract": "SOW-1"}]
    assert truth.view(NOON + HOUR)["faults"] == []
    assert [fault["healed_at"] for fault in truth.view(NOON + 2 * DAY)["faults"]] == [None]


def test_a_healed_fault_is_undecided_for_two_days_and_then_told_with_its_healing() -> None:
    truth = Truth()
    truth.plant(a_fault(operation="op"))
    assert truth.heal("op", NOON + 5 * DAY)
    assert [fault["healed_at"] for fault in truth.view(NOON + 4 * DAY)["faults"]] == [None]
    assert truth.view(NOON + 6 * DAY)["undecided"] == [{"kind": "failed", "contract": "SOW-1"}]
    assert [fault["healed_at"] for fault in truth.view(NOON + 8 * DAY)["faults"]] == ["2026-03-07T12:00:00Z"]


def test_what_reaches_nobody_is_undecided_from_its_day_of_grace_on() -> None:
    truth = Truth()
    truth.plant(a_fault("unlinked", NOON + DAY))
    assert truth.view(NOON + HOUR)["undecided"] == [{"kind": "unlinked", "contract": "SOW-1"}]


def test_kinds_that_the_product_has_not_reached_are_kept_to_itself() -> None:
    truth = Truth()
    truth.plant(a_fault("late"))
    assert truth.view(NOON + 9 * DAY)["faults"] == []
    assert len(truth.faults()) == 1


def test_a_look_alike_is_told_when_its_story_is() -> None:
    truth = Truth()
    truth.lookalikes.append(LookAlike("credit_memo", "SOW-1", NOON))
    assert truth.view(NOON - HOUR)["lookalikes"] == []
    assert truth.view(NOON)["lookalikes"] == [{"what": "credit_memo", "contract": "SOW-1"}]
