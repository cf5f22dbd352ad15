"""A worker that polls Acme until it is killed: `python -m tests.collectors.polling DATABASE ADDRESS SYSTEM...`."""

import sys
import time

from collectors.poll import Poller
from models.store.engine import open_pool
from tests.suites.orders import connections


def main(database: str, address: str, *systems: str) -> None:
    names = [(system, stream) for system in systems for stream in ("orders", "returns")]
    with open_pool(database, max_size=4) as pool:
        poller = Poller(pool, connections(address, *systems))
        print("polling", flush=True)  # noqa: T201 - the test waits for this line
        while True:
            claimed = poller.claim(names)
            if claimed is None:
                time.sleep(0.05)
            else:
                poller.poll(claimed)


if __name__ == "__main__":
    main(*sys.argv[1:])
