"""The server: pages, the HTTP interface in front of them, and a worker beside them, in one process."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware

from app.accounts import accounts
from app.api.application import build as build_api
from app.api.front import Front
from app.api.guard import LoopbackGuard
from app.api.read_on import ReadOn
from app.api.service import Service
from app.page_settings import page_settings
from app.wiring import Store
from app.worker import Duty, Worker
from collectors.connections import Connections

MAIN = Path(__file__).with_name("main.py")

# Threads that answer programs; pages have their own.
_THREADS = 40


def build(
    store: Store,
    *,
    with_worker: bool,
    duties: Mapping[str, Duty] | None = None,
    ready: Callable[[int], None] = lambda port: None,
) -> st.App:
    """The whole application as one ASGI application; `ready` is told the port when it begins to answer.

    `duties` are what its worker does besides saying that it lives.
    """
    zone = store.settings.reporting.time_zone
    names = store.settings.names()
    connections = Connections(accounts(store.settings), store.clock.now)
    service = Service(
        store.pool, store.url, store.clock, zone, needs_worker=with_worker, names=names, connections=connections
    )

    @asynccontextmanager
    async def lifespan(_: st.App) -> AsyncIterator[None]:
        # Loaded this late because what pages keep is declared on import, and belongs to the runtime that is there now.
        queries = import_module("app.queries")
        queries.answer_from(queries.StoreAsk(store.pool, store.clock, zone, service.planner))
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        worker = Worker(store.pool, duties)
        if with_worker:
            worker.start()
        ready(int(st.get_option("server.port")))
        try:
            yield
        finally:
            await to_thread.run_sync(worker.stop)
            connections.close()

    return st.App(
        MAIN,
        lifespan=lifespan,
        middleware=[
            Middleware(ReadOn),
            Middleware(LoopbackGuard),
            Middleware(Front, api=build_api(service), pages=_page_names()),
        ],
    )


def _page_names() -> list[str]:
    return [screen.stem for screen in MAIN.with_name("screens").glob("*.py")]


def serve(
    store: Store,
    host: str,
    port: int,
    *,
    with_worker: bool,
    duties: Mapping[str, Duty] | None = None,
    ready: Callable[[int], None] = lambda port: None,
) -> None:
    """Answer at this address until the process is told to stop. A port of 0 takes a free one."""
    build(store, with_worker=with_worker, duties=duties, ready=ready).run(
        config=page_settings() | {"server.address": host, "server.port": port}
    )
