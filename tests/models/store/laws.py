"""Events in a small world where everything meets everything, and stores that take them in some order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from models.events import EPOCH, Event, make_event
from models.process_file import read_process
from models.store.absorb import Absorbed, absorb
from models.store.decisions import LinkRefusedError, link, unlink
from models.store.engine import Connection, Pool, in_transaction
from models.store.processes import load_processes, read_workshop, set_systems
from models.store.rebuild import rebuild
from models.store.state import state_hash, state_lines
from models.store.works import Workshop
from tests.making import DAY, at
from tests.oracle.joining import Kinds, Link
from tests.oracle.view import ExceptionView, JourneyView, SampleView, StepView, View
from tests.requirements import ROOT

FILES = (ROOT / "tests/oracle/small.toml", ROOT / "tests/oracle/small_2.toml")
VERSIONS = [read_process(file.read_text(), file.name) for file in FILES]
KINDS = Kinds(VERSIONS)
ROLES = {"clm": "clm", "psa": "psa", "erp": "erp"}
LATER = at(1000)

_TABLES = """
    event event_payload event_identity event_variant journey journey_key key_link journey_event sample amendment
    exception transaction_place decision_key decision stream undeclared_kind audit record_first
    record_version
"""

TYPES = (
    *["contract.signed", "project.created", "project.activated", "invoice.posted", "payment.applied"] * 2,
    "contract.activated",
    "contract.terminated",
    "contract.voided",
    "customer.updated",
    "schedule.created",
    "project.cancelled",
    "milestone.completed",
    "invoice.voided",
    "payment.reversed",
    "amendment.approved",
    "value.updated",
    "keys.linked",
    "transaction.started",
    *["transaction.failed", "transaction.succeeded"] * 2,
    "transaction.dead_lettered",
    "transaction.discarded",
    "system.heartbeat",
    "nobody.knows",
)


Choices = tuple[Any, ...]


def _maybe(*values: Any, nothing: int = 1) -> Choices:
    return (*[None] * nothing, *values)


KEYS: dict[str, Choices] = {
    "contract": _maybe("C1", "C2", "C3", ["C1", "C2"], ["C2", "C3", "C4"], nothing=4),
    "project": _maybe("P1", "P2", "P3", ["P1", "P2"], ["P2", "P3"], nothing=3),
    "erp/project": _maybe("P1", nothing=5),
    "milestone": _maybe("M1", nothing=4),
    "invoice": _maybe("I1", "I2", ["I1", "I2"], nothing=3),
    "payment": _maybe("Y1", "Y2", nothing=3),
    "correlation": _maybe("X1", nothing=4),
    "customer": _maybe("K1", nothing=3),
    "ship": _maybe("S1", nothing=6),
}
SAID: dict[str, Choices] = {
    "line": _maybe("L1", "L2", nothing=3),
    "entity": _maybe("DE", nothing=3),
    "milestone": _maybe("M1", "M2", nothing=3),
    "invoice": _maybe("I1", "I2", nothing=2),
    "amendment": _maybe("A1", nothing=3),
    "operation": _maybe("O1", "O2"),
    "deposit": _maybe("true", nothing=5),
    "at_risk": _maybe("true", "Ana", "false", nothing=8),
    "lines": _maybe(
        [],
        [{"line": "L1"}],
        [{"line": "L1", "contract": "C1"}, {"line": "L2", "contract": "C2"}],
        [{"line": "L2", "contract": None}, {"line": "L1", "contract": "C1"}],
        nothing=24,
    ),
}
TERMS: dict[str, Choices] = {"value": ("100", "200", None), "currency": ("EUR", "USD", None), "region": ("EMEA", None)}
ATTEMPTS: dict[str, Choices] = {
    "transaction": _maybe("T1", "T2"),
    "flow": _maybe("project-sync", "invoice-sync"),
    "target_system": _maybe("erp", "psa", nothing=2),
    "attempt": _maybe("1", "2", "10", nothing=2),
    "error_class": _maybe("Timeout", "Refused"),
}
HOURS = tuple(range(10))
RECORDED = _maybe(*range(12), nothing=12)
SOURCES = ("clm", "erp", "erp", "psa", "push")
SEQUENCES = _maybe("1", "2", "10", "02", "b", "b-", nothing=5)
RECORDS = _maybe("r1", "r2")


@dataclass(frozen=True)
class Focus:
    """What the events of one example are about: everything at once meets too seldom."""

    types: Choices = TYPES
    keys: Choices = tuple(KEYS)
    said: Choices = tuple(SAID)


def an_event(choose: Callable[[Choices], Any], number: int, focus: Focus) -> Event:
    """Any event of the small world, by a way to choose. Ids repeat with other contents now and then."""
    type_ = choose(focus.types)
    said = {name: value for name in focus.said if (value := choose(SAID[name])) is not None}
    if type_.startswith("transaction."):
        said |= {name: value for name, values in ATTEMPTS.items() if (value := choose(values)) is not None}
    elif choose((False, True)):
        name = choose(tuple(TERMS))
        said[name] = choose(TERMS[name])
    recorded = choose(RECORDED)
    return make_event(
        source=choose(SOURCES),
        id=f"e{choose((number, number, number, number, 0, 1))}",
        type=type_,
        occurred_at=at(choose(HOURS)),
        recorded_at=None if recorded is None else at(recorded),
        sequence=choose(SEQUENCES),
        record=choose(RECORDS),
        retracts=choose((False, False, False, False, False, False, False, True)),
        subject=choose(("", "SOW")),
        keys={name: value for name in focus.keys if (value := choose(KEYS[name])) is not None},
        attributes=said,
    )


def _some(choices: Choices) -> st.SearchStrategy[Choices]:
    return st.lists(st.sampled_from(choices), min_size=1, max_size=5, unique=True).map(tuple)


# Made once: making a strategy takes longer than drawing from it.
_FOCUS = st.just(Focus()) | st.builds(Focus, _some(TYPES), _some(tuple(KEYS)), _some(tuple(SAID)))
_PLACES = [st.integers(0, max(0, length - 1)) for length in range(40)]


@st.composite
def worlds(draw: st.DrawFn, most: int = 9) -> World:
    """Some events, and some links between keys that they name."""
    focus = draw(_FOCUS)
    told = [an_event(lambda of: of[draw(_PLACES[len(of)])], n, focus) for n in range(draw(st.integers(1, most)))]
    known = sorted({key for event in counting(told) for key in spoken_of(event)})
    links: list[Link] = []
    for number in range(draw(st.integers(0, 2)) if len(known) > 1 else 0):
        keys = draw(st.lists(st.sampled_from(known), min_size=2, max_size=3, unique=True))
        if sum(name == "contract" for name, _ in keys) < 2:
            links.append(Link(f"d{number}", at(draw(st.integers(0, 9))), tuple(keys), draw(st.booleans())))
    return World(told, links)


@dataclass
class World:
    """Everything that was said: by systems, and by people."""

    events: list[Event]
    links: list[Link] = field(default_factory=list)


def counting(told: Sequence[Event]) -> list[Event]:
    """Of several contents of an identity the one that counts."""
    known = [event for event in told if event.type not in ("nobody.knows",)]
    least: dict[Any, Event] = {}
    for event in known:
        held = least.setdefault(event.identity, event)
        if event.content_hash < held.content_hash:
            least[event.identity] = event
    return [event for event in least.values() if event.type != "system.heartbeat"]


def spoken_of(event: Event) -> set[tuple[str, str]]:
    """The journey and owned keys that exist because of this event: owned ones of several contracts do not."""
    contracts = KINDS.contracts(event)
    return contracts if len(contracts) > 1 else contracts | KINDS.owned_keys(event)


@dataclass
class Store:
    """A database with a process, emptied between examples."""

    pool: Pool
    workshop: Workshop

    def empty(self) -> None:
        """Forget everything but the process and the systems."""
        with self.pool.connection() as connection:
            # Far faster than TRUNCATE for a handful of rows.
            connection.execute("".join(f"DELETE FROM {table};" for table in _TABLES.split()))  # type: ignore[call-overload]

    def take(self, batch: Sequence[Event]) -> Absorbed:
        return absorb(self.pool, batch, self.workshop, DAY)

    def tell(self, *batches: Sequence[Event]) -> View:
        """The state after these batches, which is the same when everything is told the other way round, one by one."""
        self.empty()
        for event in reversed([event for batch in batches for event in batch]):
            self.take([event])
        backwards = self.hash()
        self.empty()
        for batch in batches:
            self.take(batch)
        assert self.hash() == backwards
        rebuilt = rebuild(self.pool, check=True, as_of=LATER)
        assert (rebuilt.before, rebuilt.after) == (backwards, backwards)
        return self.view()

    def link(self, one: Link) -> None:
        def say(connection: Connection) -> None:
            link(
                connection,
                self.workshop,
                one.keys,
                decision_id=one.decision_id,
                actor="ana",
                reason="they belong together",
                at=one.decided_at,
            )

        in_transaction(self.pool, say)

    def try_link(self, one: Link) -> None:
        """Link keys that may not be known yet."""
        with suppress(LinkRefusedError):
            self.link(one)

    def unlink(self, one: Link) -> None:
        def say(connection: Connection) -> None:
            unlink(
                connection,
                self.workshop,
                one.decision_id,
                decision_id=f"not {one.decision_id}",
                actor="ana",
                reason="they do not",
                at=one.decided_at,
            )

        in_transaction(self.pool, say)

    def hash(self, as_of: datetime = LATER) -> str:
        with self.pool.connection() as connection:
            return state_hash(connection, as_of)

    def view(self, as_of: datetime = LATER) -> View:
        """The state as it can be compared with the oracle's."""
        with self.pool.connection() as connection:
            return view_of(state_lines(connection, as_of))


