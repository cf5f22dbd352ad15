"""Ways through a list that is given in pages, each guarded against a list that never ends.

Every function asks for one page at a time, and only when the page before was taken: whoever iterates may stop in
between and go on later from where the page says. Errors: UnreadableAnswerError (RetryLater) when pages contradict
themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from collectors.answers import UnreadableAnswerError

Row = Any
MOST_PAGES = 100_000


class Piece(NamedTuple):
    """The rows of one page, and where the next one begins; None after the last."""

    rows: Sequence[Row]
    next: Any


def by_number(
    ask: Callable[[int], tuple[Sequence[Row], int]], size: int, *, first: int = 0, page: int | None = None
) -> Iterator[Piece]:
    """Pages by number, from `page` on. `ask` gives a page's rows and how many rows there are in all.

    Rows may shift while one pages; whoever asks removes what comes twice.
    """
    number = first if page is None else page
    while number - first < MOST_PAGES:
        rows, total = ask(number)
        is_last = not rows or (number - first + 1) * size >= total
        yield Piece(rows, None if is_last else number + 1)
        if is_last:
            return
        number += 1
    raise _endless()


def by_offset(ask: Callable[[int], tuple[Sequence[Row], bool]], *, offset: int = 0) -> Iterator[Piece]:
    """Pages by the number of rows before them. `ask` gives the rows and whether there are more."""
    for _ in range(MOST_PAGES):
        rows, has_more = ask(offset)
        if has_more and not rows:
            raise UnreadableAnswerError(
                f"the page at offset {offset} is empty and says that more follow; asked again later"
            )
        offset += len(rows)
        yield Piece(rows, offset if has_more else None)
        if not has_more:
            return
    raise _endless()


def by_token(
    ask: Callable[[str | None], tuple[Sequence[Row], str | None]], *, token: str | None = None
) -> Iterator[Piece]:
    """Pages by what the page before gave: a link or a token. `ask` gives the rows and the next one, None at the end."""
    used: set[str] = set()
    while True:
        rows, following = ask(token)
        if following is not None:
            if following in used or len(used) >= MOST_PAGES:
                raise UnreadableAnswerError("a page leads back to one that was read; asked again later")
            used.add(following)
        yield Piece(rows, following)
        if following is None:
            return
        token = following


def by_key(
    ask: Callable[[Any], Sequence[Row]], key: Callable[[Row], Any], size: int, *, after: Any = None
) -> Iterator[Piece]:
    """Pages of rows sorted by a key without ties, such as (time, id): each asks for what lies after the one before.

    `ask` is given the key to go on after, None at the beginning, and gives at most `size` rows.
    """
    for _ in range(MOST_PAGES):
        rows = ask(after)
        is_last = len(rows) < size
        if rows:
            last = key(rows[-1])
            if last == after:
                raise UnreadableAnswerError(f"the rows after {after!r} end with it again; asked again later")
            after = last
        yield Piece(rows, None if is_last else after)
        if is_last:
            return
    raise _endless()


def _endless() -> UnreadableAnswerError:
    return UnreadableAnswerError(
        f"the list has more than {MOST_PAGES} pages; narrow what is read, by watch_from perhaps"
    )
