"""Stores into which a real log was imported, once for the tests of a module."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest

from app.process_files import find_process
from collectors.logs.importing import Import, Report
from collectors.logs.open import open_log
from collectors.logs.reading import choose_mapping
from collectors.logs.rowreader import RowReader
from models.store.engine import Pool, in_transaction, open_pool
from models.store.kpis import Cut, choose, kpis
from models.store.processes import load_processes, read_catalogue
from models.store.state import default_as_of, state_hash
from tests.requirements import DATA
from tests.servers import Databases

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Clock:
    """A clock that stands, after the newest event of every log."""

    def now(self) -> datetime:
        return NOW


class Figure(NamedTuple):
    """What a figure says of all time."""

    finished: int
    running: int
    p50: float | None
    p90: float | None
    greatest: float | None
    negative: int


class Imported:
    """A store with one log in it, and what the import reported."""

    def __init__(self, pool: Pool, report: Report) -> None:
        self.pool = pool
        self.report = report

    def count(self, question: str) -> int:
        """The number that a question to the store has for an answer."""
        with self.pool.connection() as connection:
            row = connection.execute(question).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return int(row[0])

    @property
    def journeys(self) -> int:
        return self.count("SELECT count(*) FROM journey WHERE NOT contested")

    @property
    def hash(self) -> str:
        return state_hash_of(self.pool)

    def figure(self, name: str) -> Figure:
        """A figure of all time, as everybody reads it, and its extremes."""
        with self.pool.connection() as connection:
            figures, by = choose(read_catalogue(connection), [name], [])
            (row,) = kpis(connection, figures, by, Cut(NOW, ZoneInfo("UTC")))
            extremes = connection.execute(
                "SELECT max(seconds), count(*) FILTER (WHERE seconds < 0) FROM sample WHERE figure = %s", [name]
            ).fetchone()
        assert extremes is not None
        assert row["omitted"] == 0
        greatest = None if extremes[0] is None else float(extremes[0])
        return Figure(row["finished"], row["running"], row["p50"], row["p90"], greatest, extremes[1])


def state_hash_of(pool: Pool) -> str:
    """The state hash as of the newest event."""
    with pool.connection() as connection:
        return state_hash(connection, default_as_of(connection))


def import_log(pool: Pool, file: str, process: str, format_: str) -> Report:
    """Import a file of the reference data with a shipped process."""
    found = find_process(process)
    in_transaction(pool, lambda connection: load_processes(connection, [(found.name, found.text)], NOW))
    with open_log(DATA / file) as log:
        name = choose_mapping(log, format_, found.mappings, "", process)
        reader = RowReader(found.mappings[name], name)
        return Import(pool, Clock(), log, reader, process=process, text=found.text).run()


@pytest.fixture(scope="module")
def importing(databases: Databases, test_home: Path) -> Iterator[Callable[[str, str, str], Imported]]:
    """Gives a store with the log (file, process, format) in it, imported once for all workers of the run."""
    with ExitStack() as stack:

        def once(file: str, process: str, format_: str) -> Imported:
            name = "data_" + sha256(file.encode()).hexdigest()[:12]
            known = test_home / f"{name}.json"
            with (test_home / f"{name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may be importing it: wait, and use its store
                url, report = json.loads(known.read_text()) if known.exists() else (databases.lasting(name), None)
                pool = stack.enter_context(open_pool(url, max_size=4))
                if report is None:
                    report = msgspec.to_builtins(import_log(pool, file, process, format_))
                    known.write_text(json.dumps([url, report]))
            return Imported(pool, msgspec.convert(report, Report))

        yield once


def reference(folder: str) -> dict[str, Any]:
    """The answers of an independent implementation."""
    answers: dict[str, Any] = json.loads((DATA / folder / "reference.json").read_text())
    return answers


def assert_agrees(figure: Figure, expected: dict[str, Any]) -> None:
    """Counts exactly, percentiles within 1 %, the greatest to the second."""
    assert (figure.finished, figure.negative) == (expected["n"], expected["negative"])
    assert figure.p50 == pytest.approx(expected["median_s"], rel=0.01)
    assert figure.p90 == pytest.approx(expected["p90_s"], rel=0.01)
    assert figure.greatest == pytest.approx(expected["max_s"], abs=1)
