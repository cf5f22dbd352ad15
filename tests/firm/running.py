"""The firm and the program as processes of their own: started, asked over HTTP and by command, killed."""

import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.requirements import ROOT
from tests.servers import free_port

OFTEN_SECONDS = 1
"""How often streams are polled: nobody's quota is at stake here, and everybody's time is."""

GENEROUS = 20
"""How many times the requests a second that products allow are answered, for the same reason."""

_READY_SECONDS = 120.0


@dataclass(frozen=True)
class Size:
    """Which firm: the same size makes the same one."""

    contracts: int
    months: int
    seed: int = 7
    speed: float = 0.0
    generous: int = GENEROUS


class Estate:
    """A firm in the running."""

    def __init__(self, url: str, settings: str) -> None:
        self.url = url
        self.settings = settings
        self._client = httpx.Client(base_url=f"{url}/_estate", trust_env=False, timeout=120)

    def now(self) -> datetime:
        return instant(self._client.get("/clock").raise_for_status().json()["now"])

    def set_clock(self, **asked: float) -> datetime:
        """Set `speed`, or `advance_seconds`; the firm's time then."""
        return instant(self._client.post("/clock", json=asked).raise_for_status().json()["now"])

    def truth(self) -> dict[str, Any]:
        return dict(self._client.get("/truth").raise_for_status().json())

    def log(self) -> list[dict[str, Any]]:
        return list(self._client.get("/log").raise_for_status().json()["items"])

    def misbehave(self, what: str, **said: Any) -> None:
        """An `outage` or a `lie`."""
        self._client.post(f"/{what}", json=said).raise_for_status()

    def close(self) -> None:
        self._client.close()


@contextmanager
def running_estate(folder: Path, size: Size) -> Iterator[Estate]:
    """A firm that lives for the block; it ends by itself when we do, however that happens."""
    path = folder / "estate.toml"
    port = free_port()
    said = {"--seed": size.seed, "--contracts": size.contracts, "--months": size.months, "--speed": size.speed}
    said["--generous"] = size.generous
    arguments = [str(part) for pair in said.items() for part in pair]
    command = [sys.executable, "-m", "estate", "--attached", "--port", str(port), "--settings", str(path), *arguments]
    with (folder / "estate.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)
    estate = None
    try:
        wait_for(lambda: path.exists() or process.poll() is not None, _READY_SECONDS)
        assert process.poll() is None, (folder / "estate.log").read_text()
        estate = Estate(f"http://127.0.0.1:{port}", path.read_text())
        yield estate
    finally:
        if estate is not None:
            estate.close()
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Program:
    """Our program against one database and one settings file: commands that end, and processes that go on."""

    def __init__(self, folder: Path, database: str, settings: str) -> None:
        self._folder = folder
        self._kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
        self.database = database
        self.path = folder / "throughline.toml"
        self.write_settings(settings)

    def write_settings(self, text: str) -> None:
        """What processes started from now on read."""
        tomllib.loads(text)
        self.path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, Any, str]:
        """Run a command with `--json` to its end: its exit code, what it answered, what it complained of."""
        command = [*_COMMAND, *arguments, "--json"]
        done = subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, timeout=300, check=False
        )
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr

    def start(self, *arguments: str) -> "Running":
        """Start a process that goes on; whoever starts it ends it."""
        log = self._folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with log.open("w") as written:
            process = subprocess.Popen(
                [sys.executable, "-c", _ATTACHED, *arguments],
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=written,
                stderr=written,
            )
        return Running(process, log)

    @contextmanager
    def running(self, *arguments: str) -> Iterator["Running"]:
        """A process for the block."""
        started = self.start(*arguments)
        try:
            yield started
        finally:
            started.end()

    @contextmanager
    def web(self, port: int = 0) -> Iterator["Web"]:
        """The HTTP interface for the block."""
        with ExitStack() as stack:
            process = stack.enter_context(self.running("web", "--port", str(port)))
            yield stack.enter_context(Web(process.said("answers at ").split()[-1]))

    def _environment(self) -> Mapping[str, str]:
        # Warnings are errors in tests; a process that nobody looks at would only write them down.
        ours = {"THROUGHLINE_DATABASE_URL": self.database, "THROUGHLINE_CONFIG": str(self.path)}
        return self._kept | ours | {"THROUGHLINE_HOME": str(self._folder)}


