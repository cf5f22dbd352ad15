"""What a journey's events make of it: steps and their grades, agreed values, its state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.catalogue import Catalogue
from models.derived import Derived, StepRow
from models.events import Event, from_micros
from models.facts import Facts
from models.fold import Folding
from models.gathering import Gathering
from models.process import Process
from models.process_file import read_process
from tests.making import CONTRACT_TO_CASH, an_event, at
from tests.models.store.laws import ROLES, VERSIONS, World, counting, worlds
from tests.oracle.finding import duplicate, failed, operations, outcome, premature, samples, state
from tests.oracle.telling import Told
from tests.oracle.view import ExceptionView, SampleView, StepView

SHIPPED = read_process(CONTRACT_TO_CASH.read_text(), CONTRACT_TO_CASH.name)


def fold(process: Process, events: list[Event], contract: str | None) -> Derived:
    gathering = Gathering(process, Catalogue([process]).kept_attributes(process))
    facts: Facts | None = None
    for event in events:
        facts = gathering.add(facts, event, contract)
    assert facts is not None
    return Folding(process, ROLES).derive(facts, contract)


def journey(*events: Event) -> Derived:
    """These events as the journey of a contract under the shipped process."""
    return fold(SHIPPED, list(events), "SOW-1")


def step(derived: Derived, name: str, subject: str = "") -> StepRow:
    (found,) = [row for row in derived.steps if (row.step, row.subject) == (name, subject)]
    return found


def hours(row: StepRow) -> tuple[float | None, float | None, float | None]:
    """First, last and withdrawn, in hours since the beginning."""
    times = (row.first_at, row.last_at, row.withdrawn_at)
    first, last, withdrawn = (
        None if one is None else (from_micros(one) - at(0)).total_seconds() / 3600 for one in times
    )
    return first, last, withdrawn


def signed(hours: float, **parts: Any) -> Event:
    return an_event("contract.signed", hours, source="clm", **parts)


@pytest.mark.property
@given(
    world=worlds(most=12),
    process=st.sampled_from(VERSIONS),
    contract=st.sampled_from(["C1", "C1", None]),
    data=st.data(),
)
def test_a_journey_is_what_the_oracle_says_in_any_order(
    world: World, process: Process, contract: str | None, data: st.DataObject
) -> None:
    events = counting(world.events)
    assume(events)
    told = Told(process, events, contract)
    exceptions = [*failed(told), *premature(told), *duplicate(told)]
    derived = fold(process, data.draw(st.permutations(events)), contract)
    assert {(row.step, row.subject): _step_view(row) for row in derived.steps} == told.step_views()
    assert derived.agreed == told.agreed(ROLES)
    assert {row.operation: row.state for row in derived.transactions} == {
        operation: outcome(attempts[-1]) for operation, attempts in operations(told).items()
    }
    assert {
        (row.kind, tuple(row.anchor)): ExceptionView(
            contract,
            row.step,
            row.subject,
            from_micros(row.opened_at),
            _time(row.settled_at),
            row.settled_by,
            row.reopened_count,
        )
        for row in derived.exceptions
    } == {(kind, anchor): found for kind, anchor, found in exceptions}
    assert derived.state == state(told, exceptions)
    assert {
        (row.figure, row.subject): SampleView(from_micros(row.started_at), _time(row.finished_at), row.omitted)
        for row in derived.samples
    } == samples(told)
    assert derived == fold(process, events, contract)


def _step_view(row: StepRow) -> StepView:
    return StepView(_time(row.first_at), _time(row.last_at), row.evidence, row.system, _time(row.withdrawn_at))


def _time(value: int | None) -> Any:
    return None if value is None else from_micros(value)


def test_a_voided_invoice_is_not_posted_any_longer_and_stays_visible_with_the_time_of_the_void() -> None:
    invoice: dict[str, Any] = {"record": "INV-1", "source": "erp", "attributes": {"invoice": "INV-1"}}
    derived = journey(signed(0), an_event("invoice.posted", 5, **invoice), an_event("invoice.voided", 7, **invoice))
    posted = step(derived, "invoice.posted", "INV-1")
    assert hours(posted) == (None, None, 7)
    assert posted.withdrawn_by == "invoice.voided"
    assert step(derived, "invoice.voided", "INV-1").evidence == "observed"


def test_an_invoice_posted_again_after_a_void_stands_since_it_was_posted_again() -> None:
    first: dict[str, Any] = {"record": "INV-1", "source": "erp", "attributes": {"milestone": "M1"}}
    again: dict[str, Any] = {"record": "INV-2", "source": "erp", "attributes": {"milestone": "M1"}}
    derived = journey(
        an_event("invoice.posted", 5, **first),
        an_event("invoice.voided", 7, **first),
        an_event("invoice.posted", 8, **again),
    )
    assert hours(step(derived, "invoice.posted", "M1")) == (8, 8, None)


def test_a_corrected_signing_date_replaces_the_first_one_in_either_direction() -> None:
    early, late = signed(3, record="rec_1", sequence="1"), signed(9, record="rec_1", sequence="2")
    assert hours(step(journey(early, late), "contract.signed")) == (9, 9, None)
    corrected = signed(1, record="rec_1", sequence="10")
    assert hours(step(journey(corrected, early, late), "contract.signed")) == (1, 1, None)


def test_of_versions_without_a_sequence_the_one_written_down_last_counts() -> None:
    one = signed(3, record="rec_1", recorded_at=at(20))
    other = signed(9, record="rec_1", recorded_at=at(10))
    assert hours(step(journey(one, other), "contract.signed")) == (3, 3, None)


def test_a_retracted_version_takes_the_step_back_and_a_newer_version_brings_it_again() -> None:
    one = signed(3, record="rec_1", sequence="1")
    retracted = signed(5, record="rec_1", sequence="2", retracts=True)
    row = step(journey(one, retracted), "contract.signed")
    assert (hours(row), row.withdrawn_by) == ((None, None, 5), "retracted")
    again = signed(8, record="rec_1", sequence="3")
    assert hours(step(journey(again, one, retracted), "contract.signed")) == (8, 8, None)


def test_a_project_cancelled_and_created_again_stands_since_its_second_creation() -> None:
    def project(type_: str, hours: float, name: str) -> Event:
        return an_event(type_, hours, source="erp", record=name, keys={"project": name})

    derived = journey(
        signed(0),
        project("project.created", 2, "P1"),
        project("project.activated", 3, "P1"),
        project("project.cancelled", 5, "P1"),
        project("project.created", 8, "P2"),
    )
    assert hours(step(derived, "project.created")) == (8, 8, None)
    activated = step(derived, "project.activated")
    assert (hours(activated), activated.evidence) == ((None, None, 5), "unknown")


def test_a_reversed_payment_was_not_applied_and_what_it_settled_is_open() -> None:
    payment: dict[str, Any] = {"record": "PAY-1", "source": "erp", "attributes": {"invoice": "INV-1"}}
    derived = journey(
        an_event("invoice.posted", 1, source="erp", record="INV-1", attributes={"invoice": "INV-1"}),
        an_event("payment.applied", 5, **payment),
        an_event("invoice.settled", 5, **payment),
        an_event("payment.reversed", 9, **payment),
    )
    assert hours(step(derived, "payment.applied", "INV-1")) == (None, None, 9)
    assert hours(step(derived, "invoice.settled", "INV-1")) == (None, None, 9)


def test_a_payment_of_two_parts_is_applied_from_the_first_to_the_last() -> None:
    parts = [
        an_event("payment.applied", hours, source="erp", record=f"PAY-{hours}", attributes={"invoice": "INV-1"})
        for hours in (5, 3)
    ]
    assert hours(step(journey(*parts), "payment.applied", "INV-1")) == (3, 5, None)


def test_one_systems_evidence_against_anothers_withdrawal_is_contradicted() -> None:
    derived = journey(
        an_event("project.activated", 2, source="psa", record="P1"),
        an_event("project.activated", 3, source="erp", record="77"),
        an_event("project.cancelled", 5, source="erp", record="77"),
    )
    row = step(derived, "project.activated")
    assert (row.evidence, row.system, hours(row)) == ("contradicted", "psa", (2, 2, None))


def test_a_system_that_withdraws_one_record_and_shows_another_does_not_contradict_itself() -> None:
    derived = journey(
        an_event("project.activated", 3, source="erp", record="77"),
        an_event("project.cancelled", 5, source="erp", record="77"),
        an_event("project.activated", 6, source="erp", record="78"),
    )
    assert step(derived, "project.activated").evidence == "observed"


def test_a_step_before_one_that_stands_is_inferred_and_has_no_time() -> None:
    derived = journey(an_event("contract.activated", 4, source="clm"))
    row = step(derived, "contract.signed")
    assert (row.evidence, row.system, hours(row)) == ("inferred", None, (None, None, None))


def test_what_was_withdrawn_and_must_have_happened_says_both() -> None:
    derived = journey(
        signed(2, record="e1"),
        an_event("contract.voided", 3, source="clm", record="e1"),
        an_event("contract.activated", 4, source="clm", record="e2"),
    )
    row = step(derived, "contract.signed")
    assert (row.evidence, hours(row)) == ("inferred", (None, None, 3))


def test_what_is_inferred_from_a_withdrawn_step_is_not_said_any_longer() -> None:
    derived = journey(
        an_event("contract.activated", 4, source="clm", record="e1"),
        an_event("contract.voided", 5, source="clm", record="e1"),
    )
    assert [row.step for row in derived.steps] == ["contract.activated"]


def test_the_system_of_record_is_agreed_with_and_others_only_hold_their_values() -> None:
    derived = journey(
        signed(1, attributes={"value": "100"}),
        an_event("project.created", 5, source="erp", attributes={"value": "120"}),
    )
    assert derived.agreed["value"] == "100"
    assert derived.held["value"] == {"clm": "100", "erp": "120"}


def test_null_clears_a_value_and_another_systems_value_does_not_take_its_place() -> None:
    derived = journey(
        signed(1, attributes={"value": "100", "region": "EMEA"}),
        signed(3, attributes={"value": None}),
        an_event("project.created", 2, source="erp", attributes={"value": "120"}),
    )
    assert derived.agreed == {"region": "EMEA"}
    assert derived.held["value"] == {"erp": "120"}


def test_an_older_value_told_later_does_not_replace_a_newer_one() -> None:
    derived = journey(signed(5, attributes={"value": "200"}), signed(1, attributes={"value": "100"}))
    assert derived.agreed["value"] == "200"


def test_lines_of_another_contract_are_not_this_ones() -> None:
    lines = [{"line": "L1", "contract": "SOW-1"}, {"line": "L2", "contract": "SOW-2"}, {"line": "L3"}]
    derived = journey(an_event("project.created", 1, source="erp", attributes={"lines": lines}))
    assert [row.subject for row in derived.steps] == ["L1", "L3"]


def test_a_journey_without_a_contract_is_provisional_and_a_failed_operation_says_more() -> None:
    assert fold(SHIPPED, [signed(1)], None).state == "provisional"
    failing = an_event("transaction.failed", 2, attributes={"operation": "O1"})
    assert fold(SHIPPED, [signed(1), failing], None).state == "failed"


def test_a_journey_is_done_when_every_standing_invoice_is_settled_and_not_before() -> None:
    def bill(type_: str, hours: float, invoice: str) -> Event:
        return an_event(type_, hours, source="erp", record=f"{type_} {invoice}", attributes={"invoice": invoice})

    told = [
        signed(0),
        an_event("project.created", 1, source="erp"),
        an_event("project.closed", 9, source="erp"),
        bill("invoice.posted", 3, "I1"),
        bill("invoice.posted", 4, "I2"),
        bill("invoice.settled", 5, "I1"),
    ]
    assert journey(*told).state == "running"
    assert journey(*told, bill("receivable.written_off", 8, "I2")).state == "done"


def test_a_terminated_contract_has_ended_until_it_is_reinstated() -> None:
    terminated = an_event("contract.terminated", 5, source="clm", record="T")
    assert journey(signed(0), terminated).state == "ended"
    assert (
        journey(signed(0), terminated, an_event("contract.reinstated", 6, source="clm", record="T")).state == "running"
    )
