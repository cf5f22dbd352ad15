"""The command `throughline`. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration."""

import sys

import typer

from app import logs
from app.commands import db, doctor, imports, process, reading, replay, serve, state, systems
from models.errors import Misconfigured, ThroughlineError

AREAS = (db, doctor, imports, process, reading, replay, serve, state, systems)
"""Every module of `app.commands` whose commands there are."""

command = typer.Typer(
    name="throughline",
    help="Watches the way from a signed contract to cash, and repairs the hand-overs that fail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for area in AREAS:
    area.register(command)


def main() -> None:
    """Run the command with the arguments of this process, and end it."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command; its exit code. What went wrong is one message on standard error."""
    logs.configure()
    try:
        command(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Misconfigured as error:
        typer.echo(f"throughline: {error}", err=True)
        return 2
    except ThroughlineError as error:
        typer.echo(f"throughline: {error}", err=True)
        return 1
    return 0
