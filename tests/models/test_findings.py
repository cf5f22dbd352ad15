"""What a journey's events show that somebody must settle: failed operations, steps too early, duplicates."""

from __future__ import annotations

from typing import Any

import pytest

from models.derived import ExceptionRow
from models.events import Event, from_micros
from tests.making import an_event, at
from tests.models.test_fold import SHIPPED, fold, journey, signed


def found(kind: str, *events: Event) -> list[ExceptionRow]:
    return [row for row in journey(*events).exceptions if row.kind == kind]


def one(kind: str, *events: Event) -> ExceptionRow:
    (row,) = found(kind, *events)
    return row


def hours(value: int | None) -> float | None:
    return None if value is None else (from_micros(value) - at(0)).total_seconds() / 3600


def project(hours: float, name: str = "P1", *, source: str = "erp", type_: str = "created", **said: Any) -> Event:
    keys = {"project": name}
    return an_event(f"project.{type_}", hours, source=source, record=name, keys=keys, attributes=said)


def attempt(outcome: str, hours: float, **said: Any) -> Event:
    return an_event(f"transaction.{outcome}", hours, source="ipaas", attributes={"operation": "O1", **said})


# Too early


def test_a_project_created_before_the_signature_is_premature_from_its_creation() -> None:
    row = one("premature", project(2), signed(5))
    assert (row.anchor, hours(row.opened_at), row.system) == (["SOW-1", "project.created", ""], 2, "erp")


def test_a_project_created_at_the_instant_of_the_signature_is_not_premature() -> None:
    assert found("premature", project(2), signed(2)) == []


def test_a_signature_that_was_withdrawn_later_had_happened_when_the_project_was_created() -> None:
    envelope = {"record": "env-1"}
    voided = an_event("contract.voided", 4, source="clm", **envelope)
    again = signed(9, record="env-2")
    assert found("premature", signed(1, **envelope), project(2), voided, again) == []


def test_a_signing_date_that_was_corrected_later_had_happened_when_the_project_was_created() -> None:
    first, corrected = signed(1, record="env", sequence="1"), signed(9, record="env", sequence="2")
    assert found("premature", first, project(2), corrected) == []


def test_a_start_authorised_at_risk_is_not_premature() -> None:
    assert found("premature", project(2, at_risk_authorised_by="Ana"), signed(5)) == []
    assert len(found("premature", project(2, at_risk_authorised_by="false"), signed(5))) == 1


def test_a_journey_without_a_contract_is_not_judged() -> None:
    assert fold(SHIPPED, [project(2)], None).exceptions == []


def test_a_target_waits_for_the_approval_of_its_own_amendment() -> None:
    def change(type_: str, hours: float, amendment: str) -> Event:
        return an_event(type_, hours, source="erp", attributes={"amendment": amendment})

    row = one(
        "premature",
        change("amendment.approved", 1, "A1"),
        change("rate_card.synced", 3, "A1"),
        change("rate_card.synced", 3, "A2"),
        change("amendment.approved", 5, "A2"),
    )
    assert (row.step, row.subject, hours(row.opened_at)) == ("rate_card.synced", "A2", 3)


def test_a_step_for_a_line_does_not_wait_for_an_amendment_of_the_same_name() -> None:
    synced = an_event("rate_card.synced", 3, source="erp", attributes={"line": "1"})
    assert found("premature", synced) == []
    other = an_event("rate_card.synced", 4, source="erp", attributes={"amendment": "1"})
    assert hours(one("premature", synced, other).opened_at) == 4


# Two of what there must be one of


def test_two_projects_for_one_line_are_duplicates_since_the_second() -> None:
    row = one("duplicate", signed(0), project(2, "P1", line="L1"), project(5, "P2", line="L1"))
    assert (row.anchor, hours(row.opened_at), row.subject) == (["project:P1", "project:P2"], 5, "L1")
    assert row.settled_at is None


