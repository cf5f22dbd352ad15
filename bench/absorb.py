"""What absorbing costs: against bare COPY of the same batches, and with much stored against with little."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median

from bench import baseline, growth
from bench.lives import EVENTS_OF_LIFE, SYSTEMS, dense, sparse
from models.events import Event
from models.store.absorb import absorb
from models.store.engine import Pool, in_transaction
from models.store.processes import load_processes, read_workshop, set_systems
from models.store.works import Workshop

ROUNDS = 5
DENSE = 12_000
SPARSE = 2_000
REAL = 4_000  # contracts that sparse events are about, at least
LITTLE = 200_000
DENSE_BAR, SPARSE_BAR, GROWTH_BAR = 0.12, 0.07, 1.3
OBSERVED = datetime(2026, 11, 1, tzinfo=UTC)


def prepare(pool: Pool, process: str) -> Workshop:
    """A store with the process and the systems of the lives."""
    in_transaction(pool, lambda connection: load_processes(connection, [("contract_to_cash", process)], OBSERVED))
    in_transaction(pool, lambda connection: set_systems(connection, SYSTEMS))
    with pool.connection() as connection:
        connection.execute(baseline.TABLE)
        return read_workshop(connection)


def ratios(pool: Pool, workshop: Workshop, say: Callable[[str], None]) -> list[bool]:
    """Print how fast batches are absorbed for each as fast as they are copied; whether each bar is met."""
    first = dense(0, DENSE * ROUNDS)
    dense_batches = [first[number * DENSE : (number + 1) * DENSE] for number in range(ROUNDS)]
    met = [_ratio(_measure(pool, workshop, dense_batches), "dense", DENSE_BAR, say)]
    _analyse(pool)
    contracts = len(first) // EVENTS_OF_LIFE
    sparse_batches = [sparse(contracts, SPARSE, turn) for turn in range(1, ROUNDS + 1)]
    met.append(_ratio(_measure(pool, workshop, sparse_batches), "sparse", SPARSE_BAR, say))
    return met


def growing(stores: dict[int, Pool], process: str, say: Callable[[str], None]) -> bool:
    """Print what an event costs with much stored for what it costs with little; whether the bar is met.

    `stores` are empty ones by the events to be stored in them, little first. Both are measured in turn.
    """
    measured = [_Grown(pool, prepare(pool, process), events, say) for events, pool in stores.items()]
    for turn in range(1, 2 * ROUNDS + 1):
        for one in measured:
            one.measure(turn)
    little, much = (one.costs() for one in measured)
    for events, cost in zip(stores, (little, much), strict=True):
        say(f"{events:,} stored: dense {cost[0] * 1e6:.0f} us, sparse {cost[1] * 1e6:.0f} us an event")
    shares = [after / before for before, after in zip(little, much, strict=True)]
    say(f"much against little stored: dense {shares[0]:.2f}, sparse {shares[1]:.2f}, at most {GROWTH_BAR}")
    return max(shares) <= GROWTH_BAR


class _Grown:
    """A store with much or little in it, and what events cost there, in seconds each."""

    def __init__(self, pool: Pool, workshop: Workshop, events: int, say: Callable[[str], None]) -> None:
        self._pool, self._workshop = pool, workshop
        for first in range(0, REAL, REAL // ROUNDS):
            _absorb(pool, workshop, dense(first, REAL // ROUNDS * EVENTS_OF_LIFE))
        self._contracts = growth.grow(pool, workshop, events, say)
        self._dense: list[float] = []
        self._sparse: list[float] = []

    def measure(self, turn: int) -> None:
        """Absorb a batch of each kind."""
        first = 10_000_000 + turn * (DENSE // EVENTS_OF_LIFE)
        self._dense.append(1 / _absorb(self._pool, self._workshop, dense(first, DENSE)))
        self._sparse.append(1 / _absorb(self._pool, self._workshop, sparse(self._contracts, SPARSE, turn)))

    def costs(self) -> tuple[float, float]:
        """The medians of the second half; the first only warmed."""
        return median(self._dense[ROUNDS:]), median(self._sparse[ROUNDS:])


def _measure(pool: Pool, workshop: Workshop, batches: list[list[Event]]) -> tuple[list[float], list[float]]:
    """Events a second of absorbing and of copying, each batch both ways in turn."""
    absorbed, copied = [], []
    for batch in batches:
        copied.append(_copy(pool, batch))
        absorbed.append(_absorb(pool, workshop, batch))
    return absorbed, copied


def _ratio(measured: tuple[list[float], list[float]], name: str, bar: float, say: Callable[[str], None]) -> bool:
    absorbed, copied = measured
    shares = [ours / bare for ours, bare in zip(absorbed, copied, strict=True)]
    say(
        f"{name}: absorb {median(absorbed):,.0f} events/s, copy {median(copied):,.0f} events/s, "
        f"ratio {median(shares):.3f} ({min(shares):.3f} to {max(shares):.3f}), at least {bar}"
    )
    return median(shares) >= bar


def _absorb(pool: Pool, workshop: Workshop, batch: Sequence[Event]) -> float:
    begun = time.perf_counter()
    absorbed = absorb(pool, batch, workshop, OBSERVED)
    seconds = time.perf_counter() - begun
    assert absorbed.accepted == len(batch), "a measured batch is all new"
    return len(batch) / seconds


def _copy(pool: Pool, batch: Sequence[Event]) -> float:
    begun = time.perf_counter()
    in_transaction(pool, lambda connection: baseline.copy(connection, batch, OBSERVED))
    return len(batch) / (time.perf_counter() - begun)


def _analyse(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute("ANALYZE")
