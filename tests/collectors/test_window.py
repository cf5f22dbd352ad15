"""Sweeps over what changed: nothing is lost between them, and what was read is left out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.window import MOST_SEEN, Sweep, cursor_from

DAY = datetime(2026, 3, 2, tzinfo=UTC)


class Both:
    """The machine's clock, and the program's, which runs at a speed."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.machine = 1_000_000.0
        self.program = DAY

    def pass_by(self, seconds: float) -> None:
        self.machine += seconds
        self.program += timedelta(seconds=seconds * self.speed)

    def sweep(self, cursor: Any, **parts: Any) -> Sweep:
        whole = json.loads(json.dumps(cursor))
        return Sweep(whole, lambda: self.program, wall=lambda: self.machine, **parts)


def at(seconds: float) -> datetime:
    return DAY + timedelta(seconds=seconds)


def test_the_first_sweep_reads_from_the_beginning_and_the_next_behind_the_newest_row() -> None:
    clock = Both()
    first = clock.sweep(None)
    assert (first.since, first.place, first.began_at) == (None, None, DAY)
    assert first.fresh("a", "1", at(-1000))
    clock.pass_by(60)
    second = clock.sweep(first.end())
    assert second.since == at(-1300)
    assert second.began_at == at(60)
    assert not second.fresh("a", "1", at(-1000)), "it was read before"
    assert second.fresh("a", "2", at(-900)), "another version was not"
    assert second.fresh("b", "1", at(-1000)), "nor was another record of the same instant"


def test_a_sweep_goes_on_from_its_place_and_keeps_its_beginning() -> None:
    clock = Both()
    first = clock.sweep(None)
    first.fresh("a", "1", at(-5))
    cursor = first.at({"page": 2})
    clock.pass_by(500)
    again = clock.sweep(cursor)
    assert (again.since, again.place, again.began_at) == (None, {"page": 2}, DAY)
    assert not again.fresh("a", "1", at(-5)), "rows shift while one pages"
    assert again.fresh("b", "1", at(-4))


def test_nothing_is_read_from_before_the_watch_begins() -> None:
    clock = Both()
    first = clock.sweep(None, earliest=at(-100))
    assert first.since == at(-100)
    first.fresh("a", "1", at(-50))
    assert clock.sweep(first.end(), earliest=at(-100)).since == at(-100)


def test_a_stamp_in_the_future_does_not_move_the_window_there() -> None:
    clock = Both()
    first = clock.sweep(None)
    first.fresh("a", "1", at(1_000_000))
    cursor = first.end()
    assert clock.sweep(cursor).since == at(-300)
    for _ in range(9):
        clock.pass_by(100)
        sweep = clock.sweep(cursor)
        assert sweep.since is not None
        assert sweep.since <= clock.program
        cursor = sweep.end()


def test_reading_again_begins_where_a_person_says() -> None:
    assert Both().sweep(cursor_from(at(-7200))).since == at(-7500)


def test_what_was_read_is_remembered_only_as_far_as_the_next_sweep_goes_back() -> None:
    clock = Both()
    first = clock.sweep(None)
    for number in range(3 * MOST_SEEN):
        first.fresh(str(number), "1", at(number - 3 * MOST_SEEN))
    cursor = first.end()
    assert len(cursor["seen"]) == 11 * 301
    assert len(json.dumps(cursor)) < 4_000


def test_when_all_has_shown_the_rows_of_one_moment_are_not_read_for_ever() -> None:
    clock = Both()
    cursor: Any = None
    since: list[datetime | None] = []
    for turn in range(9):
        sweep = clock.sweep(cursor)
        since.append(sweep.since)
        told = [sweep.fresh(str(number), "1", at(-10)) for number in range(3_000)]
        assert all(told) or turn > 0
        cursor = sweep.end()
        clock.pass_by(60)
    assert since == [None, *[at(-310)] * 5, *[at(-10)] * 3]
    newer = clock.sweep(cursor)
    newer.fresh("new", "1", at(400))
    assert clock.sweep(newer.end()).since == at(100), "what is new goes back again"


def test_a_source_whose_clock_was_set_back_loses_nothing() -> None:
    clock = Both()
    first = clock.sweep(None, skew=0.0)
    first.fresh("a", "1", at(-1))
    clock.pass_by(60)
    second = clock.sweep(first.end(0.0), skew=0.0)
    third = clock.sweep(second.end(-3600.0), skew=-3600.0)
    assert third.since is not None
    assert third.since <= at(-3600), "what it stamps now lies an hour before"


@pytest.mark.parametrize("speed", [0.0, 1.0, 60.0, 3600.0, 86400.0])
def test_a_row_that_shows_late_is_found_at_any_speed(speed: float) -> None:
    lag = 4.0  # of the machine's seconds, until a row can be read
    clock = Both(speed)
    rows: list[tuple[datetime, float]] = []
    found: set[int] = set()
    cursor: Any = None
    for turn in range(40):
        if turn == 25:
            clock.speed = 0.0
        if turn < 25:
            rows.append((clock.program, clock.machine + lag))
        clock.pass_by(0.7)
        sweep = clock.sweep(cursor)
        for number, (stamp, shown) in enumerate(rows):
            readable = shown <= clock.machine and (sweep.since is None or stamp >= sweep.since)
            if readable and sweep.fresh(str(number), "1", stamp):
                assert number not in found
                found.add(number)
        clock.pass_by(0.1)
        cursor = sweep.end()
    assert found == set(range(25))


@pytest.mark.property
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 250), st.integers(0, 9)), max_size=30))
def test_every_row_is_told_once_in_whatever_order_rows_become_readable(rows: list[tuple[int, int, int]]) -> None:
    """A row is stamped, shows up to 250 s later, and is swept over every 40 s."""
    clock = Both()
    told: list[tuple[int, int, int]] = []
    cursor: Any = None
    for _ in range(24):
        sweep = clock.sweep(cursor)
        for stamped, late, record in rows:
            stamp = at(stamped)
            is_shown = stamp + timedelta(seconds=late) <= clock.program
            is_asked_for = sweep.since is None or stamp >= sweep.since
            if is_shown and is_asked_for and sweep.fresh(str(record), f"{stamped}+{late}", stamp):
                told.append((stamped, late, record))
        cursor = sweep.end()
        clock.pass_by(40)
    assert sorted(told) == sorted(set(rows))
