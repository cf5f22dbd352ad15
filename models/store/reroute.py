"""Components in which contracts meet, are parted, or lose an event: who owns what is settled anew from all their
events.

The slow path, and the same for every cause, so that it cannot depend on the order in which things were learned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from models.derived import Derived, JourneyState
from models.derived import pack as pack_derived
from models.events import from_micros, micros
from models.exceptions import SEVERITY, ExceptionKind, exception_id
from models.fingerprint import fingerprint
from models.identity import Claim, Component, Key, Named, claim_of, name_keys, split
from models.process import KeyClass
from models.store.append import Stored, new_numbers, read_events, to_json
from models.store.engine import Connection
from models.store.links import Routes, add_links
from models.store.records import elsewhere
from models.store.unlinked import forget_unlinked, list_unlinked
from models.store.works import Work, Workshop
from sql import query


class Reroute:
    """Settles components inside the caller's transaction."""

    def __init__(self, connection: Connection, workshop: Workshop) -> None:
        self._connection = connection
        self._workshop = workshop

    def settle(
        self,
        components: Collection[int],
        extra: Sequence[Stored] = (),
        fresh_keys: Collection[UUID] = (),
        dropped: Collection[int] = (),
    ) -> None:
        """Make the journeys of these components anew from their events, `extra` ones added and `dropped` ones left out.

        `fresh_keys` were written by this batch and lead nowhere yet. Journeys get new numbers, so that a writer who
        waited for an old one finds it gone and looks again.
        """
        rows = self._connection.execute(query("lock_components"), {"components": sorted(components)}).fetchall()
        before = [row[0] for row in rows]
        events = self._events(before, extra, dropped)
        known = self._keys_known(before) | set(fresh_keys)
        inside = _keys_inside(events, known)
        claims = [claim_of(one.event, named) for one, named in events]
        parts = split([*_within(claims, inside), *self._decided(inside)])
        # Keys that only a dropped event named are cleared away too, and whoever came by them.
        nodes = self._nodes_linked(known)
        self._clear(before, known, parts)
        works = self._make(parts)
        direct = self._place_direct(events, works, parts)
        add_links(self._connection, [pair for pair in events if pair[1].direct])
        self._place_shared(works, nodes | self._nodes_linked(inside), direct)
        self._workshop.fold(self._connection, self._gathered(works, direct))

    def _events(
        self, before: list[int], extra: Sequence[Stored], dropped: Collection[int]
    ) -> list[tuple[Stored, Named]]:
        rows = self._connection.execute(query("events_of_nodes"), {"nodes": before}).fetchall()
        left_out = {*dropped, *(one.event_id for one in extra)}
        stored = read_events(self._connection, ((row[1], row[2]) for row in rows if row[1] not in left_out))
        named = ((one, name_keys(one.event, self._workshop.catalogue)) for one in (*stored, *extra))
        return [(one, keys) for one, keys in named if keys.direct]

    def _keys_known(self, before: list[int]) -> set[UUID]:
        rows = self._connection.execute(query("keys_of_journeys"), {"journeys": before}).fetchall()
        return {row[0] for row in rows}

    def _decided(self, inside: dict[UUID, Key]) -> list[Claim]:
        rows = self._connection.execute(query("links_decided"), {"hashes": list(inside)}).fetchall()
        claims: dict[str, list[Key]] = {}
        times: dict[str, datetime] = {}
        for decision_id, decided_at, key_hash in rows:
            if key_hash in inside:
                claims.setdefault(decision_id, []).append(inside[key_hash])
                times[decision_id] = decided_at
        return [
            Claim(
                micros(times[decision_id]),
                tuple(key for key in keys if key.key_class is KeyClass.JOURNEY),
                tuple(key for key in keys if key.key_class is not KeyClass.JOURNEY),
                decided=True,
            )
            for decision_id, keys in claims.items()
        ]

    def _clear(self, before: list[int], known: Collection[UUID], parts: list[Component]) -> None:
        kept = [key.hash for part in parts for key in (*part.contracts, *part.owned)]
        self._connection.execute(query("remove_links_to"), {"hashes": list(known)})
        self._connection.execute(query("forget_keys"), {"journeys": before, "kept": kept})
        self._connection.execute(query("remove_places"), {"journeys": before})
        self._connection.execute(query("remove_journeys"), {"journeys": before})

    def _make(self, parts: list[Component]) -> dict[Key, Work]:
        """The journeys by the key that names them, and for what is contested a place named by its least owned key."""
        catalogue = self._workshop.catalogue
        works: dict[Key, Work] = {}
        pointed: list[tuple[Key, int]] = []
        for part in parts:
            contested = [key for key in part.owned if part.contracts and part.owners[key] is None]
            names = list(part.contracts) or [part.least]
            numbers = new_numbers(self._connection, "next_node_numbers", len(names) + bool(contested))
            component = (
                numbers[0] if len(part.contracts) < 2 else new_numbers(self._connection, "next_node_numbers", 1)[0]
            )
            for key, number in zip(names, numbers, strict=False):
                contract = key.contract if part.contracts else None
                works[key] = Work(
                    number, component, contract or key.text, contract, catalogue.home_of(key.kind), changed=True
                )
                pointed.append((key, number))
            for key in part.owned:
                owner = part.owners[key] if part.contracts else part.least
                pointed.append((key, numbers[-1] if owner is None else works[owner].journey_id))
            if contested:
                place = Work(numbers[-1], component, "", None, catalogue.home_of(contested[0].kind), contested=True)
                works[min(contested, key=lambda key: key.text)] = place
                self._list_conflicts(place, part)
        self._point(pointed)
        return works

    def _point(self, pointed: Iterable[tuple[Key, int]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute("TRUNCATE incoming_key")
            with cursor.copy("COPY incoming_key (key_hash, name, value, class, journey_id) FROM STDIN") as copy:
                for key, number in sorted(set(pointed)):
                    copy.write_row((key.hash, key.name, key.value, key.key_class.value, number))
            cursor.execute(query("point_keys"))

    def _list_conflicts(self, place: Work, part: Component) -> None:
        for conflict in part.conflicts:
            contracts = [key.contract for key in conflict.contracts]
            keys = ", ".join(key.text for key in conflict.keys[:5])
            self._connection.execute(
                query("add_loose_exception"),
                {
                    "journey_id": place.journey_id,
                    "exception_id": exception_id(ExceptionKind.LINK_CONFLICT, contracts),
                    "kind": ExceptionKind.LINK_CONFLICT.value,
                    "contract": contracts[0],
                    "subject": "",
                    "system": None,
                    "reason": f"{keys} is claimed by {', '.join(contracts[:5])}; say which contract it belongs to",
                    "fingerprint": fingerprint("link_conflict", conflict.keys[0].name),
                    "severity": SEVERITY[ExceptionKind.LINK_CONFLICT].value,
                    "opened_at": from_micros(conflict.opened_at),
                    "anchor": to_json(contracts),
                },
            )

    def _place_direct(
        self, events: list[tuple[Stored, Named]], works: dict[Key, Work], parts: list[Component]
    ) -> dict[int, list[Stored]]:
        owners = {key: part.owners[key] if part.contracts else part.least for part in parts for key in part.owned}
        contested: dict[Key, Work] = {}
        for part in parts:
            unowned = [key for key in part.owned if owners[key] is None]
            if unowned:
                contested.update(dict.fromkeys(unowned, works[min(unowned, key=lambda key: key.text)]))
        of_journey: dict[int, list[Stored]] = {}
        for one, named in events:
            if named.contracts:
                reached = {works[key].journey_id for key in named.contracts if key in works}
            else:
                reached = {works[owner].journey_id for key in named.owned if (owner := owners[key]) is not None}
                reached = reached or {contested[key].journey_id for key in named.owned}
            for journey in reached:
                of_journey.setdefault(journey, []).append(one)
        self._write_places(of_journey)
        return of_journey

    def _nodes_linked(self, inside: Collection[UUID]) -> set[int]:
        """The nodes of shared keys that lead here, and of those that carry them."""
        linked = self._connection.execute(query("linked_to"), {"hashes": list(inside)}).fetchall()
        carriers = self._connection.execute(query("carriers_of"), {"hashes": [row[0] for row in linked]}).fetchall()
        self._connection.execute(query("hold_keys"), {"hashes": [row[0] for row in (*linked, *carriers)]})
        return {row[1] for row in (*linked, *carriers)}

    def _place_shared(self, works: dict[Key, Work], nodes: set[int], of_journey: dict[int, list[Stored]]) -> None:
        """Give the new journeys the events that come by shared keys; the places of earlier ones went with the old."""
        rows = self._connection.execute(query("events_of_nodes"), {"nodes": sorted(nodes)}).fetchall()
        stored = read_events(self._connection, ((row[1], row[2]) for row in rows))
        named = [(one, name_keys(one.event, self._workshop.catalogue)) for one in stored]
        routes = Routes(self._connection, {key.hash for _, keys in named for key in keys.shared})
        ours = {work.journey_id for work in works.values() if not work.contested}
        nowhere = {work.journey_id for work in works.values() if work.contested}  # not written yet, so no route knows
        came: dict[int, list[Stored]] = {}
        lost: list[Stored] = []
        for one, keys in named:
            reached = routes.journeys(keys.shared) - nowhere
            for journey in reached & ours:
                came.setdefault(journey, []).append(one)
            if not reached:
                lost.append(one)
        forget_unlinked(self._connection, stored)
        list_unlinked(self._connection, self._workshop.catalogue, lost)
        self._write_places(came)
        for journey, found in came.items():
            of_journey.setdefault(journey, []).extend(found)

    def _write_places(self, of_journey: dict[int, list[Stored]]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy("COPY journey_event (journey_id, occurred_at, event_id, observed_at) FROM STDIN") as copy,
        ):
            for journey, stored in of_journey.items():
                for one in stored:
                    copy.write_row((journey, one.event.occurred_at, one.event_id, one.observed_at))

    def _gathered(self, works: dict[Key, Work], of_journey: dict[int, list[Stored]]) -> list[Work]:
        journeys: list[Work] = []
        others = elsewhere(self._connection, self._workshop.catalogue, of_journey)
        for work in works.values():
            stored = of_journey.get(work.journey_id, [])
            if work.contested:
                self._write_contested(work, stored)
            else:
                self._workshop.gather(work, stored, others.get(work.journey_id, ()))
                journeys.append(work)
        return journeys

    def _write_contested(self, work: Work, stored: list[Stored]) -> None:
        times = [one.event.occurred_at for one in stored] or [from_micros(0)]
        process = self._workshop.catalogue.version_at(work.home, min(times))
        nothing = Derived(
            process.name, process.version, JourneyState.PROVISIONAL, "", None, 0, 0, {}, {}, [], [], [], [], [], []
        )
        self._connection.execute(
            query("add_contested_place"),
            {
                "journey_id": work.journey_id,
                "component_id": work.component_id,
                "process": process.name,
                "version": process.version,
                "first_at": min(times),
                "last_at": max(times),
                "derived": pack_derived(nothing),
            },
        )


def _keys_inside(events: list[tuple[Stored, Named]], known: Collection[UUID]) -> dict[UUID, Key]:
    """The journey and owned keys of components; contracts that an event names from elsewhere are not among them."""
    return {
        key.hash: key
        for _, named in events
        for key in (named.joined or named.contracts)
        if key.hash in known or named.joined
    }


def _within(claims: list[Claim], inside: dict[UUID, Key]) -> Iterable[Claim]:
    """The claims as far as they are about keys of these components."""
    for claim in claims:
        contracts = tuple(key for key in claim.contracts if key.hash in inside)
        if contracts == claim.contracts or not claim.owned:
            yield from (claim._replace(contracts=(key,)) for key in contracts) if not claim.owned else (claim,)
