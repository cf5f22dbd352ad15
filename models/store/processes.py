"""Loaded processes and listed systems: what the state is a function of besides events and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from models.catalogue import Catalogue
from models.process_file import ProcessFileError, content_digest, read_process
from models.store.engine import Connection
from models.store.works import Workshop
from sql import query


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
