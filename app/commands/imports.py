"""`throughline import`: event logs into the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app import settings
from app.commands import output
from app.importing import Progress as Told
from app.importing import Wanted, answer, import_file
from app.process_files import find_process
from app.wiring import open_store
from collectors.logs.importing import Report
from collectors.logs.mapping import FORMATS
from collectors.logs.open import OpenedLog
from collectors.logs.rows import LogFileError

_import = typer.Typer(no_args_is_help=True, help="Turn an event log into journeys and figures.")

_Path = Annotated[Path, typer.Argument(metavar="PATH", help="The log; may be packed with gzip or zip.")]
_Process = Annotated[
    str, typer.Option("--process", metavar="FILE", help="The process file with the mapping, or a shipped one's name.")
]
_Mapping = Annotated[str, typer.Option(help="The mapping [imports.NAME]; absent: the one that fits the columns.")]


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.add_typer(_import, name="import")


def _add(format_: str) -> None:
    @_import.command(
        format_, help=f"Import a log in {format_.upper()}; run again after a stop, it goes on where it was."
    )
    def import_(path: _Path, process: _Process, mapping: _Mapping = "", as_json: output.AsJson = False) -> None:
        _run(Wanted(path, format_, mapping), process, as_json=as_json)


for _format in FORMATS:
    _add(_format)


def _run(wanted: Wanted, process: str, *, as_json: bool) -> None:
    found = find_process(process)
    with open_store(settings.load()) as store:
        with _bar(wanted.path.name, disable=as_json) as progress:
            report = import_file(store, found, wanted, progress)
        told = answer(store, found, report)
    if as_json:
        output.as_json(told)
    else:
        _tell(told)
    if report.stopped:
        raise LogFileError(f"{wanted.path}: {report.stopped}; mend the file and import it again")


@contextmanager
def _bar(name: str, *, disable: bool) -> Iterator[Told]:
    console = Console(stderr=True)
    rows = TextColumn("{task.fields[rows]:,} rows")
    columns = (TextColumn("{task.description}"), BarColumn(), rows, TimeElapsedColumn())
    with Progress(*columns, console=console, disable=disable or not console.is_terminal, transient=True) as bar:
        task = bar.add_task(name, rows=0)

        def progress(log: OpenedLog, report: Report) -> None:
            bar.update(task, total=log.size, completed=log.done, rows=report.read)

        yield progress


def _tell(told: dict[str, Any]) -> None:
    counts = ("read", "new", "duplicate", "quarantined", "skipped", "links")
    output.line(", ".join(f"{told[name]:,} {name}" for name in counts if told[name] or name in counts[:4]))
    if told["quarantined"]:
        output.line("what could not be read waits in quarantine with its reason")
    output.table(
        ["figure", "finished", "running", "omitted", "p50", "p90"],
        [
            [row["name"], row["finished"], row["running"], row["omitted"], _days(row["p50"]), _days(row["p90"])]
            for row in told["figures"]
        ],
    )


def _days(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds / 86_400:,.2f} d"
