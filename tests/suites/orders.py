"""A source of orders in pages, for polling: what `acme.py` reads, made up from numbers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from collectors.base import Account, Connector
from collectors.connections import Connections
from collectors.http import Http
from tests.suites.acme import Acme, a_row
from tests.suites.server import Asked, Reply, serving


class Orders:
    """Rows of two streams, `size` on a page. `trouble` by path answers in their place; `seconds` each answer takes."""

    def __init__(self, count: int, size: int = 10, seconds: float = 0.0) -> None:
        self.rows = [a_row(number) for number in range(count)]
        self.size = size
        self.seconds = seconds
        self.trouble: dict[str, Reply] = {}
        self.requests: list[tuple[str, str]] = []
        self.under_way: Counter[str] = Counter()
        self.most_at_once = 0
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        """Answer a request, keeping who was here at once."""
        with self._lock:
            self.requests.append((asked.path, asked.params.get("token", "")))
            self.under_way[asked.path] += 1
            self.most_at_once = max(self.most_at_once, self.under_way[asked.path])
        try:
            time.sleep(self.seconds)
            return self.trouble.get(asked.path) or self._page(asked)
        finally:
            with self._lock:
                self.under_way[asked.path] -= 1

    def _page(self, asked: Asked) -> Reply:
        since = asked.params.get("since", "")
        rows = [row for row in self.rows if not since or row["changed"] >= since]
        begin = int(asked.params.get("token") or 0)
        end = begin + self.size
        following = str(end) if end < len(rows) else None
        return Reply(json={"rows": rows[begin:end], "next": following})


class StandingClock:
    """A clock of the program that stands still, after all rows."""

    def now(self) -> datetime:
        return datetime(2026, 3, 31, tzinfo=UTC)


@contextmanager
def opened(account: Account, now) -> Iterator[Connector]:  # type: ignore[no-untyped-def]
    """Opens Acme, which the registry does not know."""
    http = Http(account.name, account.base_url, Acme.sign_in(account), Acme.manners)
    try:
        yield Acme(account, http, now)
    finally:
        http.close()


def connections(url: str, *names: str) -> Connections:
    """Connections to Acme at an address; the system `name` asks below `/name`."""
    found = [Account(name, "acme", "clm", f"{url}/{name}") for name in names]
    return Connections(found, StandingClock().now, opened)


__all__ = ["Orders", "StandingClock", "connections", "opened", "serving"]
