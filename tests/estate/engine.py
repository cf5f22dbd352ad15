"""A small engine for one product of the estate: its services with clocks that a test moves, served on a real socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import httpx
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.routing import Mount

from estate.happenings import Happening
from estate.services import Credentials, Outcome
from estate.web import Misbehaviour, Throttle, Tokens

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@cache
def private_key() -> rsa.RSAPrivateKey:
    """One key for the whole run: making it is slow."""
    return rsa.generate_private_key(65537, 3072)


class Engine:
    """Services whose business clock stands at `at`, and whose wall clock stands still until `pass_wall`."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at, self.lag, self.seconds = at, 0.0, 1000.0
        self.throttling, self.tokens, self.misbehaviour = (
            kind(lambda: self.seconds) for kind in (Throttle, Tokens, Misbehaviour)
        )
        pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        private = private_key().private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = private_key().public_key().public_bytes(pem, form)
        self.kept = Credentials(
            "client", "secret", "ana@northgate.example", "token", "certificate", private.decode(), public.decode()
        )

    def now(self) -> datetime:
        return self.at

    def wall(self) -> float:
        return self.seconds

    def is_stopped(self) -> bool:
        return self.lag == 0

    def random(self, *parts: object) -> Random:
        return Random(repr(parts))

    def credentials(self, system: str) -> Credentials:
        return self.kept

    def lag_seconds(self, system: str) -> float:
        return self.lag

    def outage(self, system: str, stream: str = "") -> bool:
        return self.misbehaviour.is_down(system, stream)

    def lie(self, system: str) -> str | None:
        return self.misbehaviour.lie(system)

    def throttle(self, bucket: str, limit: int, per_seconds: float) -> float:
        return self.throttling.take(bucket, limit, per_seconds)

    def issue_token(self, system: str, life_seconds: float) -> str:
        return self.tokens.issue(system, life_seconds)

    def check_token(self, system: str, token: str) -> str:
        return self.tokens.check(system, token)

    def execute(self, system: str, act: str, operation: str, item: str, idempotency_key: str | None = None) -> Outcome:
        raise NotImplementedError

    def log(self, **said: Any) -> None:
        raise NotImplementedError


@contextmanager
def served(product: Any) -> Iterator[str]:
    """The product's address, while it is served."""
    application = Starlette(routes=[Mount(product.prefix, routes=list(product.routes()))])
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{product.prefix}"
    finally:
        server.should_exit = True
        thread.join()


def until(is_so: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What a condition answers once it holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)
    return found


def client(base_url: str, **more: Any) -> httpx.Client:
    return httpx.Client(base_url=base_url, trust_env=False, **more)


def ago(**span: float) -> datetime:
    return NOON - timedelta(**span)


def a_happening(system: str, at: datetime, what: str, **data: Any) -> Happening:
    recorded_at = data.pop("recorded_at", None)
    return Happening(at, system, what, data.get("contract_no"), data.get("amendment_no", ""), data, recorded_at)
