"""A real HTTP server on loopback that answers what a test says, and keeps what it was asked."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request. `text` is the decoded query and the body, for looking into."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def params(self) -> dict[str, str]:
        """The parameters of the query, the last of each name."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def text(self) -> str:
        """The query and the body, decoded."""
        return f"{unquote_plus(self.query)}\n{self.body.decode('utf-8', 'replace')}"


@dataclass(frozen=True)
class Reply:
    """One answer. `json` is what the body says, or `body` is the body itself; `{base}` in JSON is the server's address.

    `cut`: so many bytes are sent although all are announced. `silent`: nothing is sent until the server ends.
    """

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False

    def content(self, base: str) -> bytes:
        if self.body is not None:
            return self.body
        return b"" if self.json is None else json.dumps(self.json).replace("{base}", base).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no fault of the server."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Served:
    """A server in the running."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []


@contextmanager
def serving(answer: Callable[[Asked], Reply]) -> Iterator[Served]:
    """A server that answers every request by `answer`, for the block."""
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: the second of two waits for the first to be acknowledged

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, parts.query, headers, self.rfile.read(length))
            served.asked.append(asked)
            self.reply(answer(asked))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - names of the base class

        def reply(self, reply: Reply) -> None:
            if reply.silent:
                ending.wait(30)
                self.close_connection = True
                return
            content = reply.content(served.url)
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            if reply.cut is not None:
                content, self.close_connection = content[: reply.cut], True
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    served = Served(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
