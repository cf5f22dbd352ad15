"""`throughline state`, `rebuild`, `audit`, `links`: what the state is, whether it is what the events make, who did
what."""

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.progress import Progress

from app import settings
from app.commands import output
from app.settings_errors import SettingsError
from app.wiring import Store, load_rules, open_store
from models.store import audit, decisions
from models.store.engine import in_transaction
from models.store.processes import read_workshop
from models.store.rebuild import rebuild as fold_again
from models.store.state import default_as_of, state_hash

_state = typer.Typer(no_args_is_help=True, help="The state as a function of events, decisions and processes.")
_audit = typer.Typer(no_args_is_help=True, help="The log of who did what.")
_links = typer.Typer(no_args_is_help=True, help="What people said about which keys belong together.")

AsOf = Annotated[
    str | None, typer.Option("--as-of", help="An instant such as 2026-03-31T00:00:00Z; absent: the newest event's.")
]


def register(command: typer.Typer) -> None:
    """Add this area to the command."""
    command.add_typer(_state, name="state")
    command.add_typer(_audit, name="audit")
    command.add_typer(_links, name="links")
    command.command()(rebuild)


@_state.command("hash")
def hash_(as_of: AsOf = None, as_json: output.AsJson = False) -> None:
    """Print the state hash: the same wherever the same is known."""
    with open_store(settings.load()) as store:
        load_rules(store)
        with store.pool.connection() as connection:
            at = _instant(as_of) or default_as_of(connection)
            digest = state_hash(connection, at)
    if as_json:
        output.as_json({"hash": digest, "as_of": at.isoformat()})
    else:
        output.line(digest)


def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Compare only; change nothing.")] = False,
    as_of: AsOf = None,
    as_json: output.AsJson = False,
) -> None:
    """Fold every event again and compare; without --check the result replaces what stands. Exit 1 when they differ."""
    with open_store(settings.load()) as store, Progress(disable=as_json, transient=True) as bar:
        load_rules(store)
        task = bar.add_task("folding events", total=None)
        result = fold_again(
            store.pool,
            check=check,
            as_of=_instant(as_of),
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
        if not check:
            in_transaction(
                store.pool,
                lambda connection: audit.record(
                    connection,
                    at=store.clock.now(),
                    actor="local",
                    verb="rebuild",
                    object="state",
                    outcome="done",
                    reason=f"{result.before} became {result.after}",
                ),
            )
    if as_json:
        output.as_json(
            {
                "agrees": result.agrees,
                "before": result.before,
                "after": result.after,
                "events": result.events,
                "as_of": result.as_of.isoformat(),
            }
        )
    elif result.agrees:
        output.line(f"{result.events:,} events make the state that stands: {result.after}")
    else:
        what = "differs from" if check else "replaced"
        output.line(f"the state that {result.events:,} events make, {result.after}, {what} {result.before}")
    if check and not result.agrees:
        raise typer.Exit(1)


@_audit.command()
def verify(as_json: output.AsJson = False) -> None:
    """Check that nobody changed, exchanged or removed a line. Exit 1 when somebody did."""
    with open_store(settings.load()) as store, store.pool.connection() as connection:
        count, fault = audit.verify(connection)
    if as_json:
        output.as_json({"lines": count, "fault": fault})
    else:
        output.line(fault or f"{count:,} lines, each following the one before")
    if fault:
        raise typer.Exit(1)


@_links.command("list")
def list_(as_json: output.AsJson = False) -> None:
    """Every link and unlink, newest first."""
    with open_store(settings.load()) as store, store.pool.connection() as connection:
        rows = decisions.decided(connection)
    if as_json:
        output.as_json(rows)
    else:
        output.table(
            ["decision", "kind", "at", "by", "reason", "about"],
            [tuple(str(cell) for cell in row.values()) for row in rows],
        )


@_links.command()
def add(
    keys: Annotated[list[str], typer.Argument(help="Keys as kind:value, such as contract:SOW-1 project:P-7.")],
    reason: Annotated[str, typer.Option(help="Why they belong together.")],
) -> None:
    """Say that keys belong together; a contested key stays with the contract it is linked to."""
    named = [_key(text) for text in keys]
    with open_store(settings.load()) as store:
        decision_id = f"dec_{uuid4().hex[:20]}"
        _decide(store, decisions.link, named, decision_id=decision_id, reason=reason)
    output.line(f"linked {' and '.join(keys)} as {decision_id}")


@_links.command()
def undo(
    decision: Annotated[str, typer.Argument(help="The link to take back.")],
    reason: Annotated[str, typer.Option(help="Why it does not hold.")],
) -> None:
    """Take a link back; what hung together by it alone parts again."""
    with open_store(settings.load()) as store:
        is_new = _decide(store, decisions.unlink, decision, decision_id=f"dec_{uuid4().hex[:20]}", reason=reason)
    output.line(f"took {decision} back" if is_new else f"{decision} was taken back before; nothing changed")


def _decide(store: Store, decide: Any, about: Any, *, decision_id: str, reason: str) -> bool:
    if not reason.strip():
        raise SettingsError("--reason is blank; say why in a few words")
    load_rules(store)
    at = store.clock.now()
    is_new: bool = in_transaction(
        store.pool,
        lambda connection: decide(
            connection,
            read_workshop(connection),
            about,
            decision_id=decision_id,
            actor="local",
            reason=reason,
            at=at,
        ),
    )
    return is_new


def _key(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name or not value:
        raise SettingsError(f"{text!r} is no key; kind:value such as project:P-7 is wanted")
    return name, value


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"--as-of is {text!r}; an instant such as 2026-03-31T00:00:00Z is wanted") from None
    if at.tzinfo is None:
        raise SettingsError(f"--as-of is {text!r}, which has no zone; add Z or an offset")
    return at
