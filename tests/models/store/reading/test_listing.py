from collections.abc import Callable
from dataclasses import replace

import pytest

from models.questions import QuestionError
from models.store.engine import Connection
from models.store.reading.exceptions import EXCEPTIONS, list_exceptions
from models.store.reading.listing import Asked, Page, read_asked
from tests.making import at

NOW = at(1000)
ALL = Asked()


def put(connection: Connection, number: int, hours: float = 0, **values: object) -> None:
    """An exception `e001` that opened so many hours after the beginning."""
    row = {
        "journey_id": 0, "exception_id": f"e{number:03d}", "kind": "failed", "reason": "because", "fingerprint": "f",
        "severity": "low", "status": "open", "opened_at": at(hours), "anchor": "[]",
    } | values  # fmt: skip
    names, marks = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO exception ({names}) VALUES ({marks})", row)


def ask(connection: Connection, asked: Asked = ALL, as_of=NOW) -> Page:
    return list_exceptions(connection, asked, as_of)


def ids(page: Page) -> list[str]:
    return [row["id"] for row in page.rows]


def all_pages(next_page: Callable[[str], Page]) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = next_page(cursor)
        found += ids(page)
        if page.next is None:
            return found
        cursor = page.next


def test_an_empty_store_has_an_empty_page(connection) -> None:
    assert ask(connection) == Page([], None)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
@pytest.mark.parametrize("sort", [*EXCEPTIONS.sorts, *(f"-{name}" for name in EXCEPTIONS.sorts)])
def test_pages_of_every_size_in_every_order_give_each_row_once(connection, sort, size) -> None:
    for number in range(9):
        put(
            connection,
            number,
            hours=number // 3,
            owner=[None, "ana", "ben"][number % 3],
            severity=["low", "high", "critical", "medium"][number % 4],
            contract=None if number % 2 else f"C{number % 4}",
            due_at=None if number % 3 == 0 else at(number % 2),
            settled_at=at(20 + number % 2) if number % 2 else None,
            status="settled" if number % 2 else "open",
        )
    whole = ids(ask(connection, Asked(sort=sort)))
    paged = all_pages(lambda cursor: ask(connection, Asked(size, cursor, sort)))
    assert len(whole) == 9
    assert paged == whole


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("owner", ["e1", "e3", "e0", "e2"]),  # ana, ben, then those without one, the earlier first
        ("-owner", ["e3", "e1", "e2", "e0"]),  # ben, ana, and again last those without one
        ("severity", ["e2", "e0", "e3", "e1"]),  # low, medium, high, critical: not by the alphabet
        ("-severity", ["e1", "e3", "e0", "e2"]),
        ("", ["e3", "e2", "e1", "e0"]),  # the latest first
        ("age_seconds", ["e3", "e2", "e1", "e0"]),
    ],
)
def test_the_order_is_the_one_asked_for_and_what_has_no_value_is_last(connection, sort, order) -> None:
    for number, (owner, severity) in enumerate([(None, "medium"), ("ana", "critical"), (None, "low"), ("ben", "high")]):
        put(connection, number, number, exception_id=f"e{number}", owner=owner, severity=severity)
    assert ids(ask(connection, Asked(sort=sort))) == order


@pytest.mark.parametrize("sort", ["opened_at", "-opened_at", "severity", "-owner"])
def test_rows_written_between_two_pages_move_none_of_those_that_were_there(connection, sort) -> None:
    before = [f"e{number:03d}" for number in range(100, 112)]
    for number in range(100, 112):
        put(connection, number, number % 5, severity=["low", "high"][number % 2], owner=[None, "ana"][number % 2])
    expected = ids(ask(connection, Asked(sort=sort)))
    seen: list[str] = []
    cursor, number = "", 200
    while True:
        page = ask(connection, Asked(3, cursor, sort))
        seen += ids(page)
        # Before the page just read, in the middle of it, and after everything.
        for hours in (-10, 2, 10):
            put(connection, number, hours, severity="high", owner="ana")
            number += 1
        if page.next is None or number > 300:
            break
        cursor = page.next
    assert [one for one in seen if one in before] == expected
    assert len(seen) == len(set(seen))


def test_a_list_stays_as_of_the_instant_of_its_first_page(connection) -> None:
    for number in range(4):
        put(connection, number, number)
    first = ask(connection, Asked(2, sort="opened_at"), as_of=at(2.5))
    second = ask(connection, Asked(2, first.next or "", "opened_at"), as_of=at(99))
    assert ids(first) == ["e000", "e001"]
    assert (ids(second), second.next) == (["e002"], None)
    assert second.rows[0]["age_seconds"] == 1800