def open_store(pool: Pool, *files: Path) -> Store:
    """A store with the small process, or the process of these files, and its systems."""

    def prepare(connection: Connection) -> Workshop:
        load_processes(connection, [(file.name, file.read_text()) for file in files or FILES], DAY)
        set_systems(connection, {name: ("product", role) for name, role in ROLES.items()})
        for table in ("event", "decision", "audit"):
            # Nothing is ever taken out of these but here, where every example begins with an empty store.
            connection.execute(f"DROP TRIGGER append_only ON {table}")  # type: ignore[call-overload]
        return read_workshop(connection)

    return Store(pool, in_transaction(pool, prepare))


def batches(random: Random, told: Sequence[Event]) -> list[list[Event]]:
    """The events in any order, some of them again, in batches of any size."""
    some = [*told, *random.choices(told, k=random.randint(0, 3))] if told else []
    random.shuffle(some)
    found: list[list[Event]] = []
    while some:
        size = random.choice((1, 1, 2, 3, 5, len(some)))
        found.append(some[:size])
        some = some[size:]
    return found


def plan(random: Random, store: Store, world: World) -> Iterator[Callable[[], None]]:
    """What is done to a store, step by step: batches, and links once their keys are known or later."""
    waiting = list(world.links)
    linked: list[Link] = []
    told: set[tuple[str, str]] = set()
    seen: list[Event] = []
    for batch in [*batches(random, world.events), []]:
        last = not batch
        if batch:
            yield lambda batch=batch: store.take(batch)
        seen += batch
        told = {key for event in counting(seen) for key in spoken_of(event)}
        for one in [one for one in waiting if set(one.keys) <= told and (last or random.random() < 0.7)]:
            waiting.remove(one)
            yield lambda one=one: store.link(one)
            if one.undone:
                linked.append(one)
        for one in [one for one in linked if last or random.random() < 0.5]:
            linked.remove(one)
            yield lambda one=one: store.unlink(one)


