"""One installation of a product, as the settings describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Credentials:
    """How we sign in, by a kind of `sign_in.py`, which says what it needs. `secret` reads the secret now."""

    kind: str
    client_id: str = ""
    user: str = ""
    account: str = ""
    token_url: str = ""
    scope: str = ""
    key_id: str = ""
    secret: Callable[[], str] = field(default=lambda: "", repr=False)


@dataclass(frozen=True)
class Account:
    """One installation of a product, as the settings describe it.

    `options` holds what differs between installations (names of fields, words for states); a connector checks them with
    its own frozen settings class. `watch_from` is the instant since when it is watched; None: from the beginning.
    `requests_per_second` None: as many as its connector thinks right.
    """

    name: str
    product: str
    role: str
    base_url: str = ""
    credentials: Credentials | None = None
    entities: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    watch_from: datetime | None = None
    requests_per_second: float | None = None
