"""Polling over real sockets into a real database."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from collectors.base import Json, Memory, Page
from collectors.connections import Connections
from collectors.pacing import rest_after, rest_between
from collectors.poll import Ended, Polled, Poller
from models.errors import Misconfigured, RetryLater, StopStream
from models.store import streams
from models.store.engine import Pool, in_transaction, open_pool, transaction
from models.store.reading.listing import read_asked
from models.store.reading.systems import list_systems
from models.store.streams import Expected
from tests.making import at, load
from tests.requirements import ROOT
from tests.suites import orders
from tests.suites.acme import Acme
from tests.suites.orders import Orders
from tests.suites.server import Reply, Served, serving

EU = ("acme-eu", "orders")
BACK = ("acme-eu", "returns")


@pytest.fixture
def source() -> Orders:
    return Orders(35)


@pytest.fixture
def served(source: Orders) -> Iterator[Served]:
    with serving(source.answer) as running:
        yield running


@pytest.fixture
def poller(pool: Pool, served: Served) -> Iterator[Poller]:
    load(pool)
    expect(pool, EU, BACK)
    with polling(pool, orders.connections(served.url, "acme-eu")) as made:
        yield made


@contextmanager
def polling(pool: Pool, connections: Connections) -> Iterator[Poller]:
    poller = Poller(pool, connections)
    yield poller
    poller.close()
    connections.close()


def expect(pool: Pool, *names: streams.Name, seconds: float = 60.0) -> None:
    in_transaction(pool, lambda connection: streams.expect(connection, [Expected(*name, seconds) for name in names]))


def poll(poller: Poller, name: streams.Name = EU) -> Polled:
    claimed = poller.claim([name], is_due_only=False)
    assert claimed is not None
    return poller.poll(claimed)


def told(pool: Pool, name: streams.Name = EU) -> dict:
    with transaction(pool) as connection:
        rows = list_systems(connection, read_asked({}), at(24 * 40)).rows
    return next(stream for row in rows for stream in row["streams"] if (row["name"], stream["stream"]) == name)


def counted(pool: Pool) -> int:
    with transaction(pool) as connection:
        row = connection.execute("SELECT count(*) FROM event").fetchone()
    assert row is not None
    return int(row[0])


def rests(pool: Pool, name: streams.Name = EU) -> float:
    with transaction(pool) as connection:
        seconds = streams.seconds_to_next(connection, [name])
    assert seconds is not None
    return seconds


def test_a_stream_is_read_to_its_end_and_says_how_it_stands(poller: Poller, pool: Pool, source: Orders) -> None:
    polled = poll(poller)
    assert (polled.ended, polled.pages, polled.events, polled.new) == (Ended.READ, 4, 35, 35)
    assert counted(pool) == 35
    row = told(pool)
    assert row["watermark"] == orders.StandingClock().now()
    assert row["lag_seconds"] == (at(24 * 40) - orders.StandingClock().now()).total_seconds()
    assert (row["last_error"], row["blind_since"], row["quarantined"]) == (None, None, 0)
    assert row["last_success_at"] is not None
    assert 50 < rests(pool) < 70
    source.requests.clear()
    again = poll(poller)
    assert (again.pages, again.events) == (1 + 35 // 10, 0), "the overlap is read again, and told once"
    assert counted(pool) == 35


def test_an_idle_poll_costs_two_requests_at_most(poller: Poller, source: Orders) -> None:
    source.rows = source.rows[:5]
    poll(poller)
    source.requests.clear()
    assert poll(poller).pages == 1
    assert len(source.requests) <= 2


@pytest.mark.parametrize(
    ("reply", "family", "told_of"),
    [
        (Reply(500, {"message": "boom"}), "RetryLater", "answered 500: boom"),
        (Reply(json={"rows": []}, cut=4), "RetryLater", "broke off"),
        (Reply(body=b"<html>soon back</html>"), "RetryLater", "no whole JSON"),
        (Reply(silent=True), "RetryLater", "was not answered within 2 s"),
        (Reply(json={"data": []}), "Fault", "a fault of this program, KeyError"),
        (Reply(401, {"message": "expired"}), "Misconfigured", r"[systems.acme-eu.auth]"),
        (Reply(403, {"message": "no right"}), "StopStream", "no right"),
        (Reply(400, {"message": "bad since"}), "StopStream", "bad since"),
        (Reply(302, headers={"location": "http://127.0.0.1:1/"}), "StopStream", "sends us elsewhere"),
    ],
)
def test_a_stream_in_trouble_says_what_is_wrong_and_the_others_go_on(  # noqa: PLR0917
    poller: Poller, pool: Pool, source: Orders, reply: Reply, family: str, told_of: str
) -> None:
    poll(poller)
    before = told(pool)
    source.rows += [orders.a_row(40, "2026-03-30T10:00:00+00:00")]
    source.trouble["/acme-eu/orders"] = reply
    assert poll(poller).ended is Ended.FAILED
    row = told(pool)
    assert told_of in row["last_error"]
    assert row["blind_since"] == before["watermark"]
    assert row["cursor"] == before["cursor"]
    with transaction(pool) as connection:
        found = connection.execute("SELECT failure FROM stream WHERE stream = 'orders'").fetchone()
    assert found == (family,)
    assert poll(poller, BACK).ended is Ended.READ, "the other stream goes on"
    source.trouble.clear()
    assert poll(poller).new == 1, "nothing is lost"
    row = told(pool)
    assert (row["last_error"], row["blind_since"]) == (None, None)


def test_pages_before_the_trouble_stay(poller: Poller, pool: Pool, source: Orders) -> None:
    whole = source._page

    def cut(asked):  # type: ignore[no-untyped-def]
        return Reply(500) if asked.params["token"] == "20" else whole(asked)

    source._page = cut  # type: ignore[method-assign]
    polled = poll(poller)
    assert (polled.ended, polled.pages, counted(pool)) == (Ended.FAILED, 2, 20)
    source._page = whole  # type: ignore[method-assign]
    source.requests.clear()
    assert poll(poller).new == 15
    assert source.requests == [("/acme-eu/orders", "20"), ("/acme-eu/orders", "30")], "no committed page is read again"


def test_a_bad_record_costs_one_row(poller: Poller, pool: Pool, source: Orders) -> None:
    del source.rows[3]["signed"]
    polled = poll(poller)
    assert (polled.ended, polled.new, polled.unreadable) == (Ended.READ, 34, 1)
    assert told(pool)["quarantined"] == 1
    poll(poller)
    assert told(pool)["quarantined"] == 1


def test_an_event_that_no_process_declares_is_kept_and_can_be_read_again(pool: Pool, served: Served) -> None:
    load(pool)
    expect(pool, EU)

    class Odd(Acme):
        def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
            for page in super().read(stream, cursor, memory):
                yield page._replace(events=[self._odd(event) for event in page.events])

        def _odd(self, event):  # type: ignore[no-untyped-def]
            return type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | {"type": "no.such"})

    @contextmanager
    def opened(account, now):  # type: ignore[no-untyped-def]
        with orders.opened(account, now) as connector:
            yield Odd(connector.account, connector.http, now)

    accounts = orders.connections(served.url, "acme-eu").accounts.values()
    with polling(pool, Connections(accounts, orders.StandingClock().now, opened)) as poller:
        polled = poll(poller)
    assert (polled.new, polled.unreadable) == (0, 35)
    with transaction(pool) as connection:
        rows = connection.execute("SELECT format, reason, convert_from(raw, 'UTF8') FROM quarantine").fetchall()
    assert len(rows) == 35
    assert {row[0] for row in rows} == {"cloudevent"}
    assert all(row[1].startswith("unknown_type") and '"specversion":"1.0"' in row[2] for row in rows)


def test_a_field_that_goes_is_noticed(poller: Poller, pool: Pool, source: Orders) -> None:
    source.rows += [orders.a_row(number) for number in range(35, 120)]
    source.rows[7].pop("extra", None)
    poll(poller)
    source.rows = [orders.a_row(500, "2026-03-30T10:00:00+00:00")]
    source.rows[0].pop("state")
    assert poll(poller).ended is Ended.READ
    assert "acme-eu/orders: the records no longer have state" in told(pool)["last_error"]
    assert told(pool)["blind_since"] is None, "what is read is read"
    source.rows = [orders.a_row(501, "2026-03-30T10:00:01+00:00")]
    poll(poller)
    assert told(pool)["last_error"] is None


def test_a_stop_puts_the_stream_down_behind_the_page(poller: Poller, pool: Pool, source: Orders) -> None:
    claimed = poller.claim([EU])
    assert claimed is not None
    assert poller.poll(claimed, lambda: True).ended is Ended.STOPPED
    assert counted(pool) == 10
    assert rests(pool) <= 0
    source.requests.clear()
    assert poll(poller).new == 25
    assert source.requests[0] == ("/acme-eu/orders", "10")


def test_a_reader_that_lost_its_lease_writes_nothing(poller: Poller, pool: Pool) -> None:
    claimed = poller.claim([EU])
    assert claimed is not None
    with transaction(pool) as connection:
        streams.set_cursor(connection, *EU, None)
    assert poller.poll(claimed).ended is Ended.LOST
    assert counted(pool) == 0
    assert told(pool)["last_error"] is None


def test_a_long_page_keeps_its_lease(pool: Pool, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LEASE_SECONDS", 0.6)
    load(pool)
    expect(pool, EU)
    waiting = threading.Event()

    class Slow(Acme):
        def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
            waiting.wait(1.5)
            yield from super().read(stream, cursor, memory)

    @contextmanager
    def opened(account, now):  # type: ignore[no-untyped-def]
        with orders.opened(account, now) as connector:
            yield Slow(connector.account, connector.http, now)

    accounts = orders.connections(served.url, "acme-eu").accounts.values()
    connections = Connections(accounts, orders.StandingClock().now, opened)
    poller = Poller(pool, connections, renew_seconds=0.1)
    claimed = poller.claim([EU])
    assert claimed is not None
    ended: list[Polled] = []
    thread = threading.Thread(target=lambda: ended.append(poller.poll(claimed)))
    thread.start()
    while thread.is_alive():
        assert poller.claim([EU], is_due_only=False) is None or not thread.is_alive()
        thread.join(0.2)
    assert ended[0].ended is Ended.READ
    poller.close()
    connections.close()


def test_two_workers_never_read_a_stream_at_once(database: str, pool: Pool) -> None:
    load(pool)
    systems = ("a", "b", "c")
    names = [(system, stream) for system in systems for stream in ("orders", "returns")]
    expect(pool, *names, seconds=0.05)
    source = Orders(40, seconds=0.01)
    with (
        serving(source.answer) as served,
        worker(database, served.url, *systems),
        worker(database, served.url, *systems),
    ):
        until = time.monotonic() + 60
        while counted(pool) < 240 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1)
    assert source.most_at_once == 1
    assert counted(pool) == 240


def test_what_a_killed_worker_committed_is_not_read_again(database: str, pool: Pool) -> None:
    load(pool)
    expect(pool, EU)
    source = Orders(3_000, size=20, seconds=0.002)
    kills, seed = 5, random.Random(3)
    with serving(source.answer) as served:
        for _ in range(kills):
            with worker(database, served.url, "acme-eu") as process:
                time.sleep(0.3 + seed.random() * 0.4)
                process.kill()
                process.wait()
            expire(pool)
            with transaction(pool) as connection:
                (cursor,) = connection.execute("SELECT cursor FROM stream").fetchone() or (None,)
            place = "" if cursor is None or "sweep" not in cursor else cursor["sweep"]["place"]
            assert counted(pool) == int(place or 0), "events and the cursor behind them"
        done = partial(counted, pool)
        with worker(database, served.url, "acme-eu"):
            until = time.monotonic() + 60
            while done() < 3_000 and time.monotonic() < until:
                time.sleep(0.05)
    assert done() == 3_000
    first_sweep = [token for _, token in source.requests][: 150 + kills]
    assert len(set(first_sweep)) >= 150, "a kill costs one page at most"


def expire(pool: Pool) -> None:
    """The time of a dead worker's lease goes by."""
    with transaction(pool) as connection:
        connection.execute("UPDATE stream SET lease_until = clock_timestamp() - interval '1 second' WHERE lease <> ''")


