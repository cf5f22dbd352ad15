"""A Tryton server on a copy of the prepared file, and a client that acts in it as a person or a consumer would."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.requirements import TRYTON

NAME = "tl"
USER, PASSWORD = "admin", "only-for-tests"
_READY_SECONDS = 60.0


class TrytonRefusal(Exception):  # noqa: N818 - what the ERP says, not a fault of the test
    """Tryton's own words for why it does not do something."""


class Erp:
    """A session in a running Tryton."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=30)
        number, session = self._ask("common.db.login", USER, {"password": PASSWORD})[:2]
        pair = base64.b64encode(f"{USER}:{number}:{session}".encode()).decode()
        self._client.headers["authorization"] = f"Session {pair}"

    def call(self, method: str, *parameters: Any) -> Any:
        """A method of a model. Errors: TrytonRefusal."""
        return self._ask(f"model.{method}", *parameters, {"company": 1})

    def find(self, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
        """The records of a domain."""
        found: list[dict[str, Any]] = self.call(f"{model}.search_read", domain, 0, None, [["id", "ASC"]], fields)
        return found

    def create(self, model: str, **values: Any) -> int:
        """Make one record; its number."""
        return int(self.call(f"{model}.create", [values])[0])

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    def _ask(self, method: str, *parameters: Any) -> Any:
        answered = self._client.post(f"/{NAME}/", json={"id": 1, "method": method, "params": list(parameters)})
        answered.raise_for_status()
        said = answered.json()
        if "error" in said:
            raise TrytonRefusal(str(said["error"])[:300])
        return said["result"]


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of a server that lives for the block, on a copy of the prepared file in `folder`."""
    shutil.copy(TRYTON / f"{NAME}.sqlite", folder / f"{NAME}.sqlite")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "trytond.conf"
    settings.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n", encoding="utf-8"
    )
    command = [str(TRYTON / "venv" / "bin" / "trytond"), "-c", str(settings), "-d", NAME]
    with (folder / "trytond.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ.copy(), start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, server, folder / "trytond.log")
        yield url
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)  # a server that starts answers no earlier for being asked more often
        else:
            return
    raise RuntimeError(f"Tryton did not start: {log.read_text(errors='replace')[-2000:]}")
