"""Clients that look for no answer before everything is sent, on real sockets."""

import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.api import body
from app.api.problems import problem
from app.api.read_on import MOST_BYTES, MOST_SECONDS, ReadOn

MIB = 2**20
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"
END = b"0\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"


class Sender:
    """A connection on which a request has begun."""

    def __init__(self, port: int, path: str = "/", *headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.begin(path, *headers)

    def begin(self, path: str, *headers: str) -> None:
        said = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers, "", ""]
        self.socket.sendall("\r\n".join(said).encode())

    def send(self, mebibytes: int) -> None:
        for _ in range(mebibytes * 16):
            self.socket.sendall(CHUNK)

    def answer(self) -> tuple[int, dict[str, str], dict]:
        with self.socket.makefile("rb") as coming:
            status = int(coming.readline().split()[1])
            lines = iter(coming.readline, b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (one.decode().partition(":") for one in lines)}
            return status, headers, json.loads(coming.read(int(headers["content-length"])))

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True


@pytest.fixture
def begin() -> Iterator[Callable[..., Sender]]:
    """Begins requests, whose connections end with the test."""
    with ExitStack() as open_ones:

        def connect(port: int, path: str = "/", *headers: str) -> Sender:
            sender = Sender(port, path, *headers)
            open_ones.callback(sender.socket.close)
            return sender

        yield connect


@contextmanager
def refusing(most_bytes: int = MOST_BYTES, most_seconds: float = MOST_SECONDS) -> Iterator[int]:
    """The port of a server that refuses everything without reading it."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await problem(413, "too much", scope["path"])(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        application = ReadOn(refuse, most_bytes, most_seconds)
        server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


_DOORS = [
    ("/api/v1/events", 60, 413),
    ("/api/v1/events", 300, 413),
    ("/v1/traces", 100, 413),
    ("/v1/logs", 100, 413),
    ("/webhooks/ironclad-emea", 60, 413),
    ("/api/v1/exceptions/1/actions", 60, 413),
    ("/api/v1/systems/clm/streams/events/read_again", 60, 413),
    ("/api/v1/nothing", 60, 404),
    ("/healthz", 60, 405),
]


@pytest.mark.parametrize("door", _DOORS, ids=str)
@pytest.mark.parametrize("is_told", [False, True], ids=["in chunks", "of a length"])
def test_who_sends_everything_first_reads_the_refusal(begin, shared_api, door, is_told) -> None:
    path, mebibytes, status = door
    sender = begin(shared_api.port, path, f"Content-Length: {mebibytes * 16 * len(CHUNK)}" if is_told else CHUNKED)
    sender.send(mebibytes)
    if not is_told:
        sender.socket.sendall(END)
    found, headers, document = sender.answer()
    assert found == status
    assert str(status) in str(document) or document["message"]
    assert headers["connection"] == "close"
    assert sender.is_closed()


def test_the_refusal_is_there_while_the_sender_still_sends(begin, shared_api) -> None:
    sender = begin(shared_api.port, "/api/v1/events", CHUNKED)
    sender.send(33)
    assert sender.answer()[0] == 413


def test_what_is_said_to_be_too_long_is_refused_before_it_comes(begin, shared_api) -> None:
    sender = begin(shared_api.port, "/api/v1/events", f"Content-Length: {10**15}", "Expect: 100-continue")
    assert sender.answer()[0] == 413


def test_a_sender_without_end_is_cut_off_after_so_many_bytes(begin) -> None:
    with refusing(most_bytes=4 * MIB) as port:
        sender = begin(port, "/", CHUNKED)
        with pytest.raises(ConnectionError):
            sender.send(1_000)


def test_a_sender_without_end_is_cut_off_after_so_long(begin) -> None:
    with refusing(most_seconds=0.2) as port:
        sender = begin(port, "/", CHUNKED)
        assert sender.answer()[0] == 413
        assert sender.is_closed()


def test_what_is_thrown_away_costs_no_memory(begin, shared_api) -> None:
    sender = begin(shared_api.port, "/api/v1/events", CHUNKED)
    tracemalloc.start()
    sender.send(200)
    sender.socket.sendall(END)
    status, _, _ = sender.answer()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert status == 413
    assert peak < 80 * MIB


def test_a_connection_whose_refused_body_was_short_is_kept(begin, shared_api) -> None:
    sender = begin(shared_api.port, "/api/v1/nothing", "Content-Length: 2")
    sender.socket.sendall(b"{}")
    assert sender.answer()[0] == 404
    sender.begin("/api/v1/events", "Content-Length: 2")
    sender.socket.sendall(b"[]")
    assert sender.answer()[0] == 200


@pytest.mark.parametrize("path", ["/api/v1/events", "/v1/traces", "/webhooks/ironclad-emea"])
def test_a_body_that_stops_coming_is_408_and_keeps_nobody_waiting(begin, shared_api, monkeypatch, path) -> None:
    monkeypatch.setattr(body, "_PATIENCE_SECONDS", 0.3)
    waiting = [begin(shared_api.port, path, CHUNKED) for _ in range(8)]
    begun = time.monotonic()
    assert {sender.answer()[0] for sender in waiting} == {408}
    assert time.monotonic() - begun < 20
