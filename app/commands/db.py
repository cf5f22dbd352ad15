"""`throughline db`: the database's schema, and its backups."""

from pathlib import Path
from typing import Annotated

import typer

from app import settings
from app.commands import output
from app.wiring import open_database
from models.store import backup, migrate

_db = typer.Typer(no_args_is_help=True, help="Upgrade, back up and restore the database.")


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.add_typer(_db, name="db")


@_db.command()
def upgrade() -> None:
    """Apply the migrations that the database lacks."""
    with open_database(settings.load()) as url:
        applied = migrate.upgrade(url)
    for name in applied:
        output.line(f"applied {name}")
    output.line("the database is current")


@_db.command()
def status(as_json: output.AsJson = False) -> None:
    """Say which migrations the database has, and which it lacks."""
    with open_database(settings.load()) as url:
        found = migrate.status(url)
    if as_json:
        groups = {name: getattr(found, name) for name in ("applied", "pending", "changed", "unknown")}
        output.as_json({"current": found.is_current} | groups)
        return
    states = [
        ("applied", found.applied),
        ("pending", found.pending),
        ("changed", found.changed),
        ("unknown", found.unknown),
    ]
    output.table(["migration", "state"], [(name, state) for state, names in states for name in names])
    output.line(
        "the database is current" if found.is_current else "the database is not current: `throughline db upgrade`"
    )


@_db.command("backup")
def make_backup(file: Annotated[Path, typer.Argument(help="Where to write it; must not exist.")]) -> None:
    """Write the whole database to one file, while the program may go on."""
    with open_database(settings.load()) as url:
        size = backup.backup(url, file)
    output.line(f"wrote {size:,} bytes to {file}")


@_db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    replace: Annotated[bool, typer.Option(help="Lose what the database holds now.")] = False,
) -> None:
    """Bring an empty database to what a backup holds, whole or not at all."""
    with open_database(settings.load()) as url:
        backup.restore(url, file, replace=replace)
        found = migrate.status(url)
    output.line(f"restored {file}")
    if not found.is_current:
        output.line("the backup is of another version: run `throughline db upgrade`")


@_db.command()
def schema(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
) -> None:
    """Write the database's schema as SQL."""
    with open_database(settings.load()) as url:
        text = backup.schema(url)
    with backup.writable(file):
        file.write_text(text, encoding="utf-8")
    output.line(f"wrote {file}")
