"""A process that absorbs the same events from the beginning, batch by batch, saying which; made to be killed."""

import random
import sys

from bench.lives import dense, sparse
from models.events import Event
from models.store.absorb import absorb
from models.store.engine import open_pool
from models.store.processes import read_workshop
from tests.making import DAY

BATCH = 60


def events() -> list[Event]:
    """The lives of contracts and more, some told twice, in an order that mixes them."""
    told = dense(0, 600) + sparse(50, 40, 1)
    told += told[::7]
    random.Random(5).shuffle(told)
    return told


def batches() -> list[list[Event]]:
    """The events in batches, each overlapping the one before."""
    told = events()
    return [told[max(0, start - 5) : start + BATCH] for start in range(0, len(told), BATCH)]


def main() -> None:
    """Absorb everything into the database whose URL is the first argument."""
    with open_pool(sys.argv[1], max_size=2) as pool:
        with pool.connection() as connection:
            workshop = read_workshop(connection)
        for number, batch in enumerate(batches()):
            print(number, flush=True)  # noqa: T201 - whoever kills it reads this
            absorb(pool, batch, workshop, DAY)


if __name__ == "__main__":
    main()
