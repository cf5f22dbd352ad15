"""How events find their journeys: by contracts, by owned keys, by shared keys, late or never."""

from __future__ import annotations

from typing import Any

from models.events import Event
from models.store.rebuild import rebuild
from tests.making import an_event, at
from tests.models.store.laws import LATER, Store


def named(type_: str, hours: float, *, said: dict[str, Any] | None = None, source: str = "erp", **keys: Any) -> Event:
    """An event with these keys; `said` are its attributes."""
    return an_event(type_, hours, source=source, keys=keys, attributes=said or {})


def steps(store: Store, key: str) -> set[str]:
    return {step for step, _ in store.view().journeys[key].steps}


def test_a_journey_begins_provisional_and_takes_the_contracts_name_when_it_appears(store: Store) -> None:
    lead = named("opportunity.committed", 1, opportunity="OPP-1", source="crm")
    begun = store.tell([lead]).journeys
    assert {key: one.state for key, one in begun.items()} == {"opportunity:OPP-1": "provisional"}
    signed = named("contract.signed", 5, opportunity="OPP-1", contract="SOW-1", source="clm")
    view = store.tell([lead], [signed])
    assert {key: one.state for key, one in view.journeys.items()} == {"SOW-1": "running"}
    assert ("opportunity.committed", "") in view.journeys["SOW-1"].steps


def test_contracts_that_are_written_alike_never_merge(store: Store) -> None:
    told = [
        named("contract.signed", 1, source="clm", contract="a/contract:Z", project="P1"),
        named("contract.signed", 2, source="clm", **{"a/contract": "Z", "project": "P1"}),
    ]
    hashes = set()
    for order in (told, told[::-1]):
        for batches in ([order], [[one] for one in order]):
            store.empty()
            for batch in batches:
                store.take(batch)
            with store.pool.connection() as connection:
                kinds = connection.execute("SELECT kind FROM exception").fetchall()
                keys = connection.execute("SELECT key FROM journey WHERE NOT contested").fetchall()
            assert (kinds, len(keys)) == ([("link_conflict",)], 2)
            assert rebuild(store.pool, check=True, as_of=LATER).agrees
            hashes.add(store.hash())
    assert len(hashes) == 1


def test_a_provisional_journey_is_named_by_the_least_of_its_keys(store: Store) -> None:
    view = store.tell(
        [named("project.created", 1, project="P2", schedule="S9")],
        [named("project.created", 2, project=["P1", "P2"])],
    )
    assert list(view.journeys) == ["project:P1"]


def test_two_provisional_journeys_join_when_an_event_names_a_key_of_each(store: Store) -> None:
    apart = [named("project.created", 1, project="P1"), named("billing_schedule.created", 2, schedule="S1")]
    assert len(store.tell(apart).journeys) == 2
    view = store.tell(apart, [named("keys.linked", 9, project="P1", schedule="S1")])
    assert set(view.journeys["project:P1"].steps) == {("project.created", ""), ("billing_schedule.created", "")}


def test_a_link_learned_late_applies_to_earlier_events_and_is_no_step(store: Store) -> None:
    view = store.tell(
        [named("project.activated", 3, project="P1"), named("contract.signed", 1, contract="SOW-1")],
        [named("keys.linked", 9, contract="SOW-1", project="P1")],
    )
    assert set(view.journeys["SOW-1"].steps) == {
        ("contract.signed", ""),
        ("project.activated", ""),
        ("project.created", ""),
        ("contract.approved", ""),
        ("contract.drafted", ""),
    }
    assert view.exceptions == {}


def test_an_event_that_names_two_contracts_reaches_both_and_joins_nothing(store: Store) -> None:
    view = store.tell(
        [named("contract.signed", 1, contract=["SOW-1", "SOW-2"], project="P1")],
        [named("project.created", 2, project="P1")],
    )
    assert set(view.journeys) == {"SOW-1", "SOW-2", "project:P1"}
    assert ("project.created", "") not in view.journeys["SOW-1"].steps


def test_a_shared_key_reaches_every_journey_that_an_event_carried_it_with(store: Store) -> None:
    posted = [
        named("invoice.posted", 1, contract="SOW-1", invoice="I1"),
        named("invoice.posted", 2, project="P7", invoice="I1"),
    ]
    view = store.tell(posted, [named("invoice.sent", 3, invoice="I1")])
    assert all(("invoice.sent", "") in view.journeys[key].steps for key in ("SOW-1", "project:P7"))
    assert view.exceptions.keys() == {("premature", ("SOW-1", "invoice.posted", ""))}


def test_a_payment_reaches_the_journeys_of_the_invoice_that_it_carries_one_hop_and_no_further(store: Store) -> None:
    view = store.tell(
        [named("contract.signed", 0, contract="SOW-1"), named("invoice.posted", 1, contract="SOW-1", invoice="I1")],
        [named("payment.applied", 2, payment="Y1", invoice="I1")],
        [named("payment.received", 3, payment="Y1")],
        [
            named("crm.status_synced", 4, correlation="X1", payment="Y1"),
            named("crm.status_synced", 5, correlation="X1"),
        ],
    )
    steps = {step for step, _ in view.journeys["SOW-1"].steps}
    assert {"payment.applied", "payment.received", "crm.status_synced"} <= steps
    unlinked = {anchor[1] for kind, anchor in view.exceptions if kind == "unlinked"}
    assert len(unlinked) == 1, "the correlation was seen with a payment only, which does not carry it"


