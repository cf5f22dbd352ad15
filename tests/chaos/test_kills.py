"""Whoever writes may die at any instant: what was not committed is sent again, and nothing is lost or there twice."""

import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from models.store.engine import Pool
from models.store.rebuild import rebuild
from models.store.state import state_hash
from tests.chaos.writer import batches
from tests.making import at, load, take

ROOT = Path(__file__).parents[2]


def hash_of(pool: Pool) -> str:
    with pool.connection() as connection:
        return state_hash(connection, at(100_000))


def run_until_killed(url: str, chance: random.Random) -> bool:
    """Start a writer and kill it at a random moment; whether it was done before."""
    last = len(batches())
    victim = chance.randrange(last + 1)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.writer", url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) == victim:
            # Somewhere inside the batch that was just begun.
            timer = threading.Timer(chance.uniform(0, 0.08), process.kill)
            timer.start()
            process.wait()
            timer.cancel()
            break
    process.stdout.close()
    return process.wait() == 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("kills", "writers"),
    [(3, 1), (2, 2), pytest.param(25, 1, marks=pytest.mark.chaos), pytest.param(25, 2, marks=pytest.mark.chaos)],
)
def test_writers_killed_at_random_moments_leave_the_state_of_a_run_without_kills(
    database: str, pool: Pool, kills: int, writers: int
) -> None:
    load(pool)
    for number in range(kills):
        chances = [random.Random(f"{kills} {number} {writer}") for writer in range(writers)]
        running = [threading.Thread(target=run_until_killed, args=(database, chance)) for chance in chances]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    after_kills = subprocess.run(
        [sys.executable, "-m", "tests.chaos.writer", database], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    assert after_kills.returncode == 0
    killed = hash_of(pool)
    assert rebuild(pool, check=True).agrees
    with pool.connection() as connection:
        connection.execute(
            "TRUNCATE event, event_identity, event_variant, event_payload, journey, journey_key, key_link, "
            "journey_event, sample, amendment, exception, transaction_place, undeclared_kind, "
            "record_first, record_version"
        )
    for batch in batches():
        take(pool, *batch)
    assert hash_of(pool) == killed
