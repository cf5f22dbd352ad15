"""What several contracts claim: who owns it, what is contested since when, and where its events stand."""

from __future__ import annotations

from typing import Any

from models.events import Event
from tests.making import an_event, at
from tests.models.store.laws import Store
from tests.oracle.view import View


def named(type_: str, hours: float, **keys: Any) -> Event:
    return an_event(type_, hours, source="erp", keys=keys)


def conflicts(view: View) -> dict[tuple[str, ...], float]:
    """Since when (hours) which contracts compete."""
    return {
        anchor: (found.opened_at - at(0)).total_seconds() / 3600
        for (kind, anchor), found in view.exceptions.items()
        if kind == "link_conflict"
    }


def reached(view: View, step: str) -> set[str]:
    return {key for key, journey in view.journeys.items() if (step, "") in journey.steps}


ONE = named("contract.signed", 1, contract="SOW-1", project="P1")
TWO = named("contract.signed", 7, contract="SOW-2", project="P1")
ALONE = named("project.activated", 9, project="P1")


def test_a_key_claimed_by_two_contracts_is_contested_since_the_later_claim_and_routes_nothing(store: Store) -> None:
    view = store.tell([ONE], [ALONE], [TWO])
    assert conflicts(view) == {("SOW-1", "SOW-2"): 7}
    assert view.exceptions["link_conflict", ("SOW-1", "SOW-2")].contract == "SOW-1"
    assert reached(view, "project.activated") == set()
    assert reached(view, "contract.signed") == {"SOW-1", "SOW-2"}
    assert "unlinked" not in {kind for kind, _ in view.exceptions}


def test_two_contracts_never_merge_however_many_keys_they_share(store: Store) -> None:
    view = store.tell([ONE, TWO], [named("project.created", 2, contract="SOW-1", project=["P1", "P2"], schedule="S1")])
    assert set(view.journeys) == {"SOW-1", "SOW-2"}


def test_a_key_that_one_contract_alone_claims_stays_with_it_though_others_meet(store: Store) -> None:
    own = named("billing_schedule.created", 2, contract="SOW-1", schedule="S1")
    view = store.tell([ONE, TWO], [own], [named("billing_schedule.updated", 8, schedule="S1")])
    assert reached(view, "billing_schedule.updated") == {"SOW-1"}


def test_an_event_goes_by_its_uncontested_keys(store: Store) -> None:
    own = named("billing_schedule.created", 2, contract="SOW-1", schedule="S1")
    view = store.tell([ONE, TWO, own], [named("project.closed", 9, schedule="S1", project="P1")])
    assert reached(view, "project.closed") == {"SOW-1"}


def test_a_third_claim_makes_one_conflict_of_three(store: Store) -> None:
    view = store.tell([ONE, TWO], [named("contract.signed", 4, contract="SOW-3", project="P1")])
    assert conflicts(view) == {("SOW-1", "SOW-2", "SOW-3"): 7}


def test_an_older_claim_told_later_moves_the_opening(store: Store) -> None:
    view = store.tell([ONE, TWO], [named("project.created", 5, contract="SOW-2", project="P1")])
    assert conflicts(view) == {("SOW-1", "SOW-2"): 5}


def test_a_key_between_two_contracts_that_neither_claims_is_contested_since_they_hang_together(store: Store) -> None:
    told = [
        named("project.created", 1, contract="SOW-1", project="P1"),
        named("project.created", 5, contract="SOW-2", project="P2"),
        named("keys.linked", 3, project="P1", milestone="M1"),
        named("keys.linked", 2, project="P2", milestone="M1"),
    ]
    view = store.tell(told)
    assert conflicts(view) == {("SOW-1", "SOW-2"): 5}
    # Nothing new hangs together, but it did so earlier than was known.
    view = store.tell(told, [named("project.closed", 2.5, contract="SOW-2", project="P2")])
    assert conflicts(view) == {("SOW-1", "SOW-2"): 3}
    assert reached(view, "project.closed") == {"SOW-2"}


def test_what_came_by_a_shared_key_of_a_key_that_is_contested_now_is_unlinked(store: Store) -> None:
    posted = named("invoice.posted", 2, project="P1", invoice="I1")
    sent = named("invoice.sent", 3, invoice="I1")
    view = store.tell([ONE, posted], [sent])
    assert reached(view, "invoice.sent") == {"SOW-1"}
    view = store.tell([ONE, posted], [sent], [TWO])
    assert reached(view, "invoice.sent") == set()
    assert [kind for kind, _ in view.exceptions if kind == "unlinked"] == ["unlinked"]


def test_an_event_of_a_contested_contract_links_what_it_names_for_the_others_too(store: Store) -> None:
    early = named("invoice.sent", 2, invoice="I1")
    all_three = named("invoice.posted", 8, contract=["SOW-1", "SOW-2", "SOW-3"], invoice="I1")
    view = store.tell([early, ONE], [TWO, all_three])
    assert reached(view, "invoice.sent") == {"SOW-1", "SOW-2", "SOW-3"}


def test_one_batch_may_bring_contracts_together_and_whoever_comes_by_them(store: Store) -> None:
    view = store.tell(
        [
            TWO,
            named("payment.received", 9, payment="Y1"),
            ONE,
            named("payment.applied", 8, payment="Y1", invoice="I1"),
            named("invoice.posted", 7, contract="SOW-2", invoice="I1"),
            ALONE,
        ]
    )
    assert reached(view, "payment.received") == {"SOW-2"}
    assert conflicts(view) == {("SOW-1", "SOW-2"): 7}
