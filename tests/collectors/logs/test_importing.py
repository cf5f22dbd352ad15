"""Importing logs into a store: counts, resuming, quarantine and release, and one state however a log comes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.logs import importing
from collectors.logs.importing import Import, Report, input_format, read_again
from collectors.logs.mapping import read_mappings
from collectors.logs.open import open_log
from collectors.logs.reading import choose_mapping
from collectors.logs.rowreader import RowReader
from collectors.logs.rows import LogFormatError
from models.events import UnreadableEventError
from models.process_file import read_process
from models.store.engine import Pool, in_transaction, open_pool
from models.store.processes import load_processes
from models.store.state import default_as_of, state_hash
from tests.servers import Databases

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HEAD = "no,what,at,sum\n"
PROCESS = """
name = "orders"
[keys]
journey = ["order"]
[[steps]]
name = "order.placed"
[[steps]]
name = "order.paid"
[[figures]]
name = "placed_to_paid"
from = { step = "order.placed" }
to = { step = "order.paid" }
negative = "keep"
[imports.shop]
format = "csv"
source = "shop"
time = ["at"]
time_zone = "UTC"
type = ["what"]
types = { Placed = "order.placed", Paid = "order.paid" }
keys = { order = "no" }
attributes = { amount = "sum" }
"""


class Clock:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


class StoppedError(Exception):
    """The import is stopped here."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)


@pytest.fixture
def other_pool(databases: Databases) -> Iterator[Pool]:
    """A second store, to compare with."""
    with databases.fresh() as url, open_pool(url, max_size=4) as opened:
        yield opened


def run(pool: Pool, place: Path, text: str = PROCESS, stop_after: int | None = None, **options: str) -> Report:
    """Import a file; with `stop_after`, break off after so many batches."""
    in_transaction(pool, lambda connection: load_processes(connection, [("orders.toml", text)], NOW))
    process = read_process(text, "orders.toml")
    mappings = read_mappings(process, "orders.toml")
    batches = 0

    def progress(report: Report) -> None:
        nonlocal batches
        batches += 1
        if batches == stop_after:
            raise StoppedError

    with open_log(place) as log:
        name = choose_mapping(log, "csv", mappings, options.get("mapping", ""), process.name)
        reader = RowReader(mappings[name], name)
        return Import(pool, Clock(), log, reader, process=process.name, text=text).run(progress)


def a_log(place: Path, *rows: str) -> Path:
    place.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8", errors="surrogateescape")
    return place


def an_order(number: int) -> list[str]:
    return [f"{number},Placed,2026-01-{number:02} 10:00:00,5", f"{number},Paid,2026-02-{number:02} 10:00:00,"]


def hash_of(pool: Pool) -> str:
    with pool.connection() as connection:
        return state_hash(connection, default_as_of(connection))


def waiting(pool: Pool) -> list[tuple[str, str, str]]:
    with pool.connection() as connection:
        return connection.execute(
            "SELECT source, stream, reason FROM quarantine WHERE reimported_at IS NULL ORDER BY quarantine_id"
        ).fetchall()  # type: ignore[return-value]


ROWS = [row for number in range(1, 6) for row in an_order(number)]


def test_every_row_is_counted_once(pool: Pool, tmp_path: Path) -> None:
    bad = ["6,Placed,never,5", "6,Shipped,2026-01-06 10:00:00,", "7,Placed,2026-01-07 10:00:00,1.2.3", "8,Placed"]
    report = run(pool, a_log(tmp_path / "log", *ROWS, ROWS[0], *bad))
    assert report == Report(read=15, new=10, duplicate=1, quarantined=4)
    with pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM sample WHERE seconds = 2678400").fetchone() == (5,)


