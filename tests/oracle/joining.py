"""Which events belong to which journey, by brute force over all keys of all events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from models.events import Event
from models.process import Process

Key = tuple[str, str]  # full name, value


@dataclass(frozen=True)
class Link:
    """A person's word that keys belong together; `undone` when it was taken back."""

    decision_id: str
    decided_at: datetime
    keys: tuple[Key, ...]
    undone: bool = False


@dataclass(frozen=True)
class Claim:
    """Keys that an event or a person says belong together."""

    at: datetime
    contracts: frozenset[Key]
    owned: frozenset[Key]
    decided: bool

    @property
    def keys(self) -> frozenset[Key]:
        return self.contracts | self.owned


@dataclass
class Joined:
    """`journeys` by the key that names each; `conflicts` sets of contracts with the time of the later claim."""

    journeys: dict[Key, list[Event]] = field(default_factory=dict)
    conflicts: dict[tuple[Key, ...], datetime] = field(default_factory=dict)
    unlinked: list[Event] = field(default_factory=list)


class Kinds:
    """What the versions of a process declare about keys, taken together."""

    def __init__(self, processes: Sequence[Process]) -> None:
        every = [one.keys for one in processes]
        self.journey = set(chain.from_iterable(keys.journey for keys in every))
        self.owned = set(chain.from_iterable(keys.owned for keys in every))
        self.shared = set(chain.from_iterable(keys.shared for keys in every))
        self.about = {step.name: step.about for one in processes for step in one.steps if step.about}
        self.carries = {
            (carrier, carried) for keys in every for carrier, many in keys.carries.items() for carried in many
        }

    def contracts(self, event: Event) -> set[Key]:
        return {key for key in keys_of(event) if kind(key) in self.journey}

    def owned_keys(self, event: Event) -> set[Key]:
        return {key for key in keys_of(event) if kind(key) in self.owned}

    def leading(self, event: Event) -> set[Key]:
        """The keys that lead an event without keys of a journey's own: shared ones, a carried key before its carrier,
        and the context that the event is about."""
        routing = {
            key
            for key in keys_of(event)
            if kind(key) in self.shared or (event.type in self.about and self.about[event.type] == kind(key))
        }
        return routing - {carrier for carrier, _ in self.carried(event)}

    def carried(self, event: Event) -> set[tuple[Key, Key]]:
        shared = [key for key in keys_of(event) if kind(key) in self.shared]
        return {(one, other) for one in shared for other in shared if (kind(one), kind(other)) in self.carries}


def kind(key: Key) -> str:
    """The last segment of a key's name."""
    return key[0].rsplit("/", 1)[-1]


def text(key: Key) -> str:
    return f"{key[0]}:{key[1]}"


def shown(key: Key, kinds: Kinds) -> str:
    """How the journey is called that this key names."""
    return key[1] if kind(key) in kinds.journey and "/" not in key[0] else text(key)


def keys_of(event: Event) -> list[Key]:
    return [(name, value) for name, values in event.keys.items() for value in values]


def join(events: Sequence[Event], links: Iterable[Link], kinds: Kinds) -> Joined:
    """Give every event its journeys."""
    claims = claims_of(events, links, kinds)
    owners, conflicts = owners_of(claims, kinds)
    joined = Joined(conflicts=conflicts)
    direct = {event.identity: _direct(event, owners, kinds) for event in events}
    for event in events:
        contracts, owned = kinds.contracts(event), kinds.owned_keys(event)
        reached = direct[event.identity] if contracts or owned else _by_shared(event, events, direct, kinds)
        for name in reached:
            joined.journeys.setdefault(name, []).append(event)
        if not reached and not owned and event.type not in kinds.about:
            joined.unlinked.append(event)
    return joined


def claims_of(events: Sequence[Event], links: Iterable[Link], kinds: Kinds) -> list[Claim]:
    claims = []
    for event in events:
        contracts = frozenset(kinds.contracts(event))
        if len(contracts) <= 1:
            claims.append(Claim(event.occurred_at, contracts, frozenset(kinds.owned_keys(event)), False))
    # People speak of keys that events name; a key that no event names any more does not join anything.
    spoken_of = {key for event in events for key in kinds.contracts(event)} | {
        key for one in claims for key in one.keys
    }
    for link in links:
        keys = [key for key in link.keys if key in spoken_of]
        if not link.undone:
            contracts = frozenset(key for key in keys if kind(key) in kinds.journey)
            claims.append(Claim(link.decided_at, contracts, frozenset(keys) - contracts, True))
    return claims


def _components(groups: Iterable[frozenset[Key]]) -> list[set[Key]]:
    found: list[set[Key]] = []
    for group in groups:
        touching = [one for one in found if one & group]
        found = [one for one in found if not one & group] + [set(group).union(*touching)]
    return found


def owners_of(claims: list[Claim], kinds: Kinds) -> tuple[dict[Key, Key | None], dict[tuple[Key, ...], datetime]]:
    """The key that names the journey of each owned key, None where it is contested; and the conflicts."""
    owners: dict[Key, Key | None] = {}
    conflicts: dict[tuple[Key, ...], datetime] = {}
    for component in _components(claim.keys for claim in claims):
        contracts = sorted((key for key in component if kind(key) in kinds.journey), key=text)
        for key in sorted(component - set(contracts)):
            if len(contracts) < 2:
                owners[key] = contracts[0] if contracts else min(component, key=text)
                continue
            claimants = _claimants(key, claims)
            owners[key] = next(iter(claimants)) if len(claimants) == 1 else None
            if owners[key] is None:
                rivals = tuple(sorted(claimants, key=text)) or tuple(contracts)
                since = _first_claimed(key, rivals, claims) if claimants else _first_together(key, rivals, claims)
                conflicts[rivals] = min(since, conflicts.get(rivals, since))
    return owners, conflicts


def _claimants(key: Key, claims: list[Claim]) -> set[Key]:
    """The contracts that the key was asserted together with; where people spoke, their word alone."""
    decided = {contract for claim in claims if claim.decided and key in claim.owned for contract in claim.contracts}
    return decided or {contract for claim in claims if key in claim.owned for contract in claim.contracts}


def _first_claimed(key: Key, rivals: Iterable[Key], claims: list[Claim]) -> datetime:
    return max(min(claim.at for claim in claims if key in claim.owned and rival in claim.contracts) for rival in rivals)


def _first_together(key: Key, rivals: Iterable[Key], claims: list[Claim]) -> datetime:
    """When the claims made until then connected the key with all of these contracts."""
    wanted = {key, *rivals}
    return min(
        at
        for at in {claim.at for claim in claims}
        if any(wanted <= component for component in _components(one.keys for one in claims if one.at <= at))
    )


def _direct(event: Event, owners: dict[Key, Key | None], kinds: Kinds) -> set[Key]:
    contracts = kinds.contracts(event)
    if contracts:
        return contracts
    return {owner for key in kinds.owned_keys(event) if (owner := owners[key]) is not None}


def _by_shared(event: Event, events: Sequence[Event], direct: dict[object, set[Key]], kinds: Kinds) -> set[Key]:
    leading = kinds.leading(event)
    # One hop: what the events of other keys say that these carry.
    leading |= {carried for other in events for carrier, carried in kinds.carried(other) if carrier in leading}
    return {name for other in events if leading & set(keys_of(other)) for name in direct[other.identity]}
