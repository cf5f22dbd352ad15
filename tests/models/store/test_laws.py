"""The laws of events, identity and state, tried on events of a small world: one state, whatever the order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.store.engine import open_pool
from models.store.rebuild import rebuild
from tests.making import at
from tests.models.store.laws import LATER, ROLES, VERSIONS, Store, World, open_store, run, run_by_two, worlds
from tests.oracle.judging import judge
from tests.oracle.view import View
from tests.servers import Databases

# A store is emptied before each example, and an example takes it too long to explain.
examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
pytestmark = [pytest.mark.property, pytest.mark.timeout(0)]


@pytest.fixture(scope="module")
def store(databases: Databases) -> Iterator[Store]:
    """One database for all examples of the module."""
    with databases.fresh() as url, open_pool(url, max_size=4) as pool:
        yield open_store(pool)


def judged(world: World, as_of: datetime = LATER) -> View:
    return judge(world.events, world.links, VERSIONS, ROLES, as_of)


@given(world=worlds(), random=st.randoms(use_true_random=False))
@examples
def test_any_order_repetition_batching_and_moment_of_decisions_give_the_state_of_the_oracle(
    store: Store, world: World, random: Random
) -> None:
    run(random, store, world)
    assert store.view() == judged(world)
    assert store.view(at(5)) == judged(world, at(5))
    first = rebuild(store.pool, check=True, as_of=LATER)
    assert first.agrees
    run(random, store, world)
    assert store.hash() == first.after


@given(world=worlds(), random=st.randoms(use_true_random=False))
@examples
def test_two_writers_at_once_give_the_state_of_the_oracle(store: Store, world: World, random: Random) -> None:
    run_by_two(random, store, world)
    assert store.view() == judged(world)
    assert rebuild(store.pool, check=True, as_of=LATER).agrees
