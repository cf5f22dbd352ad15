"""Recordings of a Salesforce org: rows, the pages they come in, and the cells that every stream of an org has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.base import Account, Credentials
from models.errors import StopStream
from tests.suites.connector import Case, Cell, Exchange, get, post
from tests.suites.server import Reply

PATH = "/services/data/v62.0/queryAll"
BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)

LOGIN = (
    post(
        "/services/oauth2/token",
        {"access_token": "t1", "instance_url": "{base}", "token_type": "Bearer"},
        "grant_type=client_credentials",
        always=True,
    ),
)
EXPIRED = Reply(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}])
THROTTLED = Reply(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
VENDOR_ERROR = Reply(400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token: 'FORM'"}])


def account(product: str, role: str, **options: Any) -> Callable[[str], Account]:
    """An account of the org, whose address the suite gives."""
    signed = Credentials("oauth2_client", client_id="client", secret=lambda: "secret")
    return lambda url: Account(product, product, role, url, signed, options=options)


def stamp(minutes: float) -> str:
    """A time as the org writes it, so many minutes after eight on the second of March 2026."""
    return (BEGAN + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def at(minutes: float) -> str:
    """The same time as a line of an event has it."""
    return (BEGAN + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def page(sobject: str, *rows: dict[str, Any], asks: Sequence[str] = (), lacks: str | tuple[str, ...] = ()) -> Exchange:
    """A query of an object and its answer."""
    told = [{"attributes": {"type": sobject}, **row} for row in rows]
    answer = {"totalSize": len(told), "done": True, "records": told}
    return get(PATH, answer, f"FROM {sobject} ", *asks, lacks=lacks)


def no_field(name: str, sobject: str) -> Reply:
    """What the org says of a field that is not there, or hidden."""
    message = f"\nSELECT Id,{name}\n^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{sobject}'."
    return Reply(400, [{"errorCode": "INVALID_FIELD", "message": message}])


@dataclass(frozen=True)
class Recorded:
    """A stream's rows: `row(number, minutes, **changes)` makes one, `tells(number, minutes)` the lines it tells."""

    stream: str
    sobject: str
    clock: str
    row: Callable[..., dict[str, Any]]
    tells: Callable[[int, float], list[str]]
    key_field: str
    nulls: dict[str, Any] = field(default_factory=dict)
    told_of_nulls: Sequence[str] | None = None
    unreadable: Sequence[str] = ()

    def cells(self) -> list[Cell]:
        """Those that all streams have alike."""
        first, second, third = (self.row(number, number * 10) for number in (1, 2, 3))
        same = [self.row(number, 10) for number in (1, 2, 3)]
        beyond = f"Id > '{second['Id']}'"
        one_told = self.tells(1, 10)
        return [
            self.cell(Case.ORDINARY, [self.asked(first)], one_told),
            self.cell(
                Case.LAST_PAGE,
                [self.asked(first, second, lacks="Id >"), self.asked(third, asks=(beyond,))],
                [*one_told, *self.tells(2, 20), *self.tells(3, 30)],
            ),
            Cell(self.stream, Case.EMPTY_WINDOW, [self.asked(asks=(f"{self.clock} >= 2026-03-02T08:05:00.000Z",))],
                 after=Case.ORDINARY),
            self.cell(
                Case.EQUAL_TIMES,
                [self.asked(*same[:2], lacks="Id >"), self.asked(same[2], asks=(beyond, f"{self.clock} = "))],
                [*one_told, *self.tells(2, 10), *self.tells(3, 10)],
            ),
            Cell(
                self.stream,
                Case.NULLS,
                [self.asked(self.row(1, 10, **self.nulls))],
                tells=one_told if self.told_of_nulls is None else self.told_of_nulls,
                unreadable=self.unreadable,
            ),
            Cell(
                self.stream,
                Case.FIELD_GONE,
                [get(PATH, no_field(self.key_field, self.sobject), f"FROM {self.sobject} ", always=True)],
                raises=StopStream,
                says=self.key_field,
            ),
        ]  # fmt: skip

    def asked(self, *rows: dict[str, Any], asks: Sequence[str] = (), lacks: str | tuple[str, ...] = ()) -> Exchange:
        """A query of the stream and its answer."""
        return page(self.sobject, *rows, asks=asks, lacks=lacks)

    def cell(self, case: Case, exchanges: Sequence[Exchange], tells: Sequence[str]) -> Cell:
        """A cell that can be read without any bad row."""
        return Cell(self.stream, case, exchanges, tells=tells)
