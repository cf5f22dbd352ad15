"""Making all derived state again from events and decisions, and comparing it with what stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from models.store.absorb import fold_in, list_changed_content
from models.store.append import event_from_row
from models.store.engine import Connection, Pool, in_transaction
from models.store.processes import read_workshop
from models.store.state import default_as_of, state_hash
from sql import query

DERIVED_TABLES = (
    "journey",
    "journey_key",
    "key_link",
    "journey_event",
    "sample",
    "amendment",
    "exception",
    "transaction_place",
    "record_first",
    "record_version",
)
_BATCH = 5_000


class Rebuilt(NamedTuple):
    """The hash of what stood and of what the events make, as of an instant."""

    before: str
    after: str
    events: int
    as_of: datetime

    @property
    def agrees(self) -> bool:
        """Whether a rebuild changes nothing."""
        return self.before == self.after


def rebuild(
    pool: Pool,
    *,
    check: bool,
    as_of: datetime | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Rebuilt:
    """Fold every counting event again, beside what stands; with `check` nothing is changed, otherwise the result
    replaces it.

    Writers wait meanwhile, readers do not until the moment of replacing. `progress` is told (events done, events in
    all).
    """

    def work(connection: Connection) -> Rebuilt:
        connection.execute(query("stop_writers"))
        at = as_of or default_as_of(connection)
        before = state_hash(connection, at)
        connection.execute(query("make_rebuild_tables"))
        done = _fold_all(connection, progress)
        after = state_hash(connection, at)
        connection.execute(query("look_at_store"))
        if not check:
            for table in DERIVED_TABLES:
                connection.execute(query(f"replace_{table}"))
        connection.execute(query("drop_rebuild_tables"))
        return Rebuilt(before, after, done, at)

    return in_transaction(pool, work)


def _fold_all(connection: Connection, progress: Callable[[int, int], None]) -> int:
    workshop = read_workshop(connection)
    row = connection.execute(query("count_counting_events")).fetchone()
    total = row[0] if row is not None else 0
    connection.execute(query("make_incoming_tables"))
    done = after = 0
    while True:
        rows = connection.execute(query("counting_events_after"), {"after": after, "count": _BATCH}).fetchall()
        if not rows:
            break
        after = rows[-1][0]
        fold_in(connection, [event_from_row(row) for row in rows], workshop)
        done += len(rows)
        progress(done, total)
    list_changed_content(connection, [row[0] for row in connection.execute(query("identities_with_variants"))])
    return done
