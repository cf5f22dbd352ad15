"""Records of which versions name different keys: an invoice that was corrected to another contract.

The newest version of a record counts, wherever it is. A journey is folded from the events that reach it; of a record
that moved it is told of the other versions as well, which take back what it was shown by the ones before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from models.catalogue import Catalogue
from models.events import HEARTBEAT, LINKED, TRANSACTION_TYPES, Event, digest
from models.identity import Named, name_keys
from models.store.append import Stored, read_events
from models.store.engine import Connection, StoreConflictError
from models.store.rows import as_row, bigint, boolean, instant, lay_out, uuid
from sql import query

_WITHOUT_STEPS = frozenset((*TRANSACTION_TYPES, HEARTBEAT, LINKED))


class Moved(NamedTuple):
    """Records that moved, with their versions in a batch; `by_now`: those that had not before."""

    versions: dict[UUID, list[Stored]]
    by_now: set[UUID]


def record_of(event: Event) -> UUID | None:
    """What stands for the record of which an event is a version; None where it is no version of anything."""
    if event.record is None or event.type in _WITHOUT_STEPS:
        return None
    return digest(event.source, event.record)


def hold_records(connection: Connection, events: Iterable[tuple[Stored, Named]]) -> Moved:
    """The records of a batch that moved, by it or before.

    Whoever writes another version of a record of the batch waits until the end of the transaction. Events that come by
    shared keys alone are no versions here: where those lead may change with every event.
    """
    versions: dict[UUID, list[Stored]] = {}
    first: dict[UUID, UUID] = {}
    mixed: set[UUID] = set()
    for one, named in events:
        record = record_of(one.event) if named.direct else None
        if record is None:
            continue
        versions.setdefault(record, []).append(one)
        keys = _keys(named)
        if first.setdefault(record, keys) != keys:
            mixed.add(record)
    if not versions:
        return Moved({}, set())
    rows = (
        as_row(
            uuid(record),
            uuid(first[record]),
            bigint(found[0].event_id),
            instant(found[0].observed_at),
            boolean(record in mixed),
        )
        for record, found in versions.items()
    )
    lay_out(connection, "incoming_record", "record, named, event_id, observed_at, moved", rows)
    written: dict[UUID, bool] = dict(connection.execute(query("hold_records")).fetchall())
    moved = by_now = {record for record, has_moved in written.items() if has_moved}
    known = [record for record in versions if record not in written]
    if known:
        moved = by_now.union(row[0] for row in connection.execute(query("records_moved"), {"records": known}))
    return Moved({record: versions[record] for record in moved}, by_now)


def write_versions(connection: Connection, catalogue: Catalogue, moved: Moved) -> None:
    """Write down the versions of records that moved; those from before they did are found in their journey."""
    versions = [(record, one) for record, found in moved.versions.items() for one in found]
    versions += _before(connection, catalogue, moved.by_now)
    connection.execute(
        query("add_versions"),
        {
            "records": [record for record, _ in versions],
            "event_ids": [one.event_id for _, one in versions],
            "times": [one.observed_at for _, one in versions],
        },
    )


def journeys_of_records(connection: Connection, catalogue: Catalogue, records: Iterable[UUID]) -> dict[UUID, set[int]]:
    """The journeys that versions of these records reach, and the places of contested ones."""
    found: dict[UUID, set[int]] = {record: set() for record in records}
    rows = connection.execute(query("versions_of_records"), {"records": list(found)}).fetchall()
    versions = read_events(connection, (row[1:] for row in rows))
    nodes = _nodes(connection, catalogue, versions)
    for one in versions:
        record = record_of(one.event)
        assert record is not None, "a version has a record"
        found[record].update(nodes[key.hash] for key in name_keys(one.event, catalogue).direct if key.hash in nodes)
    return found


def elsewhere(
    connection: Connection, catalogue: Catalogue, of_journey: Mapping[int, Sequence[Stored]]
) -> dict[int, list[Event]]:
    """For journeys and all of their events the versions of the same records that are not among them."""
    by_record: dict[UUID, list[tuple[int, Stored]]] = {}
    for journey, stored in of_journey.items():
        for one in stored:
            record = record_of(one.event)
            if record is not None:
                by_record.setdefault(record, []).append((journey, one))
    rows = (
        connection.execute(query("versions_of_records"), {"records": list(by_record)}).fetchall() if by_record else []
    )
    if not rows:
        return {}
    events = {one.event_id: one.event for one in read_events(connection, (row[1:] for row in rows))}
    versions: dict[UUID, set[int]] = {}
    for record, event_id, _ in rows:
        versions.setdefault(record, set()).add(event_id)
    found: dict[int, list[Event]] = {}
    for record, others in versions.items():
        own: dict[int, set[int]] = {}
        for journey, one in by_record[record]:
            if name_keys(one.event, catalogue).direct:
                own.setdefault(journey, set()).add(one.event_id)
        for journey, known in own.items():
            found.setdefault(journey, []).extend(events[event_id] for event_id in others - known)
    return found


def forget_version(connection: Connection, stored: Stored) -> UUID | None:
    """Take back that an event is a version; the record when it had moved, None where that changes nothing."""
    record = record_of(stored.event)
    if record is None:
        return None
    connection.execute(query("hold_record"), {"record": record})
    row = connection.execute(query("remove_version"), {"record": record, "event_id": stored.event_id}).fetchone()
    return None if row is None else record


def _keys(named: Named) -> UUID:
    direct = named.direct
    return direct[0].hash if len(direct) == 1 else digest(*sorted(key.hash.hex for key in direct))


def _before(connection: Connection, catalogue: Catalogue, records: set[UUID]) -> Iterable[tuple[UUID, Stored]]:
    """The versions written by earlier batches: all of them named what the first named, so they are where it is."""
    if not records:
        return
    first = connection.execute(query("first_versions"), {"records": list(records)}).fetchall()
    journeys = sorted(set(_nodes(connection, catalogue, read_events(connection, first)).values()))
    held = connection.execute(query("lock_journeys"), {"journeys": journeys}).fetchall()
    if len(held) < len(journeys):
        raise StoreConflictError("another writer joined or divided a journey of this batch")
    rows = connection.execute(query("events_of_nodes"), {"nodes": journeys})
    for one in read_events(connection, (row[1:] for row in rows.fetchall())):
        record = record_of(one.event)
        if record in records and name_keys(one.event, catalogue).direct:
            yield record, one


def _nodes(connection: Connection, catalogue: Catalogue, events: Iterable[Stored]) -> dict[UUID, int]:
    """Where the keys of these events lead."""
    hashes = {key.hash for one in events for key in name_keys(one.event, catalogue).direct}
    rows = connection.execute(query("keys_of_batch"), {"hashes": list(hashes)}) if hashes else ()
    return {row[0]: row[1] for row in rows}
