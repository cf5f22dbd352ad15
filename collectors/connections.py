"""The opened connectors of a process: one a system, so that its tokens and its pace are shared by its streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime

from collectors import registry
from collectors.base import Account, Connector

Open = Callable[[Account, Callable[[], datetime]], AbstractContextManager[Connector]]


class Connections:
    """Opens a connector when it is first asked for. `now` is the clock of the program."""

    def __init__(self, accounts: Iterable[Account], now: Callable[[], datetime], open: Open = registry.opened) -> None:
        self.accounts = {account.name: account for account in accounts}
        self._now = now
        self._open = open
        self._opened: dict[str, Connector] = {}
        self._stack = ExitStack()
        self._lock = threading.Lock()

    def of(self, system: str) -> Connector:
        """The connector of a system. Errors: Misconfigured."""
        with self._lock:
            if system not in self._opened:
                connector = self._stack.enter_context(self._open(self.accounts[system], self._now))
                self._opened[system] = connector
            return self._opened[system]

    def close(self) -> None:
        """Close what was opened."""
        self._stack.close()
