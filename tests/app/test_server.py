"""The whole server in a process of its own, as a person starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from app.command import run
from tests.app.api.test_problems import assert_problem
from tests.servers import Databases

COMMAND = Path(sys.executable).with_name("throughline")
_PATIENCE_SECONDS = 60


class Server:
    """A running `throughline`: its process and a client of it."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.client = httpx.Client(base_url=address, timeout=30)

    def ready_after(self) -> float:
        begun = time.monotonic()
        while time.monotonic() - begun < _PATIENCE_SECONDS:
            if self.client.get("/readyz").status_code == 200:
                return time.monotonic() - begun
            time.sleep(0.05)
        raise AssertionError(self.client.get("/readyz").text)


@contextmanager
def started(folder: Path, *arguments: str, **environment: str) -> Iterator[Server]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    process = subprocess.Popen(
        [COMMAND, *arguments], cwd=folder, env={**kept, **environment}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"answers at (http://\S+)", line):
                server = Server(process, found[1])
                with server.client:
                    yield server
                break
        else:
            raise AssertionError(f"it ended with {process.wait()}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def program(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`throughline up` on an empty database."""
    with (
        databases.fresh() as url,
        started(tmp_path_factory.mktemp("up"), "up", "--port", "0", THROUGHLINE_DATABASE_URL=url) as running,
    ):
        yield running


def test_pages_and_the_interface_are_one_server(program) -> None:
    program.ready_after()
    page = program.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert program.client.get("/_stcore/health").status_code == 200
    assert program.client.get("/api/v1/journeys").json() == {"items": [], "next": None}
    assert program.client.get("/healthz").json()["status"] == "ok"
    assert program.client.get("/metrics").text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "path", ["/api", "/api/v1/nothing", "/v1/nothing", "/webhooks", "/webhooks/x/y", "/api/v1/..%2f..%2fetc%2fpasswd"]
)
def test_no_promised_path_falls_through_to_the_pages(program, path) -> None:
    assert_problem(program.client.get(path), 404)
    assert_problem(program.client.delete("/anything"), 404)


def test_a_program_that_lost_its_way_is_told_so_and_a_person_sees_the_pages(program) -> None:
    assert_problem(program.client.get("/foo"), 404)
    assert program.client.head("/foo/bar").status_code == 404
    for path in ("/foo", "/journeys", "/favicon.png"):
        assert program.client.get(path, headers={"Accept": "text/html,*/*"}).status_code == 200
    assert program.client.get("/journeys").headers["content-type"].startswith("text/html")


def test_a_webhook_is_posted_and_not_fetched(program) -> None:
    assert_problem(program.client.get("/webhooks/x"), 405)
    assert_problem(program.client.post("/webhooks/x"), 404)


def test_keys_that_look_like_paths_reach_the_interface(program) -> None:
    answer = program.client.get("/api/v1/journeys/..%2F..%2FC:%5Cx%2F%2Fserver")
    assert_problem(answer, 404)
    assert "'../../C:" in answer.json()["detail"]


def test_a_foreign_host_sees_neither_pages_nor_the_interface(program) -> None:
    for path in ("/", "/api/v1/journeys", "/_stcore/health"):
        assert_problem(program.client.get(path, headers={"Host": "evil.example"}), 403)


def test_events_that_are_sent_are_read(program) -> None:
    event = {
        "specversion": "1.0", "source": "clm", "id": "1", "type": "contract.signed", "time": "2026-03-02T10:15:00Z",
        "data": {"keys": {"contract": "SOW-1"}},
    }  # fmt: skip
    assert program.client.post("/api/v1/events", json=[event]).json()["accepted"] == 1
    assert program.client.get("/api/v1/journeys/SOW-1").json()["contract"] == "SOW-1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order_and_is_ready_again(databases, tmp_path, number) -> None:
    with databases.fresh() as url:
        for _ in range(2):
            with started(tmp_path, "up", "--port", "0", THROUGHLINE_DATABASE_URL=url) as server:
                server.ready_after()
                server.process.send_signal(number)
                assert server.process.wait(_PATIENCE_SECONDS) == 0
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            ).fetchone()
            assert row == (1,)


def test_a_server_without_a_worker_is_ready_and_its_worker_lives_elsewhere(databases, tmp_path) -> None:
    with databases.fresh() as url, started(tmp_path, "web", "--port", "0", THROUGHLINE_DATABASE_URL=url) as server:
        server.ready_after()
        assert "worker" not in server.client.get("/readyz").json()["checks"]
        kept = {**os.environ, "THROUGHLINE_DATABASE_URL": url}
        worker = subprocess.Popen([COMMAND, "worker"], cwd=tmp_path, env=kept, stdout=subprocess.DEVNULL)
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                begun = time.monotonic()
                while not connection.execute("SELECT 1 FROM store_fact WHERE name = 'worker_beat'").fetchone():
                    assert time.monotonic() - begun < _PATIENCE_SECONDS
                    time.sleep(0.05)
            worker.terminate()
            assert worker.wait(_PATIENCE_SECONDS) == 0
        finally:
            worker.kill()
            worker.wait()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com"])
@pytest.mark.parametrize("part", ["up", "web"])
def test_an_address_that_others_reach_is_refused_without_sign_in(part, host, capsys) -> None:
    assert run([part, "--host", host]) == 2
    assert "sign-in is not configured" in capsys.readouterr().err


def test_a_port_that_is_taken_is_1(databases, tmp_path, program) -> None:
    port = str(program.client.base_url.port)
    with databases.fresh() as url:
        ended = subprocess.run(
            [COMMAND, "up", "--port", port],
            cwd=tmp_path,
            env={**os.environ, "THROUGHLINE_DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    assert ended.returncode == 1
    assert port in ended.stderr