def test_a_cursor_alone_goes_on_with_the_filters_and_order_of_its_list(connection) -> None:
    for number in range(6):
        put(connection, number, number, kind=["failed", "duplicate"][number % 2])
    first = ask(connection, Asked(2, sort="opened_at", filters={"kind": ["failed"]}))
    assert ids(ask(connection, Asked(2, first.next or ""))) == ["e004"]


@pytest.mark.parametrize("other", [Asked(sort="kind"), Asked(filters={"kind": ["duplicate"]})])
def test_a_cursor_of_another_list_is_refused(connection, other) -> None:
    for number in range(3):
        put(connection, number)
    cursor = ask(connection, Asked(1, filters={"kind": ["failed"]})).next or ""
    with pytest.raises(QuestionError, match="cursor belongs to"):
        ask(connection, replace(other, cursor=cursor))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {0, 1, 2, 3}),
        ({"kind": ["failed"]}, {0, 1}),
        ({"kind": ["failed", "unlinked"]}, {0, 1, 3}),
        ({"kind": ["nothing"]}, set()),
        ({"kind": ["failed"], "owner": ["ana"]}, {1}),
        ({"owner": [""]}, {0, 2}),
        ({"owner": ["", "ana"]}, {0, 1, 2}),
        ({"subject": [""]}, {0, 1, 3}),
        ({"subject": ["M1"]}, {2}),
        ({"reopened_count": ["2"]}, {3}),
        ({"reopened_count_from": ["1"]}, {2, 3}),
        ({"reopened_count_to": ["2"]}, {0, 1, 2}),
        ({"opened_at": ["2026-03-02T02:00:00Z"]}, {2}),
        ({"opened_at": ["2026-03-02T03:00:00+01:00", "2026-03-02"]}, {0, 2}),
        ({"opened_at_from": ["2026-03-02T01:00:00Z"]}, {1, 2, 3}),
        ({"opened_at_to": ["2026-03-02T01:00:00Z"]}, {0}),
        ({"opened_at_from": ["2026-03-02T01:00:00Z"], "opened_at_to": ["2026-03-02T03:00:00Z"]}, {1, 2}),
        ({"age_seconds": ["3589200"]}, {3}),
        ({"due_at": [""]}, {0, 1, 2}),
        ({"due_at_from": ["2026-01-01"]}, {3}),
        ({"status": ["open"]}, {0, 1, 2}),
        ({"status": ["settled", "owned"]}, {3}),
    ],
)
def test_filters_find_what_is_equal_or_in_the_half_open_range(connection, filters, found) -> None:
    put(connection, 0, 0)
    put(connection, 1, 1, owner="ana")
    put(connection, 2, 2, kind="duplicate", subject="M1", reopened_count=1)
    put(connection, 3, 3, kind="unlinked", owner="ben", reopened_count=2, due_at=at(9), status="owned")
    assert set(ids(ask(connection, Asked(filters=filters)))) == {f"e{number:03d}" for number in found}


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"colour": ["red"]}, "colour"),
        ({"kind_from": ["a"]}, "kind_from"),
        ({"stored_status": ["open"]}, "stored_status"),
        ({"1=1; --": ["x"]}, "filter"),
        ({"opened_at": ["yesterday"]}, "opened_at"),
        ({"opened_at_from": ["2026-03-01", "2026-03-02"]}, "opened_at_from"),
        ({"reopened_count": ["two"]}, "reopened_count"),
        ({"age_seconds_from": ["NaN"]}, "age_seconds_from"),
        ({"kind": ["a\0b"]}, "kind"),
        ({"sort": ["colour"]}, "sort"),
        ({"sort": ["opened_at", "kind"]}, "sort"),
        ({"sort": ["--opened_at"]}, "sort"),
        ({"limit": ["0"]}, "limit"),
        ({"limit": ["501"]}, "limit"),
        ({"cursor": ["nonsense"]}, "cursor"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(connection, parameters, named) -> None:
    with pytest.raises(QuestionError) as caught:
        ask(connection, read_asked(parameters))
    assert named in str(caught.value)


def test_an_unknown_filter_is_told_all_that_are_known(connection) -> None:
    with pytest.raises(QuestionError) as caught:
        ask(connection, Asked(filters={"colour": ["red"]}))
    assert caught.value.allowed == sorted([*EXCEPTIONS.filters, "limit", "cursor", "sort"])


def test_a_filter_that_tries_to_be_sql_finds_nothing_and_breaks_nothing(connection) -> None:
    put(connection, 1)
    assert (
        ids(ask(connection, Asked(filters={"kind": ["failed' OR '1'='1", "%", "failed; DROP TABLE exception"]}))) == []
    )
    assert ids(ask(connection)) == ["e001"]


def test_the_parameters_of_a_query_string_become_a_question() -> None:
    asked = read_asked({"limit": ["7"], "sort": ["-kind"], "kind": ["a", "b"]})
    assert asked == Asked(7, "", "-kind", {"kind": ["a", "b"]})
