"""The rules in force, read again only when they changed."""

from __future__ import annotations

from threading import Lock
from typing import Any

from models.store.engine import Connection
from models.store.processes import read_workshop
from models.store.works import Workshop
from sql import query


class CurrentRules:
    """Keeps what the loaded processes say, for any number of threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[list[Any], Workshop] | None = None

    def workshop(self, connection: Connection) -> Workshop:
        """The rules as they stand in the store. Errors: ProcessFileError when no process is loaded."""
        seen = connection.execute(query("rules_in_force")).fetchall()
        with self._lock:
            if self._known is None or self._known[0] != seen:
                self._known = (seen, read_workshop(connection))
            return self._known[1]
