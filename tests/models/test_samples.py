"""Durations: from which evidence to which, for whom, and what is left out."""

from __future__ import annotations

from typing import Any

from models.events import Event, from_micros
from models.process import Process
from models.process_file import read_process
from tests.making import an_event, at
from tests.models.store.laws import VERSIONS
from tests.models.test_fold import fold

SMALL = VERSIONS[0]


def samples(*events: Event, process: Process = SMALL) -> dict[tuple[str, str], tuple[float, float | None, bool]]:
    """Started, finished (in hours) and whether left out, by figure and subject."""
    rows = fold(process, list(events), "C1").samples
    return {(row.figure, row.subject): (_hours(row.started_at), _end(row.finished_at), row.omitted) for row in rows}


def _hours(value: int) -> float:
    return (from_micros(value) - at(0)).total_seconds() / 3600


def _end(value: int | None) -> float | None:
    return None if value is None else _hours(value)


def told(type_: str, hours: float, **parts: Any) -> Event:
    said = {name: parts.pop(name) for name in ("line", "invoice", "milestone", "deposit", "entity") if name in parts}
    return an_event(type_, hours, source="erp", attributes=said, **parts)


def test_a_signature_counts_from_when_it_was_also_written_down() -> None:
    signed = told("contract.signed", 1, recorded_at=at(3))
    assert samples(signed)["activation", ""] == (3, None, False)
    backdated = told("contract.signed", 5, recorded_at=at(3))
    assert samples(backdated)["activation", ""] == (5, None, False)


def test_activation_waits_for_every_line_that_any_event_named_and_the_last_one_counts() -> None:
    events = [told("contract.signed", 1), told("project.activated", 4, line="L1")]
    assert samples(*events)["activation", ""] == (1, 4, False)
    events.append(told("project.created", 2, line="L2"))
    assert samples(*events)["activation", ""] == (1, None, False)
    events.append(told("project.activated", 9, line="L2"))
    assert samples(*events)["activation", ""] == (1, 9, False)


def test_evidence_without_a_line_is_about_all_lines() -> None:
    events = [told("contract.signed", 1), told("project.activated", 4, line="L1"), told("project.activated", 6)]
    assert samples(*events, told("project.created", 2, line="L2"))["activation", ""] == (1, 6, False)


def test_a_negative_duration_is_omitted_and_counted_or_kept_as_the_figure_says() -> None:
    signed = told("contract.signed", 5)
    early = [told("project.activated", 2), told("payment.applied", 3, invoice="I1")]
    found = samples(signed, *early)
    assert found["activation", ""] == (5, 2, True)
    assert found["cash", ""] == (5, 3, False)


def test_a_withdrawn_start_has_no_sample_and_a_withdrawn_end_runs_on() -> None:
    paid = told("payment.applied", 6, invoice="I1", record="Y")
    signed = told("contract.signed", 1, record="S")
    assert samples(signed, paid, told("payment.reversed", 8, invoice="I1", record="Y"))["cash", ""] == (1, None, False)
    assert ("cash", "") not in samples(signed, paid, told("contract.voided", 7, record="S"))


def test_a_deposit_is_no_payment_of_the_figure_whatever_says_that_it_is_one() -> None:
    signed, deposit = told("contract.signed", 1), told("payment.applied", 2, invoice="I1")
    other = told("payment.applied", 7, invoice="I2")
    named = told("invoice.posted", 1, invoice="I1", deposit="yes")
    assert samples(signed, deposit, other, named)["cash", ""] == (1, 7, False)


def test_a_subject_begins_with_what_its_end_names_by_another_subject() -> None:
    posted = told("invoice.posted", 2, milestone="M1")
    paid = told("payment.applied", 5, invoice="I1", milestone="M1")
    assert samples(posted, paid)["paid", "I1"] == (2, 5, False)


def test_a_milestone_does_not_begin_the_invoice_of_the_same_name() -> None:
    posted = told("invoice.posted", 2, milestone="7")
    paid = told("payment.applied", 5, invoice="I1", entity="7")
    assert ("paid", "I1") not in samples(posted, paid)


def test_the_last_payment_of_several_ends_the_figure_that_picks_the_last() -> None:
    posted = told("invoice.posted", 2, invoice="I1")
    parts = [told("payment.applied", hours, invoice="I1", record=str(hours)) for hours in (9, 4)]
    assert samples(posted, *parts)["paid", "I1"] == (2, 9, False)


def test_a_figure_may_begin_with_the_last_evidence_of_its_start() -> None:
    text = """
        name = "one"
        keys = { journey = ["contract"] }
        steps = [{ name = "a" }, { name = "b" }]
        figures = [{ name = "f", kind = "duration", from = { step = "a", pick = "last" }, to = { step = "b" } }]
    """
    process = read_process(text, "one.toml")
    events = [told("a", 1, record="1"), told("a", 3, record="2"), told("b", 8)]
    assert samples(*events, process=process) == {("f", ""): (3, 8, False)}
