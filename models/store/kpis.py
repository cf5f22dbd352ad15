"""Figures from the rows behind them: exact counts and percentiles by period and group, with what they were before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from psycopg import sql

from models.catalogue import Catalogue
from models.figures import (
    ALL_TIME,
    EARLIEST,
    LATEST,
    By,
    FigureKind,
    Period,
    dimensions_of,
    period_before,
    periods_over,
    read_by,
    window_before,
)
from models.process import Figure
from models.questions import unknown
from models.store.engine import Connection
from models.store.reading.fields import Fields, Row, column
from models.store.reading.figure_rows import FILTERS, LISTINGS
from sql import query

# Whatever is older belongs to the first period: periods of thousands of years are nobody's question.
_FIRST_PERIOD = datetime(1900, 1, 1, tzinfo=UTC)


class Cut(NamedTuple):
    """How figures are asked for: narrowed down, from when to when, as of when, in which zone's days."""

    as_of: datetime
    zone: ZoneInfo
    window: Period = ALL_TIME
    filters: Mapping[str, Sequence[str]] = {}


class _Cell(NamedTuple):
    finished: int
    running: int
    omitted: int
    p50: float | None
    p90: float | None


_NOTHING = _Cell(0, 0, 0, None, None)


def choose(catalogue: Catalogue, names: Iterable[str], by: Iterable[str]) -> tuple[list[Figure], By]:
    """The figures of these names, and how to cut them; without names all that can be cut so.

    Errors: QuestionError that names the figures, or the cuts, that there are.
    """
    figures = catalogue.figures
    wanted = list(names)
    for name in wanted:
        if name not in figures:
            raise unknown("name", name, figures)
    chosen = [figures[name] for name in wanted or sorted(figures)]
    cuts = [set(dimensions_of(figure.kind)) for figure in chosen]
    shared = set.intersection(*cuts) if wanted and cuts else set().union(*cuts)
    how = read_by(by, shared)
    return [one for one in chosen if how.dimension is None or how.dimension in dimensions_of(one.kind)], how


def kpis(connection: Connection, figures: Sequence[Figure], by: By, cut: Cut) -> list[Row]:
    """Rows in the shape of the interface, in the order of the figures, then by period and group.

    Seconds throughout; `value` is the median. Of exception_aging, `finished` counts the open exceptions. With a period
    in `by` a row a period and group that has samples, its ends inside the window; without, a row a group, and one
    where nothing is grouped. `previous` is the value of the period before, or of the window before of the same length.
    """
    return [row for figure in figures for row in _Question(connection, figure, by, cut).rows()]


class _Question:
    """One figure under one cut."""

    def __init__(self, connection: Connection, figure: Figure, by: By, cut: Cut) -> None:
        self._connection = connection
        self._figure = figure
        self._by = by
        self._cut = cut
        kind = FigureKind(figure.kind)
        listing = LISTINGS[kind]
        narrowing = [one for one in listing.fields if one.name in FILTERS[kind]]
        controls = ("name", "by", "from", "to", "known_at")
        conditions, self._values = Fields(narrowing, controls).conditions(cut.filters, cut.zone)
        self._parts = {
            "source": sql.SQL(listing.source),
            "conditions": sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true"),
            "group": column(by.dimension) if by.dimension else sql.SQL("NULL::text"),
        }

    def rows(self) -> list[Row]:
        """The rows of the answer."""
        if self._by.period is None:
            return self._whole()
        periods = self._periods()
        if not periods:
            return []
        cells = self._cells(self._cut.window, [one.start for one in periods[1:]])
        before = {group: cell for (_, group), cell in self._cells(self._before_first(periods[0])).items()}
        values = {(-1, group): cell.p50 for group, cell in before.items()}
        values |= {place: cell.p50 for place, cell in cells.items()}
        return [
            self._shape(group, self._within(periods[number]), cell, values.get((number - 1, group)))
            for (number, group), cell in cells.items()
        ]

    def _whole(self) -> list[Row]:
        cells = {group: cell for (_, group), cell in self._cells(self._cut.window).items()}
        if not self._by.dimension:
            cells = cells or {None: _NOTHING}
        window = self._window_before()
        before = {} if window is None else {group: cell for (_, group), cell in self._cells(window).items()}
        return [self._shape(group, None, cell, before.get(group, _NOTHING).p50) for group, cell in cells.items()]

    def _cells(self, window: Period, bounds: Sequence[datetime] = ()) -> dict[tuple[int, str | None], _Cell]:
        found = self._run("cells_by_group", window, bounds=list(bounds))
        return {
            (period, group): _Cell(finished, running, omitted, *(percentiles or (None, None)))
            for period, group, finished, running, omitted, percentiles in found
        }

    def _run(self, name: str, window: Period, **values: Any) -> list[tuple[Any, ...]]:
        statement = sql.SQL(query(name)).format(**self._parts)
        bound = {"figure": self._figure.name, "as_of": self._cut.as_of, "from": window.start, "to": window.end}
        return self._connection.execute(statement, self._values | bound | values).fetchall()

    def _periods(self) -> list[Period]:
        assert self._by.period is not None, "asked for only when there is one"
        start, end = self._cut.window
        last = min(self._cut.as_of, end - timedelta(microseconds=1))
        if start == EARLIEST:
            first = self._run("beginning_of_rows", self._cut.window)[0][0]
            if first is None:
                return []
            start = max(first, _FIRST_PERIOD)
        return periods_over(self._by.period, start, last, self._cut.zone) if start <= last else []

    def _before_first(self, first: Period) -> Period:
        assert self._by.period is not None, "asked for only when there is one"
        return period_before(self._by.period, first, self._cut.zone)

    def _within(self, period: Period) -> Period:
        """The part of a period that lies in the window: exactly the time whose rows were counted."""
        start, end = self._cut.window
        return Period(max(period.start, start), min(period.end, end))

    def _window_before(self) -> Period | None:
        start, end = self._cut.window
        if start == EARLIEST:
            return None
        end = min(self._cut.as_of, LATEST) if end == LATEST else end
        return window_before(start, end, self._cut.zone) if start < end else None

    def _shape(self, group: str | None, period: Period | None, cell: _Cell, previous: float | None) -> Row:
        return {
            "name": self._figure.name,
            "unit": "seconds",
            "group": {self._by.dimension: group} if self._by.dimension else {},
            "period": period and {"from": period.start, "to": period.end},
            "finished": cell.finished,
            "running": cell.running,
            "omitted": cell.omitted,
            "value": cell.p50,
            "p50": cell.p50,
            "p90": cell.p90,
            "target": self._figure.target,
            "previous": previous,
            "as_of": self._cut.as_of,
        }
