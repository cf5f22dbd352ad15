"""Reading workflows and their approvals.

Workflows come in no order, and rows shift while one pages. So a pass over them is repeated until it met as many as the
vendor counts. Approvals cost a request a workflow, out of a small bucket: they are asked for once a version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from collectors.base import Json, Memory, Page
from collectors.connectors.ironclad.reader import ROWS_A_PAGE, Noted, Reader, held, recall
from collectors.connectors.ironclad.reading import Row, stamp
from collectors.connectors.ironclad.workflows import (
    approval_events,
    has_approvals,
    version_of,
    workflow_events,
)
from collectors.gathered import Gathered
from collectors.paging import by_number
from collectors.versions import remembered, taken_back
from collectors.window import Sweep
from models.events import Event

STATUSES = "active,paused,completed,cancelled"  # the default is active alone
WORKFLOWS_A_PAGE = 10
NEEDED = ("id", "created", "lastUpdated", "status", "attributes", "approvals")


class Met(NamedTuple):
    """A page of workflows; `place` is where to go on, None at the end; `marks` say which the sweep had not met yet."""

    rows: list[Row]
    place: Json
    marks: dict[str, str]


class Workflows(Reader):
    """The streams `workflows` and `approvals`."""

    def read(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Drafts, and amendments given up."""
        for met in self._passes(sweep, memory):
            gathered = Gathered()
            for row in met.rows:
                gathered.take(self._told, row, sweep)
            gathered.learned.update((name, Noted(mark).text()) for name, mark in met.marks.items())
            yield self.page(gathered, sweep, met.place, held(met.rows, NEEDED))

    def read_approvals(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Approvals of the workflows that changed."""
        here = sweep.place
        for met in self._passes(sweep, memory):
            known = recall(memory, met.rows)
            gathered = Gathered()
            for row in met.rows:
                gathered.take(self._approvals, row, sweep, known, gathered)
                if len(gathered.learned) >= WORKFLOWS_A_PAGE:
                    # Each cost a request: what was read is written before the page of the vendor is through.
                    yield gathered.page(sweep.at(here))
                    gathered = Gathered()
            for name, mark in met.marks.items():
                gathered.learned[name] = Noted(mark, known.get(name, Noted()).said).text()
            yield self.page(gathered, sweep, met.place, held(met.rows, NEEDED))
            here = met.place

    def requests(self, workflow: str) -> list[Row]:
        """Everybody who was asked to approve a workflow, with the answers."""
        path = f"/workflows/{workflow}/approval-requests"
        pages = by_number(lambda number: self.list(path, {"page": number}), ROWS_A_PAGE)
        return [row for piece in pages for row in piece.rows]

    def _told(self, row: Row, sweep: Sweep) -> list[Event]:
        return workflow_events(self.system, row, self.options) if self.is_fresh(sweep, row) else []

    def _approvals(self, row: Row, sweep: Sweep, known: dict[str, Noted], gathered: Gathered) -> list[Event]:
        version = version_of(self.system, row, self.options)
        before = known.get(version.record, Noted())
        if not self.is_fresh(sweep, row) or not (before.said or has_approvals(row, self.options)):
            return []
        requests = self.requests(version.record)
        events = approval_events(self.system, row, requests, self.options)
        # A request and its answer happened for good; the approval as a whole is taken back by another review.
        whole = [event for event in events if event.sequence is not None]
        # The mark of this sweep follows with the page, so that a page that is begun again is counted once.
        known[version.record] = Noted(before.mark, remembered(whole))
        gathered.learned[version.record] = known[version.record].text()
        return [*taken_back(version, before.said, whole), *events]

    def _passes(self, sweep: Sweep, memory: Memory) -> Iterator[Met]:
        """Pages of workflows, in as many passes as it takes to meet all that the vendor counts.

        A row that moves to an earlier page while one pages is not met by that pass. Passes end when one meets none
        that is new: then the vendor counts more than it shows.
        """
        place = sweep.place or {"page": 0, "met": 0, "before": -1}
        number, met, before = place["page"], place["met"], place["before"]
        began = stamp(sweep.began_at)
        params = {"status": STATUSES} | ({} if sweep.since is None else {"lastUpdated": stamp(sweep.since)})
        here: set[str] = set()
        while True:
            rows, count = self.list("/workflows", {**params, "page": number})
            marks: dict[str, str] = {}
            if number or count > ROWS_A_PAGE:
                known = recall(memory, rows)
                names = {str(row.get("id")) for row in rows} - here
                marks = {name: began for name in names if known.get(name, Noted()).mark != began}
                here |= names
                met += len(marks)
            if rows and (number + 1) * ROWS_A_PAGE < count:
                number += 1
            elif (number or count > ROWS_A_PAGE) and before < met < count:
                number, before = 0, met
            else:
                yield Met(rows, None, marks)
                return
            yield Met(rows, {"page": number, "met": met, "before": before}, marks)
