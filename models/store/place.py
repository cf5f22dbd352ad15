"""Giving the events of a batch their journeys. The ordinary path: no contract meets another.

Works in sets: the keys of the batch are looked up, what hangs together becomes one journey, shared keys are followed.
Where two contracts meet in one component, `models/store/reroute.py` settles who owns what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from models import facts as fact_rows
from models.events import HEARTBEAT
from models.identity import Forest, Key, Named, name_keys
from models.process import KeyClass
from models.store.append import Stored, new_numbers, read_events
from models.store.engine import Connection, StoreConflictError
from models.store.links import Routes, add_links
from models.store.records import Moved, hold_records, journeys_of_records, write_versions
from models.store.reroute import Reroute
from models.store.rows import as_row, bigint, copy_rows, instant, lay_out, text, uuid
from models.store.unlinked import forget_unlinked, list_unlinked
from models.store.works import Work, Workshop, work_from_row
from sql import query

Place = tuple[int, datetime, int, datetime]

_PLACE_COLUMNS: LiteralString = "journey_id, occurred_at, event_id, observed_at"


class KeyCollisionError(RuntimeError):
    """Two different keys have the same 128 bits. Nothing is written; report it, for it has never been seen."""


@dataclass(eq=False)
class _Cluster:
    """Direct keys that hang together by this batch, with the journeys they led to so far."""

    journeys: list[int] = field(default_factory=list)
    fresh: list[UUID] = field(default_factory=list)
    target: int = 0


class Placing:
    """One batch on its way to its journeys; `place` does all of it inside the caller's transaction."""

    def __init__(self, connection: Connection, workshop: Workshop, stored: Sequence[Stored]) -> None:
        self._connection = connection
        self._workshop = workshop
        catalogue = workshop.catalogue
        self._named = [(one, name_keys(one.event, catalogue)) for one in stored if one.event.type != HEARTBEAT]
        self._works: dict[int, Work] = {}
        self._places: set[Place] = set()

    def place(self) -> list[UUID]:
        """Find or make the journeys of the batch's events, fold them, list what reaches none; the keys that are new."""
        keys = {
            key.hash: key for _, named in self._named for key in (*(named.joined or named.contracts), *named.linkable)
        }
        self._known = self._look_up(keys)
        moved = hold_records(self._connection, self._named)
        if moved.versions:
            write_versions(self._connection, self._workshop.catalogue, moved)
        clusters, of_item = self._clusters()
        self._take_new_keys(keys, clusters, of_item)
        shared = [hash_ for hash_, key in keys.items() if not _is_direct(key) and hash_ in self._known]
        self._hold(shared)
        self._load({journey for cluster in clusters for journey in cluster.journeys})
        entangled = self._entangled(clusters, of_item, keys)
        for cluster in clusters:
            if cluster not in entangled:
                self._join(cluster, keys)
        # Before components are settled, which writes the links of their own events: those would not be new then, and
        # journeys outside would miss the earlier events that come by them.
        fresh_links = add_links(self._connection, self._named)
        self._place_direct(of_item, entangled)
        self._place_shared(fresh_links)
        self._write_places()
        if moved.versions:
            self._tell_of_versions(moved)
        self._workshop.fold(self._connection, self._works.values())
        return [hash_ for hash_ in keys if hash_ not in self._known]

    def _look_up(self, keys: dict[UUID, Key]) -> dict[UUID, int]:
        known: dict[UUID, int] = {}
        rows = self._connection.execute(query("keys_of_batch"), {"hashes": list(keys)})
        for key_hash, journey_id, name, value in rows:
            key = keys[key_hash]
            if (key.name, key.value) != (name, value):
                raise KeyCollisionError(f"{key.text} and {name}:{value} have the hash {key_hash}")
            known[key_hash] = journey_id
        return known

    def _clusters(self) -> tuple[list[_Cluster], dict[UUID | int, _Cluster]]:
        forest: Forest[UUID | int] = Forest()
        known = self._known
        for _, named in self._named:
            joined = named.joined
            if joined:
                forest.join([known.get(key.hash, key.hash) for key in joined])
            else:
                for key in named.contracts:
                    forest.find(known.get(key.hash, key.hash))
        of_item: dict[UUID | int, _Cluster] = {}
        clusters: list[_Cluster] = []
        for items in forest.sets().values():
            cluster = _Cluster()
            for item in items:
                of_item[item] = cluster
                if isinstance(item, int):
                    cluster.journeys.append(item)
                else:
                    cluster.fresh.append(item)
            cluster.journeys.sort()
            clusters.append(cluster)
        return clusters, of_item

    def _take_new_keys(
        self, keys: dict[UUID, Key], clusters: list[_Cluster], of_item: dict[UUID | int, _Cluster]
    ) -> None:
        fresh = [key for hash_, key in keys.items() if hash_ not in self._known]
        nodes = sum(1 for key in fresh if not _is_direct(key))
        homeless = [cluster for cluster in clusters if not cluster.journeys]
        numbers = iter(new_numbers(self._connection, "next_node_numbers", nodes + len(homeless)))
        for cluster in clusters:
            cluster.target = cluster.journeys[0] if cluster.journeys else next(numbers)
        if not fresh:
            return
        self._nodes: dict[UUID, int] = {}
        with self._connection.cursor() as cursor:
            for key in fresh:
                self._nodes[key.hash] = of_item[key.hash].target if _is_direct(key) else next(numbers)
            rows = (_key_row(key, self._nodes[key.hash]) for key in fresh)
            lay_out(self._connection, "incoming_key", "key_hash, name, value, class, journey_id", rows)
            taken = len(cursor.execute(query("take_keys")).fetchall())
        if taken < len(fresh):
            # Another writer made some of these keys in the meantime: look again at where they lead.
            raise StoreConflictError("another writer took a key of this batch")

    def _hold(self, shared: list[UUID]) -> None:
        if not shared:
            return
        led = {key.hash for _, named in self._named for key in named.shared}
        come_by = [hash_ for hash_ in shared if hash_ in led]
        seen_with = [hash_ for hash_ in shared if hash_ not in led]
        if come_by:
            self._connection.execute(query("lock_keys"), {"hashes": come_by})
        if seen_with:
            self._connection.execute(query("hold_keys"), {"hashes": seen_with})

    def _load(self, journeys: set[int]) -> None:
        wanted = journeys - self._works.keys()
        if not wanted:
            return
        # Binary, because what is packed would be twice as long as text.
        with self._connection.cursor(binary=True) as cursor:
            rows = cursor.execute(query("lock_journeys"), {"journeys": sorted(wanted)}).fetchall()
        if len(rows) < len(wanted):
            raise StoreConflictError("another writer joined or divided a journey of this batch")
        for row in rows:
            self._works[row[0]] = work_from_row(row, self._workshop.catalogue)

    def _entangled(
        self, clusters: list[_Cluster], of_item: dict[UUID | int, _Cluster], keys: dict[UUID, Key]
    ) -> set[_Cluster]:
        """The clusters in whose components contracts meet; whoever shares such a component is settled with it."""
        found = {cluster for cluster in clusters if self._is_entangled(cluster, keys)}
        found |= self._before_conflicts(of_item, found)
        components = {self._works[journey].component_id for cluster in found for journey in cluster.journeys}
        return {
            cluster
            for cluster in clusters
            if cluster in found or any(self._works[journey].component_id in components for journey in cluster.journeys)
        }

    def _is_entangled(self, cluster: _Cluster, keys: dict[UUID, Key]) -> bool:
        works = [self._works[journey] for journey in cluster.journeys]
        if len(works) == 1 and not cluster.fresh:
            # Nothing new hangs together; only a contested place must be looked at again.
            return works[0].contested
        if any(self._is_shared(journey) for journey in cluster.journeys):
            return True
        # Every journey with a contract is another contract, however alike their keys are written, and so is a new key.
        held = sum(work.contract is not None for work in works)
        return held + sum(keys[hash_].key_class is KeyClass.JOURNEY for hash_ in cluster.fresh) > 1

    def _before_conflicts(self, of_item: dict[UUID | int, _Cluster], found: set[_Cluster]) -> set[_Cluster]:
        """The clusters of which this batch tells something older than a conflict of their component: nothing new hangs
        together, but perhaps it did so earlier than was known."""
        claimed: dict[_Cluster, datetime] = {}
        for one, named in self._named:
            if len(named.joined) < 2:
                continue
            cluster = of_item[self._known.get(named.joined[0].hash, named.joined[0].hash)]
            if cluster not in found and any(self._is_shared(journey) for journey in cluster.journeys):
                claimed[cluster] = min(claimed.get(cluster, one.event.occurred_at), one.event.occurred_at)
        if not claimed:
            return set()
        components = {self._works[cluster.journeys[0]].component_id for cluster in claimed}
        rows = self._connection.execute(query("conflicts_of_components"), {"components": list(components)})
        since: dict[int, datetime] = dict(rows.fetchall())
        return {
            cluster
            for cluster, claimed_at in claimed.items()
            if claimed_at < since.get(self._works[cluster.journeys[0]].component_id, claimed_at)
        }

    def _is_shared(self, journey: int) -> bool:
        return self._works[journey].component_id != journey

    def _join(self, cluster: _Cluster, keys: dict[UUID, Key]) -> None:
        """Make one journey of a cluster with at most one contract."""
        fresh = [keys[hash_] for hash_ in cluster.fresh]
        contract = next((key for key in fresh if key.key_class is KeyClass.JOURNEY), None)
        target = self._works.get(cluster.target)
        if target is None:
            least = contract or min(fresh, key=lambda key: key.text)
            self._works[cluster.target] = Work(
                journey_id=cluster.target,
                component_id=cluster.target,
                key=least.contract if contract else least.text,
                contract=contract.contract if contract else None,
                home=self._workshop.catalogue.home_of(least.kind),
                changed=True,
            )
            return
        for journey in cluster.journeys[1:]:
            self._absorb(target, self._works.pop(journey))
        if contract is not None:
            self._name(target, contract)
        elif target.contract is None:
            target.key = min(target.key, *(key.text for key in fresh)) if fresh else target.key
            kind = target.key.partition(":")[0].rsplit("/", 1)[-1]
            target.home = self._workshop.catalogue.home_of(kind)

    def _name(self, work: Work, contract: Key) -> None:
        work.changed = True
        work.key, work.contract = contract.contract, contract.contract
        work.home = self._workshop.catalogue.home_of(contract.kind)
        work.regather = work.regather or (work.facts is not None and work.facts.lines_of_contracts)

    def _absorb(self, target: Work, other: Work) -> None:
        """The events and facts of a journey that turned out to be the target's."""
        parameters = {"from": other.journey_id, "to": target.journey_id}
        for name in ("move_keys", "move_events"):
            self._connection.execute(query(name), parameters)
        self._connection.execute(query("remove_journeys"), {"journeys": [other.journey_id]})
        assert target.facts is not None, "a journey that stands has facts"
        assert other.facts is not None, "a journey that stands has facts"
        if target.process != other.process:
            target.regather = True
        if (target.contract is None) != (other.contract is None):
            target.regather = target.regather or target.facts.lines_of_contracts or other.facts.lines_of_contracts
        # What was a version elsewhere may be one of this journey now.
        target.regather = target.regather or other.regather or target.facts.has_moved or other.facts.has_moved
        target.facts = fact_rows.merge(target.facts, other.facts)
        target.changed = target.merged = True
        if target.contract is None and other.contract is not None:
            target.key, target.contract, target.home = other.key, other.contract, other.home
        elif target.contract is None:
            target.key = min(target.key, other.key)

    def _place_direct(self, of_item: dict[UUID | int, _Cluster], entangled: set[_Cluster]) -> None:
        knotted: dict[int, Stored] = {}
        for one, named in self._named:
            for cluster in {of_item[self._known.get(key.hash, key.hash)] for key in named.direct}:
                if cluster in entangled:
                    knotted[one.event_id] = one
                else:
                    self._give(one, cluster.target)
        if not entangled:
            return
        journeys = {journey for cluster in entangled for journey in cluster.journeys}
        components = {self._works.pop(journey).component_id for journey in journeys}
        claimed = {hash_ for cluster in entangled for hash_ in cluster.fresh}
        Reroute(self._connection, self._workshop).settle(components, list(knotted.values()), claimed)

    def _give(self, one: Stored, journey: int) -> None:
        self._works[journey].added.append(one)
        self._works[journey].changed = True
        self._places.add((journey, one.event.occurred_at, one.event_id, one.observed_at))

    def _place_shared(self, fresh_links: set[tuple[UUID, UUID]]) -> None:
        came = [(one, named) for one, named in self._named if not named.direct]
        nodes = {**self._known, **getattr(self, "_nodes", {})}
        late = self._late_events(fresh_links)
        routes = Routes(self._connection, {key.hash for _, named in (*came, *late) for key in named.shared})
        reached = {one.event_id: routes.journeys(named.shared) for one, named in (*came, *late)}
        self._load({journey for journeys in reached.values() for journey in journeys})
        lost: list[Stored] = []
        for one, named in came:
            for journey in reached[one.event_id]:
                self._give(one, journey)
            for key in named.shared:
                self._places.add((nodes[key.hash], one.event.occurred_at, one.event_id, one.observed_at))
            if not reached[one.event_id]:
                lost.append(one)
        list_unlinked(self._connection, self._workshop.catalogue, lost)
        self._give_late(late, reached)

    def _late_events(self, fresh_links: set[tuple[UUID, UUID]]) -> list[tuple[Stored, Named]]:
        """Earlier events of shared keys that were linked only now, and of the keys that carry those."""
        linked = {from_hash for from_hash, _ in fresh_links}
        nodes = {self._known[hash_] for hash_ in linked if hash_ in self._known}
        if linked and self._workshop.catalogue.carries:
            carriers = self._connection.execute(query("carriers_of"), {"hashes": list(linked)}).fetchall()
            # Whoever comes by a carrier now must see the new link, or we its event.
            self._connection.execute(query("hold_keys"), {"hashes": [row[0] for row in carriers]})
            nodes |= {row[1] for row in carriers}
        if not nodes:
            return []
        rows = self._connection.execute(query("events_of_nodes"), {"nodes": sorted(nodes)}).fetchall()
        ours = {one.event_id for one, _ in self._named}
        stored = read_events(self._connection, ((row[1], row[2]) for row in rows if row[1] not in ours))
        return [(one, name_keys(one.event, self._workshop.catalogue)) for one in stored]

    def _give_late(self, late: list[tuple[Stored, Named]], reached: dict[int, set[int]]) -> None:
        places = [
            (journey, one.event.occurred_at, one.event_id, one.observed_at)
            for one, _ in late
            for journey in sorted(reached[one.event_id])
        ]
        if not places:
            return
        events = {one.event_id: one for one, _ in late}
        for journey, event_id in place_if_new(self._connection, places):
            self._works[journey].added.append(events[event_id])
            self._works[journey].changed = True
        forget_unlinked(self._connection, [one for one, _ in late if reached[one.event_id]])

    def _tell_of_versions(self, moved: Moved) -> None:
        """Have the journeys that share one of these records folded anew: its newest version counts, wherever it is."""
        found = journeys_of_records(self._connection, self._workshop.catalogue, moved.versions)
        journeys = {journey for shared in found.values() if len(shared) > 1 for journey in shared}
        self._load(journeys)
        for journey in journeys:
            work = self._works[journey]
            work.changed = work.regather = not work.contested

    def _write_places(self) -> None:
        copy_rows(self._connection, "journey_event", _PLACE_COLUMNS, map(_place_row, sorted(self._places)))


def place_if_new(connection: Connection, places: Iterable[Place]) -> list[tuple[int, int]]:
    """Write places that may stand already; the (journey_id, event_id) of those that did not."""
    with connection.cursor() as cursor:
        lay_out(connection, "incoming_place", _PLACE_COLUMNS, map(_place_row, places))
        return cursor.execute(query("place_events")).fetchall()


def _key_row(key: Key, node: int) -> bytes:
    return as_row(uuid(key.hash), text(key.name), text(key.value), text(key.key_class), bigint(node))


def _place_row(place: Place) -> bytes:
    journey, occurred_at, event_id, observed_at = place
    return as_row(bigint(journey), instant(occurred_at), bigint(event_id), instant(observed_at))


def _is_direct(key: Key) -> bool:
    return key.key_class in (KeyClass.JOURNEY, KeyClass.OWNED)
