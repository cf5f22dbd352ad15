"""Leases, cursors and what streams remember."""

import threading
from datetime import timedelta

import pytest

from models.store import streams
from models.store.absorb import absorb
from models.store.engine import Pool, in_transaction, transaction
from models.store.processes import read_workshop
from models.store.streams import Claimed, Expected, LeaseLostError, Step, StoredMemory
from tests.making import an_event, at, load

ONE, TWO = ("crm", "accounts"), ("crm", "opportunities")


def expect(pool: Pool, *names: streams.Name, **parts: object) -> None:
    wanted = [Expected(*name, 60.0, **parts) for name in names]  # type: ignore[arg-type]
    in_transaction(pool, lambda connection: streams.expect(connection, wanted))


def claim(pool: Pool, *among: streams.Name, is_due_only: bool = True) -> Claimed | None:
    return in_transaction(
        pool, lambda connection: streams.claim(connection, among or (ONE, TWO), is_due_only=is_due_only)
    )


def taken(pool: Pool, *among: streams.Name) -> Claimed:
    claimed = claim(pool, *among)
    assert claimed is not None
    return claimed


def row(pool: Pool, name: streams.Name, *columns: str) -> tuple:
    with transaction(pool) as connection:
        found = connection.execute(
            f"SELECT {', '.join(columns)} FROM stream WHERE system = %s AND stream = %s",
            name,
        ).fetchone()
    assert found is not None
    return found


def change(pool: Pool, name: streams.Name, what: str) -> None:
    with transaction(pool) as connection:
        connection.execute(f"UPDATE stream SET {what} WHERE system = %s AND stream = %s", name)


def test_a_stream_is_claimed_by_one_and_due_again_when_it_is_put_down(pool: Pool) -> None:
    expect(pool, ONE)
    claimed = taken(pool)
    assert (claimed.system, claimed.stream, claimed.cursor, claimed.interval_seconds) == (*ONE, None, 60.0)
    assert claim(pool) is None
    in_transaction(pool, lambda connection: streams.release(connection, claimed, seconds=60, is_well=True))
    assert claim(pool) is None, "it rests"
    assert claim(pool, is_due_only=False) is not None


def test_a_hundred_claims_by_ten_threads_never_meet(pool: Pool) -> None:
    names = [("crm", f"s{number}") for number in range(30)]
    expect(pool, *names)
    found: list[streams.Name] = []
    lock = threading.Lock()

    def work() -> None:
        while (claimed := claim(pool, *names)) is not None:
            with lock:
                found.append((claimed.system, claimed.stream))

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(names)


def test_the_lease_of_a_reader_that_died_ends(pool: Pool) -> None:
    expect(pool, ONE)
    dead = taken(pool)
    change(pool, ONE, "lease_until = clock_timestamp() - interval '1 second'")
    alive = taken(pool)
    assert alive.lease != dead.lease
    with transaction(pool) as connection:
        assert streams.renew(connection, [dead.lease, alive.lease]) == {alive.lease}
        with pytest.raises(LeaseLostError, match="crm/accounts is read by another worker"):
            streams.advance(connection, dead, Step({"page": 1}))


def test_a_page_is_written_with_its_cursor_or_not_at_all(pool: Pool) -> None:
    load(pool)
    expect(pool, ONE)
    claimed = taken(pool)
    with transaction(pool) as connection:
        workshop = read_workshop(connection)
    event = an_event("contract.signed", 1, keys={"contract": "SOW-1"})

    def write(step: Step) -> None:
        absorb(pool, [event], workshop, at(9), also=lambda connection, _: streams.advance(connection, claimed, step))

    change(pool, ONE, "lease = 'another'")
    with pytest.raises(LeaseLostError):
        write(Step({"page": 1}, at(1), {"r1": "x"}))
    with transaction(pool) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)
    assert row(pool, ONE, "cursor", "watermark") == (None, None)
    assert StoredMemory(pool, *ONE).recall(["r1"]) == {}
    change(pool, ONE, f"lease = '{claimed.lease}'")
    write(Step({"page": 1}, at(1), {"r1": "x"}))
    assert row(pool, ONE, "cursor", "watermark") == ({"page": 1}, at(1))
    assert StoredMemory(pool, *ONE).recall(["r1", "r2"]) == {"r1": "x"}


def test_a_watermark_never_goes_back(pool: Pool) -> None:
    expect(pool, ONE)
    claimed = taken(pool)
    with transaction(pool) as connection:
        for step in (Step(1, at(5)), Step(2), Step(3, at(4))):
            streams.advance(connection, claimed, step)
    assert row(pool, ONE, "cursor", "watermark") == (3, at(5))


