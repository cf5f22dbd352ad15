"""A small middleware behind real HTTP, and the connector that asks it: it runs documents again when told to.

It honours no key, as Boomi does not; what it ran it lists, so that a sending nobody saw the end of can be looked up.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import quote

from collectors.account import Account
from collectors.acts import Act, Item, Outcome, Preflight, Sent, never_left
from collectors.base import Checked, Connector, Json, Memory, Page, Stream
from collectors.connections import Connections
from collectors.http import Http, Manners
from models.errors import RetryLater

SYSTEM = "mid"


class BusyError(RetryLater):
    """It wants to be asked later, and did nothing."""


class Middleware:
    """What was run, and how it behaves: `down` answers 503, `refuses` 400, `hangs` answers too late, `lies` runs
    nothing."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self._connections: list[Connections] = []
        self.behaviour = ""
        self.standing = ""
        self.before_answer: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet an answer

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._answer(200, {"runs": outer.runs, "standing": outer.standing})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(*outer.run(body))

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def account(self) -> Account:
        return Account(SYSTEM, "middleware", "ipaas", base_url=self.url)

    def run(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.behaviour == "down":
            return 503, {}
        if self.behaviour == "refuses":
            return 400, {}
        with self._lock:
            number = len(self.runs) + 1
            if self.behaviour != "lies":
                self.runs.append({**body, "run": f"run-{number}"})
        if self.behaviour == "hangs":
            time.sleep(1.5)
        self.before_answer()
        return 200, {"run": f"run-{number}"}

    def connections(self, now: Callable[[], datetime]) -> Connections:
        """A way to ask it, closed with it."""
        found = Connections([self.account()], now, opened)
        self._connections.append(found)
        return found

    def close(self) -> None:
        for one in self._connections:
            one.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class RunAgain:
    """The act `replay` of this middleware."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def preflight(self, item: Item) -> Preflight:
        standing = self._http.get(f"/documents/{quote(item.transaction)}").json()["standing"]
        return Preflight(item.transaction != "purged", f"run document {item.transaction} again", standing)

    def send(self, item: Item, idempotency_key: str) -> Sent:
        body = {"document": item.transaction, "key": idempotency_key, "by": item.requested_by}
        try:
            answer = self._http.post("/runs", json=body, allow=[400, 503])
        except RetryLater as error:
            if never_left(error):
                raise
            return Sent(Outcome.UNKNOWN, "the middleware did not answer")
        if answer.status == 503:
            raise BusyError("the middleware is busy", wait_seconds=0.01)
        if answer.status == 400:
            return Sent(Outcome.REFUSED, "the middleware refused")
        return Sent(Outcome.ACCEPTED, "the middleware took it", answer.json()["run"])

    def look_up(self, item: Item, idempotency_key: str, since: datetime) -> Sent | None:
        runs = self._http.get(f"/documents/{quote(item.transaction)}").json()["runs"]
        found = [run for run in runs if run["document"] == item.transaction and run["key"] == idempotency_key]
        return Sent(Outcome.ACCEPTED, "it had arrived", found[-1]["run"]) if found else None


class MiddlewareConnector(Connector):
    """Reads nothing: tests tell the store what happened."""

    product: ClassVar[str] = "middleware"
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream("runs", frozenset({"transaction.failed", "transaction.succeeded"}), "run"),
    )
    manners: ClassVar[Manners] = Manners(timeout_seconds=0.5)

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        yield Page([], cursor)

    def check(self, stream: str) -> Checked:
        return Checked(stream, True, "it is read")

    def acts(self) -> Mapping[str, Act]:
        return {"replay": RunAgain(self.http)}


@contextmanager
def opened(account: Account, now: Callable[[], datetime]) -> Iterator[Connector]:
    """As `registry.opened`, for this connector."""
    http = Http(account.name, account.base_url, None, MiddlewareConnector.manners)
    try:
        yield MiddlewareConnector(account, http, now)
    finally:
        http.close()
