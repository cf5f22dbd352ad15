"""The answers that pages get: the reading half of the store, behind a cache of seconds."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import streamlit as st

from actions.plan import Planner
from actions.products import Products
from app.ask import Ask, Question, Row
from app.read_again import read_again
from collectors.connections import Connections
from models.clock import Clock
from models.errors import Misconfigured
from models.figures import EARLIEST, LATEST, By, Period, PeriodKind
from models.process import Figure, Point, Process
from models.questions import unknown
from models.store.engine import Connection, Pool, transaction
from models.store.kpis import Cut, kpis
from models.store.processes import read_catalogue
from models.store.reading import evidence, exceptions, journeys, overview, transactions
from models.store.reading.actions import actions_of
from models.store.reading.figure_rows import list_figure_rows
from models.store.reading.listing import Asked, Page
from models.store.reading.systems import list_systems

_SECONDS = 2
"""How old an answer may be: several widgets of one look share it, and a look a moment later does not."""

_SLOW_SECONDS = 20
"""The same for what reads every journey."""

MOST_SYSTEMS = 500
"""Systems on one page."""

_PATIENCE_SECONDS = 5.0
"""A person in front of a page is told sooner than a worker that nobody answers."""


class NoAnswersError(Misconfigured):
    """Pages were opened before anything was set up to answer them."""


_answering: list[Ask] = []


def answer_from(ask: Ask) -> None:
    """From now on the pages of this process ask here."""
    _answering[:] = [ask]


def current() -> Ask:
    """What pages ask. Errors: NoAnswersError."""
    if not _answering:
        raise NoAnswersError("nothing answers the pages; start them with `throughline up` or `throughline web`")
    return _answering[0]


@st.cache_data(ttl=_SECONDS, max_entries=500, show_spinner=False)
def _soon(store: str, question: str, about: tuple[Any, ...], _work: Callable[[], Any]) -> Any:
    return _work()


@st.cache_data(ttl=_SLOW_SECONDS, max_entries=100, show_spinner=False)
def _later(store: str, question: str, about: tuple[Any, ...], _work: Callable[[], Any]) -> Any:
    return _work()


class StoreAsk:
    """Answers from the store. `zone` is the reporting zone, `clock` gives the as-of; `planner` is the way to actions,
    absent one that no system can be asked by."""

    def __init__(self, pool: Pool, clock: Clock, zone: ZoneInfo, planner: Planner | None = None) -> None:
        self.zone = zone
        self._planner = planner or Planner(pool, clock, Products(Connections((), clock.now)))
        self._pool = pool
        self._clock = clock
        # Two stores in one process (tests) must not share what is kept.
        self._store = uuid4().hex

    def now(self) -> datetime:
        """As `Ask.now`."""
        return self._clock.now()

    def processes(self) -> list[Row]:
        """As `Ask.processes`."""
        return self._ask("processes", (), _processes, slow=True)

    def freshness(self, process: str) -> Row:
        """As `Ask.freshness`."""
        return self._ask("freshness", (process,), overview.freshness)

    def figures(self, process: str, start: datetime | None, before: datetime | None) -> list[Row]:
        """As `Ask.figures`."""
        return self._ask("figures", (process, start, before), self._figures, slow=True)

    def trend(self, process: str, figure: str, by: str, start: datetime | None) -> list[Row]:
        """As `Ask.trend`."""
        return self._ask("trend", (process, figure, by, start), self._trend, slow=True)

    def standing(self, process: str) -> list[Row]:
        """As `Ask.standing`."""
        return self._ask("standing", (process,), overview.standing, slow=True)

    def journeys(self, process: str, search: str, question: Question) -> Row:
        """As `Ask.journeys`."""
        return self._ask("journeys", (process, search, question), self._journeys)

    def journey(self, key: str) -> Row | None:
        """As `Ask.journey`."""
        return self._ask("journey", (key,), self._journey)

    def keys(self, key: str) -> list[Row]:
        """As `Ask.keys`."""
        return self._ask("keys", (key,), journeys.keys_of)

    def transactions(self, key: str) -> list[Row]:
        """As `Ask.transactions`."""
        return self._ask("transactions", (key,), evidence.transactions_of)

    def spans(self, operation: str) -> list[Row]:
        """As `Ask.spans`."""
        return self._ask("spans", (operation,), transactions.find_spans)

    def terms(self, key: str) -> dict[str, Row]:
        """As `Ask.terms`."""
        return self._ask("terms", (key,), evidence.terms_of)

    def events(self, key: str, cursor: str) -> Row:
        """As `Ask.events`."""
        return self._ask("events", (key, cursor), self._events)

    def rows(self, process: str, figure: str, start: datetime | None, question: Question) -> Row:
        """As `Ask.rows`."""
        return self._ask("rows", (process, figure, start, question), self._rows)

    def exceptions(self, process: str, question: Question) -> Row:
        """As `Ask.exceptions`."""
        return self._ask("exceptions", (process, question), self._exceptions)

    def exception(self, exception_id: str) -> Row | None:
        """As `Ask.exception`."""
        return self._ask("exception", (exception_id,), self._exception)

    def exception_counts(self, process: str) -> list[Row]:
        """As `Ask.exception_counts`."""
        return self._ask("exception_counts", (process,), self._exception_counts)

    def causes(self, process: str, question: Question) -> list[Row]:
        """As `Ask.causes`."""
        return self._ask("causes", (process, question), self._causes)

    def actions(self, exception_id: str) -> list[Row]:
        """As `Ask.actions`."""
        return self._read(actions_of, (exception_id,))

    def plan(self, exception_id: str) -> Row | None:
        """As `Ask.plan`."""
        plan = self._planner.plan(exception_id)
        return None if plan is None else plan.shape()

    def replay(self, exception_id: str, reason: str, user: str) -> Row | None:
        """As `Ask.replay`."""
        return self._planner.request(exception_id, "replay", reason=reason, actor=user)

    def systems(self) -> list[Row]:
        """As `Ask.systems`."""
        return self._ask("systems", (), self._systems)

    def read_again(self, system: str, stream: str, start: datetime | None, reason: str, user: str) -> bool:
        """As `Ask.read_again`."""
        return read_again(self._pool, system, stream, start, actor=user, reason=reason)

    def _systems(self, connection: Connection) -> list[Row]:
        rows = list_systems(connection, Asked(MOST_SYSTEMS), self.now()).rows
        # Streams are read on the machine's time, whatever clock the rest follows.
        read_at = datetime.now(UTC)
        return [row | {"streams": [_read_ago(stream, read_at) for stream in row["streams"]]} for row in rows]

    def _ask(self, question: str, about: tuple[Any, ...], work: Callable[..., Any], *, slow: bool = False) -> Any:
        keep = _later if slow else _soon
        return keep(self._store, question, about, lambda: self._read(work, about))

    def _read(self, work: Callable[..., Any], about: tuple[Any, ...]) -> Any:
        with transaction(self._pool, wait_seconds=_PATIENCE_SECONDS) as connection:
            return work(connection, *about)

    def _figures(
        self, connection: Connection, process: str, start: datetime | None, before: datetime | None
    ) -> list[Row]:
        figures = _newest(connection, process).figures
        rows = kpis(connection, figures, By(), self._cut(process, start, None))
        if start is None or before is None:
            return [row | {"previous": None} for row in rows]
        # Asked for apart: the window that a figure compares with by itself is as long as from start to now, which is
        # longer than the chosen period where the newest event is old.
        earlier = kpis(connection, figures, By(), self._cut(process, before, start))
        values = {row["name"]: row["value"] for row in earlier}
        return [row | {"previous": values.get(row["name"])} for row in rows]

    def _trend(self, connection: Connection, process: str, figure: str, by: str, start: datetime | None) -> list[Row]:
        figures = [one for one in _newest(connection, process).figures if one.name == figure]
        return kpis(connection, figures, By(PeriodKind(by)), self._cut(process, start, None))

    def _cut(self, process: str, start: datetime | None, end: datetime | None) -> Cut:
        return Cut(self.now(), self.zone, Period(start or EARLIEST, end or LATEST), {"process": _with_none(process)})

    def _journeys(self, connection: Connection, process: str, search: str, question: Question) -> Row:
        asked = _asked(question, question.mapping() | {"process": [process]}, self.zone)
        return _page(journeys.list_journeys(connection, asked, self.now(), search))

    def _journey(self, connection: Connection, key: str) -> Row | None:
        return journeys.find_journey(connection, key, self.now())

    def _events(self, connection: Connection, key: str, cursor: str) -> Row:
        return _page(journeys.story(connection, key, Asked(25, cursor, "-occurred_at", {}, self.zone)))

    def _rows(
        self, connection: Connection, process: str, figure: str, start: datetime | None, question: Question
    ) -> Row:
        found = next((one for one in _newest(connection, process).figures if one.name == figure), None)
        if found is None:
            return {"items": [], "next": None}
        asked = _asked(question, question.mapping() | {"process": _with_none(process)}, self.zone)
        window = Period(start or EARLIEST, LATEST)
        return _page(list_figure_rows(connection, found, asked, self.now(), window))

    def _exceptions(self, connection: Connection, process: str, question: Question) -> Row:
        filters = question.mapping() | ({"process": _with_none(process)} if process else {})
        return _page(exceptions.list_exceptions(connection, _asked(question, filters, self.zone), self.now()))

    def _exception(self, connection: Connection, exception_id: str) -> Row | None:
        row = exceptions.find_exception(connection, exception_id, self.now())
        if row is None:
            return None
        behind = evidence.backing(connection, row["id"], row["kind"])
        events = behind.events
        told = row["operation"] and transactions.find_attempts(connection, row["operation"])
        if not events and not told and row["journey"] and row["step"]:
            shown = Asked(25, filters={"type": [row["step"]]}, zone=self.zone)
            events = journeys.story(connection, row["journey"], shown).rows
        return row | {"anchor": behind.anchor, "events": events, "transaction_row": told or None}

    def _exception_counts(self, connection: Connection, process: str) -> list[Row]:
        return overview.count_exceptions(connection, process, self.now())

    def _causes(self, connection: Connection, process: str, question: Question) -> list[Row]:
        return overview.exception_causes(connection, process, question.mapping(), self.now())


def _read_ago(stream: Row, now: datetime) -> Row:
    last = stream["last_success_at"]
    return stream | {"read_seconds": None if last is None else max((now - last).total_seconds(), 0.0)}


def _with_none(process: str) -> list[str]:
    # The empty word finds what belongs to no journey, and so to no process.
    return [process, ""]


def _newest(connection: Connection, process: str) -> Process:
    versions = read_catalogue(connection).versions.get(process)
    if versions is None:
        raise unknown("process", process, read_catalogue(connection).versions)
    return versions[-1]


def _asked(question: Question, filters: dict[str, list[str]], zone: ZoneInfo) -> Asked:
    return Asked(question.limit, question.cursor, question.sort, filters, zone)


def _page(page: Page) -> Row:
    return {"items": page.rows, "next": page.next}


def _processes(connection: Connection) -> list[Row]:
    counts = overview.journeys_by_process(connection)
    newest = [versions[-1] for versions in read_catalogue(connection).versions.values()]
    rows = [_process(one, counts.get(one.name, 0)) for one in newest]
    return sorted(rows, key=lambda row: (row["journeys"] == 0, row["name"]))


def _process(process: Process, count: int) -> Row:
    titles = {step.name: step.title for step in process.steps}
    return {
        "name": process.name,
        "title": process.title,
        "journeys": count,
        "steps": [
            {"name": step.name, "title": step.title, "phase": step.phase, "main": step.main} for step in process.steps
        ],
        "figures": [_figure(figure, titles) for figure in process.figures],
    }


def _figure(figure: Figure, titles: dict[str, str]) -> Row:
    return {
        "name": figure.name,
        "kind": figure.kind,
        "title": figure.title,
        "per": figure.per,
        "negative": figure.negative,
        "from": _point(figure.start, titles),
        "to": _point(figure.end, titles),
    }


def _point(point: Point | None, titles: dict[str, str]) -> Row | None:
    if point is None:
        return None
    names = ("step", "pick", "at", "lines", "unless")
    return {name: getattr(point, name) for name in names} | {"title": titles.get(point.step, "")}
