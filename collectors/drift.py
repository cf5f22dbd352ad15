"""Noticing that the records of a stream have lost a field that all of them used to have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from collectors.base import Page

ENOUGH = 100
"""So many events must have been read before it counts that a field was in every record: few rows prove nothing."""


def shared_fields(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The names of the fields that every one of these rows has: what a page's `fields` are."""
    names: frozenset[str] | None = None
    for row in rows:
        names = frozenset(row) if names is None else names & row.keys()
    return names or frozenset()


class Fields:
    """The fields that every record of a stream has had. `state`: JSON, `names` and how many `events` they rest on.

    Once they are known they stay known, so that `gone` is told for as long as a field is missing.
    """

    def __init__(self, state: Any) -> None:
        said = state if isinstance(state, dict) else {}
        self._names: frozenset[str] | None = frozenset(said["names"]) if "names" in said else None
        self._events = int(said.get("events", 0))
        self.gone: frozenset[str] = frozenset()

    @property
    def state(self) -> Any:
        """What to keep; None before any fields were seen."""
        return None if self._names is None else {"names": sorted(self._names), "events": self._events}

    def see(self, page: Page) -> None:
        """Take a page into account; one without fields says nothing."""
        if not page.fields:
            return
        names = frozenset(page.fields)
        if self._names is None:
            self._names = names
        elif self._events < ENOUGH:
            self._names &= names
        self.gone = self._names - names
        self._events += len(page.events)
