import threading

from app.worker import Worker
from models.store.beat import age_of_beat
from models.store.engine import Pool, in_transaction, open_pool


def heard(pool: Pool, event: threading.Event, seconds: float = 30) -> bool:
    """Whether a worker is heard within so many seconds."""
    for _ in range(int(seconds / 0.05)):
        if in_transaction(pool, age_of_beat) is not None:
            return True
        event.wait(0.05)
    return False


def test_a_worker_beats_from_its_start_and_ends_when_told(pool: Pool) -> None:
    worker = Worker(pool)
    worker.start()
    assert heard(pool, threading.Event())
    worker.stop()
    worker.stop()


def test_a_worker_outlives_a_database_that_does_not_answer(database: str) -> None:
    with open_pool(database, max_size=2) as pool:
        worker = Worker(pool)
    worker.start()  # the pool is closed by now
    worker.stop()
    with open_pool(database, max_size=2) as pool:
        assert in_transaction(pool, age_of_beat) is None


def test_a_worker_that_never_started_can_be_stopped(pool: Pool) -> None:
    Worker(pool).stop()
