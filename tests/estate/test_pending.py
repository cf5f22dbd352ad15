"""What a system shows of what it has taken."""

from __future__ import annotations

from datetime import timedelta

from estate.happenings import Happening
from estate.pending import Pending
from tests.estate.engine import NOON, Engine, a_happening


def a_system(engine: Engine) -> tuple[Pending, list[Happening]]:
    written: list[Happening] = []
    return Pending(engine, "netsuite", written.append), written


def at(seconds: float) -> Happening:
    return a_happening("netsuite", NOON + timedelta(seconds=seconds), "customer.validated", customer_id="1")


def test_history_is_written_before_anybody_reads_and_later_only_for_readers() -> None:
    pending, written = a_system(Engine())
    pending.add(at(-9))
    assert written == [at(-9)]
    pending.show()
    pending.add(at(-8))
    assert written == [at(-9)]
    pending.show()
    assert written == [at(-9), at(-8)]


def test_what_lags_waits_in_its_order() -> None:
    engine = Engine()
    engine.lag = 5.0
    pending, written = a_system(engine)
    for seconds in (-7, -5, -4, -6):
        pending.add(at(seconds))
    assert written == [at(-7), at(-5)]
    engine.at += timedelta(seconds=1)
    pending.show()
    assert written == [at(-7), at(-5), at(-4), at(-6)]
    engine.at += timedelta(seconds=60)
    pending.show()
    assert len(written) == 4


def test_happening_counts_from_when_it_is_written_down() -> None:
    engine = Engine()
    pending, written = a_system(engine)
    pending.add(a_happening("netsuite", NOON, "customer.validated", recorded_at=NOON + timedelta(days=1)))
    assert written == []
    engine.at += timedelta(days=1)
    pending.show()
    assert len(written) == 1
