"""`throughline systems` and `collect`: what is read, whether it can be, reading it again, reading it now."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from app import logs, settings, telemetry
from app.accounts import accounts
from app.collecting import Collecting, Rounds, open_collecting
from app.commands import output
from app.commands.reading import Cursor, Limit, NotFoundError, Sort, Where, asking, cell, show_page
from app.read_again import read_again
from app.settings_tables import PUSH
from app.wiring import load_rules, open_store
from collectors import registry
from collectors.base import Account, Checked
from collectors.clock import open_clock
from collectors.poll import Ended, Polled
from models.errors import Misconfigured, StopStream, ThroughlineError
from models.questions import QuestionError, read_instant
from models.store.reading import systems
from models.store.streams import Name

_systems = typer.Typer(no_args_is_help=True, help="The systems that are read, and how far.")
_PATIENCE_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 0.5

Place = Annotated[str, typer.Argument(metavar="SYSTEM/STREAM", help="A stream, such as netsuite-us/invoices.")]


class NotPolledError(Misconfigured):
    """The settings have no such system or stream to read."""


class NotReadError(StopStream):
    """A stream could not be read."""


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.add_typer(_systems, name="systems")
    command.command()(collect)


@_systems.command("list")
def list_systems(
    where: Where = None, sort: Sort = None, limit: Limit = "50", cursor: Cursor = None, as_json: output.AsJson = False
) -> None:
    """List systems with how far each stream was read."""
    with asking(where, sort, limit, cursor) as (connection, asked, now):
        page = systems.list_systems(connection, asked, now)
    if as_json:
        show_page(page, (), as_json=True)
        return
    rows = [
        [
            *(system[name] for name in ("name", "product", "role")),
            *(stream.get("stream"), cell(stream.get("watermark")), cell(stream.get("blind_since"))),
            stream.get("last_error"),
        ]
        for system in page.rows
        for stream in system["streams"] or [{}]
    ]
    output.table(["system", "product", "role", "stream", "read up to", "blind since", "trouble"], rows)


@_systems.command("check")
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SYSTEM...]", help="Systems; absent: all.")] = None,
    as_json: output.AsJson = False,
) -> None:
    """Sign in and read one record of each stream; says what is missing and where to grant it."""
    found = settings.load()
    polled = {account.name: account for account in accounts(found)}
    there = [name for name, system in found.systems.items() if system.product != PUSH]
    chosen = [_known(name, there) for name in names or there]
    missing = found.missing_secrets()
    with open_clock(found.clock) as clock:
        told = [(name, one) for name in chosen for one in _looked_at(found, name, polled.get(name), missing, clock.now)]
    if as_json:
        output.as_json({"items": [{"system": name, **one._asdict()} for name, one in told]})
    else:
        rows = [[name, one.stream, "yes" if one.is_readable else "NO", one.told] for name, one in told]
        output.table(["system", "stream", "readable", ""], rows)
    # What nothing is to read is told, and is no fault: its events may come by files.
    wanted = [one for name, one in told if name in polled]
    broken = sum(not one.is_readable for one in wanted)
    if broken:
        raise NotReadError(f"{broken} of {len(wanted)} streams cannot be read; what to do stands above")


@_systems.command("reset-cursor")
def reset_cursor(
    place: Place,
    start: Annotated[str | None, typer.Option("--from", help="A day or a time; absent: from the beginning.")] = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
) -> None:
    """Read a stream again. What it tells is the same, so nothing is counted twice."""
    name = _stream(place)
    found = settings.load()
    zone = found.reporting.time_zone
    try:
        since = None if start is None else read_instant("--from", start, zone)
    except QuestionError as error:
        raise typer.BadParameter(str(error)) from error
    with open_store(found) as store:
        is_there = read_again(store.pool, *name, since, actor="local", reason=reason)
    if not is_there:
        raise NotFoundError(f"no stream {place!r} was ever read; `throughline systems list` shows those that there are")
    output.line(f"{place} is read again")


def collect(
    place: Annotated[str, typer.Argument(metavar="SYSTEM[/STREAM]", help="A system, or one stream of it.")],
    once: Annotated[bool, typer.Option("--once", help="Read to the end once, and end.")] = False,
    as_json: output.AsJson = False,
) -> None:
    """Read a system, or one of its streams, whoever else works; without --once until stopped."""
    found = settings.load()
    with telemetry.sending(found), open_store(found) as store:
        load_rules(store)
        with open_collecting(store) as collecting:
            names = _chosen(place, collecting.names)
            if not once:
                logs.configure()
                _until_stopped(Collecting(collecting.poller, names))
                return
            polled = [_poll_once(collecting, name) for name in names]
    _show_polled(polled, as_json=as_json)
    errors = [one.error for one in polled if one.error is not None]
    if errors and all(isinstance(error, Misconfigured) for error in errors):
        raise errors[0]
    if errors:
        raise NotReadError(f"{len(errors)} of {len(polled)} streams were not read; the first: {errors[0]}")


def _until_stopped(collecting: Collecting) -> None:
    stopping = threading.Event()
    with _stopped_at_end(stopping):
        Rounds(collecting).run(stopping)


@contextmanager
def _stopped_at_end(stopping: threading.Event) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        output.line("stopped")
    finally:
        stopping.set()


def _poll_once(collecting: Collecting, name: Name) -> Polled:
    for _ in range(int(_PATIENCE_SECONDS / _ASK_AGAIN_SECONDS)):
        claimed = collecting.poller.claim([name], is_due_only=False)
        if claimed is not None:
            return collecting.poller.poll(claimed)
        threading.Event().wait(_ASK_AGAIN_SECONDS)
    system, stream = name
    busy = NotReadError(f"{system}/{stream} is being read by another worker; try again, or stop it")
    return Polled(system, stream, Ended.LOST, error=busy)


def _show_polled(polled: list[Polled], *, as_json: bool) -> None:
    names = ("system", "stream", "ended", "pages", "events", "new", "unreadable")
    rows: list[dict[str, Any]] = [{name: getattr(one, name) for name in names} for one in polled]
    if as_json:
        told = ["" if one.error is None else str(one.error) for one in polled]
        output.as_json({"items": [row | {"error": error} for row, error in zip(rows, told, strict=True)]})
    else:
        output.table(names, [list(row.values()) for row in rows])


def _check(account: Account, now: Any) -> Iterator[Checked]:
    try:
        names = [stream.name for stream in registry.streams_of(account)]
        with registry.opened(account, now) as connector:
            for name in names:
                try:
                    yield connector.check(name)
                except ThroughlineError as error:
                    yield Checked(name, False, str(error))
    except Misconfigured as error:
        yield Checked("", False, str(error))


def _looked_at(
    found: settings.Settings, name: str, account: Account | None, missing: dict[str, str], now: Any
) -> Iterator[Checked]:
    if account is None:
        yield Checked("", False, _unread(found, name))
    elif fault := missing.get(f"systems.{name}.auth.secret"):
        # Once, and not with every stream that would sign in with it.
        yield Checked("", False, fault)
    else:
        yield from _check(account, now)


def _unread(found: settings.Settings, name: str) -> str:
    """Why nothing reads a system, and what to do if that is not meant."""
    products, system = registry.connectors(), found.systems[name]
    start = f"{found.path}: nothing reads it;"
    if system.product in products:
        return f"{start} to read it, set systems.{name}.base_url"
    return (
        f"{start} systems.{name}.product is {system.product!r}, and read are {', '.join(products) or 'none'}; "
        'its events may come by files, and "push" is for systems that send to us'
    )


def _known(name: str, among: Any) -> str:
    if name not in among:
        raise NotPolledError(f"no polled system is called {name!r}; there are {', '.join(among) or 'none'}")
    return name


def _stream(place: str) -> Name:
    system, sign, stream = place.partition("/")
    if not system or not sign:
        raise typer.BadParameter(f"{place!r} is no stream; SYSTEM/STREAM is wanted")
    return system, stream


def _chosen(place: str, names: tuple[Name, ...]) -> tuple[Name, ...]:
    system, _, stream = place.partition("/")
    chosen = tuple(name for name in names if name[0] == system and stream in {"", name[1]})
    if not chosen:
        there = sorted({"/".join(name) for name in names if name[0] == system} or {name[0] for name in names})
        raise NotPolledError(f"{place!r} is not polled; there are {', '.join(there) or 'none'}")
    return chosen
