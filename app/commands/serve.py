"""`throughline up`, `web`, `worker`: the server, and its parts by themselves."""

import ipaddress
import logging
import signal
import sys
from contextlib import ExitStack
from importlib import import_module
from types import FrameType
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app import logs, settings, telemetry
from app.commands import output
from app.duties import open_duties
from app.firm import Firm, pretend_firm
from app.settings_errors import SettingsError, beginning
from app.wiring import load_rules, open_database, open_store
from app.worker import Worker

Host = Annotated[str, typer.Option(help="The address to answer at; without sign-in one of this machine.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="The port to answer at; 0 takes a free one.")]


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.command()(up)
    command.command()(web)
    command.command()(worker)


def up(  # noqa: PLR0917 - each is an option of the command
    demo: Annotated[
        bool, typer.Option("--demo", help="Beside it a pretend firm, and the settings that collect it.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which firm; the same seed makes the same one.")] = Firm.seed,
    contracts: Annotated[int, typer.Option(min=1, help="How many contracts the firm has.")] = Firm.contracts,
    months: Annotated[int, typer.Option(min=1, help="How many months of history it has.")] = Firm.months,
    speed: Annotated[float, typer.Option(min=0, help="Seconds of its time in one of ours; 0 stops it.")] = Firm.speed,
    estate_port: Annotated[int, typer.Option(min=1, max=65_535, help="Where its systems answer.")] = Firm.port,
    amqp: Annotated[str | None, typer.Option(help="A RabbitMQ for its messages, amqp://user:password@host.")] = None,
    host: Host = "127.0.0.1",
    port: Port = 8501,
) -> None:
    """Serve pages and the HTTP interface, with a worker, in one process."""
    if amqp is not None:
        _require_broker(amqp)
    firm = Firm(seed, contracts, months, speed, estate_port, amqp) if demo else None
    _serve(host, port, with_worker=True, firm=firm)


def web(host: Host = "127.0.0.1", port: Port = 8501) -> None:
    """Serve pages and the HTTP interface; workers run elsewhere."""
    _serve(host, port, with_worker=False)


def worker() -> None:
    """Work, without serving anything. Any number of workers may share a store."""
    _prepare()
    found = settings.load()
    with telemetry.sending(found), open_store(found) as store:
        load_rules(store)
        with open_duties(store) as duties:
            output.line("working")
            Worker(store.pool, duties).run()


def _serve(host: str, port: int, *, with_worker: bool, firm: Firm | None = None) -> None:
    _require_loopback(host)
    _prepare()
    with ExitStack() as stack:
        # The firm is made while the rest comes up.
        answering = stack.enter_context(pretend_firm(firm, settings.load().home)) if firm else None
        # Loaded when needed: Streamlit takes a second to import, for which other commands need not wait.
        server = import_module("app.server")
        if answering:
            stack.enter_context(open_database(settings.load()))
        found = settings.load(answering() if answering else None)
        stack.enter_context(telemetry.sending(found))
        store = stack.enter_context(open_store(found))
        load_rules(store)
        duties = stack.enter_context(open_duties(store)) if with_worker else {}
        server.serve(store, host, port, with_worker=with_worker, duties=duties, ready=lambda bound: _say(host, bound))


def _say(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    output.line(f"Throughline answers at http://{shown}:{port}")
    sys.stdout.flush()


def _prepare() -> None:
    """Log what happens, and end in good order when told to: whoever opened something closes it."""
    logs.configure(logging.INFO)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _require_broker(amqp: str) -> None:
    try:
        parts = urlsplit(amqp)
        is_broker = parts.scheme in {"amqp", "amqps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_broker = False
    if not is_broker:
        raise SettingsError(
            f"--amqp {beginning(amqp)}; allowed: the URL of a RabbitMQ such as amqp://user:password@host:5672/%2F"
        )


def _require_loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SettingsError(
            f"--host is {host!r}, which others can reach, and sign-in is not configured; answer at 127.0.0.1 and put a "
            "proxy that signs people in before it"
        )
