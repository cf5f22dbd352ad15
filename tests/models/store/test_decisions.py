"""What people say about identity beats what events say, and can be taken back."""

from __future__ import annotations

import pytest

from models.store.decisions import LinkRefusedError
from models.store.rebuild import rebuild
from tests.making import an_event, at
from tests.models.store.laws import LATER, Store
from tests.models.store.test_removal import contents, replacing
from tests.models.store.test_reroute import ALONE, ONE, TWO, conflicts, named, reached
from tests.oracle.joining import Link

CONTRACT = ("contract", "SOW-2")
PROJECT = ("project", "P1")
MINE = Link("d1", at(20), (CONTRACT, PROJECT))


def rebuilt(store: Store) -> bool:
    return rebuild(store.pool, check=True, as_of=LATER).agrees


def test_a_contested_key_goes_to_the_contract_that_somebody_links_it_to(store: Store) -> None:
    store.take([ONE, TWO, ALONE])
    store.link(MINE)
    assert conflicts(store.view()) == {}
    assert reached(store.view(), "project.activated") == {"SOW-2"}
    assert reached(store.view(), "contract.signed") == {"SOW-1", "SOW-2"}
    assert rebuilt(store)


def test_a_link_taken_back_brings_the_conflict_back(store: Store) -> None:
    store.take([ONE, TWO, ALONE])
    before = store.hash()
    store.link(MINE)
    store.unlink(MINE)
    assert store.hash() == before
    assert conflicts(store.view()) == {("SOW-1", "SOW-2"): 7}
    assert rebuilt(store)


def test_a_decision_holds_for_claims_that_come_after_it(store: Store) -> None:
    store.take([TWO, ALONE])
    store.link(MINE)
    store.take([ONE])
    assert reached(store.view(), "project.activated") == {"SOW-2"}
    assert rebuilt(store)


def test_two_decisions_for_two_contracts_contest_the_key_again(store: Store) -> None:
    store.take([ONE, TWO, ALONE])
    store.link(MINE)
    other = Link("d2", at(30), (("contract", "SOW-1"), PROJECT))
    store.link(other)
    assert list(conflicts(store.view())) == [("SOW-1", "SOW-2")]
    store.unlink(other)
    assert conflicts(store.view()) == {}
    assert rebuilt(store)


def test_provisional_journeys_join_by_a_decision_and_part_when_it_is_taken_back(store: Store) -> None:
    store.take([named("project.created", 1, project="P1"), named("billing_schedule.created", 2, schedule="S1")])
    link = Link("d1", at(9), (("project", "P1"), ("schedule", "S1")))
    store.link(link)
    assert list(store.view().journeys) == ["project:P1"]
    assert rebuilt(store)
    store.unlink(link)
    assert set(store.view().journeys) == {"project:P1", "schedule:S1"}


def test_the_same_decision_again_changes_nothing(store: Store) -> None:
    store.take([ONE, TWO])
    store.link(MINE)
    before = store.hash()
    store.link(MINE)
    assert store.hash() == before


def test_a_decision_waits_for_a_key_that_no_event_names_for_a_while(store: Store) -> None:
    (naming,) = contents(1, keys={"project": "P7"})
    store.take([named("contract.signed", 1, contract="SOW-2"), naming])
    store.link(Link("d1", at(9), (CONTRACT, ("project", "P7"))))
    store.take([replacing(naming, keys={"project": "P8"})])
    assert set(store.view().journeys) == {"SOW-2", "project:P8"}
    assert rebuilt(store)
    store.take([named("project.closed", 5, project="P7")])
    assert reached(store.view(), "project.closed") == {"SOW-2"}
    assert rebuilt(store)


def test_two_contracts_cannot_be_linked(store: Store) -> None:
    store.take([ONE, TWO])
    with pytest.raises(LinkRefusedError, match="two contracts, which never merge"):
        store.link(Link("d1", at(9), (("contract", "SOW-1"), CONTRACT)))


def test_keys_that_nobody_named_and_shared_keys_cannot_be_linked(store: Store) -> None:
    store.take([ONE, an_event("invoice.sent", 2, keys={"invoice": "I1"})])
    with pytest.raises(LinkRefusedError, match="project:P9 is unknown"):
        store.link(Link("d1", at(9), (("contract", "SOW-1"), ("project", "P9"))))
    with pytest.raises(LinkRefusedError, match="invoice:I1 is shared"):
        store.link(Link("d1", at(9), (("contract", "SOW-1"), ("invoice", "I1"))))
