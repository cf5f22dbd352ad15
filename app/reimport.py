"""Reading input again that waits in quarantine, by the rules as they are now."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from collectors.intake.otlp import read
from collectors.intake.otlp_names import DEFAULT_NAMES, Names
from collectors.intake.otlp_wire import Encoding, Signal, UndecodableError
from collectors.intake.taking import OTLP
from collectors.logs.importing import read_again
from collectors.poll import RECORD
from models.events import Event, UnreadableEventError, read_event
from models.store import audit, quarantine
from models.store.absorb import Absorbed, absorb_in
from models.store.engine import Connection, Pool, in_transaction
from models.store.partitions import ensure_month
from models.store.quarantine import CLOUD_EVENT, Waiting
from models.store.spans import write_spans
from models.store.works import Workshop


class Result(StrEnum):
    """How reading again ended."""

    READ = "read"  # it is state now
    UNREADABLE = "unreadable"  # it waits on


class Outcome(NamedTuple):
    """How reading again ended, and why where it did not succeed."""

    result: Result
    reason: str = ""


def reimport(  # noqa: PLR0917 - what, by which rules, when and by whom
    pool: Pool,
    quarantine_id: int,
    workshop: Workshop,
    observed_at: datetime,
    actor: str,
    names: Names = DEFAULT_NAMES,
) -> Outcome | None:
    """Read an input again and absorb it, audited, in one transaction; None where there is no such input.

    The state is then what it would be had it been readable the first time. Doing it again changes nothing.
    Errors: StoreUnavailableError.
    """
    ensure_month(pool, observed_at)

    def work(connection: Connection) -> Outcome | None:
        waiting = quarantine.take(connection, quarantine_id)
        if waiting is None:
            return None
        absorb = _absorb_otlp if waiting.format == OTLP else _absorb
        outcome = absorb(connection, waiting, workshop, observed_at, names)
        if outcome.result is Result.READ:
            quarantine.mark_reimported(connection, quarantine_id, observed_at)
        else:
            quarantine.explain(connection, quarantine_id, outcome.reason)
        audit.record(
            connection,
            at=observed_at,
            actor=actor,
            verb="reimport",
            object=f"quarantine/{quarantine_id}",
            outcome="done" if outcome.result is Result.READ else "failed",
            reason=outcome.reason,
        )
        return outcome

    return in_transaction(pool, work)


def _absorb_otlp(
    connection: Connection, waiting: Waiting, workshop: Workshop, observed_at: datetime, names: Names
) -> Outcome:
    try:
        received = read(waiting.raw, Signal(waiting.stream), Encoding.JSON, names)
    except UndecodableError as error:
        return Outcome(Result.UNREADABLE, str(error))
    absorbed = absorb_in(connection, [one.event for one in received.told], workshop, observed_at)
    write_spans(connection, received.spans, observed_at)
    reasons = [*(one.reason for one in received.rejected), *(reason for _, reason in absorbed.refused)]
    return Outcome(Result.UNREADABLE, reasons[0]) if reasons else Outcome(Result.READ)


def _absorb(
    connection: Connection, waiting: Waiting, workshop: Workshop, observed_at: datetime, names: Names
) -> Outcome:
    try:
        event = _read(waiting, workshop)
    except UnreadableEventError as error:
        return Outcome(Result.UNREADABLE, str(error))
    # A mapping that leaves the row out by now has read it.
    absorbed = Absorbed(0, 0, []) if event is None else absorb_in(connection, [event], workshop, observed_at)
    return Outcome(Result.UNREADABLE, absorbed.refused[0][1]) if absorbed.refused else Outcome(Result.READ)


def _read(waiting: Waiting, workshop: Workshop) -> Event | None:
    if waiting.format == CLOUD_EVENT:
        return read_event(waiting.raw)
    if waiting.format == RECORD:
        place = f"{waiting.source}/{waiting.stream}"
        raise UnreadableEventError(f"a record is read again with its stream: throughline systems reset-cursor {place}")
    newest = {name: versions[-1] for name, versions in workshop.catalogue.versions.items()}
    return read_again(waiting.raw, waiting.format, newest)
