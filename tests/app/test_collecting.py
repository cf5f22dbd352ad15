"""The settings' streams, polled by a worker."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.accounts import accounts, expected
from app.collecting import Rounds, open_collecting
from app.settings import SecretMissingError, load
from app.settings_errors import SettingsError
from app.wiring import Store, load_rules, open_store
from collectors.registry import connectors, streams_of
from models.store import streams
from models.store.engine import transaction
from models.store.reading.listing import read_asked
from models.store.reading.systems import list_systems
from tests.suites.known import acme_known
from tests.suites.orders import Orders
from tests.suites.server import Reply, Served, serving

SETTINGS = """
[systems.acme-eu]
product = "acme"
role = "clm"
base_url = "{url}/eu"
interval_seconds = 0.2
watch_from = 2026-01-01
options = {{ number_field = "no__c", depth = 2 }}
auth = {{ kind = "none", secret = "env:ACME_SECRET" }}

[systems.acme-us]
product = "acme"
role = "clm"
base_url = "{url}/us"
interval_seconds = 0.2

[systems.feed]
product = "push"
role = "erp"
expect_every = "1h"

[systems.described]
product = "workday"
role = "hris"
"""


@pytest.fixture
def source() -> Orders:
    return Orders(25)


@pytest.fixture
def served(source: Orders) -> Iterator[Served]:
    with acme_known(), serving(source.answer) as running:
        yield running


@pytest.fixture
def store(served: Served, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("THROUGHLINE_DATABASE_URL", database)
    monkeypatch.setenv("ACME_SECRET", "hush")
    path = tmp_path / "throughline.toml"
    path.write_text(SETTINGS.format(url=served.url))
    with open_store(load(path)) as opened:
        load_rules(opened)
        yield opened


def row(store: Store, system: str, stream: str = "orders") -> dict:
    with transaction(store.pool) as connection:
        rows = list_systems(connection, read_asked({}), store.clock.now()).rows
    (found,) = [row for row in rows if row["name"] == system]
    return next(one for one in found["streams"] if one["stream"] == stream)


def wait_for(is_so, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)


def test_accounts_are_the_systems_with_an_address(store: Store) -> None:
    eu, us = accounts(store.settings)
    assert (eu.name, eu.product, eu.role, eu.options) == (
        "acme-eu",
        "acme",
        "clm",
        {"number_field": "no__c", "depth": 2},
    )
    assert eu.watch_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert eu.credentials is not None
    assert eu.credentials.secret() == "hush"
    assert "hush" not in repr(eu)
    assert (us.credentials, us.options, us.watch_from) == (None, {}, None)


def test_a_secret_that_is_missing_is_told_with_its_key(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_SECRET")
    (eu, _) = accounts(store.settings)
    assert eu.credentials is not None
    with pytest.raises(
        SecretMissingError, match=r"^systems\.acme-eu\.auth\.secret: the variable ACME_SECRET is not set"
    ):
        eu.credentials.secret()


def test_every_stream_of_a_polled_system_is_expected_and_the_heartbeat_of_a_feed(store: Store) -> None:
    found = {(one.system, one.stream): one for one in expected(store.settings)}
    assert list(found) == [
        ("acme-eu", "orders"),
        ("acme-eu", "returns"),
        ("acme-us", "orders"),
        ("acme-us", "returns"),
        ("feed", ""),
    ]
    assert found["feed", ""].interval_seconds == 3600
    assert not found["feed", ""].is_polled


def test_an_unknown_product_with_an_address_is_told_by_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "throughline.toml"
    path.write_text('[systems.x]\nproduct = "abacus"\nrole = "erp"\nbase_url = "http://127.0.0.1:9"\n')
    with pytest.raises(
        SettingsError, match=r"throughline\.toml: systems\.x\.product is 'abacus'; read are .*salesforce"
    ):
        expected(load(path))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            'product = "boomi"\nbase_url = "http://127.0.0.1:9"\nauth = { kind = "magic" }\n',
            r"throughline\.toml: systems\.x\.auth",
        ),
        (
            'product = "boomi"\nbase_url = "http://127.0.0.1:9"\n'
            'auth = { kind = "basic", user = "u", account = "a", secret = "env:X" }\noptions = { nope = "x" }\n',
            r"throughline\.toml: systems\.x\.options\.nope is no option",
        ),
    ],
)
def test_what_a_connector_refuses_is_told_before_the_start(tmp_path: Path, lines: str, told: str) -> None:
    path = tmp_path / "throughline.toml"
    path.write_text(f'[systems.x]\nrole = "ipaas"\n{lines}')
    with pytest.raises(SettingsError, match=told):
        expected(load(path))


def test_a_missing_secret_is_told_before_anything_is_asked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_SECRET")
    with pytest.raises(SecretMissingError, match=r"systems\.acme-eu\.auth\.secret"), open_collecting(store):
        pass


def test_a_worker_reads_every_stream_and_one_in_trouble_stops_no_other(store: Store, source: Orders) -> None:
    source.trouble["/us/orders"] = Reply(400, {"message": "no such table"})
    stopping = threading.Event()
    with open_collecting(store) as collecting:
        thread = threading.Thread(target=Rounds(collecting).run, args=(stopping,))
        thread.start()
        wait_for(lambda: all(row(store, "acme-eu", name)["watermark"] for name in ("orders", "returns")))
        wait_for(lambda: row(store, "acme-us", "returns")["watermark"])
        wait_for(lambda: row(store, "acme-us")["last_error"])
        first = row(store, "acme-eu")["watermark"]
        wait_for(lambda: row(store, "acme-eu")["watermark"] > first)
        stopping.set()
        thread.join(20)
        assert not thread.is_alive()
    assert "no such table" in row(store, "acme-us")["last_error"]
    assert row(store, "acme-us")["watermark"] is None
    assert row(store, "acme-us", "returns")["last_error"] is None
    assert source.most_at_once == 1


def test_a_slow_system_leaves_others_their_turn(store: Store, source: Orders) -> None:
    slow = Orders(25, seconds=0.3)
    quick = source.answer
    source.trouble.clear()
    stopping = threading.Event()
    with acme_known(), serving(lambda asked: (slow.answer if "/eu/" in asked.path else quick)(asked)) as both:
        path = store.settings.path
        assert path is not None
        path.write_text(SETTINGS.format(url=both.url))
        again = Store(load(path), store.clock, store.url, store.pool)
        with open_collecting(again) as collecting:
            thread = threading.Thread(target=Rounds(collecting, at_once=3, of_one=2).run, args=(stopping,))
            thread.start()
            wait_for(lambda: row(store, "acme-us", "returns")["watermark"] and row(store, "acme-us")["watermark"])
            assert row(store, "acme-eu")["watermark"] is None or slow.requests
            stopping.set()
            thread.join(20)


def test_a_hint_is_followed_at_once(store: Store, source: Orders) -> None:
    stopping = threading.Event()
    with open_collecting(store) as collecting:
        thread = threading.Thread(target=Rounds(collecting).run, args=(stopping,))
        thread.start()
        wait_for(lambda: row(store, "acme-eu")["watermark"])
        with transaction(store.pool) as connection:
            connection.execute("UPDATE stream SET next_poll_at = clock_timestamp() + interval '1 hour'")
            before = len(source.requests)
            assert streams.hint(connection, "acme-us", "returns")
        wait_for(lambda: any(path == "/us/returns" for path, _ in source.requests[before:]))
        stopping.set()
        thread.join(20)


def test_a_stream_that_nobody_polls_is_blind_since_its_watermark(store: Store) -> None:
    with open_collecting(store) as collecting:
        claimed = collecting.poller.claim([("acme-eu", "orders")])
        assert claimed is not None
        collecting.poller.poll(claimed)
    assert row(store, "acme-eu")["blind_since"] is None
    with transaction(store.pool) as connection:
        connection.execute("UPDATE stream SET next_poll_at = clock_timestamp() - interval '2 minutes'")
    found = row(store, "acme-eu")
    assert found["blind_since"] == found["watermark"]
    never = row(store, "acme-eu", "returns")
    assert never["blind_since"] == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_registry_finds_what_lies_in_the_folder(store: Store) -> None:
    (eu, _) = accounts(store.settings)
    assert "acme" in connectors()
    assert [stream.name for stream in streams_of(eu)] == ["orders", "returns"]
