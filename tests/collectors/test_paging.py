"""Ways through pages, and lists that contradict themselves."""

import pytest

from collectors.answers import UnreadableAnswerError
from collectors.paging import Piece, by_key, by_number, by_offset, by_token

ROWS = list(range(10))


def rows(pieces) -> list:  # type: ignore[no-untyped-def]
    return [row for piece in pieces for row in piece.rows]


def test_pages_by_number_end_with_the_count() -> None:
    asked: list[int] = []

    def ask(page: int) -> tuple[list[int], int]:
        asked.append(page)
        return ROWS[page * 4 : page * 4 + 4], len(ROWS)

    assert rows(by_number(ask, 4)) == ROWS
    assert asked == [0, 1, 2]
    assert rows(by_number(ask, 4, page=2)) == [8, 9]
    assert list(by_number(lambda _: ([], 0), 4)) == [Piece([], None)]
    assert rows(by_number(lambda page: ask(page - 1), 4, first=1)) == ROWS


def test_pages_by_number_end_with_an_empty_page_although_more_was_announced() -> None:
    assert rows(by_number(lambda page: ([1] if page == 0 else [], 99), 1)) == [1]


def test_pages_by_offset() -> None:
    def ask(offset: int) -> tuple[list[int], bool]:
        return ROWS[offset : offset + 3], offset + 3 < len(ROWS)

    assert rows(by_offset(ask)) == ROWS
    assert [piece.next for piece in by_offset(ask)] == [3, 6, 9, None]
    assert rows(by_offset(ask, offset=6)) == [6, 7, 8, 9]
    with pytest.raises(UnreadableAnswerError, match="offset 0 is empty"):
        list(by_offset(lambda _: ([], True)))


def test_pages_by_token() -> None:
    pages = {None: ([1, 2], "a"), "a": ([3], "b"), "b": ([], None)}
    assert rows(by_token(lambda token: pages[token])) == [1, 2, 3]
    assert rows(by_token(lambda token: pages[token], token="a")) == [3]
    with pytest.raises(UnreadableAnswerError, match="leads back"):
        list(by_token(lambda _: ([1], "a")))


def test_pages_by_key_go_over_equal_times() -> None:
    table = [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (2, "b")]

    def ask(after: tuple[int, str] | None) -> list[tuple[int, str]]:
        return [row for row in table if after is None or row > after][:2]

    assert rows(by_key(ask, lambda row: row, 2)) == table
    assert [piece.next for piece in by_key(ask, lambda row: row, 2)] == [(1, "b"), (2, "a"), None]
    with pytest.raises(UnreadableAnswerError, match="end with it again"):
        list(by_key(lambda _: [1, 2], lambda row: row, 2))


def test_the_next_page_is_asked_for_only_when_this_one_was_taken() -> None:
    asked: list[int] = []

    def ask(offset: int) -> tuple[list[int], bool]:
        asked.append(offset)
        return [offset], True

    pieces = by_offset(ask)
    next(pieces)
    assert asked == [0]
