"""Asking for actions, and carrying them out, with the systems of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from actions.plan import Planner
from actions.products import Products
from actions.runner import Runner
from app.accounts import accounts
from app.wiring import Store
from collectors.connections import Connections


@contextmanager
def open_connections(store: Store) -> Iterator[Connections]:
    """The systems of the settings, each opened when it is first asked, for the block."""
    connections = Connections(accounts(store.settings), store.clock.now)
    try:
        yield connections
    finally:
        connections.close()


@contextmanager
def open_acting(store: Store) -> Iterator[Runner]:
    """What carries actions out, for the block."""
    with open_connections(store) as connections:
        yield Runner(store.pool, store.clock, Products(connections))


@contextmanager
def open_planner(store: Store) -> Iterator[Planner]:
    """The way to actions, for the block."""
    with open_connections(store) as connections:
        yield Planner(store.pool, store.clock, Products(connections))
