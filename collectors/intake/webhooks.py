"""Webhooks: a system says that something happened. Signed, and a hint only: what happened is read from the system."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from collectors.base import Account
from collectors.connections import Connections
from collectors.http import Http
from collectors.intake.ironclad_webhook import IroncladWebhooks
from collectors.intake.webhook_errors import UnknownHookError


class Hint(NamedTuple):
    """Which streams have something new, by a message with this id of its own."""

    event_id: str
    streams: tuple[str, ...]


class Verifier(Protocol):
    """Knows the webhooks of one system."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[str, tuple[str, ...]]:
        """The id of a message and the streams it hints at. Headers have small letters.

        Errors: UnsignedError, ForgedError; KeyUnavailableError, try again later.
        """
        ...


_PRODUCTS: dict[str, Callable[[Account, Callable[[], Http]], Verifier]] = {"ironclad": IroncladWebhooks}
"""The products whose webhooks are understood."""


class Webhooks:
    """The webhooks of the systems that a process knows. Keys that were fetched are kept."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._verifiers: dict[str, Verifier] = {}
        self._lock = threading.Lock()

    def verified(self, system: str, headers: Mapping[str, str], body: bytes) -> Hint:
        """What a message hints at. Errors: UnknownHookError; UnsignedError, ForgedError; KeyUnavailableError."""
        return Hint(*self._verifier(system).verify(headers, body))

    def _verifier(self, system: str) -> Verifier:
        account = self._connections.accounts.get(system)
        make = _PRODUCTS.get(account.product) if account else None
        if account is None or make is None:
            raise UnknownHookError(
                f"no system {system[:100]!r} of the settings sends webhooks that are understood; those of "
                f"{', '.join(_PRODUCTS)} are"
            )
        with self._lock:
            if system not in self._verifiers:
                self._verifiers[system] = make(account, lambda: self._connections.of(system).http)
            return self._verifiers[system]
