"""When the rules change, what was folded by the old ones is folded again: state is a function of them too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from models.catalogue import Catalogue
from models.process_file import content_digest
from models.store.engine import Connection, Pool, in_transaction
from models.store.processes import read_catalogue, read_workshop
from models.store.rebuild import rebuild
from models.store.works import work_from_row
from sql import query

_BATCH_OF_JOURNEYS = 2_000
_FOLDING = "folding rules"
_JOINING = "joining rules"

# Another number has the events of every store placed again by the next start of a program that knows it.
_VERSION = 1


def bring_up_to_date(pool: Pool, now: datetime, progress: Callable[[int], None] = lambda count: None) -> int:
    """Make the state what the loaded processes and listed systems say; how many journeys or events were folded anew.

    Steps, figures and the roles of systems concern journeys as they are; a kind of key that joins otherwise than before
    concerns which journeys there are, and all events are placed again. Nothing is done where nothing changed.
    """
    folding, joining = in_transaction(pool, _digests)
    known = in_transaction(pool, lambda connection: (_fact(connection, _FOLDING), _fact(connection, _JOINING)))
    done = 0
    if known[1] is not None and in_transaction(pool, partial(_joins_otherwise, known[1])):
        done = rebuild(pool, check=False, progress=lambda count, total: progress(count)).events
    elif known[0] not in (None, folding):
        done = _fold_all(pool, progress)
    if known != (folding, joining):
        in_transaction(pool, partial(_note, {_FOLDING: folding, _JOINING: joining}, now))
    return done


def _digests(connection: Connection) -> tuple[str, str]:
    parts = [f"{name} {version} {digest}" for name, version, digest, _ in connection.execute(query("processes_loaded"))]
    parts += sorted(f"{name} {role}" for name, role in connection.execute(query("roles")))
    return content_digest("\n".join(parts)), _joining(read_catalogue(connection))


def _joining(catalogue: Catalogue) -> str:
    rules = {
        "classes": dict(catalogue.classes),
        "carries": {kind: sorted(kinds) for kind, kinds in catalogue.carries.items()},
        "about": catalogue.about,
        "grace": catalogue.unlinked_grace.total_seconds(),
        "version": _VERSION,
    }
    return msgspec.json.encode(rules, order="sorted").decode()


def _joins_otherwise(known: str, connection: Connection) -> bool:
    """Whether events that are here would find other journeys: new kinds matter only where events have named them."""
    before: dict[str, Any] = msgspec.json.decode(known)
    after: dict[str, Any] = msgspec.json.decode(_joining(read_catalogue(connection)))
    if before["grace"] != after["grace"] or before.get("version") != _VERSION:
        return True
    added = {kind for kind in after["classes"] if kind not in before["classes"]}
    named = {row[0] for row in connection.execute(query("undeclared_kinds"))}
    if added & named:
        return True
    # What is new concerns kinds and types that no event had; whatever was there must be as it was.
    return any(
        after[part].get(name) != rule for part in ("classes", "carries", "about") for name, rule in before[part].items()
    ) or any(kind in before["classes"] for kind in after["carries"].keys() - before["carries"].keys())


def _fold_all(pool: Pool, progress: Callable[[int], None]) -> int:
    done = after = 0
    while True:
        after, count = in_transaction(pool, partial(_refold, after))
        done += count
        if not count:
            return done
        progress(done)


def _refold(after: int, connection: Connection) -> tuple[int, int]:
    workshop = read_workshop(connection)
    parameters = {"after": after, "count": _BATCH_OF_JOURNEYS}
    rows = connection.execute(query("journeys_after"), parameters).fetchall()
    works = [work_from_row(row, workshop.catalogue) for row in rows]
    for work in works:
        # What is kept of events depends on the process text too (subjects, objects), so they are read again.
        work.changed = work.regather = True
    connection.execute(query("make_incoming_tables"))
    workshop.fold(connection, works)
    return (rows[-1][0] if rows else after), len(rows)


def _fact(connection: Connection, name: str) -> str | None:
    row = connection.execute(query("store_fact"), {"name": name}).fetchone()
    return None if row is None else row[0]


def _note(facts: dict[str, str], now: datetime, connection: Connection) -> None:
    for name, value in facts.items():
        connection.execute(query("set_store_fact"), {"name": name, "value": value, "now": now})