_COMMAND = (sys.executable, "-c", "from app.command import main; main()")
_ATTACHED = """
import os, threading

def end():
    while os.read(0, 1):
        pass
    os._exit(1)

threading.Thread(target=end, daemon=True).start()
from app.command import main
main()
"""
"""The command, which ends with whoever started it: a test run that is cut off leaves nothing behind."""


@dataclass
class Running:
    """A process of the program and what it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, words: str, seconds: float = 60.0) -> str:
        """The line with these words, as soon as it is written."""

        def line() -> str | None:
            assert self.process.poll() is None, self.log.read_text()
            return next((one for one in self.log.read_text().splitlines(keepends=True) if words in one), None)

        return str(wait_for(line, seconds)).strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._let_go()

    def end(self) -> None:
        """End it in good order; what does not end is killed, and fails the test."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self._let_go()

    def _let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()


class Web:
    """The HTTP interface of a running program."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=f"{url}/api/v1", trust_env=False, timeout=120)

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *raised: object) -> None:
        self._client.close()

    def get(self, path: str, **params: Any) -> Any:
        return self._client.get(f"/{path}", params=params).raise_for_status().json()

    def items(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        cursor = None
        while True:
            page = self.get(path, limit=500, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next"]
            if cursor is None:
                return

    def post(self, path: str, sent: Any) -> httpx.Response:
        return self._client.post(f"/{path}", json=sent)

    def streams(self) -> dict[str, dict[str, Any]]:
        """Every polled stream by `system/stream`."""
        return {
            f"{system['name']}/{stream['stream']}": stream
            for system in self.items("systems")
            for stream in system["streams"]
            if stream["stream"]
        }

    def troubles(self) -> dict[str, str]:
        """What is wrong with streams that have trouble."""
        return {name: stream["last_error"] for name, stream in self.streams().items() if stream["last_error"]}

    def behind(self, now: datetime) -> dict[str, str | None]:
        """The streams that are not read up to now, with what they say is wrong."""
        streams = self.streams()
        if not streams:
            return {"every stream": "nobody has begun yet"}
        return {
            name: stream["last_error"]
            for name, stream in streams.items()
            if stream["watermark"] is None or instant(stream["watermark"]) < now
        }

    def catch_up(self, now: datetime, seconds: float) -> None:
        """Wait until every stream is read up to now, the clock being stopped."""
        last: dict[str, str | None] = {}

        def is_caught_up() -> bool:
            nonlocal last
            last = self.behind(now)
            return not last

        try:
            wait_for(is_caught_up, seconds, every=0.25)
        except NeverError:
            few = [f"{name}: {(said or 'nothing is wrong')[:200]}" for name, said in sorted(last.items())[:5]]
            raise NeverError(f"{len(last)} streams are not read up to {now}, such as {few}") from None


def often(settings: str, seconds: float = OFTEN_SECONDS, generous: int = GENEROUS) -> str:
    """The settings, polling as often and asking as fast as tests want it."""
    pace = f"\nrequests_per_second = {5 * generous}" if generous > 1 else ""
    return settings.replace("interval_seconds = 5", f"interval_seconds = {seconds:g}{pace}")


class NeverError(AssertionError):
    """What was waited for did not come."""


def wait_for(answer: Callable[[], Any], seconds: float, every: float = 0.05) -> Any:
    """What is answered as soon as it is true. Errors: NeverError."""
    until = time.monotonic() + seconds
    while not (found := answer()):
        if time.monotonic() > until:
            raise NeverError(f"it did not come to be in {seconds:g} s")
        time.sleep(every)
    return found


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Site:
    """A firm, the program that collects it, and its HTTP interface."""

    estate: Estate
    program: Program
    web: Web
    workers: list[Running] = field(default_factory=list)

    def catch_up(self, seconds: float = 60.0) -> None:
        """Wait until all of the firm's streams are read up to its time, which stands."""
        self.web.catch_up(self.estate.now(), seconds)


@contextmanager
def collected(folder: Path, database: str, size: Size, workers: int = 1) -> Iterator[Site]:
    """A firm that is being collected, for the block."""
    with ExitStack() as stack:
        estate = stack.enter_context(running_estate(folder, size))
        program = Program(folder, database, often(estate.settings, generous=size.generous))
        running = [stack.enter_context(program.running("worker")) for _ in range(workers)]
        yield Site(estate, program, stack.enter_context(program.web()), running)
