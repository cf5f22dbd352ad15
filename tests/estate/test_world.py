"""The engine: what is due happens, and what is executed again really happens, once or twice."""

from datetime import timedelta
from pathlib import Path

import pytest

from estate.access import Access
from estate.clock import BusinessClock
from estate.happenings import Happening
from estate.scenario.making import make
from estate.services import RERUN, Outcome
from estate.truth import Fault
from estate.world import World

SYSTEMS = ("ironclad", "salesforce", "certinia", "netsuite", "boomi", "rabbitmq")


class Recorder:
    """A product that keeps what it was told."""

    systems: tuple[str, ...] = SYSTEMS
    prefix = "/recorder"

    def __init__(self) -> None:
        self.taken: list[Happening] = []

    def apply(self, happening: Happening) -> None:
        self.taken.append(happening)

    def routes(self) -> list[object]:
        return []


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def world(tmp_path: Path, wall: Wall) -> World:
    scenario = make(21, 120, 12)
    world = World(scenario, BusinessClock(scenario.start, 0.0, wall), Access(tmp_path), wall)
    world.admit([Recorder()])
    world.catch_up()
    return world


def taken(world: World) -> list[Happening]:
    recorder = world.products[0]
    assert isinstance(recorder, Recorder)
    return recorder.taken


def open_fault(world: World, flow: str) -> Fault:
    return next(
        fault
        for fault in world.truth.faults()
        if fault.can_be_mended
        and (fault.operation or "").startswith(flow)
        and fault.healed_at is None
        and fault.planted_at < world.now() - timedelta(days=3)
    )


def rerun(world: World, operation: str | None, item: str = "doc", key: str | None = None) -> Outcome:
    assert operation is not None
    return world.execute("boomi", RERUN, operation, item, key)


def test_only_what_is_due_has_happened(world: World) -> None:
    before = len(taken(world))
    assert all(happening.when <= world.now() for happening in taken(world))
    world.clock.advance(14 * 86400)
    world.catch_up()
    assert len(taken(world)) > before
    assert all(happening.when <= world.now() for happening in taken(world))


def test_the_truth_stands_before_any_product_is_told(tmp_path: Path) -> None:
    scenario = make(21, 120, 12)
    before = scenario.truth.view(scenario.start)
    world = World(scenario, BusinessClock(scenario.start, 0.0), Access(tmp_path))
    world.admit([Recorder()])
    assert taken(world) == []
    world.catch_up()
    assert world.view() == before


def test_a_stopped_clock_gives_the_same_answers(world: World, wall: Wall) -> None:
    first = world.view(), list(taken(world))
    wall.seconds += 3600
    world.catch_up()
    assert (world.view(), taken(world)) == first


def test_a_running_clock_runs_at_its_speed(world: World, wall: Wall) -> None:
    begun = world.now()
    world.clock.set_speed(60)
    wall.seconds += 10
    assert world.now() - begun == timedelta(minutes=10)


def test_lag_is_wall_time_and_gone_when_the_clock_stands(world: World) -> None:
    assert world.lag_seconds("netsuite") == 0
    world.clock.set_speed(100)
    assert world.lag_seconds("netsuite") == 300


def test_a_re_run_makes_what_was_missing_and_heals_the_fault(world: World) -> None:
    fault = open_fault(world, "billing-schedule-sync")
    before = len(taken(world))
    outcome = rerun(world, fault.operation)
    assert (outcome.result, outcome.executed, outcome.is_success) == ("done", True, True)
    made = taken(world)[before:]
    assert [(one.what, one.contract, one.at) for one in made] == [
        ("billing_schedule.created", fault.contract, world.now())
    ]
    assert {"kind": "failed", "contract": fault.contract} in world.view()["undecided"]
    shown = [row for row in world.view()["steps"] if row["contract"] == fault.contract]
    assert ("billing_schedule.created", "netsuite") in {(row["step"], row["system"]) for row in shown}
    assert [act["outcome"] for act in world.log_lines()] == ["done"]


def test_a_second_re_run_changes_nothing_where_the_target_knows_the_record(world: World) -> None:
    fault = open_fault(world, "billing-schedule-sync")
    rerun(world, fault.operation)
    before = len(taken(world))
    assert rerun(world, fault.operation).result == "exists"
    assert len(taken(world)) == before


def test_a_second_re_run_makes_a_duplicate_where_the_target_takes_it(world: World) -> None:
    fault = open_fault(world, "invoice-posting")
    for _ in range(3):
        assert rerun(world, fault.operation).result == "done"
    made = [one for one in taken(world) if one.what == "invoice.posted" and one.at == world.now()]
    assert len({one.data["invoice"] for one in made}) == len({one.data["number"] for one in made}) == 3
    assert len({one.data["operation"] for one in made}) == 1
    planted = [one for one in world.truth.faults() if one.kind == "duplicate" and one.planted_at == world.now()]
    assert [one.contract for one in planted] == [fault.contract]


def test_a_consumer_that_gives_a_key_acts_once(world: World) -> None:
    fault = open_fault(world, "invoice-posting")
    assert rerun(world, fault.operation, key="k").result == "done"
    again = rerun(world, fault.operation, key="k")
    assert (again.result, again.executed, again.is_success) == ("repeated", False, True)
    assert [(act["executed"], act["idempotency_key"]) for act in world.log_lines()] == [(True, "k"), (False, "k")]


def test_what_was_made_by_hand_is_there_already(world: World) -> None:
    by_hand = next(
        fault
        for fault in world.truth.faults()
        if fault.healed_at is not None
        and fault.healed_at < world.now()
        and not (fault.operation or "x:certinia").endswith(":certinia")
    )
    assert rerun(world, by_hand.operation).result == "exists"


def test_a_poisoned_operation_fails_again(world: World) -> None:
    name = next(name for name, one in world.scenario.operations.items() if one.is_poisoned)
    outcome = rerun(world, name)
    assert (outcome.result, outcome.executed, outcome.is_success) == ("error", True, False)
    assert outcome.error_class


def test_an_unknown_operation_is_not_executed(world: World) -> None:
    assert rerun(world, "nothing:of:ours").result == "unknown"


@pytest.mark.parametrize(
    ("how", "result", "heals"),
    [
        ("accepted_then_nothing", "nothing", False),
        ("write_dropped", "dropped", True),
        ("duplicate_swallowed", "exists", True),
        ("expired", "expired", False),
    ],
)
def test_a_lie_is_told_once_and_nothing_is_made(world: World, how: str, result: str, heals: bool) -> None:
    fault = open_fault(world, "invoice-posting")
    world.misbehaviour.promise_lie("boomi", how)
    before = len(taken(world))
    outcome = rerun(world, fault.operation)
    assert (outcome.result, outcome.executed) == (result, False)
    assert len(taken(world)) == before
    assert world.truth.is_open(fault.operation or "", world.now()) is not heals
    assert rerun(world, fault.operation).result == "done"
