"""A first read of everything that one system has: inside its quota, small in memory, and never a page twice."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from models.store.engine import open_pool, transaction
from tests.firm.between import Between, Quota, between
from tests.firm.running import Program, Running, Size, running_estate, wait_for
from tests.servers import Databases

SYSTEM, PLACE = "certinia", "salesforce"
"""One request of its interface is one page, and every page another question."""

MOST_BYTES = 300 * 2**20
A_SECOND = 4
AT_ONCE = 2
"""How many streams of one system a worker reads at once."""


@pytest.mark.parametrize(
    ("size", "least", "kills"),
    [
        pytest.param(Size(contracts=60, months=6, generous=1), 1_000, (4, 9), marks=pytest.mark.timeout(600)),
        pytest.param(Size(contracts=3_000, months=24, generous=1), 50_000, (4, 12, 25), marks=pytest.mark.prove),
    ],
)
def test_a_first_read_stays_in_its_bounds_and_goes_on_where_it_was_killed(
    folder: Path, databases: Databases, size: Size, least: int, kills: tuple[int, ...]
) -> None:
    with ExitStack() as stack:
        estate = stack.enter_context(running_estate(folder, size))
        proxy = stack.enter_context(between(estate.url))
        proxy.instead[PLACE] = Quota(A_SECOND)
        database = stack.enter_context(databases.fresh())
        program = Program(folder, database, proxy.settings(only(estate.settings)))
        peaks = []
        for answers in kills:
            with program.running("worker") as worker:
                wait_for(lambda worker=worker, answers=answers: is_at(worker, proxy, answers), 600, every=0.002)
                peaks.append(peak_bytes(worker))
                worker.kill()
            free_leases(database)
        with program.running("worker") as worker:
            wait_for(lambda: is_read(database), 3_600, every=0.25)
            peaks.append(peak_bytes(worker))
        assert max(peaks) < MOST_BYTES
        assert sum(one.rows for one in proxy.passed if one.status == 200) >= least
        # A page that was answered when its reader died was not written down, and is asked for again.
        again = {question: times for question, times in pages(proxy).items() if times > 1}
        assert len(again) <= AT_ONCE * len(kills), again
        assert set(again.values()) <= {2}, again
        assert most_hasty(proxy) < AT_ONCE


def only(settings: str) -> str:
    """The settings with this one system, each stream of which is read once and then left alone."""
    head, *tables = settings.split("[systems.")
    (kept,) = [table for table in tables if table.startswith(f"{SYSTEM}]")]
    return f"{head}[systems.{kept}".replace("interval_seconds = 5", "interval_seconds = 86400")


def free_leases(database: str) -> None:
    """The leases of the dead end."""
    with open_pool(database, max_size=1) as pool, transaction(pool) as connection:
        connection.execute("UPDATE stream SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL")


def is_read(database: str) -> bool:
    """Whether every stream was read to its end."""
    with open_pool(database, max_size=1) as pool, transaction(pool) as connection:
        return connection.execute("SELECT bool_and(watermark IS NOT NULL) FROM stream").fetchone() == (True,)


def is_at(worker: Running, proxy: Between, answers: int) -> bool:
    """Whether so many pages were answered."""
    assert worker.process.poll() is None, worker.log.read_text()
    return sum(pages(proxy).values()) >= answers


def pages(proxy: Between) -> Counter[str]:
    """How often each page was answered."""
    return Counter({question: times for question, times in proxy.answered(PLACE).items() if "/query" in question})


def peak_bytes(worker: Running) -> int:
    """The most memory that a process has had."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024 if lines else 0


def most_hasty(proxy: Between) -> int:
    """The most requests that came while the system had asked for one pause."""
    passed = sorted(proxy.passed, key=lambda one: one.at)
    pauses = [(one.at, one.at + one.pause) for one in passed if one.pause]
    return max((sum(start < one.at < end for one in passed) for start, end in pauses), default=0)
