"""The tables of the firm's Ironclad: workflows with their approvals, records and obligations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(slots=True)
class Approval:
    """One request to one approver in one role."""

    id: str
    role: str
    role_name: str
    actor: str
    actor_name: str
    actor_email: str
    started_at: datetime
    ended_at: datetime | None = None
    status: str = "Pending"


@dataclass(slots=True)
class Turn:
    """Whose turn a workflow was in: ours or the counterparty's."""

    party: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True)
class Workflow:
    """A contract or an amendment on its way to signature."""

    id: str
    readable: str
    title: str
    template: str
    created_at: datetime
    updated_at: datetime
    attributes: dict[str, Any]
    step: str = "Create"
    status: str = "active"
    approvals_state: str = "not_started"
    signatures_state: str = "not_started"
    approvals: list[Approval] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    record_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """A contract in the repository. Properties are held as they are answered: `{type, value, originalValue?}`."""

    id: str
    readable: str
    type: str
    name: str
    updated_at: datetime
    properties: dict[str, dict[str, Any]]
    workflow: str | None = None
    parent_id: str | None = None
    child_ids: list[str] = field(default_factory=list)
    amendments: list[str] = field(default_factory=list)
    contract_status: dict[str, Any] | None = None


@dataclass(slots=True)
class Obligation:
    """A promise in a contract with a day on which it is due."""

    id: str
    readable: str
    name: str
    updated_at: datetime
    properties: dict[str, dict[str, Any]]
    parent_readable: str | None = None
    parent_name: str | None = None


Row = Workflow | Record | Obligation


class Tables:
    """All rows by id, and in the orders in which they are listed."""

    def __init__(self) -> None:
        self.workflows: dict[str, Workflow] = {}
        self.records: dict[str, Record] = {}
        self.obligations: dict[str, Obligation] = {}
        self._readable: dict[tuple[str, str], str] = {}
        self._version = 0
        self._ordered: dict[str, tuple[int, list[Any]]] = {}

    def put(self, row: Row) -> None:
        """Add a new row."""
        self._of(row)[row.id] = row
        self._readable[type(row).__name__, row.readable] = row.id
        self._version += 1

    def touch(self, row: Row, at: datetime) -> None:
        """Say that a row was changed: `lastUpdated` moves forward, at least by a millisecond."""
        row.updated_at = max(at, row.updated_at + timedelta(milliseconds=1))
        self._version += 1

    def workflow(self, name: str) -> Workflow | None:
        """A workflow by its id or its readable id."""
        return self.workflows.get(self._readable.get(("Workflow", name), name))

    def record(self, name: str) -> Record | None:
        """A record by its id or its readable id."""
        return self.records.get(self._readable.get(("Record", name), name))

    def in_order(self, name: str, rows: Callable[[], list[Any]]) -> list[Any]:
        """The rows in a named order, made again only when something was written since."""
        version, ordered = self._ordered.get(name, (-1, []))
        if version != self._version:
            ordered = rows()
            self._ordered[name] = (self._version, ordered)
        return ordered

    def _of(self, row: Row) -> dict[str, Any]:
        if isinstance(row, Workflow):
            return self.workflows
        return self.records if isinstance(row, Record) else self.obligations
