"""Which events belong to which contract: keys by class, components, and what several contracts claim. Pure rules.

Events join journeys through declared keys alone. An event that names contracts reaches exactly those; one that names
none goes with its owned keys; one without either goes with its shared keys, a carried kind (invoice) before its
carrier (payment).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from models.catalogue import Catalogue
from models.events import Event, digest, micros
from models.process import KeyClass

T = TypeVar("T")


class Key(NamedTuple):
    """One key as events name it: full name and value, with its class."""

    hash: UUID
    name: str
    value: str
    key_class: KeyClass

    @property
    def text(self) -> str:
        """How the key is written: `netsuite-us/project:8841`."""
        return f"{self.name}:{self.value}"

    @property
    def kind(self) -> str:
        """The last segment of its name."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def contract(self) -> str:
        """What a journey key names: its value alone, unless a system is named with it."""
        return self.value if "/" not in self.name else self.text


class Named(NamedTuple):
    """What an event's keys say. `shared` are those that route it when it names nothing of a journey's own; `linkable`
    all shared and context keys that a later event may come by; `carried` pairs of carrier and carried key."""

    contracts: tuple[Key, ...]
    owned: tuple[Key, ...]
    shared: tuple[Key, ...]
    linkable: tuple[Key, ...]
    carried: tuple[tuple[Key, Key], ...]
    undeclared: tuple[str, ...]

    @property
    def direct(self) -> tuple[Key, ...]:
        """The keys that route the event without help: its contracts, else its owned keys."""
        return self.contracts or self.owned

    @property
    def joined(self) -> tuple[Key, ...]:
        """The keys that this event joins into one component; none when it names several contracts."""
        return () if len(self.contracts) > 1 else (*self.contracts, *self.owned)


@lru_cache(maxsize=65_536)
def _hash(name: str, value: str) -> UUID:
    return digest(name, value)


def name_keys(event: Event, catalogue: Catalogue) -> Named:
    """The keys of an event, sorted out by class."""
    by_class: dict[KeyClass, list[Key]] = {}
    routing: list[Key] = []
    undeclared: list[str] = []
    for name, values in event.keys.items():
        kind = name.rsplit("/", 1)[-1]
        key_class = catalogue.classes.get(kind, KeyClass.UNDECLARED)
        if key_class is KeyClass.UNDECLARED:
            undeclared.append(kind)
            continue
        keys = [Key(_hash(name, value), name, value, key_class) for value in values]
        by_class.setdefault(key_class, []).extend(keys)
        if catalogue.routes(event.type, name) is KeyClass.SHARED:
            routing += keys
    contracts = by_class.get(KeyClass.JOURNEY, ())
    owned = by_class.get(KeyClass.OWNED, ())
    carried: list[tuple[Key, Key]] = []
    if catalogue.carries and len(routing) > 1:
        for carrier in routing:
            kinds = catalogue.carries.get(carrier.kind, ())
            carried += [(carrier, key) for key in routing if key.kind in kinds]
    carriers = {carrier.hash for carrier, _ in carried}
    linkable = [key for key in by_class.get(KeyClass.CONTEXT, ()) if key.kind in catalogue.about_kinds]
    return Named(
        contracts=tuple(contracts),
        owned=tuple(owned),
        shared=tuple(key for key in routing if key.hash not in carriers) if not contracts and not owned else (),
        linkable=(*by_class.get(KeyClass.SHARED, ()), *linkable),
        carried=tuple(carried),
        undeclared=tuple(undeclared),
    )


class Claim(NamedTuple):
    """Keys that one event or decision says belong together, with when it happened; a decision's word beats events'."""

    at: int
    contracts: tuple[Key, ...]
    owned: tuple[Key, ...]
    decided: bool = False


class Conflict(NamedTuple):
    """Owned keys that the same contracts claim, since `opened_at` (microseconds)."""

    contracts: tuple[Key, ...]
    keys: tuple[Key, ...]
    opened_at: int


class Component(NamedTuple):
    """Keys that hang together. `owners` maps each owned key to the contract it stays with, None where it is
    contested; without any contract it maps to nothing and the component is a provisional journey."""

    contracts: tuple[Key, ...]
    owned: tuple[Key, ...]
    owners: Mapping[Key, Key | None]
    conflicts: tuple[Conflict, ...]

    @property
    def least(self) -> Key:
        """The key that names a provisional journey."""
        return min(self.owned, key=lambda key: key.text)


