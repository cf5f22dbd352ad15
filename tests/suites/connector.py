"""The standard connector suite: recorded exchanges, served over loopback, and what every connector must make of them.

A test of a connector declares a `Suite` and a class:

    SUITE = Suite(
        connector=CONNECTOR,
        account=lambda url: Account("crm", "acme", "crm", url, Credentials("token", secret=lambda: "t")),
        login=(post("/oauth/token", {"access_token": "t1", "expires_in": 3600}),),      # () where there is no login
        expired=Reply(401, {"message": "token expired"}),                               # None where nothing expires
        throttled=Reply(429, {"message": "slow down"}, headers={"retry-after": "1"}),
        vendor_error=Reply(400, {"code": "INVALID_PARAM", "message": "no such field"}),
        vendor_says="no such field",
        cells=(
            Cell("orders", Case.ORDINARY, [get("/orders", {"rows": [...]})], tells=["order.placed o1 ..."]),
            Cell("orders", Case.LAST_PAGE, [get("/orders", one, lacks="token="), get("/orders", two, "token=p2")]),
            Cell("orders", Case.EMPTY_WINDOW, [get("/orders", {"rows": []})], after=Case.ORDINARY),
            Cell("orders", Case.FIELD_GONE, [...], unreadable=["amount"]),               # the reason names the field
            Excused("orders", Case.WITHDRAWN, "orders are never deleted there"),
        ),
    )

    class TestAcme(ConnectorSuite):
        suite = SUITE

An exchange answers requests of its method and path that contain all of its texts (in the decoded query or the body) and
none of `lacks`; once, or always with `always=True`. Say what a first page lacks, or it answers for a later one when the
stream is resumed. TOKEN_EXPIRED, THROTTLED and VENDOR_ERROR need no cell: they are made from the stream's LAST_PAGE or
ORDINARY one. Every cell is also read twice, resumed from the cursor of each of its pages, and read from an answer that
breaks off.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

import pytest

from collectors.base import Account, Connector, Page
from collectors.http import Http
from collectors.limits import Limiter
from models.errors import Misconfigured, RetryLater, StopStream, ThroughlineError
from models.events import COMMON_TYPES, Event
from tests.suites.server import Asked, Reply, serving

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
"""The clock of the program in every cell."""

IDLE_REQUESTS = 2
_LONGEST_RUN = 200


class Case(StrEnum):
    """What an exchange shows."""

    ORDINARY = "ordinary"  # rows as they usually are
    LAST_PAGE = "last page"  # several pages, and the end of the last
    EMPTY_WINDOW = "empty window"  # nothing new: one page without events, in two requests at most
    EQUAL_TIMES = "equal times"  # rows of one instant on two pages
    NULLS = "nulls"  # fields that are null, or absent because they are
    VENDOR_ERROR = "vendor error"  # the vendor's own error body
    TOKEN_EXPIRED = "token expired"  # in the middle of a read
    THROTTLED = "throttled"  # by the vendor's own status and headers
    FIELD_GONE = "field gone"  # a field that we need is no longer there
    NEW_ENUM = "new value"  # a word for a state that nobody knows
    WITHDRAWN = "withdrawn"  # a record voided or deleted


MADE = (Case.VENDOR_ERROR, Case.TOKEN_EXPIRED, Case.THROTTLED)
"""Cases that are made from another cell where they are not declared."""


@dataclass(frozen=True)
class Exchange:
    """A request, as far as it matters, and its answer."""

    method: str
    path: str
    reply: Reply
    asks: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    always: bool = False

    def answers(self, asked: Asked, base_path: str) -> bool:
        text = asked.text
        return (
            asked.method == self.method
            and asked.path in {self.path, base_path + self.path}
            and all(one in text for one in self.asks)
            and not any(one in text for one in self.lacks)
        )


def get(path: str, answer: Any, *asks: str, lacks: str | Sequence[str] = (), always: bool = False) -> Exchange:
    """A GET and its answer: what JSON says, or a Reply."""
    return _exchange(Exchange("GET", path, Reply(), asks, always=always), answer, lacks)


def post(path: str, answer: Any, *asks: str, lacks: str | Sequence[str] = (), always: bool = False) -> Exchange:
    """A POST and its answer: what JSON says, or a Reply."""
    return _exchange(Exchange("POST", path, Reply(), asks, always=always), answer, lacks)


@dataclass(frozen=True)
class Cell:
    """One case of one stream.

    `tells`: the lines of the events (`line`), in order; None: whatever it tells. `unreadable`: for each unreadable
    record a text that its reason must contain. `raises`: the family that it must end with, `says` what it must say.
    `after`: the case of this stream whose last cursor and memory it goes on from. `also`: further assertions.
    """

    stream: str
    case: Case
    exchanges: Sequence[Exchange]
    tells: Sequence[str] | None = None
    unreadable: Sequence[str] = ()
    raises: type[ThroughlineError] | None = None
    says: str = ""
    after: Case | None = None
    cursor: Any = None
    also: Callable[[list[Event]], None] | None = None

    def __str__(self) -> str:
        return f"{self.stream}-{self.case.replace(' ', '_')}"


@dataclass(frozen=True)
class Excused:
    """A case that a stream cannot have, or that another test shows, and why. `stream` "*": all of them."""

    stream: str
    case: Case
    reason: str


@dataclass(frozen=True)
class Suite:
    """A connector and its recordings. `account` is given the server's address with `base_path` behind it."""

    connector: type[Connector]
    account: Callable[[str], Account]
    cells: Sequence[Cell | Excused]
    login: Sequence[Exchange] = ()
    base_path: str = ""
    expired: Reply | None = None
    throttled: Reply | None = None
    vendor_error: Reply | None = None
    vendor_says: str = ""

    def cell(self, stream: str, case: Case) -> Cell | None:
        """The declared cell of a stream and case."""
        return next((one for one in self.declared() if (one.stream, one.case) == (stream, case)), None)

    def declared(self) -> list[Cell]:
        return [one for one in self.cells if isinstance(one, Cell)]

    def base_cell(self, stream: str) -> Cell | None:
        """What made cases are made from."""
        return self.cell(stream, Case.LAST_PAGE) or self.cell(stream, Case.ORDINARY)

    def covers(self, stream: str, case: Case) -> str | None:
        """How a case of a stream is shown: "recorded", "made", a stated reason in brackets, None where it is not."""
        if self.cell(stream, case):
            return "recorded"
        for one in self.cells:
            if isinstance(one, Excused) and one.stream in {stream, "*"} and one.case is case:
                return f"({one.reason})"
        spoiled = {
            Case.VENDOR_ERROR: self.vendor_error,
            Case.TOKEN_EXPIRED: self.expired,
            Case.THROTTLED: self.throttled,
        }
        return "made" if spoiled.get(case) is not None and self.base_cell(stream) else None


