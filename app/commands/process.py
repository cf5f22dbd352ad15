"""`throughline process`: is a process file in order, and what does it say?"""

from collections import Counter
from typing import Annotated, Any

import typer

from app.commands import output
from app.process_files import ProcessFile, find_process
from models.catalogue import Catalogue
from models.process_file import ProcessFileError

_process = typer.Typer(no_args_is_help=True, help="Look at process files.")


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.add_typer(_process, name="process")


@_process.command()
def check(
    file: Annotated[str, typer.Argument(help="A process file, or the name of a shipped one.")],
    as_json: output.AsJson = False,
) -> None:
    """Check a process file; exit code 2 when it has faults, all of which are told."""
    try:
        found = find_process(file)
        Catalogue([found.process])
    except ProcessFileError as error:
        if not as_json:
            raise
        output.as_json({"file": file, "ok": False, "faults": str(error).splitlines()})
        raise typer.Exit(2) from error
    if as_json:
        output.as_json({"file": file, "ok": True, "faults": []} | _summary(found))
        return
    for name, value in _summary(found).items():
        output.line(f"{name:<12} {_told(value)}")
    output.line(f"{file} is in order")


def _summary(found: ProcessFile) -> dict[str, Any]:
    process = found.process
    return {
        "name": process.name,
        "version": process.version,
        "steps": dict(Counter(step.phase for step in process.steps)),
        "keys": {name: list(getattr(process.keys, name)) for name in ("journey", "owned", "shared", "context")},
        "waits": {step.name: [wait.step for wait in step.waits_for] for step in process.steps if step.waits_for},
        "withdrawals": {one.by: list(one.steps) for one in process.withdrawals},
        "figures": [figure.name for figure in process.figures],
        "imports": {name: mapping.format for name, mapping in found.mappings.items()},
    }


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_told(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
