"""How commands answer: a line or a table for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
"""The option of every reading command."""


def as_json(answer: Any) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False, default=str))


def line(text: str) -> None:
    """Print a line."""
    typer.echo(text)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; None is an empty cell."""
    drawn = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        # What stands in brackets is no markup but the name of a settings table, mostly.
        drawn.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    Console(soft_wrap=False).print(drawn)