class DictMemory:
    """A memory of nothing but a dictionary, by the protocol of `collectors.base.Memory`."""

    def __init__(self, learned: Mapping[str, str] | None = None) -> None:
        self.learned = dict(learned or {})

    def recall(self, records: Iterable[str]) -> dict[str, str]:
        return {record: self.learned[record] for record in records if record in self.learned}

    def all(self) -> Iterator[tuple[str, str]]:
        yield from sorted(self.learned.items())

    def learn(self, page: Page) -> None:
        for record, text in page.learned.items():
            if text is None:
                self.learned.pop(record, None)
            else:
                self.learned[record] = text


@dataclass
class Run:
    """What a connector made of an exchange. `states` are the cursor and the memory behind each page."""

    pages: list[Page] = field(default_factory=list)
    states: list[tuple[Any, dict[str, str]]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    logins: int = 0
    error: ThroughlineError | None = None
    unmatched: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return [event for page in self.pages for event in page.events]

    @property
    def reasons(self) -> list[str]:
        return [one.reason for page in self.pages for one in page.unreadable]


class _Clock:
    """Machine time for the limiter, which passes only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def time(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def line(event: Event) -> str:
    """An event in a line: a minus sign where it retracts, type, record, time to the millisecond."""
    at = event.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{'-' if event.retracts else ''}{event.type} {event.record or event.id} {at.replace('.000Z', 'Z')}"


def run(
    suite: Suite,
    cell: Cell,
    *,
    cursor: Any = None,
    learned: Mapping[str, str] | None = None,
    spoil: Mapping[int, Reply] | None = None,
) -> Run:
    """Read a cell's stream from a cursor to its end. `spoil`: answers to requests of these numbers, logins apart."""
    found = Run()
    left = list(cell.exchanges)
    spoiled = dict(spoil or {})

    def answer(asked: Asked) -> Reply:
        login = next((one for one in suite.login if one.answers(asked, suite.base_path)), None)
        if login is not None:
            found.logins += 1
            return login.reply
        found.asked.append(asked)
        if len(found.asked) - 1 in spoiled:
            return spoiled[len(found.asked) - 1]
        for at, one in enumerate(left):
            if one.answers(asked, suite.base_path):
                if not one.always:
                    del left[at]
                return one.reply
        found.unmatched.append(f"{asked.method} {asked.path} {asked.text.strip()}")
        return Reply(501, {"message": "the recording has no such exchange"})

    with serving(answer) as served:
        account = suite.account(served.url + suite.base_path)
        _read(suite.connector, account, found, (cell.stream, _whole(cursor), DictMemory(learned)))
    return found


def _read(kind: type[Connector], account: Account, found: Run, what: tuple[str, Any, DictMemory]) -> None:
    (stream, cursor, memory), clock = what, _Clock()
    pace = Limiter(account.name, kind.manners.requests_per_second, kind.manners.at_once, clock.time, clock.sleep)
    http = Http(account.name, account.base_url, kind.sign_in(account), kind.manners, limiter=pace)
    try:
        for page in kind(account, http, lambda: NOW).read(stream, cursor, memory):
            memory.learn(page)
            found.pages.append(page)
            found.states.append((_whole(page.cursor), dict(memory.learned)))
            assert len(found.pages) < _LONGEST_RUN, "it never comes to an end"
    except ThroughlineError as error:
        found.error = error
    finally:
        http.close()


def begin(suite: Suite, cell: Cell) -> tuple[Any, dict[str, str]]:
    """The cursor and the memory that a cell starts from."""
    if cell.after is None:
        return cell.cursor, {}
    before = suite.cell(cell.stream, cell.after)
    assert before is not None, f"{cell}: there is no cell {cell.after} to go on from"
    cursor, learned = begin(suite, before)
    found = run(suite, before, cursor=cursor, learned=learned)
    assert found.states, f"{before} gives no page: {found.error}"
    return found.states[-1]


class ConnectorSuite:
    """Subclass it as `class TestAcme(ConnectorSuite): suite = SUITE`."""

    suite: ClassVar[Suite]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        suite = metafunc.cls.suite  # type: ignore[union-attr]
        if "cell" in metafunc.fixturenames:
            metafunc.parametrize("cell", suite.declared(), ids=str)
        if "stream" in metafunc.fixturenames:
            metafunc.parametrize("stream", [one.name for one in suite.connector.streams])

    def test_a_recorded_exchange_is_told(self, cell: Cell) -> None:
        cursor, learned = begin(self.suite, cell)
        found = run(self.suite, cell, cursor=cursor, learned=learned)
        assert not found.unmatched, f"asked for what was not recorded: {found.unmatched}"
        _check_end(cell, found)
        if cell.tells is not None:
            assert [line(event) for event in found.events] == list(cell.tells)
        assert len(found.reasons) == len(cell.unreadable), found.reasons
        assert [text for text, reason in zip(cell.unreadable, found.reasons, strict=True) if text not in reason] == []
        _check_events(self.suite, cell, found)
        if cell.case is Case.EMPTY_WINDOW:
            assert len(found.pages) == 1
            assert found.events == []
            assert len(found.asked) <= IDLE_REQUESTS
        if cell.also is not None:
            cell.also(found.events)

    def test_what_is_read_twice_is_equal(self, cell: Cell) -> None:
        cursor, learned = begin(self.suite, cell)
        once, again = (run(self.suite, cell, cursor=cursor, learned=learned) for _ in range(2))
        assert once.events == again.events
        assert once.reasons == again.reasons

    def test_it_goes_on_from_every_cursor(self, cell: Cell) -> None:
        cursor, learned = begin(self.suite, cell)
        whole = run(self.suite, cell, cursor=cursor, learned=learned)
        for at, (behind, known) in enumerate(whole.states[:-1]):
            rest = run(self.suite, cell, cursor=behind, learned=known)
            before = [event for page in whole.pages[: at + 1] for event in page.events]
            assert not rest.unmatched, f"asked for what was not recorded: {rest.unmatched}"
            assert _ids([*before, *rest.events]) == _ids(whole.events), f"from the cursor behind page {at + 1}"

    def test_an_answer_that_breaks_off_is_asked_for_again_later(self, cell: Cell) -> None:
        if not cell.exchanges or cell.case not in {Case.ORDINARY, Case.LAST_PAGE}:
            return
        cursor, learned = begin(self.suite, cell)
        broken = Reply(200, body=b'{"rows": [{"id": "1", "na', cut=12)
        found = run(self.suite, cell, cursor=cursor, learned=learned, spoil=dict.fromkeys(range(8), broken))
        assert isinstance(found.error, RetryLater)
        assert found.events == []

    def test_a_token_that_expires_is_renewed_once(self, stream: str) -> None:
        cell = self._made(stream, Case.TOKEN_EXPIRED)
        if cell is None or self.suite.expired is None:
            return
        cursor, learned = begin(self.suite, cell)
        whole = run(self.suite, cell, cursor=cursor, learned=learned)
        middle = min(1, len(whole.asked) - 1)
        found = run(self.suite, cell, cursor=cursor, learned=learned, spoil={middle: self.suite.expired})
        assert (found.error, found.events) == (None, whole.events)
        assert found.logins == whole.logins + 1
        for_ever = run(
            self.suite, cell, cursor=cursor, learned=learned, spoil=dict.fromkeys(range(99), self.suite.expired)
        )
        assert isinstance(for_ever.error, Misconfigured)
        assert len(for_ever.asked) == 2, "a token that is refused again is not renewed for ever"

    def test_throttling_loses_nothing(self, stream: str) -> None:
        cell = self._made(stream, Case.THROTTLED)
        if cell is None or self.suite.throttled is None:
            return
        cursor, learned = begin(self.suite, cell)
        whole = run(self.suite, cell, cursor=cursor, learned=learned)
        for at in range(len(whole.asked)):
            found = run(self.suite, cell, cursor=cursor, learned=learned, spoil={at: self.suite.throttled})
            events = found.events
            if found.error is not None:
                assert isinstance(found.error, RetryLater)
                behind, known = found.states[-1] if found.states else (cursor, learned)
                events = [*events, *run(self.suite, cell, cursor=behind, learned=known).events]
            assert _ids(events) == _ids(whole.events)

    def test_a_vendor_error_is_told_in_the_vendors_words(self, stream: str) -> None:
        cell = self._made(stream, Case.VENDOR_ERROR)
        if cell is None or self.suite.vendor_error is None:
            return
        cursor, learned = begin(self.suite, cell)
        found = run(self.suite, cell, cursor=cursor, learned=learned, spoil={0: self.suite.vendor_error})
        assert isinstance(found.error, StopStream | Misconfigured)
        assert self.suite.vendor_says in str(found.error)
        assert self.suite.account("http://x").name in str(found.error)

    def test_every_case_of_every_stream_is_shown_or_excused(self) -> None:
        assert missing(self.suite) == []

    def _made(self, stream: str, case: Case) -> Cell | None:
        """What a made case is made from; None where it is declared or excused."""
        return self.suite.base_cell(stream) if self.suite.covers(stream, case) == "made" else None


def missing(suite: Suite) -> list[str]:
    """Cases that are neither shown nor excused."""
    return [
        f"{suite.connector.product} / {stream.name} / {case.value}"
        for stream in suite.connector.streams
        for case in Case
        if suite.covers(stream.name, case) is None
    ]


def _exchange(asked: Exchange, answer: Any, lacks: str | Sequence[str]) -> Exchange:
    reply = answer if isinstance(answer, Reply) else Reply(json=answer)
    return replace(asked, reply=reply, lacks=(lacks,) if isinstance(lacks, str) else tuple(lacks))


def _check_end(cell: Cell, found: Run) -> None:
    if cell.raises is None:
        assert found.error is None, f"ended with {type(found.error).__name__}: {found.error}"
        assert found.pages, "a stream that is read to its end yields at least one page"
        assert found.pages[-1].watermark is not None, "the last page carries a watermark"
        return
    assert isinstance(found.error, cell.raises), f"ended with {found.error!r}"
    assert cell.says in str(found.error)


def _check_events(suite: Suite, cell: Cell, found: Run) -> None:
    account = suite.account("http://x")
    (shows,) = [one.shows for one in suite.connector.streams if one.name == cell.stream]
    contents: dict[str, Event] = {}
    for event in found.events:
        assert event.source == account.name
        assert event.type in shows | COMMON_TYPES, f"{event.type} is not what {cell.stream} shows"
        assert contents.setdefault(event.id, event) == event, f"{event.id} is told with two contents"


def _ids(events: Iterable[Event]) -> set[tuple[str, str]]:
    return {(event.id, str(event.content_hash)) for event in events}


def _whole(cursor: Any) -> Any:
    """A cursor as it comes out of the store."""
    return json.loads(json.dumps(cursor))
