"""What some tests need from the machine: found or not, asked for or not, and a closing list of what was not run.

`THROUGHLINE_REQUIRE=browser,rabbitmq,data,postgres15,tryton` turns what is missing into failures.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
POSTGRES15 = Path("/usr/lib/postgresql/15/bin")
RABBITMQ = Path("/usr/lib/rabbitmq/lib")
TRYTON = ROOT / ".tryton"


def has_browser() -> bool:
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def has_rabbitmq() -> bool:
    return any(RABBITMQ.glob("rabbitmq_server-*/sbin/rabbitmq-server"))


NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "browser": (has_browser, "Chromium is not installed"),
    "rabbitmq": (has_rabbitmq, "rabbitmq-server is not installed"),
    "data": (DATA.is_dir, "the reference data is not beside the project"),
    "postgres15": ((POSTGRES15 / "postgres").exists, "PostgreSQL 15 is not installed in Debian's place"),
    "tryton": ((TRYTON / "tl.sqlite").exists, "no prepared Tryton; run `make tryton`"),
}


def required() -> set[str]:
    """The needs whose absence is a failure. An unknown word is an error: a typo must not switch a test off."""
    words = {word for word in os.environ.get("THROUGHLINE_REQUIRE", "").replace(" ", "").split(",") if word}
    if unknown := words - NEEDS.keys():
        raise pytest.UsageError(f"THROUGHLINE_REQUIRE: found {sorted(unknown)}; allowed: {', '.join(NEEDS)}")
    return words


def missing(item: pytest.Item) -> list[str]:
    """The needs of a test that this machine does not meet."""
    return [name for name, (is_met, _) in NEEDS.items() if item.get_closest_marker(f"needs_{name}") and not is_met()]


class Requirements:
    """The plugin: skips or fails what cannot run here, and says so at the end."""

    def __init__(self) -> None:
        self.required = required()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for name in missing(item):
            reason = f"needs {name}: {NEEDS[name][1]}"
            if name in self.required:
                pytest.fail(f"{reason}, and THROUGHLINE_REQUIRE asks for it", pytrace=False)
            pytest.skip(reason)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        reasons: dict[str, int] = {}
        for report in terminalreporter.stats.get("skipped", []):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            reasons[reason] = reasons.get(reason, 0) + 1
        terminalreporter.section("not run on this machine")
        for reason, count in sorted(reasons.items()):
            terminalreporter.write_line(f"{count:4d}  {reason.removeprefix('Skipped: ')}")
        if not reasons:
            terminalreporter.write_line("nothing was left out")
