"""Reading repository records, obligations, and which records were deleted.

Records are sorted by their last change and asked for by the time of the last row read, so that none is missed when rows
shift. Obligations cannot be asked for by time, and are read from the newest back. Deletions leave no trace: they are
found by counting, and then listing, the ids that are left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from collectors.base import Json, Memory, Page
from collectors.compare import gone
from collectors.connectors.ironclad.reader import API, ROWS_A_PAGE, Noted, Reader, held, noted
from collectors.connectors.ironclad.reading import Row, instant, stamp
from collectors.connectors.ironclad.records import lasting, obligation_events, record_events, version_of
from collectors.gathered import Gathered
from collectors.paging import by_number
from collectors.versions import Version, deleted, remembered, taken_back
from collectors.window import Sweep
from models.errors import SkipRecord
from models.events import Event, UnreadableEventError

IDS_A_PAGE = 10_000
DELETIONS_A_PAGE = 100
NEEDED = ("id", "lastUpdated", "properties")
_MILLISECOND = timedelta(milliseconds=1)


class Records(Reader):
    """The streams `records`, `obligations` and `record_ids`."""

    def read(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Signatures, activation, ends, terms; what a record says no more is taken back."""
        for rows, place in self._pages(sweep):
            before = memory.recall([str(row.get("id")) for row in rows])
            gathered = Gathered()
            for row in rows:
                gathered.take(self._told, row, sweep, before, gathered)
            ours = [_properties(row) for row in rows if row.get("type") in self.options.record_types]
            needed = (self.options.contract_number, self.options.agreement_date)
            fields = [*held(rows, NEEDED), *(f"properties.{name}" for name in held(ours, needed))]
            yield self.page(gathered, sweep, place, fields)

    def read_obligations(self, sweep: Sweep) -> Iterator[Page]:
        """Planned milestones. A row that changes meanwhile moves to the front, and none behind it is missed."""
        number = (sweep.place or {"page": 0})["page"]
        params = {"sortField": "lastUpdated", "sortDirection": "DESC"}
        while True:
            # Its count is no total: the pages end with an empty one.
            rows = self.list("/obligations", {**params, "page": number}).rows
            gathered = Gathered()
            for row in rows:
                gathered.take(self._planned, row, sweep)
            number += 1
            is_last = not rows or _is_before(rows[-1], sweep.since)
            yield self.page(gathered, sweep, None if is_last else {"page": number}, held(rows, NEEDED))
            if is_last:
                return

    def read_ids(self, sweep: Sweep, state: Mapping[str, Any], memory: Memory) -> Iterator[Page]:
        """Learns what records say, and takes it back for those that are there no more.

        As long as there are as many ids as before and as came since, none was deleted. When one was is kept nowhere:
        the record's last change stands for it. The cursor holds, beside the sweep, `total` ids counted at the end of
        the last one, `added` since then, and whether the records themselves are through (`is_listing`).
        """
        total, added = state.get("total"), state.get("added", 0)

        def cursor(place: Json, is_listing: bool) -> dict[str, Any]:
            return {**sweep.at(place), "total": total, "added": added, "is_listing": is_listing}

        for rows, place in () if state.get("is_listing") else self._pages(sweep):
            known = memory.recall([str(row.get("id")) for row in rows])
            gathered = Gathered()
            for row in rows:
                gathered.take(self._learn, row, sweep, gathered)
            added += len(gathered.learned.keys() - known.keys())
            if place is not None or not gathered.is_empty:
                yield gathered.page(cursor(place, place is None))
        count = self.list(self.options.record_ids_path, {}, size=1).total
        if count < added if total is None else count != total + added:
            yield from self._deletions(memory, cursor(None, True))
        yield Gathered().page({**sweep.end(self.http.skew), "total": count}, self.watermark(sweep))

    def _pages(self, sweep: Sweep) -> Iterator[tuple[list[Row], Json]]:
        """Pages of records, oldest change first, and where to go on; None at the end."""
        place = sweep.place or {"since": None if sweep.since is None else stamp(sweep.since), "page": 0}
        while True:
            since, number = place["since"], place["page"]
            params = {"sortField": "lastUpdated", "sortDirection": "ASC", "page": number}
            rows, count = self.list("/records", params | ({} if since is None else {"lastUpdated": since}))
            if not rows or (number + 1) * ROWS_A_PAGE >= count:
                yield rows, None
                return
            following = _behind(rows)
            if following is not None and following > (since or ""):
                place = {"since": following, "page": 0}
            else:
                # A page of one and the same millisecond, or one that is not sorted, is left by its number.
                place = {"since": since, "page": number + 1}
            yield rows, place

    def _told(self, row: Row, sweep: Sweep, before: Mapping[str, str], gathered: Gathered) -> list[Event]:
        if not self.is_fresh(sweep, row):
            return []
        events = record_events(self.system, row, self.options)
        version = version_of(self.system, row, self.options)
        said = before.get(version.record, "")
        if said and not events:
            name = self.options.contract_number
            raise UnreadableEventError(f"properties.{name} is missing, which this record had before")
        silent = lasting(row)
        if events:
            gathered.learned[version.record] = remembered(events, said, silent)
        return [*taken_back(version, said, events, silent), *events]

    def _planned(self, row: Row, sweep: Sweep) -> list[Event]:
        if _is_before(row, sweep.since) or not self.is_fresh(sweep, row):
            return []
        return obligation_events(self.system, row, self.options)

    def _learn(self, row: Row, sweep: Sweep, gathered: Gathered) -> list[Event]:
        if self.is_fresh(sweep, row):
            version = version_of(self.system, row, self.options)
            said = remembered(record_events(self.system, row, self.options))
            gathered.learned[version.record] = Noted(version.stamp, said).text()
        return []

    def _deletions(self, memory: Memory, cursor: Json) -> Iterator[Page]:
        path = self.options.record_ids_path
        pages = by_number(lambda number: self.list(path, {"page": number}, size=IDS_A_PAGE), IDS_A_PAGE)
        missing = gone(memory, {str(row.get("id")) for piece in pages for row in piece.rows})
        for at in range(0, len(missing), DELETIONS_A_PAGE):
            gathered = Gathered()
            for name, known in sorted(memory.recall(missing[at : at + DELETIONS_A_PAGE]).items()):
                # A list may be cut short: only what is really not found was deleted.
                if self.http.get(f"{API}/records/{name}", headers=self.headers, allow=(404,)).status == 404:
                    gathered.events += self._deleted(name, noted(known))
                    gathered.learned[name] = None
            yield gathered.page(cursor)

    def _deleted(self, name: str, known: Noted) -> list[Event]:
        version = Version(self.system, name, known.mark, instant(known.mark, "lastUpdated"), {})
        return deleted(version, known.said)


def _behind(rows: Sequence[Row]) -> str | None:
    """From when to ask on after these rows: just before the last one's time; None where they are not in order."""
    try:
        times = [instant(row.get("lastUpdated"), "lastUpdated") for row in rows]
    except SkipRecord:
        return None
    return stamp(times[-1] - _MILLISECOND) if times == sorted(times) else None


def _properties(row: Row) -> Row:
    found = row.get("properties")
    return found if isinstance(found, dict) else {}


def _is_before(row: Row, since: datetime | None) -> bool:
    try:
        return since is not None and instant(row.get("lastUpdated"), "lastUpdated") < since
    except SkipRecord:
        return False