class Forest(Generic[T]):
    """Disjoint sets over any hashable items."""

    def __init__(self) -> None:
        self._parent: dict[T, T] = {}

    def find(self, item: T) -> T:
        """The item that stands for the set of `item`, which is added when unknown."""
        parent = self._parent
        root = parent.setdefault(item, item)
        while parent[root] != root:
            root = parent[root]
        while item != root:
            parent[item], item = root, parent[item]
        return root

    def join(self, items: Sequence[T]) -> None:
        """Make one set of the sets of these items."""
        roots = [self.find(item) for item in items]
        for root in roots[1:]:
            self._parent[self.find(root)] = self.find(roots[0])

    def sets(self) -> dict[T, list[T]]:
        """Every set, by the item that stands for it."""
        found: dict[T, list[T]] = {}
        for item in self._parent:
            found.setdefault(self.find(item), []).append(item)
        return found


def claim_of(event: Event, named: Named) -> Claim:
    """What an event asserts about keys; nothing of owned keys when it names several contracts."""
    owned = named.owned if len(named.contracts) < 2 else ()
    return Claim(micros(event.occurred_at), named.contracts, owned)


def split(claims: Iterable[Claim]) -> list[Component]:
    """The components that these claims form, and who owns what in each."""
    told = list(claims)
    forest: Forest[Key] = Forest()
    for claim in told:
        if len(claim.contracts) > 1 and not claim.decided:
            for contract in claim.contracts:
                forest.find(contract)
        else:
            forest.join((*claim.contracts, *claim.owned))
    claims_in: dict[Key, list[Claim]] = {}
    for claim in told:
        if claim.owned:
            claims_in.setdefault(forest.find(claim.owned[0]), []).append(claim)
    return [_component(keys, claims_in.get(root, [])) for root, keys in forest.sets().items()]


def _component(keys: list[Key], claims: list[Claim]) -> Component:
    contracts = tuple(sorted((key for key in keys if key.key_class is KeyClass.JOURNEY), key=lambda key: key.text))
    owned = tuple(sorted((key for key in keys if key.key_class is not KeyClass.JOURNEY), key=lambda key: key.text))
    if len(contracts) < 2:
        owner = contracts[0] if contracts else None
        return Component(contracts, owned, dict.fromkeys(owned, owner), ())
    first: dict[Key, dict[Key, int]] = {}  # owned key, contract, first claim
    decided: dict[Key, set[Key]] = {}
    for claim in claims:
        for key in claim.owned:
            for contract in claim.contracts:
                told = first.setdefault(key, {})
                told[contract] = min(told.get(contract, claim.at), claim.at)
                if claim.decided:
                    decided.setdefault(key, set()).add(contract)
    owners: dict[Key, Key | None] = {}
    contested: dict[tuple[Key, ...], list[tuple[Key, int]]] = {}
    unclaimed: list[Key] = []
    for key in owned:
        claimants = decided.get(key) or first.get(key, {}).keys()
        if len(claimants) == 1:
            owners[key] = next(iter(claimants))
            continue
        owners[key] = None
        if claimants:
            rivals = tuple(sorted(claimants, key=lambda one: one.text))
            contested.setdefault(rivals, []).append((key, max(first[key][rival] for rival in rivals)))
        else:
            unclaimed.append(key)
    if unclaimed:
        since = _first_together(contracts, unclaimed, claims)
        contested.setdefault(contracts, []).extend((key, since) for key in unclaimed)
    conflicts = tuple(
        Conflict(rivals, tuple(key for key, _ in keys), min(since for _, since in keys))
        for rivals, keys in contested.items()
    )
    return Component(contracts, owned, owners, conflicts)


def _first_together(contracts: Sequence[Key], owned: Sequence[Key], claims: list[Claim]) -> int:
    """When the claims made until then connected all of these contracts with one of these owned keys."""
    forest: Forest[Key] = Forest()
    for claim in sorted(claims, key=lambda claim: claim.at):
        forest.join((*claim.contracts, *claim.owned))
        place = forest.find(contracts[0])
        if all(forest.find(key) == place for key in contracts) and any(forest.find(key) == place for key in owned):
            return claim.at
    raise AssertionError("claims connect a component")
