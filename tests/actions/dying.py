"""A worker in a process of its own that is killed at a chosen moment: `python -m tests.actions.dying URL MIDDLEWARE
MOMENT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from actions.products import Products
from actions.runner import Runner, Timings
from collectors.account import Account
from collectors.acts import Act, Item, Preflight, Sent
from collectors.base import Connector
from collectors.clock import SystemClock
from collectors.connections import Connections
from collectors.http import Http
from models.store.engine import open_pool
from tests.actions.middleware import SYSTEM, MiddlewareConnector, RunAgain

MOMENT = sys.argv[3] if len(sys.argv) > 3 else ""


def die_at(moment: str) -> None:
    if moment == MOMENT:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingRun(RunAgain):
    def preflight(self, item: Item) -> Preflight:
        die_at("before_intention")
        return super().preflight(item)

    def send(self, item: Item, idempotency_key: str) -> Sent:
        die_at("before_send")
        sent = super().send(item, idempotency_key)
        die_at("after_send")
        return sent


class DyingConnector(MiddlewareConnector):
    def acts(self) -> Mapping[str, Act]:
        return {"replay": DyingRun(self.http)}


@contextmanager
def opened(account: Account, now: Callable[[], datetime]) -> Iterator[Connector]:
    yield DyingConnector(account, Http(account.name, account.base_url, None), now)


def main() -> None:
    accounts = [Account(SYSTEM, "middleware", "ipaas", base_url=sys.argv[2])]
    products = Products(Connections(accounts, SystemClock().now, opened))
    with open_pool(sys.argv[1], max_size=2) as pool:
        Runner(pool, SystemClock(), products, timings=Timings(lease=60, margin=1)).work()


if __name__ == "__main__":
    main()
