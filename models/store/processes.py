"""Loaded processes and listed systems: what the state is a function of besides events and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from models.catalogue import Catalogue
from models.process_file import ProcessFileError, content_digest, read_process
from models.store.engine import Connection, Pool, in_transaction
from models.store.works import Workshop, work_from_row
from sql import query

_BATCH_OF_JOURNEYS = 2_000
_RULES = "rules"


def load_processes(connection: Connection, texts: Iterable[tuple[str, str]], now: datetime) -> None:
    """Keep these process files, given as (file, text), in the store, where every part of the program reads them.

    The text of a version may be mended; `bring_up_to_date` then folds the journeys anew. Errors: ProcessFileError,
    also when two processes do not go together; nothing is kept then.
    """
    for file, text in texts:
        process = read_process(text, file)
        parameters = {
            "name": process.name,
            "version": process.version,
            "digest": content_digest(text),
            "document": text,
            "now": now,
        }
        row = connection.execute(query("load_process"), parameters).fetchone()
        if row is not None and row[0] != parameters["digest"]:
            connection.execute(query("replace_process"), parameters)
    read_catalogue(connection)


def read_catalogue(connection: Connection) -> Catalogue:
    """Every loaded process version. Errors: ProcessFileError when none is loaded or they do not go together."""
    rows = connection.execute(query("processes_loaded")).fetchall()
    if not rows:
        raise ProcessFileError("no process is loaded; name one under [process] files in throughline.toml")
    return Catalogue(read_process(document, f"process {name} version {version}") for name, version, _, document in rows)


def set_systems(connection: Connection, systems: Mapping[str, tuple[str, str]]) -> None:
    """The listed systems are these, name to (product, role)."""
    for name in sorted(systems):
        product, role = systems[name]
        connection.execute(query("set_system"), {"name": name, "product": product, "role": role})
    connection.execute(query("remove_other_systems"), {"names": sorted(systems)})


def read_workshop(connection: Connection) -> Workshop:
    """The rules for folding journeys, as they stand now."""
    roles = {row[0]: row[1] for row in connection.execute(query("roles"))}
    return Workshop(read_catalogue(connection), roles)


def bring_up_to_date(pool: Pool, now: datetime, progress: Callable[[int], None] = lambda count: None) -> int:
    """Fold every journey anew when the rules changed since it was folded; how many were.

    Steps, figures and the roles of systems need the facts alone, so events are read only where a version of the process
    changed. `progress` is told how many journeys are done. A change of key kinds needs `throughline rebuild`.
    """
    digest = in_transaction(pool, _rules_digest)
    with pool.connection() as connection:
        row = connection.execute(query("store_fact"), {"name": _RULES}).fetchone()
    if row is not None and row[0] == digest:
        return 0
    done = after = 0
    while True:
        after, count = in_transaction(pool, lambda connection, start=after: _refold(connection, start))  # type: ignore[misc]
        done += count
        progress(done)
        if not count:
            break
    in_transaction(
        pool,
        lambda connection: connection.execute(query("set_store_fact"), {"name": _RULES, "value": digest, "now": now}),
    )
    return done


def _rules_digest(connection: Connection) -> str:
    parts = [f"{name} {version} {digest}" for name, version, digest, _ in connection.execute(query("processes_loaded"))]
    parts += sorted(f"{name} {role}" for name, role in connection.execute(query("roles")))
    return content_digest("\n".join(parts))


def _refold(connection: Connection, after: int) -> tuple[int, int]:
    workshop = read_workshop(connection)
    rows = connection.execute(query("journeys_of_process"), {"after": after, "count": _BATCH_OF_JOURNEYS}).fetchall()
    works = [work_from_row(row, workshop.catalogue) for row in rows]
    for work in works:
        # What is kept of events depends on the process text too (subjects, objects), so they are read again.
        work.changed = work.regather = True
    connection.execute(query("make_incoming_tables"))
    workshop.fold(connection, works)
    return (rows[-1][0] if rows else after), len(rows)
