"""Versions of one record that name different contracts: the newest counts, wherever it is."""

from __future__ import annotations

from datetime import datetime

import pytest

from models.events import Event
from tests.making import an_event, at
from tests.models.store.laws import Store
from tests.oracle.view import StepView


def invoice(type_: str, hours: float, number: int, contract: str, **said: object) -> Event:
    """A version of the invoice that the ERP keeps as inv9."""
    return an_event(
        f"invoice.{type_}",
        hours,
        source="erp",
        record="inv9",
        sequence=str(number),
        keys={"contract": contract, "invoice": "I1"},
        attributes={"invoice": "I1"},
        retracts=bool(said.get("retracts")),
    )


def signed(contract: str) -> Event:
    return an_event("contract.signed", 0, keys={"contract": contract})


def posted(store: Store, contract: str) -> StepView | None:
    return store.view().journeys[contract].steps.get(("invoice.posted", "I1"))


def test_a_correction_to_another_contract_takes_the_step_from_the_first(store: Store) -> None:
    store.tell([signed("A"), signed("B")], [invoice("posted", 2, 1, "A")], [invoice("posted", 5, 2, "B")])
    before, after = posted(store, "A"), posted(store, "B")
    assert before is not None
    assert (before.first_at, before.withdrawn_at) == (None, at(5))
    assert after is not None
    assert (after.first_at, after.withdrawn_at) == (at(5), None)


def test_what_comes_back_to_the_first_contract_stands_there_again(store: Store) -> None:
    versions = [
        invoice("posted", hours, number, to) for number, (hours, to) in enumerate([(2, "A"), (5, "B"), (7, "A")])
    ]
    store.tell([signed("A"), signed("B")], *([one] for one in versions))
    before, after = posted(store, "A"), posted(store, "B")
    assert before is not None
    assert before.first_at == at(7)
    assert after is not None
    assert (after.first_at, after.withdrawn_at) == (None, at(7))


@pytest.mark.parametrize("last", [invoice("voided", 8, 3, "B"), invoice("posted", 8, 3, "B", retracts=True)])
def test_a_record_that_moved_and_was_taken_back_stands_nowhere(store: Store, last: Event) -> None:
    store.tell([signed("A"), signed("B")], [invoice("posted", 2, 1, "A"), invoice("posted", 5, 2, "B")], [last])
    for contract in ("A", "B"):
        found = posted(store, contract)
        assert found is not None
        assert (found.first_at, found.withdrawn_at) == (None, at(8))


def test_a_withdrawal_that_names_another_contract_is_about_the_record(store: Store) -> None:
    store.tell([signed("A"), signed("B")], [invoice("posted", 2, 1, "A")], [invoice("voided", 5, 2, "B")])
    found = posted(store, "A")
    assert found is not None
    assert (found.first_at, found.withdrawn_at) == (None, at(5))
    assert posted(store, "B") is None


@pytest.mark.parametrize(
    ("contract", "record", "first_at", "withdrawn_at"),
    [("A", "inv9", at(5), None), ("C", "inv9", None, at(5)), ("C", None, at(2), None)],
)
def test_a_content_that_counts_no_longer_is_no_version(
    store: Store, contract: str, record: str | None, first_at: datetime | None, withdrawn_at: datetime | None
) -> None:
    def second(contract: str, record: str | None = "inv9", **said: str) -> Event:
        keys = {"contract": contract}
        return an_event(
            "invoice.posted", 5, id="x", source="erp", record=record, sequence="2", keys=keys, attributes=said
        )

    lower = second(contract, record)
    higher = next(one for n in range(99) if (one := second("B", hours=str(n))).content_hash > lower.content_hash)
    first = an_event("invoice.posted", 2, source="erp", record="inv9", sequence="1", keys={"contract": "A"})
    store.tell([signed("A"), signed("B"), signed("C")], [first], [higher], [lower])
    step = store.view().journeys["A"].steps["invoice.posted", ""]
    assert (step.first_at, step.withdrawn_at) == (first_at, withdrawn_at)


def test_journeys_that_turn_out_to_be_one_have_all_versions(store: Store) -> None:
    def version(number: int, project: str, **said: object) -> Event:
        keys = {"project": project}
        return an_event(
            "invoice.posted", number, source="erp", record="inv9", sequence=str(number), keys=keys, attributes=said
        )

    # What the second says of the line is another contract's, as long as the journey has none.
    first, second = version(2, "P1", line="L1"), version(5, "P2", lines=[{"line": "L1", "contract": "Z"}])
    view = store.tell([first], [second], [an_event("keys.linked", 6, keys={"project": ["P1", "P2"]})])
    (journey,) = view.journeys.values()
    assert (journey.steps["invoice.posted", "L1"].first_at, journey.steps["invoice.posted", ""].first_at) == (
        at(2),
        at(5),
    )
