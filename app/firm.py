"""The pretend firm beside us: its systems over HTTP in a process of their own, and the settings that collect them."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from models.errors import Misconfigured

_log = logging.getLogger(__name__)

_READY_SECONDS = 120.0
_LOOK_AGAIN_SECONDS = 0.05
_PATIENCE_SECONDS = 10.0


class FirmNotStartedError(Misconfigured):
    """The pretend firm does not start, mostly because its port is taken."""


@dataclass(frozen=True)
class Firm:
    """What firm to pretend. The same seed makes the same firm. `speed`: seconds of its time in one of ours."""

    seed: int = 7
    contracts: int = 400
    months: int = 12
    speed: float = 60.0
    port: int = 8601
    amqp: str | None = None


@contextmanager
def pretend_firm(firm: Firm, home: Path) -> Iterator[Callable[[], Path]]:
    """The firm, which lives for the block; what is yielded waits until it answers, and gives the settings file.

    What was done in the firm, and how late it is there, is kept under `home`, so that the next start goes on. Errors,
    of waiting: FirmNotStartedError.
    """
    home.mkdir(parents=True, exist_ok=True)
    kept = home / f"firm-{firm.seed}-{firm.contracts}-{firm.months}.json"
    with TemporaryDirectory(prefix="firm-") as folder:
        path = Path(folder) / "throughline.toml"
        kept_by = ["--attached", "--state", str(kept), "--settings", str(path)]
        # It ends with its standard input: when we do, however that happens.
        process = subprocess.Popen([sys.executable, "-m", "estate", *kept_by, *_arguments(firm)], stdin=subprocess.PIPE)
        try:
            yield partial(_wait_for, path, process, firm)
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _arguments(firm: Firm) -> list[str]:
    said = {
        "--seed": firm.seed,
        "--contracts": firm.contracts,
        "--months": firm.months,
        "--speed": firm.speed,
        "--port": firm.port,
    }
    arguments = [part for name, value in said.items() for part in (name, str(value))]
    return [*arguments, "--amqp", firm.amqp] if firm.amqp else arguments


def _wait_for(path: Path, process: subprocess.Popen[bytes], firm: Firm) -> Path:
    """The firm writes its settings when it answers."""
    until = time.monotonic() + _READY_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise FirmNotStartedError(
                f"the pretend firm does not answer on port {firm.port}; see its words above, or give another port with "
                "--estate-port"
            )
        time.sleep(_LOOK_AGAIN_SECONDS)
    _log.info("the pretend firm answers", extra={"action": "firm", "outcome": f"port {firm.port}"})
    return path
