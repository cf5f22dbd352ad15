"""Which products can be read: whatever `collectors/connectors` holds, found by its `CONNECTOR`."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import import_module

import collectors.connectors
from collectors.base import Account, Connector, Stream
from collectors.http import Http
from models.errors import Misconfigured


class UnknownProductError(Misconfigured):
    """The settings name a product that no connector reads."""


@cache
def connectors() -> dict[str, type[Connector]]:
    """Every connector by its product. One for drivers that are not installed raises when it is opened, not here."""
    found: dict[str, type[Connector]] = {}
    for module in pkgutil.iter_modules(collectors.connectors.__path__, "collectors.connectors."):
        connector = getattr(import_module(module.name), "CONNECTOR", None)
        if connector is not None:
            found[connector.product] = connector
    return dict(sorted(found.items()))


def connector_of(account: Account) -> type[Connector]:
    """What reads this account's product. Errors: UnknownProductError naming those that there are."""
    found = connectors().get(account.product)
    if found is None:
        raise UnknownProductError(
            f"systems.{account.name}.product is {account.product!r}; read are {', '.join(connectors()) or 'none'}, "
            'and "push" is for systems that send to us'
        )
    return found


def streams_of(account: Account) -> tuple[Stream, ...]:
    """The streams that this account's product has. Errors: UnknownProductError."""
    return connector_of(account).streams


@contextmanager
def opened(account: Account, now: Callable[[], datetime]) -> Iterator[Connector]:
    """The connector of an account, able to ask it, for the block. Errors: Misconfigured."""
    kind = connector_of(account)
    manners = kind.manners
    if account.requests_per_second is not None:
        manners = replace(manners, requests_per_second=account.requests_per_second)
    http = Http(account.name, account.base_url, kind.sign_in(account), manners)
    try:
        yield kind(account, http, now)
    finally:
        http.close()
