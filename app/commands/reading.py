"""`throughline journeys`, `exceptions`, `kpi`: what programs read over HTTP, for people at a terminal."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from app import settings
from app.commands import output
from app.parts import units
from app.wiring import Store, load_rules, open_store
from models.errors import Refused
from models.figures import read_window
from models.questions import QuestionError, words
from models.store.engine import Connection, transaction
from models.store.kpis import Cut, choose, kpis
from models.store.processes import read_catalogue
from models.store.reading import exceptions, journeys
from models.store.reading.listing import Asked, Page, Row, read_asked

_journeys = typer.Typer(no_args_is_help=True, help="Everything that belongs to one contract.")
_exceptions = typer.Typer(no_args_is_help=True, help="What somebody must settle.")

Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="FIELD=VALUE", help="A filter as over HTTP; repeatable."),
]
Sort = Annotated[str | None, typer.Option(help="The field to sort by, with a minus sign for the highest first.")]
Limit = Annotated[str, typer.Option(help="How many at most, up to 500.")]
Cursor = Annotated[str | None, typer.Option(help="`next` of the page before.")]


class NotFoundError(Refused):
    """There is nothing of that name."""


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.add_typer(_journeys, name="journeys")
    command.add_typer(_exceptions, name="exceptions")
    command.command()(kpi)


@_journeys.command("list")
def list_journeys(
    where: Where = None, sort: Sort = None, limit: Limit = "50", cursor: Cursor = None, as_json: output.AsJson = False
) -> None:
    """List journeys."""
    with _reading() as (store, connection):
        asked = read_asked(_parameters(where, sort, limit, cursor), store.settings.reporting.time_zone)
        page = journeys.list_journeys(connection, asked, store.clock.now())
    show_page(page, ("key", "state", "step", "customer", "value", "last_at"), as_json=as_json)


@_journeys.command("show")
def show_journey(
    key: Annotated[str, typer.Argument(help="A contract, or kind:value of any key.")], as_json: output.AsJson = False
) -> None:
    """Show one journey with its steps."""
    with _reading() as (store, connection):
        row = journeys.find_journey(connection, key, store.clock.now())
    if row is None:
        raise NotFoundError(f"no journey has the key {key!r}; `throughline journeys list` shows those that there are")
    if as_json:
        output.as_json(msgspec.to_builtins(row))
        return
    _show_fields(row, ("key", "process", "customer", "entity", "region", "practice", "contract_type", "value", "state"))
    output.table(
        ["step", "subject", "first", "evidence", "system"],
        [[one["step"], one["subject"], cell(one["first_at"]), one["evidence"], one["system"]] for one in row["steps"]],
    )
    for name in row["exceptions"]:
        output.line(f"exception {name}")


@_exceptions.command("list")
def list_exceptions(
    where: Where = None, sort: Sort = None, limit: Limit = "50", cursor: Cursor = None, as_json: output.AsJson = False
) -> None:
    """List exceptions."""
    with _reading() as (store, connection):
        asked = read_asked(_parameters(where, sort, limit, cursor), store.settings.reporting.time_zone)
        page = exceptions.list_exceptions(connection, asked, store.clock.now())
    columns = ("id", "kind", "contract", "status", "severity", "opened_at", "reason")
    show_page(page, columns, as_json=as_json)


@_exceptions.command("show")
def show_exception(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id.")], as_json: output.AsJson = False
) -> None:
    """Show one exception."""
    with _reading() as (store, connection):
        row = exceptions.find_exception(connection, id, store.clock.now())
    if row is None:
        raise NotFoundError(f"there is no exception {id!r}; `throughline exceptions list` shows those that there are")
    if as_json:
        output.as_json(msgspec.to_builtins(row))
    else:
        _show_fields(row, [name for name in row if row[name] not in (None, "", [])])


def kpi(  # noqa: PLR0917 - the arguments of a command
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Figures; absent: all.")] = None,
    by: Annotated[list[str] | None, typer.Option(metavar="DIM", help="A period, a dimension, or both.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="A day or a time, included.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="A day or a time, excluded.")] = None,
    where: Where = None,
    as_json: output.AsJson = False,
) -> None:
    """Show figures."""
    with _reading(with_rules=True) as (store, connection):
        zone = store.settings.reporting.time_zone
        figures, cut_by = choose(read_catalogue(connection), words(names or []), by or [])
        cut = Cut(store.clock.now(), zone, read_window(start, end, zone), _filters(where))
        rows = kpis(connection, figures, cut_by, cut)
    if as_json:
        show_page(Page(rows, None), (), as_json=True)
        return
    output.table(
        ["figure", "period", "group", "finished", "running", "omitted", "p50", "p90", "before"],
        [
            [
                row["name"],
                row["period"] and units.day(row["period"]["from"], zone),
                ", ".join(str(value) for value in row["group"].values()),
                *(row[name] for name in ("finished", "running", "omitted")),
                *(None if row[name] is None else units.duration(row[name]) for name in ("p50", "p90", "previous")),
            ]
            for row in rows
        ],
    )


@contextmanager
def asking(
    where: Sequence[str] | None, sort: str | None, limit: str, cursor: str | None
) -> Iterator[tuple[Connection, Asked, datetime]]:
    """A connection, what the options of a list ask for, and the clock's instant."""
    with _reading() as (store, connection):
        asked = read_asked(_parameters(where, sort, limit, cursor), store.settings.reporting.time_zone)
        yield connection, asked, store.clock.now()


@contextmanager
def _reading(*, with_rules: bool = False) -> Iterator[tuple[Store, Connection]]:
    """An opened store and a connection; what cannot be asked is wrong usage."""
    try:
        with open_store(settings.load()) as store:
            if with_rules:
                load_rules(store)
            with transaction(store.pool) as connection:
                yield store, connection
    except QuestionError as error:
        raise typer.BadParameter(str(error)) from error


def _filters(where: Sequence[str] | None) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for text in where or []:
        name, sign, value = text.partition("=")
        if not sign:
            raise QuestionError(f"--where is {text!r}; FIELD=VALUE is wanted, such as state=failed", "where")
        filters.setdefault(name, []).append(value)
    return filters


def _parameters(where: Sequence[str] | None, sort: str | None, limit: str, cursor: str | None) -> dict[str, list[str]]:
    controls = {"sort": sort, "limit": limit, "cursor": cursor}
    return _filters(where) | {name: [value] for name, value in controls.items() if value is not None}


def show_page(page: Page, columns: Sequence[str], *, as_json: bool) -> None:
    """Print a page of a list, as JSON or as a table with these columns."""
    if as_json:
        output.as_json(msgspec.to_builtins({"items": page.rows, "next": page.next}))
        return
    output.table(columns, [[cell(row[name]) for name in columns] for row in page.rows])
    if page.next:
        output.line(f"more: --cursor {page.next}")


def _show_fields(row: Row, names: Sequence[str]) -> None:
    output.table(["", ""], [[name, cell(row[name])] for name in names])


def cell(value: Any) -> Any:
    """A value as it stands in a table."""
    if isinstance(value, dict):
        return units.money(value)
    return f"{value:%Y-%m-%d %H:%M} UTC" if hasattr(value, "astimezone") else value
