"""`throughline doctor`: is everything in place that the program needs?"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import typer

from app import settings
from app.accounts import expected
from app.commands import output
from app.settings import Settings
from app.settings_tables import PUSH
from app.wiring import open_database
from collectors.clock import SYSTEM, open_clock
from models.errors import Misconfigured, ThroughlineError
from models.store import embedded_place, migrate
from models.store.engine import server

_OLDEST_PYTHON = (3, 11)
_OLDEST_SERVER = 15
_CLOCK_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    said: str


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.command()(doctor)


def doctor(as_json: output.AsJson = False) -> None:
    """Look at Python, settings, folders, database, schema and clock; exit code 1 when something is wrong."""
    found = examine(settings.load())
    if as_json:
        output.as_json({"ok": all(one.ok for one in found), "findings": [asdict(one) for one in found]})
    else:
        output.table(["", "what", "found"], [("ok" if one.ok else "WRONG", one.what, one.said) for one in found])
    if not all(one.ok for one in found):
        raise typer.Exit(1)


def examine(loaded: Settings) -> list[Finding]:
    """All findings, in the order in which to mend them."""
    with ExitStack() as opened:
        url = ""

        def database() -> str:
            nonlocal url
            url = opened.enter_context(open_database(loaded))
            return _server(url)

        looks: list[tuple[str, Callable[[], str]]] = [
            ("python", _python),
            ("settings", lambda: _settings(loaded)),
            ("folder", lambda: _folder(loaded)),
            ("database", database),
            ("schema", lambda: _schema(url)),
            ("clock", lambda: _clock(loaded)),
        ]
        return [_look(what, look) for what, look in looks]


def _look(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except ThroughlineError as error:
        return Finding(what, False, str(error))


def _python() -> str:
    if sys.version_info < _OLDEST_PYTHON:
        raise Misconfigured(f"{sys.version.split()[0]}; install 3.11 or later")
    return sys.version.split()[0]


def _settings(loaded: Settings) -> str:
    loaded.require_secrets()
    loaded.process_files()
    expected(loaded)
    if loaded.path is None:
        return "no file: no systems"
    # Allowed, because its events may come by files; and what a product without its address looks like, too.
    unread = [
        f"{name} ({system.product})"
        for name, system in loaded.systems.items()
        if system.product != PUSH and system.base_url is None
    ]
    said = f"; without base_url, so nothing reads them: {', '.join(unread)}" if unread else ""
    return f"{loaded.path}, {len(loaded.systems)} systems{said}"


def _folder(loaded: Settings) -> str:
    if loaded.database_url:
        return "not used: THROUGHLINE_DATABASE_URL is set"
    place = embedded_place.prepare(loaded.home)
    return f"{place.folder}, of {place.owner.pw_name}, closed to others"


def _server(url: str) -> str:
    found = server(url)
    if found.major < _OLDEST_SERVER:
        raise Misconfigured(f"PostgreSQL {found.major}; use 15 to 18")
    return f"PostgreSQL {found.major}.{found.minor} as {found.user}"


def _schema(url: str) -> str:
    if not url:
        raise Misconfigured("not looked at: there is no database")
    migrate.require_current(url)
    return "current"


def _clock(loaded: Settings) -> str:
    with open_clock(loaded.clock) as clock:
        now = clock.now()
    if loaded.clock == SYSTEM:
        return f"{now:%Y-%m-%d %H:%M:%S} UTC"
    return f"{now:%Y-%m-%d %H:%M:%S} UTC by {loaded.clock}; {datetime.now(UTC):%Y-%m-%d %H:%M:%S} here"