def test_a_second_import_of_the_same_file_adds_nothing(pool: Pool, tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", *ROWS)
    run(pool, log)
    before = hash_of(pool)
    assert run(pool, log) == Report(read=10, duplicate=10)
    assert hash_of(pool) == before


def test_an_import_that_was_stopped_goes_on_where_it_was(pool: Pool, tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", *ROWS[:4], "x", *ROWS[4:])
    with pytest.raises(StoppedError):
        run(pool, log, stop_after=2)
    assert run(pool, log) == Report(read=11, new=10, quarantined=1)


def test_an_import_by_another_mapping_begins_at_the_first_row(pool: Pool, tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", *ROWS)
    with pytest.raises(StoppedError):
        run(pool, log, stop_after=2)
    assert run(pool, log, PROCESS.replace("[imports.shop]", "[imports.store]")).duplicate == 6


def test_order_repetition_and_parts_do_not_matter(pool: Pool, other_pool: Pool, tmp_path: Path) -> None:
    run(pool, a_log(tmp_path / "whole", *ROWS))
    for part, rows in enumerate((ROWS[7:], ROWS[3:8][::-1], ROWS[:4] * 2)):
        run(other_pool, a_log(tmp_path / f"part{part}", *rows))
    assert hash_of(other_pool) == hash_of(pool)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("9,Placed,2026-01-09 10:00:00,NaN", "amount"),
        ("9,Placed,2026-01-09 10:00:00,1e400", "amount"),
        ("9,Placed,2026-13-09 10:00:00,5", "no time"),
        ("9\0,Placed,2026-01-09 10:00:00,5", "null character"),
        ("9\udcff,Placed,2026-01-09 10:00:00,5", "surrogate"),
        ('9,"Placed,2026-01-09 10:00:00,5', "no CSV"),
        ("9,Placed,2026-01-09 10:00:00,5,6", "5 fields"),
        ("9,,2026-01-09 10:00:00,5", "no step"),
    ],
)
def test_a_bad_row_costs_itself_and_is_kept_with_its_reason(pool: Pool, tmp_path: Path, row: str, reason: str) -> None:
    report = run(pool, a_log(tmp_path / "log", *ROWS[:5], row, *ROWS[5:]))
    assert (report.new, report.quarantined, report.stopped) == (10, 1, None)
    ((source, stream, said),) = waiting(pool)
    assert (source, stream) == ("shop", "shop")
    assert reason in said
    # The same row again adds nothing.
    run(pool, a_log(tmp_path / "again", row))
    assert len(waiting(pool)) == 1


def test_rows_are_released_when_the_cause_is_mended_and_the_file_comes_again(
    pool: Pool, other_pool: Pool, tmp_path: Path
) -> None:
    log = a_log(tmp_path / "log", *ROWS[:3], "9,Bought,2026-01-09 10:00:00,5", *ROWS[3:])
    assert run(pool, log).quarantined == 1
    mended = PROCESS.replace("Paid = ", 'Bought = "order.placed", Paid = ')
    assert run(pool, log, mended) == Report(read=11, new=1, duplicate=10)
    assert waiting(pool) == []
    run(other_pool, log, mended)
    assert hash_of(other_pool) == hash_of(pool)


def test_a_row_in_quarantine_can_be_read_again_by_the_mended_process(pool: Pool, tmp_path: Path) -> None:
    run(pool, a_log(tmp_path / "log", *ROWS, "9,Bought,2026-01-09 10:00:00,5"))
    with pool.connection() as connection:
        row = connection.execute("SELECT raw, format FROM quarantine").fetchone()
    assert row is not None
    assert row[1] == input_format("orders", "shop")
    with pytest.raises(UnreadableEventError, match="no step"):
        read_again(row[0], row[1], {"orders": read_process(PROCESS, "orders.toml")})
    mended = read_process(PROCESS.replace("Paid = ", 'Bought = "order.placed", Paid = '), "orders.toml")
    event = read_again(row[0], row[1], {"orders": mended})
    assert event is not None
    assert (event.type, event.keys) == ("order.placed", {"order": ("9",)})
    with pytest.raises(UnreadableEventError, match="any more"):
        read_again(row[0], row[1], {})


def test_a_log_of_which_nothing_can_be_read_is_refused_and_nothing_kept(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 100)
    naive = [f"{number},Placed,2026-01-01 10:00:00," for number in range(150)]
    with pytest.raises(LogFormatError, match="declare time_zone"):
        run(pool, a_log(tmp_path / "log", *naive), PROCESS.replace('time_zone = "UTC"\n', ""))
    assert waiting(pool) == []


def test_the_mapping_is_chosen_by_the_columns_or_by_name(pool: Pool, tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", *ROWS)
    two = PROCESS + PROCESS[PROCESS.index("[imports.shop]") :].replace("imports.shop", "imports.other")
    with pytest.raises(LogFormatError, match="shop, other fit: choose with --mapping"):
        run(pool, log, two)
    assert run(pool, log, two, mapping="other").new == 10
    with pytest.raises(LogFormatError, match="no mapping 'third'"):
        run(pool, log, two, mapping="third")
    (tmp_path / "else").write_text("a,b\n1,2\n")
    with pytest.raises(LogFormatError, match="shop wants at, no, sum, what"):
        run(pool, tmp_path / "else")
    (tmp_path / "xes").write_text("<log xes.version='1.0'/>")
    with pytest.raises(LogFormatError, match="throughline import xes"):
        run(pool, tmp_path / "xes")


def test_what_waits_in_quarantine_is_the_row_with_its_columns(pool: Pool, tmp_path: Path) -> None:
    run(pool, a_log(tmp_path / "log", *ROWS, "9,Bought,2026-01-09 10:00:00,5"))
    with pool.connection() as connection:
        row = connection.execute("SELECT raw FROM quarantine").fetchone()
    assert row is not None
    assert json.loads(row[0]) == {"no": "9", "what": "Bought", "at": "2026-01-09 10:00:00", "sum": "5"}
