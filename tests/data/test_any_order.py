"""Rows shuffled, repeated and cut in ten, imported in any order by two at once: one state."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest

from app.process_files import find_process
from collectors.logs.open import open_log
from collectors.logs.reading import read_rows
from collectors.logs.rowreader import RowReader
from collectors.logs.rows import OBJECTS, Fault, Fields
from models.events import Event
from models.store.absorb import absorb
from models.store.engine import Pool, in_transaction, open_pool
from models.store.processes import load_processes, read_workshop
from tests.data.conftest import NOW, state_hash_of
from tests.requirements import DATA
from tests.servers import Databases

pytestmark = [pytest.mark.needs_data, pytest.mark.timeout(300)]

COMMAND = Path(sys.executable).with_name("throughline")
PARTS = 10
LINES = DATA / "o2c-sap-ibm" / "O2C_SAP_log.zip"
ORDERS = DATA / "ocel2-order-management" / "running-example.sqlite.gz"
WHOLE = pytest.param(None, marks=[pytest.mark.prove, pytest.mark.timeout(1800)], id="whole")

Row = list[str]


def lines_of(cases: int | None) -> tuple[Row, list[Row]]:
    """Header and rows of the log; only those of so many cases where a number is given."""
    with ZipFile(LINES) as archive, archive.open(archive.namelist()[0]) as member:
        header, *rows = csv.reader(TextIOWrapper(member, "utf-8", newline=""))
    some = list(dict.fromkeys(row[0] for row in rows))[:cases]
    return header, [row for row in rows if row[0] in set(some)] if cases else rows


def write(place: Path, header: Row, rows: list[Row]) -> Path:
    with place.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return place


def import_all(url: str, files: list[Path], folder: Path) -> None:
    """Import files one after the other, each by a process of its own."""
    for file in files:
        arguments = [COMMAND, "import", "csv", file, "--process", "order_to_cash", "--json"]
        environment = os.environ | {"THROUGHLINE_DATABASE_URL": url}
        subprocess.run(arguments, env=environment, cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("cases", [1_000, WHOLE])
def test_parts_of_a_file_in_any_order_by_two_processes(cases: int | None, databases: Databases, tmp_path: Path) -> None:
    random = Random(11)
    header, rows = lines_of(cases)
    shuffled = [*rows, *random.sample(rows, len(rows) // 5)]
    random.shuffle(shuffled)
    parts = [write(tmp_path / f"part{part}.csv", header, shuffled[part::PARTS]) for part in range(PARTS)]
    random.shuffle(parts)
    with databases.fresh() as one, databases.fresh() as other:
        import_all(one, [write(tmp_path / "whole.csv", header, rows)], tmp_path)
        with ThreadPoolExecutor(2) as two:
            list(two.map(import_all, (other, other), (parts[:5], parts[5:]), (tmp_path, tmp_path)))
        with open_pool(one, max_size=1) as expected, open_pool(other, max_size=1) as found:
            assert state_hash_of(found) == state_hash_of(expected)


def orders_of(count: int | None) -> list[Fields]:
    """Rows of the object-centric log: all, or those that touch some orders, their items and their packages."""
    mapping = find_process("order_to_cash").mappings["order_management"]
    with open_log(ORDERS) as log:
        rows = [row for row in read_rows(log, mapping) if not isinstance(row, Fault)]
    if count is None:
        return rows
    orders = set(sorted({one for row in rows for one in row.get(f"{OBJECTS}orders", ())})[:count])
    items = {
        item for row in rows for item in row.get(f"{OBJECTS}items", ()) if orders & {*row.get(f"{OBJECTS}orders", ())}
    }
    packages = {
        one for row in rows for one in row.get(f"{OBJECTS}packages", ()) if items & {*row.get(f"{OBJECTS}items", ())}
    }
    wanted = {"orders": orders, "items": items, "packages": packages}
    return [row for row in rows if any(ids & {*row.get(OBJECTS + type_, ())} for type_, ids in wanted.items())]


def take_in(pool: Pool, events: list[Event], largest: int, seed: int) -> None:
    """Absorb the events in batches of any size up to the largest."""
    random = Random(seed)
    with pool.connection() as connection:
        workshop = read_workshop(connection)
    while events:
        size = random.randint(1, largest)
        absorb(pool, events[:size], workshop, NOW)
        events = events[size:]


@pytest.mark.parametrize("count", [60, WHOLE])
def test_links_and_events_in_any_order_by_two_writers(count: int | None, databases: Databases) -> None:
    random = Random(5)
    found = find_process("order_to_cash")
    reader = RowReader(found.mappings["order_management"], "order_management")
    events = [event for row in orders_of(count) if (event := reader.event(row)) is not None]
    shuffled = [*events, *random.sample(events, len(events) // 5)]
    random.shuffle(shuffled)
    middle = len(shuffled) // 2
    hashes = []
    for halves, largest in (([events], 5_000), ([shuffled[:middle], shuffled[middle:]], 400)):
        with databases.fresh() as url, open_pool(url, max_size=4) as pool:
            in_transaction(pool, lambda connection: load_processes(connection, [(found.name, found.text)], NOW))
            with ThreadPoolExecutor(2) as writers:
                list(writers.map(partial(take_in, pool), halves, [largest] * 2, range(2)))
            hashes.append(state_hash_of(pool))
    assert hashes[0] == hashes[1]
