"""Importing a log file into the opened store, by one process file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from app.process_files import ProcessFile
from app.wiring import Store, load_rules
from collectors.logs.importing import Import, Report
from collectors.logs.open import OpenedLog, open_log
from collectors.logs.reading import choose_mapping
from collectors.logs.rowreader import RowReader
from models.figures import By
from models.store.engine import in_transaction
from models.store.kpis import Cut, kpis
from models.store.processes import load_processes
from models.store.rules import bring_up_to_date


class Wanted(NamedTuple):
    """What to import: a file, the format it must have, and the name of the mapping, '' for the one that fits."""

    path: Path
    format: str
    mapping: str = ""


Progress = Callable[[OpenedLog, Report], None]


def import_file(
    store: Store, found: ProcessFile, wanted: Wanted, progress: Progress = lambda log, report: None
) -> Report:
    """Import a log and keep the process it was read by, so that every part of the program knows it.

    Errors: Misconfigured for a process, mapping or file that do not go together, LogFileError for a file that cannot be
    read further.
    """
    with open_log(wanted.path) as log:
        name = choose_mapping(log, wanted.format, found.mappings, wanted.mapping, found.process.name)
        keep_process(store, found)
        reader = RowReader(found.mappings[name], name)
        importing = Import(store.pool, store.clock, log, reader, process=found.process.name, text=found.text)
        return importing.run(lambda report: progress(log, report))


def keep_process(store: Store, found: ProcessFile) -> None:
    """Keep the settings' rules and this process in the store. Errors: Misconfigured."""
    load_rules(store)
    now = store.clock.now()
    in_transaction(store.pool, lambda connection: load_processes(connection, [(found.name, found.text)], now))
    bring_up_to_date(store.pool, now)


def answer(store: Store, found: ProcessFile, report: Report) -> dict[str, Any]:
    """What became of the rows, and the figures of the process as they stand now."""
    told: dict[str, Any] = msgspec.to_builtins(report)
    if told["stopped"] is None:
        del told["stopped"]
    with store.pool.connection() as connection:
        cut = Cut(store.clock.now(), store.settings.reporting.time_zone, filters={"process": [found.process.name]})
        figures = kpis(connection, found.process.figures, By(), cut)
    return told | {"figures": [row | {"as_of": row["as_of"].isoformat()} for row in figures]}
