"""Billing schedules: their record has no time of change, so those of projects that changed are read and compared, and
all of them again once in a while.

Source: SuiteTalk REST record `billingSchedule` (NetSuite REST API browser).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from collectors.answers import UnreadableAnswerError
from collectors.base import Json, Memory, Page
from collectors.compare import digest_of
from collectors.connectors.netsuite import sources
from collectors.connectors.netsuite.entities import About, job_keys
from collectors.connectors.netsuite.reader import Reader
from collectors.connectors.netsuite.rows import Row, instant, stamp, text, text_or_none
from collectors.connectors.netsuite.suiteql import STAMP, id_literal
from collectors.gathered import Gathered
from collectors.versions import Version
from collectors.window import Sweep
from models.events import LINKED, Event

RECORD = "/services/rest/record/v1/billingSchedule"
SCHEDULES_A_PAGE = 20


def schedule_events(its: About, row: Row, body: Mapping[str, Any], at: datetime) -> list[Event]:
    """The total that a project's schedule bills, as a link. A project of one line says nothing of the whole contract.

    Errors: UnreadableEventError.
    """
    schedule, line = text(row, "billingschedule"), text_or_none(row, "line")
    total = body.get(its.options.schedule_total)
    attributes: dict[str, Any] = {"line": line} if line else {}
    if total is not None and not line:
        attributes["schedule_total"] = total
    keys = {**job_keys(its, row), f"{its.system}/schedule": schedule}
    version = Version(its.system, f"schedule:{schedule}", stamp(at), at, keys, attributes, schedule)
    return [version.says(LINKED, at)]


class Schedules(Reader):
    """The stream `billing_schedules`. Its cursor holds, beside the sweep, when all schedules were read last
    (`whole_at`, seconds of the machine's clock, which polling goes by), and whether it reads all (`is_whole`)."""

    def read(
        self, cursor: Json, memory: Memory, begin: Callable[[Json], Sweep], wall: Callable[[], float] = time.time
    ) -> Iterator[Page]:
        """Schedules that are new or read otherwise than before. `begin` makes the sweep of a cursor."""
        began_at = wall()
        state = dict(cursor or {})
        sweep = begin(state)
        whole_at = state.get("whole_at")
        is_whole = bool(state.get("is_whole"))
        if "sweep" not in state and (whole_at is None or began_at - whole_at >= self.options.recheck_hours * 3600):
            sweep, is_whole = begin(None), True
        for gathered, place, is_last in self._parts(sweep, memory):
            if is_last:
                done_at = began_at if is_whole else whole_at
                yield gathered.page({**sweep.end(self.http.skew), "whole_at": done_at}, self.watermark(sweep))
            else:
                yield gathered.page({**sweep.at(place), "whole_at": whole_at, "is_whole": is_whole})

    def _parts(self, sweep: Sweep, memory: Memory) -> Iterator[tuple[Gathered, Json, bool]]:
        source, here = sources.schedules(self.options), sweep.place
        while True:
            rows, following = self.rows(source, sweep, here)
            known = memory.recall([str(row.get("billingschedule")) for row in rows])
            gathered = Gathered()
            for row in rows:
                gathered.take(self._compared, row, sweep, known, gathered)
                if len(gathered.learned) >= SCHEDULES_A_PAGE:
                    # Each cost a request: what was read is written before the page of rows is through.
                    yield gathered, here, False
                    gathered = Gathered()
            yield gathered, following, following is None
            if following is None:
                return
            here = following

    def _compared(self, row: Row, sweep: Sweep, known: Mapping[str, str], gathered: Gathered) -> list[Event]:
        if not self.is_fresh(row, sweep):
            return []
        schedule, changed_at = text(row, "billingschedule"), instant(row, STAMP, self.zone)
        body = self._body(schedule)
        if body is None:
            return []
        digest, version = digest_of(body), stamp(changed_at)
        before, _, at_version = known.get(schedule, "").partition(" ")
        gathered.learned[schedule] = f"{digest} {version}"
        if before == digest:
            return []
        # Changed although its project was not: nothing but our reading says when.
        at = sweep.began_at if before and at_version == version else changed_at
        return schedule_events(self.about, row, body, at)

    def _body(self, schedule: str) -> dict[str, Any] | None:
        """A schedule without its links, None when it is there no more. Errors: UnreadableAnswerError."""
        path = f"{RECORD}/{id_literal(schedule)}"
        answer = self.http.get(path, {"expandSubResources": "true"}, allow=(404,))
        if answer.status == 404:
            return None
        body = answer.json()
        if not isinstance(body, dict):
            raise UnreadableAnswerError(f"{answer.place} answers with no record; it is asked again later")
        return {name: value for name, value in body.items() if name != "links"}
