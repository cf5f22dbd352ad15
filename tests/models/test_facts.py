"""Facts are maxima, minima and unions: halves merge to the whole in any order, and twice is once."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.catalogue import Catalogue
from models.events import Event
from models.facts import Facts, merge, pack, unpack
from models.gathering import Gathering, version_of
from tests.making import an_event, at
from tests.models.store.laws import VERSIONS, World, counting, worlds
from tests.oracle.telling import order

GATHERING = Gathering(VERSIONS[0], Catalogue(VERSIONS).kept_attributes(VERSIONS[0]))


def told(world: World) -> list[Event]:
    """What counts: of an identity one content. An example without anything tells nothing."""
    events = counting(world.events)
    assume(events)
    return events


def facts_of(events: list[Event]) -> Facts:
    facts: Facts | None = None
    for event in events:
        facts = GATHERING.add(facts, event, "C1")
    assert facts is not None
    return facts


def merged(*parts: Facts) -> Facts:
    """The parts together; they stay as they are."""
    return reduce(merge, [unpack(pack(part)) for part in parts])


@pytest.mark.property
@given(world=worlds(most=12), data=st.data())
def test_events_in_any_order_and_again_give_the_same_facts(world: World, data: st.DataObject) -> None:
    events = told(world)
    again = data.draw(st.permutations([*events, *events[:3]]))
    assert facts_of(again) == facts_of(events)


@pytest.mark.property
@given(world=worlds(most=12), data=st.data())
def test_facts_merge_in_any_order_any_grouping_and_any_number_of_times(world: World, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(told(world)), min_size=1, max_size=6)
    parts = [data.draw(some) for _ in range(3)]
    one, two, three = map(facts_of, parts)
    assert merged(one, two) == merged(two, one)
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, one) == one
    assert merged(one, two, three) == facts_of([event for part in parts for event in part])


@pytest.mark.property
@given(world=worlds(most=12), data=st.data())
def test_what_was_gathered_later_lies_over_what_was_packed(world: World, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(told(world)), min_size=1, max_size=6)
    packed, later = facts_of(data.draw(some)), facts_of(data.draw(some))
    both = merged(packed, later)
    laid_over = unpack(pack(packed), later)
    looked_at = data.draw(st.sets(st.sampled_from(sorted(both.slots) or [""])))
    assert all(laid_over.slots.get(name) == both.slots.get(name) for name in looked_at)
    assert unpack(pack(laid_over)) == both
    assert laid_over == both
    assert sorted(laid_over.said) == sorted(both.said)


@pytest.mark.property
@given(world=worlds(most=8))
def test_versions_compare_as_sequence_then_time_written_down_then_time_it_happened(world: World) -> None:
    # As text a sequence may begin another one ("b" and "b-"): bytes must not confuse its end with its continuation.
    by_bytes = sorted(world.events, key=version_of)
    assert [order(event) for event in by_bytes] == sorted(order(event) for event in world.events)


def test_a_time_before_1970_is_earlier_than_one_after() -> None:
    old = an_event("contract.signed", 0)
    older = an_event("contract.signed", -24 * 365 * 80)
    assert older.occurred_at == at(0) - timedelta(days=365 * 80)
    assert version_of(older) < version_of(old)


def test_the_highest_of_several_numbers_is_the_newest_version_however_they_are_padded() -> None:
    versions = [version_of(an_event("contract.signed", 1, sequence=number)) for number in ("9", "010", "11")]
    assert versions == sorted(versions)


def test_an_attribute_that_is_absent_is_not_cleared_and_null_clears_it() -> None:
    said = an_event("contract.signed", 1, attributes={"value": "10", "currency": "EUR"})
    silent = an_event("contract.activated", 2, attributes={"currency": None})
    facts = facts_of([said, silent])
    assert {name: said[""]["sys"].value for name, said in facts.said.items()} == {"value": "10", "currency": None}
