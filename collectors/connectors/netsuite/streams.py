"""Which rows each stream of NetSuite reads, with what goes with them, and what tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from collectors.base import Memory, Page
from collectors.connectors.netsuite import billing, entities, sources
from collectors.connectors.netsuite.reader import Reader, Tell
from collectors.connectors.netsuite.rows import Row, instant, several
from collectors.connectors.netsuite.suiteql import STAMP, Source, ids, is_id, texts
from collectors.window import Sweep
from models.errors import SkipRecord
from models.events import Event


class Streams(Reader):
    """All streams but that of the billing schedules."""

    def customers(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Customers made, validated, merged."""
        source, lasting = sources.customers(self.options), ("customer.merged",)
        return self.versions(source, sweep, self._with_deletions, memory, kind="customer", lasting=lasting)

    def deleted(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Deletions, and the merges that some of them are."""
        return self.pages(sources.deleted(self.options), sweep, self._with_survivors)

    def projects(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Projects made."""

        def prepare(rows: Sequence[Row]) -> Tell:
            return lambda row: entities.job_events(self.about, row)

        return self.versions(sources.jobs(self.options), sweep, prepare, memory, kind="job")

    def changes(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """What the history of projects and customers shows."""
        return self.pages(sources.notes(self.options), sweep, self._with_entities)

    def invoices(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Invoices and what becomes of them."""
        return self.versions(sources.invoices(self.options), sweep, self._with_lines, memory, kind="invoice")

    def credits(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Credits of invoices."""
        return self.versions(sources.credit_memos(self.options), sweep, self._with_invoices, memory, kind="credit")

    def payments(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Payments and the invoices that they pay."""
        return self.versions(sources.payments(self.options), sweep, self._with_links, memory, kind="payment")

    def charges(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Charges held back."""

        def prepare(rows: Sequence[Row]) -> Tell:
            return lambda row: billing.charge_events(self.about, row)

        return self.versions(sources.charges(self.options), sweep, prepare, memory, kind="charge")

    def time(self, sweep: Sweep, memory: Memory) -> Iterator[Page]:
        """Approved time."""

        def prepare(rows: Sequence[Row]) -> Tell:
            return lambda row: billing.time_events(self.about, row)

        return self.versions(sources.times(self.options), sweep, prepare, memory, kind="timebill")

    def questions(self, stream: str) -> list[str]:
        """One row of each table that a stream reads: whether its columns are there."""
        first, *more = {
            "customers": [sources.customers(self.options)],
            "deleted": [sources.deleted(self.options)],
            "projects": [sources.jobs(self.options)],
            "changes": [sources.notes(self.options), sources.jobs(self.options), sources.customers(self.options)],
            "invoices": [sources.invoices(self.options)],
            "credits": [sources.credit_memos(self.options), sources.credited(self.options)],
            "payments": [sources.payments(self.options)],
            "charges": [sources.charges(self.options)],
            "time": [sources.times(self.options)],
            "billing_schedules": [sources.schedules(self.options)],
        }[stream]
        joined = {"invoices": [sources.lines(self.options, "0")], "payments": [sources.links(self.options, "0")]}
        return [first.one(), *(source.one() for source in more), *joined.get(stream, [])]

    def _with_deletions(self, rows: Sequence[Row]) -> Tell:
        merged = [one for row in rows for one in entities.merged_from(row)]
        deletions: dict[str, datetime] = {}
        for row in self.those(sources.deleted(self.options), "recordid", merged):
            if row.get("kind") == self.options.deleted_customer:
                # One that cannot be read is reported where deletions are read.
                with suppress(SkipRecord):
                    deletions[str(row["id"])] = instant(row, STAMP, self.zone)
        return lambda row: entities.customer_events(self.about, row, deletions)

    def _with_survivors(self, rows: Sequence[Row]) -> Tell:
        gone = [
            str(row["id"]) for row in rows if row.get("kind") == self.options.deleted_customer and is_id(str(row["id"]))
        ]
        survivors: dict[str, Row] = {}
        source, column = sources.customers(self.options), self.options.customer_merged_from
        if gone and column:
            for row in self.all(source.those(f"{column} IN ({texts(gone)})")):
                survivors.update(dict.fromkeys(entities.merged_from(row), row))

        def tell(row: Row) -> list[Event]:
            if row.get("kind") != self.options.deleted_customer:
                return entities.deleted_events(self.about, row)
            survivor, key = survivors.get(str(row["id"])), str(row["id"])
            at = instant(row, STAMP, self.zone)
            return [] if survivor is None else entities.merge_events(self.about, survivor, {key: at})

        return tell

    def _with_entities(self, rows: Sequence[Row]) -> Tell:
        its = self.about
        of_customers = [row for row in rows if entities.is_about_customer(its, row)]
        customers = self.by_id(sources.customers(self.options), _records(of_customers))
        jobs = self.by_id(sources.jobs(self.options), _records(row for row in rows if row not in of_customers))
        cards = _records(row for row in rows if entities.is_about_rate_card(its, row)) & jobs.keys()
        beside: dict[str, list[Row]] = {}
        for row in self.those(sources.rate_cards(self.options), "recordid", cards):
            beside.setdefault(str(row.get("recordid")), []).append(row)

        def tell(row: Row) -> list[Event]:
            key = str(row.get("recordid"))
            if entities.is_about_customer(its, row):
                return entities.customer_note_events(its, row, customers.get(key))
            return entities.note_events(its, row, jobs.get(key), beside.get(key, ()))

        return tell

    def _with_lines(self, rows: Sequence[Row]) -> Tell:
        found: dict[str, list[Row]] = {}
        for some in ids(str(row["id"]) for row in rows):
            for line in self.all(sources.lines(self.options, some)):
                found.setdefault(str(line.get("transaction")), []).append(line)
        silent = {str(line["entity"]) for held in found.values() for line in held if _is_silent(line)}
        jobs = self.by_id(sources.jobs(self.options), silent)
        return lambda row: billing.invoice_events(
            self.about, row, [_with_contract(line, jobs) for line in found.get(str(row["id"]), [])]
        )

    def _with_invoices(self, rows: Sequence[Row]) -> Tell:
        keys = {str(row["createdfrom"]) for row in rows if row.get("createdfrom")}
        invoices = self.by_id(sources.credited(self.options), keys)
        return lambda row: billing.credit_events(self.about, row, invoices.get(str(row.get("createdfrom"))))

    def _with_links(self, rows: Sequence[Row]) -> Tell:
        found: dict[str, list[Row]] = {}
        for some in ids(str(row["id"]) for row in rows):
            for link in self.all(sources.links(self.options, some)):
                found.setdefault(str(link.get("nextdoc")), []).append(link)
        return lambda row: billing.payment_events(self.about, row, found.get(str(row["id"]), []))

    def by_id(self, source: Source, keys: Iterable[str]) -> dict[str, Row]:
        """Rows of a source by their id."""
        return {str(row.get("id")): row for row in self.those(source, "id", keys)}


def _records(rows: Iterable[Row]) -> set[str]:
    """The records that lines of history are about."""
    return {str(row["recordid"]) for row in rows if row.get("recordid")}


def _is_silent(line: Row) -> bool:
    """Whether a line names a project and no contract."""
    return bool(line.get("entity")) and not line.get("contract")


def _with_contract(line: Row, jobs: Mapping[str, Row]) -> Row:
    """A line with the contract of its project, where the project serves just one."""
    contracts = several(jobs.get(str(line.get("entity")), {}), "contract") if _is_silent(line) else []
    return {**line, "contract": contracts[0]} if len(contracts) == 1 else line