@contextmanager
def worker(database: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.collectors.polling", database, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "polling\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_database_that_goes_away_ends_no_poller(database: str) -> None:
    with open_pool(database, max_size=2) as pool:
        load(pool)
        expect(pool, EU)
        poller = Poller(pool, orders.connections("http://127.0.0.1:1", "acme-eu"))
        claimed = poller.claim([EU])
        assert claimed is not None
    assert poller.poll(claimed).ended is Ended.FAILED
    poller.close()


@pytest.mark.parametrize(
    ("error", "failures", "interval", "least", "most"),
    [
        (RetryLater("x"), 0, 60, 4.25, 5.75),
        (RetryLater("x"), 3, 60, 34, 46),
        (RetryLater("x"), 50, 60, 255, 345),
        (RetryLater("x"), 50, 3600, 765, 1035),
        (RetryLater("x"), 0, 1, 0.85, 1.15),
        (RetryLater("x", wait_seconds=7200), 0, 60, 7200, 7920),
        (RetryLater("x", wait_seconds=1), 4, 60, 68, 92),
        (StopStream("x"), 0, 1, 51, 69),
        (Misconfigured("x"), 2, 60, 204, 276),
        (KeyError("x"), 50, 60, 3060, 4140),
    ],
)
def test_rests_by_family(error: Exception, failures: int, interval: float, least: float, most: float) -> None:
    for _ in range(50):
        assert least <= rest_after(error, failures, interval) <= most
    assert len({rest_after(error, failures, interval) for _ in range(5)}) == 5, "spread"
    assert 0.85 * interval <= rest_between(interval) <= 1.15 * interval
