"""The laws of events, identity and state, tried on events of a small world: one state, whatever the order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.store.engine import open_pool
from models.store.rebuild import rebuild
from models.store.state import state_hash
from tests.making import at
from tests.models.store.laws import LATER, ROLES, VERSIONS, Store, World, open_store, run, worlds
from tests.oracle.judging import judge
from tests.oracle.view import View
from tests.servers import Databases

pytestmark = [pytest.mark.property, pytest.mark.timeout(0)]


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[Store]:
    """One database for all examples of the module."""
    with databases.fresh() as url, open_pool(url, max_size=4) as pool:
        yield open_store(pool)


def hash_of(store: Store, as_of: datetime = LATER) -> str:
    with store.pool.connection() as connection:
        return state_hash(connection, as_of)


def judged(world: World, as_of: datetime = LATER) -> View:
    return judge(world.events, world.links, VERSIONS, ROLES, as_of)


@given(world=worlds(), random=st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_order_repetition_batching_and_moment_of_decisions_give_the_state_of_the_oracle(
    store: Store, world: World, random: Random
) -> None:
    run(random, store, world)
    assert store.view() == judged(world)
    assert store.view(at(5)) == judged(world, at(5))
    first = hash_of(store)
    rebuilt = rebuild(store.pool, check=True, as_of=LATER)
    assert (rebuilt.before, rebuilt.after) == (first, first)
    run(random, store, world)
    assert hash_of(store) == first
