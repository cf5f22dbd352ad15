"""The suite itself, on a small product; and that it sees what it is there to see."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from collectors.base import Account, Credentials, Json, Memory, Page
from models.errors import Misconfigured
from tests.suites.acme import Acme, a_row
from tests.suites.connector import Case, Cell, ConnectorSuite, Excused, Suite, get, missing, post, run
from tests.suites.server import Reply

ONE, TWO, THREE = a_row(1), a_row(2), a_row(3)
SAME = "2026-03-02T10:00:09+00:00"


def an_account(url: str) -> Account:
    return Account("acme-eu", "acme", "clm", url, Credentials("oauth2_client", "id", secret=lambda: "hush"))


def cells(stream: str) -> list[Cell | Excused]:
    path = f"/{stream}"
    return [
        Cell(
            stream,
            Case.ORDINARY,
            [get(path, {"rows": [ONE]}, "since=&")],
            tells=["contract.signed o1 2026-03-02T10:00:01Z"],
        ),
        Cell(
            stream,
            Case.LAST_PAGE,
            [
                get(path, {"rows": [ONE, TWO], "next": "p2"}, lacks="token=p"),
                get(path, {"rows": [THREE], "next": None}, "token=p2"),
            ],
        ),
        Cell(stream, Case.EMPTY_WINDOW, [get(path, {"rows": [ONE]}, "since=2026-03-02T09:55")], after=Case.ORDINARY),
        Cell(
            stream,
            Case.EQUAL_TIMES,
            [
                get(path, {"rows": [a_row(1, SAME), a_row(2, SAME)], "next": "p2"}, lacks="token=p"),
                get(path, {"rows": [a_row(2, SAME), a_row(3, SAME)], "next": None}, "token=p2"),
            ],
            tells=[f"contract.signed o{number} 2026-03-02T10:00:09Z" for number in (1, 2, 3)],
        ),
        Cell(stream, Case.NULLS, [get(path, {"rows": [ONE | {"state": None}]})]),
        Cell(
            stream, Case.FIELD_GONE, [get(path, {"rows": [{"id": "o9", "changed": SAME}, ONE]})], unreadable=["signed"]
        ),
        Cell(stream, Case.NEW_ENUM, [get(path, {"rows": [ONE | {"state": "frozen"}]})]),
        Cell(
            stream,
            Case.WITHDRAWN,
            [get(path, {"rows": [ONE | {"state": "void", "changed": SAME}]})],
            tells=["-contract.signed o1 2026-03-02T10:00:01Z"],
        ),
    ]


SUITE = Suite(
    connector=Acme,
    account=an_account,
    login=(post("/token", {"access_token": "t", "expires_in": 3600}, "hush"),),
    expired=Reply(401, {"message": "token expired"}),
    throttled=Reply(429, {"message": "slow down"}, headers={"retry-after": "1"}),
    vendor_error=Reply(400, {"code": "INVALID_PARAM", "message": "since is no date"}),
    vendor_says="since is no date",
    cells=[*cells("orders"), *cells("returns")],
)


class TestAcme(ConnectorSuite):
    suite = SUITE


def without(case: Case) -> Suite:
    return replace(SUITE, cells=[one for one in SUITE.cells if one.case is not case or one.stream != "orders"])


@pytest.mark.parametrize("case", [Case.ORDINARY, Case.NULLS, Case.WITHDRAWN])
def test_a_missing_cell_is_named(case: Case) -> None:
    assert missing(SUITE) == []
    assert missing(without(case)) == [f"acme / orders / {case.value}"]


def test_a_reason_excuses_a_cell() -> None:
    suite = without(Case.NULLS)
    assert missing(replace(suite, cells=[*suite.cells, Excused("*", Case.NULLS, "nothing is ever null")])) == []


def test_a_made_case_needs_the_vendors_answer() -> None:
    assert missing(replace(SUITE, expired=None)) == [
        "acme / orders / token expired",
        "acme / returns / token expired",
    ]


class Forgetful(Acme):
    """Loses a page when it is resumed."""

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        pages = list(super().read(stream, cursor, memory))
        yield from pages if cursor is None else [page._replace(events=()) for page in pages]


class Chatty(Acme):
    """Asks three times for nothing."""

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        for _ in range(2):
            self.http.get("/orders")
        yield from super().read(stream, cursor, memory)


class Quiet(Acme):
    """Does not say up to when it read."""

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        for page in super().read(stream, cursor, memory):
            yield page._replace(watermark=None)


@pytest.mark.parametrize(
    ("connector", "case", "check"),
    [
        (Forgetful, Case.LAST_PAGE, "test_it_goes_on_from_every_cursor"),
        (Chatty, Case.EMPTY_WINDOW, "test_a_recorded_exchange_is_told"),
        (Quiet, Case.ORDINARY, "test_a_recorded_exchange_is_told"),
    ],
)
def test_the_suite_sees_what_is_wrong(connector: type[Acme], case: Case, check: str) -> None:
    suite = replace(SUITE, connector=connector)
    cell = suite.cell("orders", case)
    assert cell is not None
    cell = replace(cell, exchanges=[*cell.exchanges, get("/orders", {"rows": []}, lacks="since", always=True)])
    of = type("Of", (ConnectorSuite,), {"suite": suite})()
    with pytest.raises(AssertionError):
        getattr(of, check)(cell)


def test_a_setting_that_is_missing_is_told_by_its_key() -> None:
    suite = replace(SUITE, account=lambda url: Account("acme-eu", "acme", "clm", url, Credentials("oauth1")))
    broken = replace(suite, connector=type("Usual", (Acme,), {"sign_in": classmethod(super_sign_in)}))
    cell = SUITE.cell("orders", Case.ORDINARY)
    assert cell is not None
    with pytest.raises(Misconfigured, match=r"systems\.acme-eu\.auth: kind 'oauth1' needs client_id and user"):
        run(broken, cell)


def super_sign_in(cls: type[Acme], account: Account):  # type: ignore[no-untyped-def]
    return super(Acme, cls).sign_in(account)
