"""Asking NetSuite by SuiteQL: keyset pages, so that no offset grows to where NetSuite ends (100,000 rows).

Source: NetSuite help, "Executing SuiteQL Queries Through REST Web Services"; "Error Handling and Resolving Errors".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from collectors.answers import RejectedError, UnreadableAnswerError
from collectors.base import Json, Memory, Page
from collectors.connectors.netsuite.entities import About
from collectors.connectors.netsuite.options import Options, option_of
from collectors.connectors.netsuite.rows import Row, account_time, instant, stamp, text
from collectors.connectors.netsuite.suiteql import STAMP, Source, id_literal, ids
from collectors.gathered import Gathered
from collectors.http import Http
from collectors.paging import by_offset
from collectors.versions import Version, remembered, taken_back
from collectors.window import Sweep
from models.errors import SkipRecord, StopStream
from models.events import Event

SUITEQL = "/services/rest/query/v1/suiteql"
ROWS_A_PAGE = 1_000
TRANSIENT = {"prefer": "transient"}
_NO_FIELD = re.compile(r"[Ff]ield '?([A-Za-z0-9_.]+)'? for record '?([A-Za-z0-9_]+)'? was not found", re.ASCII)
_NO_NAME = re.compile(r"Unknown identifier '([A-Za-z0-9_.]+)'", re.ASCII)
_NO_TABLE = re.compile(r"[Rr]ecord '?([A-Za-z0-9_]+)'? was not found", re.ASCII)


class UnknownFieldError(StopStream):
    """A column or table that this account does not have, or does not show to the role."""


class Part(NamedTuple):
    """One page: the rows that were not read before, where to go on (None at the end), the page in the making."""

    fresh: list[Row]
    place: Json
    gathered: Gathered


Tell = Callable[[Row], list[Event]]
Prepare = Callable[[Sequence[Row]], Tell]
"""Asks for what goes with the rows of a page, and gives what tells each."""


class Reader:
    """Asks for one account."""

    def __init__(self, system: str, options: Options, http: Http, zone: ZoneInfo) -> None:
        self.system = system
        self.options = options
        self.http = http
        self.zone = zone
        self.about = About(system, options, zone)

    def query(self, question: str, offset: int = 0) -> tuple[list[Row], bool]:
        """Rows, at most 1,000, and whether there are more.

        Errors: UnknownFieldError; UnreadableAnswerError for an answer without the documented parts.
        """
        params = {"limit": ROWS_A_PAGE, "offset": offset}
        try:
            answer = self.http.post(SUITEQL, params=params, json={"q": question}, headers=TRANSIENT, is_read=True)
        except RejectedError as error:
            raise self._named(error) or error from error
        said = answer.json()
        rows, more = (said.get("items"), said.get("hasMore")) if isinstance(said, dict) else (None, None)
        if not isinstance(rows, list) or not isinstance(more, bool) or not all(isinstance(row, dict) for row in rows):
            raise UnreadableAnswerError(
                f"{answer.place} answers without `items` and `hasMore`; it is asked again later"
            )
        return rows, more

    def all(self, question: str) -> list[Row]:
        """Every row of a question that has few."""
        return [row for piece in by_offset(lambda offset: self.query(question, offset)) for row in piece.rows]

    def those(self, source: Source, column: str, keys: Iterable[str]) -> list[Row]:
        """The rows whose column holds one of these ids."""
        return [row for some in ids(keys) for row in self.all(source.those(f"{column} IN ({some})"))]

    def parts(self, source: Source, sweep: Sweep) -> Iterator[Part]:
        """Pages of a source, oldest change first."""
        place = sweep.place
        while True:
            rows, place = self.rows(source, sweep, place)
            gathered = Gathered()
            yield Part(self._fresh(rows, sweep, gathered), place, gathered)
            if place is None:
                return

    def rows(self, source: Source, sweep: Sweep, place: Json) -> tuple[list[Row], Json]:
        """One page of a source, from a place on, and where to go on; None at the end."""
        since = None if sweep.since is None else account_time(sweep.since, self.zone)
        after = None if place is None else (place["at"], place["id"])
        rows, more = self.query(source.page(since, after))
        return rows, self._behind(rows, after) if more else None

    def pages(self, source: Source, sweep: Sweep, prepare: Prepare) -> Iterator[Page]:
        """What each row tells."""
        for part in self.parts(source, sweep):
            tell = prepare(part.fresh)
            for row in part.fresh:
                part.gathered.take(tell, row)
            yield self.page(part.gathered, sweep, part.place)

    def versions(
        self,
        source: Source,
        sweep: Sweep,
        prepare: Prepare,
        memory: Memory,
        *,
        kind: str,
        lasting: Collection[str] = (),
    ) -> Iterator[Page]:
        """What each version of a record tells, and takes back of versions before. Types in `lasting` are never."""
        for part in self.parts(source, sweep):
            tell = prepare(part.fresh)
            before = memory.recall([f"{kind}:{row['id']}" for row in part.fresh])
            for row in part.fresh:
                part.gathered.take(self._retold, row, tell, part.gathered, kind=kind, before=before, lasting=lasting)
            yield self.page(part.gathered, sweep, part.place)

    def _retold(
        self,
        row: Row,
        tell: Tell,
        gathered: Gathered,
        *,
        kind: str,
        before: Mapping[str, str],
        lasting: Collection[str],
    ) -> list[Event]:
        events, at, record = tell(row), instant(row, STAMP, self.zone), f"{kind}:{row['id']}"
        said = before.get(record, "")
        if events or said:
            gathered.learned[record] = remembered(events, said, lasting) if events else None
        version = Version(self.system, record, stamp(at), at, {})
        return [*taken_back(version, said, events, lasting), *events]

    def page(self, gathered: Gathered, sweep: Sweep, place: Json) -> Page:
        """What was gathered, with the cursor behind it; `place` None: the sweep ends here."""
        if place is not None:
            return gathered.page(sweep.at(place))
        return gathered.page(sweep.end(self.http.skew), self.watermark(sweep))

    def watermark(self, sweep: Sweep) -> datetime:
        """Up to when everything was read once the sweep is through."""
        return sweep.began_at

    def is_fresh(self, row: Row, sweep: Sweep) -> bool:
        """Whether this version of a row was not read before. Errors: UnreadableEventError without id or time."""
        kind = row.get("kind", "")
        return sweep.fresh(f"{kind}{text(row, 'id')}", text(row, STAMP), instant(row, STAMP, self.zone))

    def _fresh(self, rows: Sequence[Row], sweep: Sweep, gathered: Gathered) -> list[Row]:
        fresh: list[Row] = []

        def sort(row: Row) -> list[Event]:
            if self.is_fresh(row, sweep):
                fresh.append(row)
            return []

        for row in rows:
            gathered.take(sort, row)
        return fresh

    def _behind(self, rows: Sequence[Row], after: tuple[str, str] | None) -> dict[str, Any]:
        try:
            last = text(rows[-1], STAMP), id_literal(text(rows[-1], "id"))
        except (IndexError, SkipRecord):
            last = None
        if last is None or last == after:
            raise UnreadableAnswerError(
                f"{self.system}: a page says that more rows follow, and does not end with a new one; asked again later"
            )
        return {"at": last[0], "id": last[1]}

    def _named(self, error: RejectedError) -> UnknownFieldError | None:
        """The same with the field's name and what to do about it, where NetSuite names one."""
        said, place = str(error), f"[systems.{self.system}.options]"
        if found := _NO_FIELD.search(said) or _NO_NAME.search(said):
            column = found[1].lower().rpartition(".")[2]
            option = option_of(self.options, column)
            cure = f"correct {option} of {place}, '' where the account has no such field, or " if option else ""
            return UnknownFieldError(
                f"{self.system}: NetSuite shows no field {column!r} to our role; {cure}grant the role the record's "
                "permission (Setup > Users/Roles > Manage Roles) and compare the Records Catalog"
            )
        if found := _NO_TABLE.search(said):
            table = found[1].lower()
            return UnknownFieldError(
                f"{self.system}: NetSuite shows no table {table!r} to our role; grant the role its permission"
                f"{_permission(table)} (Setup > Users/Roles > Manage Roles), or correct history_table of {place}"
            )
        return None


def _permission(table: str) -> str:
    named = {
        "systemnote": "System Notes",
        "deletedrecord": "Deleted Records",
        "charge": "Charge",
        "timebill": "Track Time",
    }
    return f" {named[table]!r}" if table in named else ""
