"""Kill -9 at random moments, while two workers collect the firm and events arrive by push: nothing lost or twice."""

import random
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.store.engine import open_pool, transaction
from tests.firm.running import Estate, Program, Running, Size, Web, often, running_estate, wait_for
from tests.servers import Databases, free_port

WORKERS = 2
_PUSHED = 100
_BATCH = 5


@pytest.mark.parametrize(
    ("size", "kills", "speed"),
    [
        pytest.param(Size(contracts=20, months=2), 5, 0.0, marks=pytest.mark.timeout(600)),
        # A firm that moves on meanwhile: an hour of its time in a second of ours.
        pytest.param(Size(contracts=150, months=12), 50, 3_600.0, marks=pytest.mark.chaos),
    ],
)
def test_kills_at_random_moments_leave_the_state_of_a_run_without_kills(
    folder: Path, databases: Databases, size: Size, kills: int, speed: float
) -> None:
    with ExitStack() as stack:
        estate = stack.enter_context(running_estate(folder, size))
        events = pushed(estate)
        estate.set_clock(speed=speed)
        with databases.fresh() as database, Crew(folder / "killed", database, estate, events) as crew:
            chance = random.Random(f"{size} {kills}")
            for _ in range(kills):
                crew.kill_one(chance, is_leased_out=speed == 0)
            estate.set_clock(speed=0)
            killed = crew.state()
        with databases.fresh() as database, Crew(folder / "whole", database, estate, events) as crew:
            whole = crew.state()
    assert killed == whole


class Crew:
    """Two workers and a web process that is pushed to, at work on one database for the block."""

    def __init__(self, folder: Path, database: str, estate: Estate, events: list[list[dict[str, Any]]]) -> None:
        folder.mkdir()
        self._estate = estate
        self._port = free_port()
        self._program = Program(folder, database, often(estate.settings))
        self._pusher = Pusher(f"http://127.0.0.1:{self._port}/api/v1/events", events)
        self._workers: list[Running] = []
        self._web: Running | None = None

    def __enter__(self) -> "Crew":
        self._web = self._start_web()
        self._workers = [self._program.start("worker") for _ in range(WORKERS)]
        self._pusher.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._pusher.stop()
        for process in (*self._workers, self._web):
            if process is not None:
                process.kill()

    def kill_one(self, chance: random.Random, *, is_leased_out: bool) -> None:
        """Kill a worker, or now and then the web process, some time after it was started; and start another.

        `is_leased_out`: nobody waits until the leases of the dead end by themselves.
        """
        victim = chance.randrange(2 * WORKERS + 1)
        if victim == 2 * WORKERS:
            assert self._web is not None
            threading.Event().wait(chance.uniform(0, 1))
            self._web.kill()
            self._web = self._start_web()
        else:
            victim //= 2
            self._workers[victim].said("working")
            threading.Event().wait(chance.uniform(0, 2))
            self._workers[victim].kill()
            self._workers[victim] = self._program.start("worker")
        if is_leased_out:
            with open_pool(self._program.database, max_size=1) as pool, transaction(pool) as connection:
                connection.execute("UPDATE stream SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL")

    def state(self) -> dict[str, Any]:
        """The state hash, when everything has been pushed, and read up to the firm's time."""
        self._pusher.finish()
        now = self._estate.now()
        assert self._web is not None
        with Web(self._web.said("answers at ").split()[-1]) as web:
            web.catch_up(now, 900)
            journeys = sum(1 for _ in web.items("journeys"))
        code, answer, told = self._program.run("state", "hash", "--as-of", now.isoformat())
        assert code == 0, told
        return {**answer, "journeys": journeys, "accepted": self._pusher.count}

    def _start_web(self) -> Running:
        return self._program.start("web", "--port", str(self._port))


class Pusher:
    """Sends batches of events until each was answered; what was not answered is sent again."""

    def __init__(self, url: str, batches: list[list[dict[str, Any]]]) -> None:
        self._url = url
        self._batches = batches
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.count = 0

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Wait until all is sent."""
        wait_for(lambda: not self._thread.is_alive(), 300)
        assert self.count == sum(map(len, self._batches))

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(trust_env=False, timeout=30) as client:
            for batch in self._batches:
                while not self._stopping.is_set() and not self._is_sent(client, batch):
                    self._stopping.wait(0.1)
                self._stopping.wait(0.1)

    def _is_sent(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = client.post(self._url, json=batch)
        except httpx.TransportError:
            return False
        if answer.status_code != httpx.codes.OK:
            return False
        said = answer.json()
        assert said["quarantined"] == []
        self.count += int(said["accepted"]) + int(said["duplicates"])
        return True


def pushed(estate: Estate) -> list[list[dict[str, Any]]]:
    """What a time recording of the firm's own pushes about its contracts, in batches, some of it twice."""
    contracts = sorted({row["contract"] for row in estate.truth()["steps"]})
    events = [
        {
            "specversion": "1.0",
            "source": "hours",
            "id": f"entry-{number}",
            "type": "time.approved",
            "time": f"2026-01-{number % 28 + 1:02d}T10:{number % 60:02d}:00Z",
            "data": {
                "record": f"entry-{number}",
                "keys": {"contract": contracts[number % len(contracts)]},
                "attributes": {"period": "2026-01", "hours": str(number)},
            },
        }
        for number in range(_PUSHED)
    ]
    return [events[max(0, start - 2) : start + _BATCH] for start in range(0, _PUSHED, _BATCH)]
