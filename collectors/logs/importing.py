"""Importing a log: its rows as events into the store, batch by batch, each with how far the file was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from itertools import islice
from uuid import UUID

import msgspec

from collectors.logs.mapping import read_mappings
from collectors.logs.open import OpenedLog
from collectors.logs.reading import read_rows
from collectors.logs.rowreader import RowReader, reread, row_bytes
from collectors.logs.rows import OCEL_LINK, Fault, Fields, LogFormatError
from models.clock import Clock
from models.events import Event, UnreadableEventError
from models.process import Process
from models.process_file import content_digest
from models.store.absorb import Absorbed, absorb
from models.store.engine import Connection, Pool, in_transaction
from models.store.imports import ImportKey, end_progress, input_hash, keep_progress, read_progress, waiting
from models.store.processes import read_workshop
from models.store.quarantine import BadInput, mark_reimported, quarantine_all
from models.store.works import Workshop

BATCH = 5_000
_ENOUGH_TO_JUDGE = 100


class Report(msgspec.Struct):
    """What became of the rows of a file.

    `read` = `new` + `duplicate` + `quarantined` + `skipped` (left out by declaration); `links` between objects are
    no rows, and counted apart. `stopped` says why the rest of the file could not be read.
    """

    read: int = 0
    new: int = 0
    duplicate: int = 0
    quarantined: int = 0
    skipped: int = 0
    links: int = 0
    stopped: str | None = None


class _Batch:
    """Rows that go into the store together: all of events, or all of links."""

    def __init__(self, is_links: bool) -> None:
        self.is_links = is_links
        self.count = 0
        self.skipped = 0
        self.events: list[Event] = []
        self.rows: list[Fields] = []
        self.bad: list[BadInput] = []
        self.stopped: str | None = None

    def add(self, row: Fields | Fault, reader: RowReader) -> None:
        """Take a row in, as an event or as bad input."""
        self.count += 1
        if isinstance(row, Fault):
            self.bad.append(BadInput(reader.source({}), row.raw, row.reason))
            self.stopped = row.reason if row.ends else self.stopped
            return
        try:
            event = reader.event(row)
        except UnreadableEventError as error:
            self.bad.append(BadInput(reader.source(row), row_bytes(row), str(error)))
            return
        if event is None:
            self.skipped += 1
        else:
            self.events.append(event)
            self.rows.append(row)

    def refused(self, absorbed: Absorbed) -> list[BadInput]:
        """What the store did not take of the events."""
        return [BadInput(self.events[at].source, row_bytes(self.rows[at]), why) for at, why in absorbed.refused]

    def counted(self, report: Report, absorbed: Absorbed) -> Report:
        """The report with this batch in it."""
        quarantined = report.quarantined + len(self.bad) + len(absorbed.refused)
        if self.is_links:
            return msgspec.structs.replace(report, links=report.links + self.count, quarantined=quarantined)
        return Report(
            read=report.read + self.count,
            new=report.new + absorbed.accepted,
            duplicate=report.duplicate + absorbed.duplicates,
            quarantined=quarantined,
            skipped=report.skipped + self.skipped,
            links=report.links,
            stopped=self.stopped or report.stopped,
        )


class Import:
    """One import of one file by one mapping; `process` is the name of the process and `text` its file."""

    def __init__(self, pool: Pool, clock: Clock, log: OpenedLog, reader: RowReader, *, process: str, text: str) -> None:
        self._pool = pool
        self._clock = clock
        self._log = log
        self._reader = reader
        self._format = input_format(process, reader.name)
        self._key = ImportKey(log.digest, content_digest(f"{reader.name}\n{text}"))
        self._waiting: dict[UUID, int] = {}

    def run(self, progress: Callable[[Report], None] = lambda report: None) -> Report:
        """Import the file, from where an import that was stopped had come; `progress` is told after each batch.

        Errors: LogFileError when the file cannot be read further, LogFormatError when nothing in it can be read by the
        mapping; StoreUnavailableError. What was imported before stays.
        """
        with self._pool.connection() as connection:
            done, before = read_progress(connection, self._key)
            self._waiting = waiting(connection, self._reader.name, self._format)
            workshop = read_workshop(connection)
        report = msgspec.convert(before, Report)
        with closing(read_rows(self._log, self._reader.mapping)) as rows:
            for batch in self._batches(islice(rows, done, None)):
                if not done:
                    self._judge(batch)
                done += batch.count
                report = self._take(batch, done, report, workshop)
                progress(report)
        in_transaction(self._pool, lambda connection: end_progress(connection, self._key))
        return report

    def _batches(self, rows: Iterator[Fields | Fault]) -> Iterator[_Batch]:
        batch = _Batch(is_links=False)
        for row in rows:
            is_link = not isinstance(row, Fault) and OCEL_LINK in row
            if batch.count >= BATCH or is_link != batch.is_links:
                if batch.count:
                    yield batch
                batch = _Batch(is_link)
            batch.add(row, self._reader)
        if batch.count:
            yield batch

    def _judge(self, batch: _Batch) -> None:
        if len(batch.bad) == batch.count >= _ENOUGH_TO_JUDGE:
            raise LogFormatError(
                f"{self._log.path}: none of the first {batch.count} rows can be read by [imports.{self._reader.name}], "
                f"and nothing was kept. The first: {batch.bad[0].reason}"
            )

    def _take(self, batch: _Batch, done: int, report: Report, workshop: Workshop) -> Report:
        now = self._clock.now()

        def also(connection: Connection, absorbed: Absorbed) -> None:
            refused = batch.refused(absorbed)
            quarantine_all(connection, self._reader.name, [*batch.bad, *refused], now, self._format)
            self._release(connection, batch, {at for at, _ in absorbed.refused}, now)
            keep_progress(connection, self._key, done, msgspec.to_builtins(batch.counted(report, absorbed)), now)

        return batch.counted(report, absorb(self._pool, batch.events, workshop, now, also=also))

    def _release(self, connection: Connection, batch: _Batch, refused: set[int], now: datetime) -> None:
        """Take out of quarantine what an earlier import could not read, and this one did."""
        if not self._waiting:
            return
        for at, row in enumerate(batch.rows):
            number = self._waiting.get(input_hash(row_bytes(row)))
            if number is not None and at not in refused:
                mark_reimported(connection, number, now)


def input_format(process: str, mapping: str) -> str:
    """The format under which rows wait in quarantine."""
    return f"log:{process}/{mapping}"


def read_again(raw: bytes, format: str, processes: Mapping[str, Process]) -> Event | None:
    """The event of a row that waits in quarantine under this format, by its process as it is now; None when the mapping
    leaves it out.

    Errors: UnreadableEventError, also where process or mapping are gone.
    """
    name, _, mapping_name = format.removeprefix("log:").partition("/")
    mappings = read_mappings(processes[name], name) if name in processes else {}
    if mapping_name not in mappings:
        raise UnreadableEventError(f"process {name} has no [imports.{mapping_name}] any more; bring it back")
    return reread(raw, RowReader(mappings[mapping_name], mapping_name))
