"""Where shared keys lead: to the journeys of events that carry both, and one hop on where one kind carries another."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from models.identity import Key, Named
from models.store.append import Stored
from models.store.engine import Connection
from models.store.rows import as_row, bigint, lay_out, uuid
from sql import query


def add_links(connection: Connection, stored: Iterable[tuple[Stored, Named]]) -> set[tuple[UUID, UUID]]:
    """Write down what these events link; the (from, to) pairs that were not known before."""
    rows: set[tuple[UUID, UUID, int]] = set()
    for one, named in stored:
        for key in named.linkable:
            rows.update((key.hash, target.hash, 0) for target in named.direct)
        rows.update((carrier.hash, carried.hash, one.event_id) for carrier, carried in named.carried)
    if not rows:
        return set()
    with connection.cursor() as cursor:
        lines = (as_row(uuid(one), uuid(other), bigint(event_id)) for one, other, event_id in rows)
        lay_out(connection, "incoming_link", "from_hash, to_hash, event_id", lines)
        return {(row[0], row[1]) for row in cursor.execute(query("add_links"))}


class Routes:
    """Where each of some shared keys leads, read once.

    Keys of contested places lead nowhere. `places` of contested nodes are given by `contested`.
    """

    def __init__(self, connection: Connection, hashes: Iterable[UUID]) -> None:
        self._journeys: dict[UUID, set[int]] = {}
        self._carried: dict[UUID, set[UUID]] = {}
        wanted = set(hashes)
        self.places: dict[UUID, int] = {}  # target key to the journey it led to when read
        hop = self._read(connection, wanted)
        self._read(connection, hop - wanted)
        nodes = {node for found in self._journeys.values() for node in found}
        self._contested = _contested(connection, nodes)

    def _read(self, connection: Connection, hashes: set[UUID]) -> set[UUID]:
        carried: set[UUID] = set()
        if not hashes:
            return carried
        for from_hash, to_hash, key_class, journey_id in connection.execute(
            query("links_from"), {"hashes": list(hashes)}
        ):
            if key_class in ("shared", "context"):
                self._carried.setdefault(from_hash, set()).add(to_hash)
                carried.add(to_hash)
            else:
                self._journeys.setdefault(from_hash, set()).add(journey_id)
                self.places[to_hash] = journey_id
        return carried

    def journeys(self, keys: Iterable[Key]) -> set[int]:
        """The journeys that an event with these shared keys reaches."""
        found: set[int] = set()
        for key in keys:
            found |= self._journeys.get(key.hash, set())
            for carried in self._carried.get(key.hash, ()):
                found |= self._journeys.get(carried, set())
        return found - self._contested


def _contested(connection: Connection, nodes: set[int]) -> set[int]:
    if not nodes:
        return set()
    rows = connection.execute(query("contested_among"), {"journeys": list(nodes)})
    return {row[0] for row in rows}
