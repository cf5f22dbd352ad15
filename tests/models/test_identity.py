"""Who belongs to whom does not depend on the order in which claims are heard, and is what the oracle says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import Catalogue
from models.events import Event, from_micros
from models.identity import Claim, Component, Key, claim_of, name_keys, split
from tests.making import an_event
from tests.models.store.laws import KINDS, VERSIONS, World, counting, worlds
from tests.oracle.joining import claims_of, owners_of

CATALOGUE = Catalogue(VERSIONS)


def claims(events: list[Event]) -> list[Claim]:
    return [claim_of(event, name_keys(event, CATALOGUE)) for event in events]


def told(components: list[Component]) -> tuple[dict[str, str | None], dict[tuple[str, ...], object]]:
    """Who owns each owned key, and since when which contracts compete."""
    owners: dict[str, str | None] = {}
    conflicts: dict[tuple[str, ...], object] = {}
    for one in components:
        for key in one.owned:
            owner: Key | None = one.owners[key] if one.contracts else one.least
            owners[key.text] = owner.text if owner is not None else None
        for conflict in one.conflicts:
            names = tuple(key.text for key in conflict.contracts)
            assert names not in conflicts, "one conflict for each set of contracts"
            conflicts[names] = from_micros(conflict.opened_at)
    return owners, conflicts


@pytest.mark.property
@given(world=worlds(most=12), data=st.data())
def test_claims_in_any_order_and_again_give_the_owners_of_the_oracle(world: World, data: st.DataObject) -> None:
    events = counting(world.events)
    owners, conflicts = owners_of(claims_of(events, [], KINDS), KINDS)
    expected = (
        {f"{name}:{value}": None if owner is None else ":".join(owner) for (name, value), owner in owners.items()},
        {tuple(":".join(one) for one in contracts): since for contracts, since in conflicts.items()},
    )
    again = claims(data.draw(st.permutations([*events, *events[:2]])))
    assert told(split(again)) == expected


@pytest.mark.property
@given(world=worlds(most=12))
def test_two_contracts_are_never_one(world: World) -> None:
    for one in split(claims(world.events)):
        for owner in one.owners.values():
            assert owner is None or owner in one.contracts
        assert all(len(conflict.contracts) > 1 for conflict in one.conflicts)


def test_an_event_that_names_two_contracts_claims_no_owned_key() -> None:
    event = an_event("project.created", 1, keys={"contract": ["C1", "C2"], "project": "P1"})
    named = name_keys(event, CATALOGUE)
    assert [key.value for key in named.direct] == ["C1", "C2"]
    assert named.joined == ()
    assert claim_of(event, named).owned == ()


def test_a_carried_key_leads_before_its_carrier() -> None:
    named = name_keys(an_event("payment.applied", 1, keys={"payment": "Y1", "invoice": "I1"}), CATALOGUE)
    assert [key.text for key in named.shared] == ["invoice:I1"]


def test_a_context_key_leads_only_events_about_its_kind() -> None:
    about = name_keys(an_event("customer.updated", 1, keys={"customer": "K1"}), CATALOGUE)
    other = name_keys(an_event("contract.signed", 1, keys={"customer": "K1"}), CATALOGUE)
    assert ([key.text for key in about.shared], other.shared) == (["customer:K1"], ())


def test_a_key_of_another_name_is_another_key() -> None:
    events = [
        an_event("project.created", 1, keys={"contract": "C1", "project": "1"}),
        an_event("project.created", 2, keys={"contract": "C2", "erp/project": "1"}),
    ]
    assert told(split(claims(events)))[0] == {"project:1": "contract:C1", "erp/project:1": "contract:C2"}