def test_an_event_with_its_own_keys_does_not_go_by_shared_ones(store: Store) -> None:
    view = store.tell(
        [named("invoice.posted", 1, contract="SOW-1", invoice="I1")],
        [named("invoice.sent", 2, contract="SOW-2", invoice="I1")],
    )
    assert ("invoice.sent", "") not in view.journeys["SOW-1"].steps


def test_a_customers_key_leads_only_what_is_about_customers(store: Store) -> None:
    view = store.tell(
        [named("contract.signed", 1, contract="SOW-1", customer="K1")],
        [named("customer.updated", 2, customer="K1"), named("crm.status_synced", 3, customer="K1")],
    )
    assert ("customer.updated", "") in view.journeys["SOW-1"].steps
    assert {kind for kind, _ in view.exceptions} == {"unlinked"}
    assert ("crm.status_synced", "") not in view.journeys["SOW-1"].steps


def test_an_event_about_a_customer_without_journeys_is_not_unlinked(store: Store) -> None:
    assert store.tell([named("customer.merged", 1, customer="K1")]).exceptions == {}


def test_keys_of_one_value_and_other_names_are_other_keys(store: Store) -> None:
    view = store.tell(
        [an_event("project.created", 1, keys={"contract": "SOW-1", "erp/project": "1"})],
        [an_event("project.created", 2, keys={"contract": "SOW-2", "psa/project": "1"})],
        [an_event("project.closed", 3, keys={"psa/project": "1"})],
    )
    assert ("project.closed", "") in view.journeys["SOW-2"].steps
    assert ("project.closed", "") not in view.journeys["SOW-1"].steps


def test_a_contract_of_a_named_system_is_shown_with_it(store: Store) -> None:
    view = store.tell([an_event("contract.signed", 1, keys={"crm/contract": "77"})])
    assert {key: one.contract for key, one in view.journeys.items()} == {"crm/contract:77": "crm/contract:77"}


def test_an_unlinked_event_is_listed_when_its_grace_is_over_and_not_before(store: Store) -> None:
    lost = an_event("invoice.sent", 1, id="e1", source="erp", subject="INV", keys={"invoice": "I1"})
    store.tell([lost])
    assert store.view(at(24.9)).exceptions == {}
    (found,) = store.view(at(25)).exceptions.values()
    assert (found.opened_at, found.subject, found.contract) == (at(25), "INV", None)


def test_an_event_that_reaches_a_journey_in_the_end_never_was_unlinked(store: Store) -> None:
    lost = named("invoice.sent", 1, invoice="I1")
    view = store.tell([lost], [named("invoice.posted", 500, contract="SOW-1", invoice="I1")])
    assert "unlinked" not in {kind for kind, _ in view.exceptions}


def test_what_two_provisional_journeys_share_is_listed_for_the_one_with_the_least_key(store: Store) -> None:
    failing = named("transaction.failed", 5, correlation="X1", said={"operation": "O1", "flow": "project-sync"})
    view = store.tell(
        [named("project.created", 6, project="P9", correlation="X1")],
        [named("opportunity.committed", 2, opportunity="A", correlation="X1")],
        [failing],
    )
    assert [one.state for one in view.journeys.values()].count("failed") == 1
    assert view.exceptions["failed", ("O1",)].settled_at is None, "no effect in the journey opportunity:A"


def test_what_several_contracts_share_is_listed_for_the_least(store: Store) -> None:
    failing = named("transaction.failed", 5, contract=["SOW-2", "SOW-10"], said={"operation": "O1"})
    view = store.tell([failing])
    assert view.exceptions["failed", ("O1",)].contract == "SOW-10"
    assert {one.state for one in view.journeys.values()} == {"failed"}


def test_a_success_that_names_the_transaction_alone_settles_it_for_every_contract_of_the_failure(store: Store) -> None:
    failed = named("transaction.failed", 1, contract=["A", "B"], transaction="T1", said={"operation": "O1"})
    succeeded = named("transaction.succeeded", 3, transaction="T1", said={"operation": "O1"})
    (found,) = store.tell([failed], [succeeded]).exceptions.values()
    assert (found.contract, found.settled_at) == ("A", at(3))


def test_a_success_that_names_one_of_two_contracts_leaves_the_failure_open_for_the_other(store: Store) -> None:
    failed = named("transaction.failed", 1, contract=["A", "B"], said={"operation": "O1"})
    view = store.tell([failed], [named("transaction.succeeded", 3, contract="A", said={"operation": "O1"})])
    (found,) = view.exceptions.values()
    assert (found.contract, found.settled_at) == ("B", None)
    assert (view.journeys["A"].state, view.journeys["B"].state) == ("running", "failed")


def test_the_state_as_of_an_instant_knows_no_exception_of_later(store: Store) -> None:
    view = store.tell([named("transaction.failed", 5, contract="SOW-1", said={"operation": "O1"})])
    assert view == store.view(LATER)
    assert store.view(at(4)).exceptions == {}
    assert store.view(at(5)).exceptions.keys() == {("failed", ("O1",))}