def test_a_failure_is_told_and_ends_with_the_next_success(pool: Pool) -> None:
    expect(pool, ONE)
    for count in (1, 2):
        claimed = taken(pool)
        assert claimed.failures == count - 1
        with transaction(pool) as connection:
            streams.fail(connection, claimed, seconds=0, failure="RetryLater", told="it does not answer")
        assert row(pool, ONE, "failures", "failure", "last_error") == (count, "RetryLater", "it does not answer")
    claimed = taken(pool)
    with transaction(pool) as connection:
        streams.release(connection, claimed, seconds=0, is_well=True)
    assert row(pool, ONE, "failures", "failure", "last_error", "last_error_at") == (0, None, None, None)


def test_a_hint_has_a_stream_read_at_once_unless_it_fails(pool: Pool) -> None:
    expect(pool, ONE)
    claimed = taken(pool)
    with transaction(pool) as connection:
        assert streams.hint(connection, *ONE)
        assert not streams.hint(connection, "crm", "nothing")
        streams.release(connection, claimed, seconds=600, is_well=True)
    again = taken(pool)  # the hint came while it was read
    with transaction(pool) as connection:
        streams.release(connection, again, seconds=600, is_well=True)
    assert claim(pool) is None
    with transaction(pool) as connection:
        streams.hint(connection, *ONE)
    failing = taken(pool)
    with transaction(pool) as connection:
        streams.fail(connection, failing, seconds=600, failure="RetryLater", told="slow down")
        streams.hint(connection, *ONE)
    assert claim(pool) is None, "the system asked for a pause"


def test_a_cursor_set_anew_takes_the_stream_from_whoever_reads_it(pool: Pool) -> None:
    expect(pool, ONE)
    reading = taken(pool)
    with transaction(pool) as connection:
        streams.advance(connection, reading, Step({"page": 1}, at(1), {"r1": "x"}, {"names": ["id"]}))
        assert streams.set_cursor(connection, *ONE, {"newest": "2026-03-01"})
        assert not streams.set_cursor(connection, "crm", "nothing", None)
        with pytest.raises(LeaseLostError):
            streams.advance(connection, reading, Step({"page": 2}))
    again = taken(pool)
    assert (again.cursor, again.fields) == ({"newest": "2026-03-01"}, None)
    assert StoredMemory(pool, *ONE).recall(["r1"]) == {"r1": "x"}
    with transaction(pool) as connection:
        streams.set_cursor(connection, *ONE, None)
    assert taken(pool).cursor is None
    assert StoredMemory(pool, *ONE).recall(["r1"]) == {}, "from the beginning, nothing is remembered"
    assert row(pool, ONE, "watermark") == (at(1),)


def test_streams_that_the_settings_name_no_more_are_not_polled(pool: Pool) -> None:
    expect(pool, ONE, TWO)
    expect(pool, TWO)
    assert taken(pool).stream == "opportunities"
    assert claim(pool, is_due_only=True) is None
    assert row(pool, ONE, "next_poll_at") == (None,)
    expect(pool, ONE, TWO)
    assert taken(pool).stream == "accounts"


def test_new_settings_are_tried_at_once_where_old_ones_were_wrong(pool: Pool) -> None:
    expect(pool, ONE, TWO)
    for name, failure in ((ONE, "Misconfigured"), (TWO, "RetryLater")):
        claimed = taken(pool, name)
        with transaction(pool) as connection:
            streams.fail(connection, claimed, seconds=600, failure=failure, told="no")
    assert claim(pool) is None
    expect(pool, ONE, TWO)
    assert taken(pool).stream == "accounts"
    assert claim(pool) is None


def test_the_next_poll_is_known(pool: Pool) -> None:
    def seconds() -> float | None:
        with transaction(pool) as connection:
            return streams.seconds_to_next(connection, [ONE, TWO])

    assert seconds() is None
    expect(pool, ONE, TWO)
    due = seconds()
    assert due is not None
    assert due <= 0
    taken(pool)
    taken(pool)
    assert seconds() is None


def test_memory_holds_more_than_a_page(pool: Pool) -> None:
    expect(pool, ONE)
    claimed = taken(pool)
    learned = {f"r{number:05}": str(number) for number in range(5_001)}
    with transaction(pool) as connection:
        streams.advance(connection, claimed, Step(1, learned=learned))
        streams.advance(connection, claimed, Step(2, learned={"r00000": None, "r00001": "one"}))
    memory = StoredMemory(pool, *ONE)
    known = dict(memory.all())
    assert len(known) == 5_000
    assert known["r00001"] == "one"
    assert memory.recall([]) == {}
    assert dict(StoredMemory(pool, *TWO).all()) == {}


def test_a_stream_that_watches_from_a_day_says_so(pool: Pool) -> None:
    expect(pool, ONE, watch_from=at(0))
    assert row(pool, ONE, "watch_from") == (at(0),)
    expect(pool, ONE, watch_from=at(0) - timedelta(days=1))
    assert row(pool, ONE, "watch_from") == (at(-24),)
