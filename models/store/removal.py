"""Taking an event back, because another content of the same identity counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from models.events import HEARTBEAT
from models.identity import Named, name_keys
from models.store.append import Stored, read_events
from models.store.engine import Connection, StoreConflictError
from models.store.links import Routes
from models.store.records import forget_version, journeys_of_records
from models.store.reroute import Reroute
from models.store.unlinked import forget_unlinked, list_unlinked
from models.store.works import Work, Workshop, work_from_row
from sql import query


def remove(connection: Connection, workshop: Workshop, stored: Stored) -> None:
    """Make the state what it would be without this event; `connection` is inside the transaction."""
    if stored.event.type == HEARTBEAT:
        return  # reached no journey
    named = name_keys(stored.event, workshop.catalogue)
    nodes = _nodes(connection, [key.hash for key in named.linkable])
    connection.execute(query("lock_keys"), {"hashes": list(nodes)})
    if named.carried:
        _forget_carried(connection, workshop, stored, named, nodes)
    if named.direct:
        moved = forget_version(connection, stored)
        settle_keys(connection, workshop, [key.hash for key in named.direct], dropped=[stored.event_id])
        if moved is not None:
            journeys = journeys_of_records(connection, workshop.catalogue, [moved])[moved]
            workshop.fold(connection, _hold(connection, workshop, journeys))
    elif named.shared:
        reached = Routes(connection, nodes).journeys(named.shared)
        _leave(connection, workshop, stored, reached)
        _delete(connection, stored, [nodes[key.hash] for key in named.shared if key.hash in nodes])
        forget_unlinked(connection, [stored])
    else:
        forget_unlinked(connection, [stored])


def settle_keys(connection: Connection, workshop: Workshop, hashes: list[UUID], dropped: Iterable[int] = ()) -> None:
    """Settle the components of these journey and owned keys anew."""
    journeys = sorted(set(_nodes(connection, hashes).values()))
    rows = connection.execute(query("lock_journeys"), {"journeys": journeys}).fetchall()
    if len(rows) < len(journeys):
        raise StoreConflictError("another writer joined or divided a journey meanwhile")
    Reroute(connection, workshop).settle({row[1] for row in rows}, dropped=list(dropped))


def settle_decided(connection: Connection, workshop: Workshop, fresh: Collection[UUID]) -> None:
    """Apply what people decided about keys that events have only now named, or named again."""
    rows = connection.execute(query("links_decided"), {"hashes": list(fresh)}).fetchall() if fresh else []
    if rows:
        settle_keys(connection, workshop, sorted({row[2] for row in rows}))


def _nodes(connection: Connection, hashes: list[UUID]) -> dict[UUID, int]:
    return {row[0]: row[1] for row in connection.execute(query("keys_of_batch"), {"hashes": hashes})}


def _forget_carried(
    connection: Connection, workshop: Workshop, stored: Stored, named: Named, nodes: dict[UUID, int]
) -> None:
    """Undo what this event said about which key carries which, for the events that came that way."""
    carriers = {carrier.hash for carrier, _ in named.carried}
    places = connection.execute(query("events_of_nodes"), {"nodes": [nodes[hash_] for hash_ in carriers]}).fetchall()
    others = [
        (one, name_keys(one.event, workshop.catalogue))
        for one in read_events(connection, ((row[1], row[2]) for row in places))
    ]
    wanted = {key.hash for _, keys in others for key in keys.shared}
    before = Routes(connection, wanted)
    connection.execute(query("remove_links_of_event"), {"event_id": stored.event_id, "hashes": list(carriers)})
    after = Routes(connection, wanted)
    for one, keys in others:
        still = after.journeys(keys.shared)
        _leave(connection, workshop, one, before.journeys(keys.shared) - still)
        if not still:
            forget_unlinked(connection, [one])
            list_unlinked(connection, workshop.catalogue, [one])


def _leave(connection: Connection, workshop: Workshop, stored: Stored, journeys: set[int]) -> None:
    if journeys:
        works = _hold(connection, workshop, journeys)
        _delete(connection, stored, journeys)
        workshop.fold(connection, works)


def _hold(connection: Connection, workshop: Workshop, journeys: set[int]) -> list[Work]:
    """These journeys, to be gathered again; not the places of contested events."""
    rows = connection.execute(query("lock_journeys"), {"journeys": sorted(journeys)}).fetchall()
    if len(rows) < len(journeys):
        raise StoreConflictError("another writer joined or divided a journey meanwhile")
    works = [work_from_row(row, workshop.catalogue) for row in rows]
    for work in works:
        work.changed = work.regather = not work.contested
    return works


def _delete(connection: Connection, stored: Stored, nodes: Iterable[int]) -> None:
    connection.execute(
        query("remove_event"),
        {"nodes": list(nodes), "occurred_at": stored.event.occurred_at, "event_id": stored.event_id},
    )
