"""What the readers of Ironclad's streams share: how lists are asked for, which rows are new, where a sweep ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from collectors.answers import UnreadableAnswerError
from collectors.base import Json, Memory, Page
from collectors.connectors.ironclad.options import Options
from collectors.connectors.ironclad.reading import Row, instant, stamp, text
from collectors.gathered import Gathered
from collectors.http import Http
from collectors.window import Sweep

API = "/public/api/v1"
ROWS_A_PAGE = 100
ENOUGH_ROWS = 10


class Noted(msgspec.Struct, array_like=True):
    """What is remembered of a workflow, or for finding deletions of a record: the sweep that met it last, or its last
    version; and what it said."""

    mark: str = ""
    said: str = ""

    def text(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


class Found(NamedTuple):
    """One page of a list, and how many rows there are in all as the vendor counts."""

    rows: list[Row]
    total: int


class Reader:
    """Reads for one account; `headers` name the user whose rights count."""

    def __init__(self, system: str, options: Options, http: Http, headers: Mapping[str, str]) -> None:
        self.system = system
        self.options = options
        self.http = http
        self.headers = headers

    def list(self, path: str, params: Mapping[str, Any], size: int = ROWS_A_PAGE) -> Found:
        """One page of a list. Errors: UnreadableAnswerError for an answer without the documented parts."""
        answer = self.http.get(API + path, params={"page": 0, **params, "pageSize": size}, headers=self.headers)
        said = answer.json()
        rows, count = (said.get("list"), said.get("count")) if isinstance(said, dict) else (None, None)
        if not isinstance(rows, list) or not isinstance(count, int):
            raise UnreadableAnswerError(f"{answer.place} answers without `list` and `count`; it is asked again later")
        # Ids alone may come as texts.
        rows = [{"id": row} if isinstance(row, str) else row for row in rows]
        if not all(isinstance(row, dict) for row in rows):
            raise UnreadableAnswerError(f"{answer.place} lists what is no object; it is asked again later")
        return Found(rows, count)

    def is_fresh(self, sweep: Sweep, row: Row) -> bool:
        """Whether this version of a row was not read before. Errors: UnreadableEventError without id or time."""
        updated_at = instant(row.get("lastUpdated"), "lastUpdated")
        return sweep.fresh(text(row, "id"), stamp(updated_at), updated_at)

    def page(self, gathered: Gathered, sweep: Sweep, place: Json, fields: Sequence[str] = ()) -> Page:
        """What was gathered, with the cursor behind it; `place` None: the sweep ends here."""
        if place is not None:
            return gathered.page(sweep.at(place), fields=fields)
        return gathered.page(sweep.end(self.http.skew), self.watermark(sweep), fields)

    def watermark(self, sweep: Sweep) -> datetime:
        """Up to when everything was read once the sweep is through."""
        return sweep.began_at


def held(rows: Sequence[Row], needed: Sequence[str]) -> list[str]:
    """The fields, of those that we need, that these rows have; [] for few rows, of which one may lack one by chance."""
    return [name for name in needed if any(name in row for row in rows)] if len(rows) >= ENOUGH_ROWS else []


def recall(memory: Memory, rows: Sequence[Row]) -> dict[str, Noted]:
    """What is remembered of these rows."""
    held = memory.recall([str(row.get("id")) for row in rows])
    return {name: noted(text) for name, text in held.items()}


def noted(held: str) -> Noted:
    """What was kept as text."""
    return _noted.decode(held)


_noted = msgspec.json.Decoder(Noted)
