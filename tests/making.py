"""Makers of events and small stores for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.events import Event, make_event
from models.store.absorb import Absorbed, absorb
from models.store.engine import Pool, in_transaction
from models.store.processes import load_processes, read_workshop

DAY = datetime(2026, 3, 2, tzinfo=UTC)
PROCESSES = Path(__file__).parent.parent / "processes"
CONTRACT_TO_CASH = PROCESSES / "contract_to_cash.toml"


def at(hours: float) -> datetime:
    """So many hours after the morning on which every test begins."""
    return DAY + timedelta(hours=hours)


def an_event(type: str, hours: float, *, id: str = "", source: str = "sys", **parts: Any) -> Event:
    """An event of `type` so many hours after the beginning. `keys` and `attributes` are mappings; the id is made
    up from what the event says unless it is given."""
    parts.setdefault("keys", {})
    name = id or f"{type}@{hours}:{sorted(parts['keys'].items())}:{sorted(parts.get('attributes', {}).items())}"
    return make_event(source=source, id=name[:500], type=type, occurred_at=at(hours), **parts)


def load(pool: Pool, *files: Path) -> None:
    """Load shipped or other process files."""
    texts = [(file.name, file.read_text()) for file in files or (CONTRACT_TO_CASH,)]
    in_transaction(pool, lambda connection: load_processes(connection, texts, DAY))


def take(pool: Pool, *events: Event, observed: float = 0) -> Absorbed:
    """Absorb these events as one batch."""
    with pool.connection() as connection:
        workshop = read_workshop(connection)
    return absorb(pool, events, workshop, at(observed))
