"""Boomi: executions of its processes, their documents as attempts of business operations, and re-runs of documents.

Documents can be asked for by one execution only, so executions are read by the time of their end, and their documents
one execution after the other. Source: AtomSphere Platform API reference (ExecutionRecord, GenericConnectorRecord,
RerunDocument).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import msgspec

from collectors.account import Account
from collectors.acts import Act
from collectors.answers import ForbiddenError, RejectedError
from collectors.base import Checked, Connector, Json, Memory, Page, Stream, Unreadable
from collectors.connectors.boomi.documents import BoomiOptions, Heard, document_events, is_ours
from collectors.connectors.boomi.platform import (
    EXECUTIONS,
    LONGEST_CHAIN,
    MANNERS,
    RUNNING,
    TRACKED_FIELDS,
    Row,
    any_of,
    execution,
    instant,
    pages,
    retries,
    rows,
    since,
    start_documents,
    word,
)
from collectors.connectors.boomi.rerun import Rerun
from collectors.http import Http
from collectors.options import read_options
from collectors.window import Sweep
from models.events import Event, UnreadableEventError

ENDED = "recordedDate"
NO_DOCUMENTS = (0, "0", ["Long", 0], ["Long", "0"])
EVENTS_A_PAGE = 200
RUNNING_A_QUERY = 100

_GRANT = (
    "Give the user of [systems.{}.auth] a role with the privileges 'API Access' and 'View Results' (Settings, User "
    "Management), and put the account's id at the end of base_url"
)
_TRACK = (
    "Define it (Settings, Account Information and Setup, Document Tracking) and set it in the processes, or name yours "
    "in [systems.{}.options]"
)

STREAM = Stream("executions", frozenset(("transaction.succeeded", "transaction.failed")), "ExecutionRecord")


class Boomi(Connector):
    """Reads and re-runs documents of one Boomi account. Errors: OptionError for options that it does not have."""

    product = "boomi"
    streams = (STREAM,)
    manners = MANNERS
    executions_a_page = 20

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(BoomiOptions, account.name, account.options)

    def acts(self) -> Mapping[str, Act]:
        """A replay re-runs one document."""
        return {"replay": Rerun(self.http, self.account.name, self.options)}

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Pages of some executions with all their documents. Those that are still running are kept in the cursor and
        asked for again; the watermark waits for them."""
        sweep = Sweep(
            cursor,
            self.now,
            skew=self.http.skew,
            earliest=self.account.watch_from,
            overlap_seconds=self.options.overlap_seconds,
        )
        reading = _Reading(dict((cursor or {}).get("running", {})))
        for run in self._ended(sweep, reading):
            reading.add(self._hear(run))
            if reading.count >= self.executions_a_page or len(reading.events) >= EVENTS_A_PAGE:
                yield reading.page(sweep.at(word(run, ENDED)))
        begun = [datetime.fromisoformat(at) for at in reading.running.values()]
        yield reading.page(sweep.end(self.http.skew), min([sweep.began_at, *begun]))

    def check(self, stream: str) -> Checked:
        """One execution with its documents, and the labels of the tracked fields."""
        try:
            found = next(pages(self.http, EXECUTIONS, None)).rows[:1]
            for run in found:
                next(start_documents(self.http, word(run, "executionId")), None)
            labels = {word(row, "label") for row in rows(self.http, TRACKED_FIELDS, None)}
        except (RejectedError, ForbiddenError) as error:
            return Checked(stream, False, f"{error}. {_GRANT.format(self.account.name)}")
        wanted = [value for name, value in asdict(self.options).items() if name.endswith("_field") and value]
        missing = [label for label in wanted if label not in labels]
        if missing:
            told = f"the account has no tracked field {', '.join(missing)}. {_TRACK.format(self.account.name)}"
            return Checked(stream, False, told)
        return Checked(stream, True, "executions can be read" + ("" if found else "; there is none yet"))

    def _ended(self, sweep: Sweep, reading: _Reading) -> Iterator[Row]:
        """Executions that ended and were not heard yet, oldest first. Those that run are noted; those noted before are
        asked for at the end, and forgotten where the platform forgot them."""
        at = sweep.place or (None if sweep.since is None else _iso(sweep.since))
        before = sorted(reading.running)
        for piece in pages(self.http, EXECUTIONS, since(ENDED, at) if at else None, ENDED):
            yield from _news(piece.rows, sweep, reading)
        for first in range(0, len(before), RUNNING_A_QUERY):
            asked = [name for name in before[first : first + RUNNING_A_QUERY] if name in reading.running]
            if asked:
                found = list(rows(self.http, EXECUTIONS, any_of("executionId", asked)))
                for name in set(asked) - {word(run, "executionId") for run in found}:
                    del reading.running[name]
                yield from _news(found, sweep, reading)

    def _hear(self, run: Row) -> Heard:
        is_empty = word(run, "status") == "COMPLETE" and run.get("inboundDocumentCount") in NO_DOCUMENTS
        documents = [] if is_empty else list(start_documents(self.http, word(run, "executionId")))
        return document_events(self.account.name, run, documents, self._attempt(run), self.options)

    def _attempt(self, run: Row) -> int:
        """The number of an execution in its chain of re-runs: 1 for one that re-runs nothing, else that of what it
        re-runs and its place among the re-runs of that."""
        original = word(run, "originalExecutionId")
        if not original:
            return 1
        name, number = word(run, "executionId"), 1
        for _ in range(LONGEST_CHAIN):
            siblings = [word(one, "executionId") for one in retries(self.http, original)]
            number += siblings.index(name) + 1 if name in siblings else 1
            before = execution(self.http, original)
            name, original = original, word(before, "originalExecutionId") if before is not None else ""
            if not original:
                break
        return number


class _Reading:
    """What one page has gathered from so many executions, and which are running: when each began, by its id."""

    def __init__(self, running: dict[str, str]) -> None:
        self.running = running
        self.events: list[Event] = []
        self.unreadable: list[Unreadable] = []
        self.count = 0

    def add(self, heard: Heard) -> None:
        """Take what an execution told."""
        self.count += 1
        self.events += heard.events
        self.unreadable += heard.unreadable

    def leave_out(self, run: Row, error: UnreadableEventError) -> None:
        """Take an execution that cannot be read."""
        self.unreadable.append(Unreadable(msgspec.json.encode(run), f"execution: {error}"))

    def page(self, cursor: dict[str, Json], watermark: datetime | None = None) -> Page:
        """What was gathered, as a page; then begin the next."""
        page = Page(self.events, cursor | {"running": dict(self.running)}, self.unreadable, watermark)
        self.events, self.unreadable, self.count = [], [], 0
        return page


def _news(found: Sequence[Row], sweep: Sweep, reading: _Reading) -> Iterator[Row]:
    for run in found:
        name, status = word(run, "executionId"), word(run, "status")
        if not name or not is_ours(run):
            continue
        try:
            if status in RUNNING:
                reading.running[name] = _iso(instant(run, "executionTime"))
                continue
            reading.running.pop(name, None)
            if sweep.fresh(name, f"{word(run, ENDED)} {status}", instant(run, ENDED)):
                yield run
        except UnreadableEventError as error:
            reading.leave_out(run, error)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CONNECTOR = Boomi