def test_projects_of_two_lines_two_entities_or_two_systems_are_no_duplicates() -> None:
    assert found("duplicate", project(2, "P1", line="L1"), project(3, "P2", line="L2")) == []
    assert found("duplicate", project(2, "P1", entity="DE"), project(3, "P2", entity="US")) == []
    assert found("duplicate", project(2, "P1", source="psa"), project(3, "P2", source="erp")) == []


def test_the_same_projects_for_two_lines_are_one_exception_settled_when_both_lines_are() -> None:
    def line(hours: float, name: str, line: str, type_: str = "created") -> Event:
        return an_event(
            f"project.{type_}",
            hours,
            source="erp",
            record=f"{name}/{line}",
            keys={"project": name},
            attributes={"line": line},
        )

    told = [line(2, "P1", "L1"), line(2, "P1", "L2"), line(5, "P2", "L1"), line(6, "P2", "L2")]
    row = one("duplicate", *told)
    assert (row.anchor, hours(row.opened_at), row.subject, row.settled_at) == (
        ["project:P1", "project:P2"],
        5,
        "L1",
        None,
    )
    told.append(line(8, "P2", "L1", "cancelled"))
    assert one("duplicate", *told).settled_at is None
    told.append(line(9, "P2", "L2", "cancelled"))
    assert hours(one("duplicate", *told).settled_at) == 9


def test_billing_and_revenue_schedules_of_one_name_twice_are_one_exception() -> None:
    told = [
        an_event(f"{kind}_schedule.created", hours, source="erp", record=f"{kind}{name}", keys={"schedule": name})
        for kind in ("revenue", "billing")
        for hours, name in ((2, "S1"), (3, "S2"))
    ]
    row = one("duplicate", *told)
    assert (row.anchor, row.step) == (["schedule:S1", "schedule:S2"], "billing_schedule.created")


def test_a_duplicate_is_settled_when_one_of_the_two_is_cancelled() -> None:
    row = one("duplicate", project(2, "P1"), project(5, "P2"), project(7, "P2", type_="cancelled"))
    assert (hours(row.opened_at), hours(row.settled_at), row.settled_by) == (5, 7, "one of them withdrawn")


def test_an_invoice_posted_again_after_its_void_is_no_duplicate_and_one_before_it_is() -> None:
    def invoice(type_: str, hours: float, name: str) -> Event:
        keys = {"invoice": name}
        said = {"invoice": name, "operation": "bill M1"}
        return an_event(f"invoice.{type_}", hours, source="erp", record=name, keys=keys, attributes=said)

    void = invoice("voided", 5, "I1")
    assert found("duplicate", invoice("posted", 2, "I1"), void, invoice("posted", 6, "I2")) == []
    row = one("duplicate", invoice("posted", 2, "I1"), void, invoice("posted", 4, "I2"))
    assert (hours(row.opened_at), hours(row.settled_at)) == (4, 5)


# Operations of middleware


def test_an_operation_is_failed_from_its_first_failure() -> None:
    row = one("failed", attempt("started", 1), attempt("failed", 2, error_class="Timeout"), attempt("failed", 3))
    assert (row.anchor, hours(row.opened_at), row.settled_at, row.reason) == (["O1"], 2, None, "Timeout")
    assert journey(signed(0), attempt("dead_lettered", 2)).state == "failed"


@pytest.mark.parametrize(("outcome", "by"), [("succeeded", "a later attempt"), ("discarded", "discarded")])
def test_a_later_success_settles_it_and_so_does_discarding(outcome: str, by: str) -> None:
    row = one("failed", attempt(outcome, 5), attempt("failed", 2))
    assert (hours(row.settled_at), row.settled_by, row.reopened_count) == (5, by, 0)
    assert journey(signed(0), attempt("failed", 2), attempt(outcome, 5)).state == "running"


def test_a_success_before_the_failure_settles_nothing() -> None:
    assert one("failed", attempt("succeeded", 1), attempt("failed", 2)).settled_at is None


