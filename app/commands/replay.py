"""`throughline replay`: send failed operations again, or see what that would do."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from actions.plan import Plan, Planner
from app import settings
from app.acting import open_planner
from app.commands import output
from app.wiring import load_rules, open_store
from models.actions import ActionOpenError, ActionRefusedError

_ACTOR = "local"
_KIND = "replay"
_PROBLEM = "problem"


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.command()(replay)


def replay(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Exceptions, as `exceptions list` names them.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the audit log.")] = "",
    as_json: output.AsJson = False,
) -> None:
    """Ask for failed operations to be sent again; a worker sends them. Exit 1 when one of them is refused."""
    with open_store(settings.load()) as store:
        load_rules(store)
        with open_planner(store) as planner:
            rows = [_row(planner, one, dry_run=dry_run, reason=reason) for one in dict.fromkeys(ids)]
    if as_json:
        output.as_json(rows)
    else:
        for row in rows:
            output.line(_plan_line(row) if dry_run and _PROBLEM not in row else _line(row))
    if any(_PROBLEM in row or (dry_run and not row["is_allowed"]) for row in rows):
        raise typer.Exit(1)


def _row(planner: Planner, exception_id: str, *, dry_run: bool, reason: str) -> dict[str, Any]:
    """The plan or the action, in the shape of the interface; why there is none as `problem`."""
    try:
        row = (
            _shape(planner.plan(exception_id, _KIND))
            if dry_run
            else planner.request(exception_id, _KIND, reason=reason, actor=_ACTOR)
        )
    except (ActionRefusedError, ActionOpenError) as error:
        return {"exception": exception_id, _PROBLEM: str(error)}
    return row or {"exception": exception_id, _PROBLEM: f"there is no exception {exception_id!r}"}


def _shape(plan: Plan | None) -> dict[str, Any] | None:
    return None if plan is None else plan.shape()


def _line(row: dict[str, Any]) -> str:
    if _PROBLEM in row:
        return f"{row['exception']}: {row[_PROBLEM]}"
    return f"{row['exception']}: {row['id']} is {row['status']}, for {row['operation']} by {row['system']}"


def _plan_line(row: dict[str, Any]) -> str:
    product = row["product"] or {"told": "not asked", "standing": ""}
    standing = [f"{one['step']} in {one['system']} stands already" for one in row["standing"]]
    told = [*row["refusals"], *standing, *filter(None, [product["standing"]])]
    about = f"{row['exception']}: {row['contract'] or row['journey']}, to {row['target_system'] or 'its target'}"
    return f"{about}: {product['told']}" + (f"; not sent: {'; '.join(told)}" if told else "")
