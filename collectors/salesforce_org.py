"""What every product in a Salesforce org shares: sign-in, reading objects and histories in time, what its errors mean.

Rows come in the order of (SystemModstamp, Id), those of a history in that of (CreatedDate, Id), soft-deleted ones among
them (`queryAll`), at most 2,000 a page, and each page asks for what lies behind the one before: no cursor of the server
has to live longer than a page. No content is taken from SystemModstamp, which nightly recalculations move.
Source: Salesforce REST API developer guide (QueryAll, More Results); docs/connectors.md says what of it was
never tried on a real org.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from collectors.account import Account
from collectors.answers import ForbiddenError, RejectedError, UnreadableAnswerError
from collectors.base import Checked, Connector, Json, Manners, Memory, Page, Stream, Unreadable
from collectors.options import OptionError
from collectors.paging import by_key
from collectors.salesforce_answers import advice, judge
from collectors.salesforce_sign_in import sign_in_to_org
from collectors.sign_in import SignIn
from collectors.soql import CREATED, ROWS_A_PAGE, Question, Row, field, instant, instant_literal
from collectors.window import Sweep
from models.events import Event, UnreadableEventError, digest, make_event

API_VERSION = "v62.0"
OVERLAP_SECONDS = 300

_VERSION = re.compile(r"v[0-9]{2,3}\.0")
_encoder = msgspec.json.Encoder(order="sorted", decimal_format="string")


class Told(NamedTuple):
    """What a row tells, and what to remember of its record; '' changes nothing of what is remembered."""

    events: Sequence[Event] = ()
    learned: str = ""


Tell = Callable[[Row, str], Told]
"""What a row says, given what is remembered of its record ('' for nothing)."""


@dataclass(frozen=True)
class Source:
    """A stream, the question it asks and what its rows tell; `remembers` names the field its memory is kept by."""

    stream: Stream
    question: Question
    tell: Tell
    remembers: str = ""


@dataclass(frozen=True)
class Teller:
    """Makes the events of one system in the org."""

    system: str

    def event(
        self,
        type: str,
        at: datetime,
        row: Row,
        *,
        record: str,
        keys: Mapping[str, Any],
        attributes: Mapping[str, Any] | None = None,
        retracts: bool = False,
    ) -> Event:
        """An event about a record, told by a row. Empty attributes are left out.

        Its id holds a digest of its content beside row, type and time: what a row borrows from its parent may change
        later, and is then another event about the same record.
        """
        said = {name: value for name, value in (attributes or {}).items() if value not in (None, "")}
        content = _encoder.encode((record, keys, said)).decode()
        mark = "-" if retracts else ""
        return make_event(
            source=self.system,
            id=f"{field(row, 'Id')}:{type}{mark}@{instant_literal(at)}~{digest(content).hex[:8]}",
            type=type,
            occurred_at=at,
            record=record,
            retracts=retracts,
            keys=dict(keys),
            attributes=said,
        )

    def keys(self, own: str, record: str, contracts: Sequence[str], **alone: str) -> dict[str, Any]:
        """The keys of what hangs on a record of the kind `own`, which serves these contracts.

        The record's key leads to one contract only. Where they are several, `alone` names what belongs to one of them
        (a milestone); where it does not, all are named.
        """
        if len(contracts) > 1:
            return {kind: value for kind, value in alone.items() if value} or {"contract": list(contracts)}
        return {f"{self.system}/{own}": record}


class OrgConnector(Connector):
    """A product in a Salesforce org: its streams are questions (`sources`)."""

    manners = Manners(judge=judge)
    rows_a_page = ROWS_A_PAGE
    api_version = API_VERSION
    overlap_seconds = float(OVERLAP_SECONDS)

    @classmethod
    def sign_in(cls, account: Account) -> SignIn:
        """JWT bearer or client credentials, with Salesforce's own addresses as defaults."""
        return sign_in_to_org(account)

    @property
    @abstractmethod
    def sources(self) -> Mapping[str, Source]:
        """The source of each stream, by its name."""

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Pages of up to 2,000 rows; the next sweep goes back by the option `overlap_seconds`.

        `watch_from` bounds histories alone: what happens later may hang on a record that has not changed for years.
        """
        source = self.sources[stream]
        is_history = source.question.clock == CREATED
        sweep = Sweep(
            cursor,
            self.now,
            skew=self.http.skew,
            earliest=self.account.watch_from if is_history else None,
            overlap_seconds=self.overlap_seconds,
        )
        pieces = by_key(
            lambda after: self._rows(source.question, source.question.soql(sweep.since, after, self.rows_a_page)),
            lambda row: [row[source.question.clock], row["Id"]],
            self.rows_a_page,
            after=sweep.place,
        )
        for piece in pieces:
            page = self._page(source, piece.rows, sweep, memory)
            if piece.next is not None:
                yield page._replace(cursor=sweep.at(piece.next))
            else:
                yield page._replace(cursor=sweep.end(self.http.skew), watermark=sweep.began_at)

    def check(self, stream: str) -> Checked:
        """One record of the stream, with all its fields."""
        question = self.sources[stream].question
        try:
            rows = self._rows(question, question.soql(None, None, limit=1))
        except (RejectedError, ForbiddenError) as error:
            return Checked(stream, False, advice(question, error, self.account.name))
        return Checked(stream, True, f"{question.sobject} can be read" + ("" if rows else "; it has no row yet"))

    def _rows(self, question: Question, soql: str) -> list[Row]:
        said = self.http.get(f"services/data/{self.api_version}/queryAll", {"q": soql}).json()
        rows = self._records(question, said)
        while said.get("done") is False:
            # The org gives fewer rows at once than were asked for when they are wide.
            said = self.http.get(said["nextRecordsUrl"]).json()
            rows += self._records(question, said)
        return rows

    def _records(self, question: Question, said: Any) -> list[Row]:
        rows = said.get("records") if isinstance(said, dict) else None
        has_next = isinstance(said, dict) and (said.get("done") is not False or bool(said.get("nextRecordsUrl")))
        if not has_next or not isinstance(rows, list) or not all(_is_row(row, question.clock) for row in rows):
            raise UnreadableAnswerError(
                f"{self.account.name}: the answer about {question.sobject} has no records with Id and {question.clock};"
                " it is asked again later"
            )
        return rows

    def _page(self, source: Source, rows: Sequence[Row], sweep: Sweep, memory: Memory) -> Page:
        clock, remembers = source.question.clock, source.remembers
        fresh = [row for row in rows if sweep.fresh(row["Id"], row[clock], instant(row, clock))]
        known = memory.recall({row[remembers] for row in fresh}) if remembers and fresh else {}
        events: list[Event] = []
        unreadable: list[Unreadable] = []
        learned: dict[str, str | None] = {}
        for row in fresh:
            record = row[remembers] if remembers else ""
            try:
                told = source.tell(row, known.get(record, ""))
            except UnreadableEventError as error:
                reason = f"{source.question.sobject}: {error}"
                unreadable.append(Unreadable(_encoder.encode(row), reason))
                continue
            events += told.events
            if told.learned and told.learned != known.get(record):
                known[record] = learned[record] = told.learned
        fields = {name for row in rows for name in row if name != "attributes"}
        return Page(events, None, unreadable, None, learned, fields)


def checked_version(system: str, version: str) -> str:
    """The option `api_version`. Errors: OptionError."""
    if not _VERSION.fullmatch(version):
        raise OptionError(f"systems.{system}.options.api_version is {version!r}; allowed: one such as {API_VERSION!r}")
    return version


def _is_row(row: Any, clock: str) -> bool:
    try:
        return isinstance(row, dict) and isinstance(row.get("Id"), str) and bool(instant(row, clock))
    except UnreadableEventError:
        return False