def test_a_failure_after_a_success_reopens_it_under_the_same_opening() -> None:
    told = [attempt("failed", 1), attempt("succeeded", 2), attempt("failed", 3)]
    row = one("failed", *told)
    assert (hours(row.opened_at), row.settled_at, row.reopened_count) == (1, None, 1)
    row = one("failed", *told, attempt("succeeded", 4))
    assert (hours(row.opened_at), hours(row.settled_at), row.reopened_count) == (1, 4, 1)


def test_attempts_of_one_instant_are_in_the_order_of_their_numbers() -> None:
    told = [attempt("succeeded", 1, attempt=number) for number in ("10",)] + [attempt("failed", 1, attempt="9")]
    assert hours(one("failed", *told).settled_at) == 1


def test_an_effect_that_stands_in_the_target_settles_it_by_hand_until_it_is_withdrawn() -> None:
    failing = attempt("failed", 2, flow="project-sync", target_system="erp")
    row = one("failed", signed(0), failing, project(4))
    assert (hours(row.settled_at), row.settled_by) == (4, "by hand")
    row = one("failed", signed(0), failing, project(4), project(6, type_="cancelled"))
    assert (row.settled_at, row.reopened_count) == (None, 1)


def test_it_is_reopened_as_often_as_the_last_effect_that_stood_was_withdrawn() -> None:
    failing = attempt("failed", 2, flow="project-sync", target_system="erp")

    def effect(name: str, since: int, until: int | None) -> list[Event]:
        made = [project(since, name)]
        return made if until is None else [*made, project(until, name, type_="cancelled")]

    def came_back(*stood: list[Event]) -> tuple[int | None, int]:
        row = one("failed", signed(0), failing, *(event for each in stood for event in each))
        return None if row.settled_at is None else hours(row.settled_at), row.reopened_count

    assert came_back(effect("P1", 3, 4), effect("P2", 5, 6), effect("P3", 7, None)) == (7, 2)
    assert came_back(effect("P1", 3, 5), effect("P2", 4, 6)) == (None, 1)
    assert came_back(effect("P1", 3, 5), effect("P2", 5, None)) == (5, 0)


def test_an_effect_after_a_replay_is_not_said_to_be_made_by_hand() -> None:
    flow = {"flow": "project-sync", "target_system": "erp"}
    failing, replayed = attempt("dead_lettered", 2, **flow), attempt("replayed", 3, **flow)
    row = one("failed", signed(0), failing, replayed)
    assert row.settled_at is None
    row = one("failed", signed(0), failing, replayed, project(4))
    assert (hours(row.settled_at), row.settled_by) == (4, "its effect, after a replay")
    assert one("failed", signed(0), failing, project(2.5), attempt("replayed", 3, **flow)).settled_by == "by hand"
    # What failed again afterwards and stands nevertheless was made by somebody.
    assert one("failed", failing, replayed, attempt("failed", 3.5, **flow), project(4)).settled_by == "by hand"


def test_an_effect_in_another_system_or_of_another_subject_settles_nothing() -> None:
    failing = attempt("failed", 2, flow="project-sync", target_system="erp", line="L1")
    assert one("failed", failing, project(4, source="psa", line="L1")).settled_at is None
    assert one("failed", failing, project(4, line="L2")).settled_at is None
    assert hours(one("failed", failing, project(4, line="L1")).settled_at) == 4


def test_an_effect_for_a_milestone_is_none_for_an_invoice_of_the_same_name() -> None:
    failing = attempt("failed", 2, flow="invoice-posting", invoice="7")
    posted = an_event("invoice.posted", 4, source="erp", attributes={"milestone": "7"})
    assert one("failed", failing, posted).settled_at is None


def test_an_attempt_without_an_operation_is_known_by_its_transaction() -> None:
    alone = an_event("transaction.failed", 1, attributes={"transaction": "T1"})
    mended = an_event("transaction.succeeded", 2, attributes={"transaction": "T1"})
    row = one("failed", alone, mended)
    assert (row.anchor, hours(row.settled_at)) == (["T1"], 2)
