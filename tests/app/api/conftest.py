"""The HTTP interface behind a real socket, on a real database with the shipped process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.api.application import build
from app.api.front import Front
from app.api.guard import LoopbackGuard
from app.api.read_on import ReadOn
from app.api.service import Service
from models.store.engine import Pool, open_pool
from tests.making import load
from tests.servers import Databases

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


class StandingClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class Api(NamedTuple):
    """A running interface: a client of it, the store behind it, and its port."""

    client: httpx.Client
    pool: Pool
    service: Service
    port: int


async def pages(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers in the place of the pages."""
    if scope["type"] == "http":
        await PlainTextResponse("a page")(scope, receive, send)


@contextmanager
def running(url: str) -> Iterator[Api]:
    with open_pool(url, max_size=6) as pool:
        load(pool)
        service = Service(pool, url, StandingClock(), ZoneInfo("Europe/Berlin"))
        application = ReadOn(LoopbackGuard(Front(pages, build(service), ["journeys"])))
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(100)
            server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off", ws="none"))
            thread = threading.Thread(target=server.run, args=([listening],))
            thread.start()
            port = listening.getsockname()[1]
            try:
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=110) as client:
                    yield Api(client, pool, service, port)
            finally:
                server.should_exit = True
                thread.join()


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    """An interface with a store of its own."""
    with running(database) as started:
        yield started


@pytest.fixture(scope="module")
def shared_api(databases: Databases) -> Iterator[Api]:
    """An interface that the tests of a module share, for those that leave nothing behind that others see."""
    with databases.fresh() as url, running(url) as started:
        yield started
