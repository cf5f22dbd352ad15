"""What a page gathers while its rows are read: events, rows that cannot be told, what is to be remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

from collectors.base import Json, Page, Unreadable
from models.errors import SkipRecord
from models.events import Event

P = ParamSpec("P")
Row = TypeVar("Row")

_encoder = msgspec.json.Encoder(decimal_format="number")


class Gathered:
    """A page in the making; `page` closes it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.unreadable: list[Unreadable] = []
        self.learned: dict[str, str | None] = {}

    def take(
        self, tell: Callable[Concatenate[Row, P], Sequence[Event]], row: Row, *more: P.args, **named: P.kwargs
    ) -> None:
        """Take what a row tells, or why it cannot be told (SkipRecord)."""
        try:
            self.events += tell(row, *more, **named)
        except SkipRecord as error:
            self.unreadable.append(Unreadable(_encoder.encode(row), str(error)))

    def page(self, cursor: Json, watermark: datetime | None = None, fields: Collection[str] = ()) -> Page:
        """The page, with what was gathered."""
        return Page(self.events, cursor, self.unreadable, watermark, self.learned, fields)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.events or self.unreadable or self.learned)