def run(random: Random, store: Store, world: World) -> None:
    """Take in a world in some order."""
    store.empty()
    for step in plan(random, store, world):
        step()


def run_by_two(random: Random, store: Store, world: World) -> None:
    """Take in a world by two writers at once, who are both told some of it; people speak while they write."""
    store.empty()
    shares: list[list[Callable[[], None]]] = []
    for writer in range(2):
        told = [event for event in world.events if random.random() < 0.6 or hash_half(event) == writer]
        shares.append([lambda batch=batch: store.take(batch) for batch in batches(random, told)])
    for one in world.links:
        share = random.choice(shares)
        share.insert(random.randint(0, len(share)), lambda one=one: store.try_link(one))
    start = threading.Barrier(2)

    def write(share: list[Callable[[], None]]) -> None:
        start.wait()
        for step in share:
            step()

    with ThreadPoolExecutor(2) as writers:
        for writing in [writers.submit(write, share) for share in shares]:
            writing.result()
    for one in world.links:
        store.link(one)
        if one.undone:
            store.unlink(one)


def hash_half(event: Event) -> int:
    """Which of two writers is told of this event in any case."""
    return event.content_hash.int % 2


def view_of(lines: Iterator[bytes]) -> View:
    """What the lines of the state hash say."""
    view = View()
    steps: dict[str, dict[tuple[str, str], StepView]] = {}
    for line in lines:
        row = msgspec.json.decode(line)
        if row["what"] == "journey":
            operations = {one[1]: one[2] for one in row["transactions"]}
            assert row["key"] not in view.journeys, f"two journeys are called {row['key']}"
            view.journeys[row["key"]] = JourneyView(row["contract"], row["state"], {}, row["agreed"], operations)
        elif row["what"] == "step":
            step, subject, first, last, evidence, system, withdrawn, _ = row["step"]
            steps.setdefault(row["key"], {})[step, subject] = StepView(
                _micros(first), _micros(last), evidence, system, _micros(withdrawn)
            )
        elif row["what"] == "samples":
            key, figure, subject, started, finished, _, omitted = row["row"]
            view.samples[key, figure, subject] = SampleView(_time(started), _time(finished), omitted)  # type: ignore[arg-type]
        elif row["what"] == "exceptions":
            _add_exception(view, row["row"])
    for key, found in steps.items():
        view.journeys[key].steps.update(found)
    return view


def _add_exception(view: View, row: list[Any]) -> None:
    _, kind, contract, step, subject, *_, opened, settled, settled_by, reopened, anchor = row
    place = (kind, tuple(msgspec.json.decode(anchor) if isinstance(anchor, str) else anchor))
    assert place not in view.exceptions, f"{place} is listed twice"
    view.exceptions[place] = ExceptionView(
        contract,
        step,
        subject,
        _time(opened),
        _time(settled),
        settled_by,
        reopened,  # type: ignore[arg-type]
    )


def _micros(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
