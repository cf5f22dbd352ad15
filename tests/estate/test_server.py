"""The estate over HTTP: its own interface, and that the products are where the settings say."""

import stat
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from estate.access import Access
from estate.server import Estate, Size
from estate.settings import settings_text
from tests.estate.engine import until

BASE = "http://127.0.0.1:8600"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    firm = Estate(Size(5, 40, 12, 0.0), BASE, access=Access(tmp_path_factory.mktemp("secrets")))
    firm.start()
    yield firm
    firm.stop()


@pytest.fixture(scope="module")
def served(firm: Estate) -> Iterator[str]:
    """Where the firm really is; its settings say 8600."""
    server = uvicorn.Server(uvicorn.Config(firm.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, trust_env=False) as client:
        yield client


def test_the_clock_stops_runs_and_jumps(client: httpx.Client) -> None:
    before = client.get("/_estate/clock").json()
    assert before["speed"] == 0
    assert client.post("/_estate/clock", json={"advance_seconds": 60}).json()["now"] > before["now"]
    assert client.post("/_estate/clock", json={"speed": 10}).json()["speed"] == 10
    client.post("/_estate/clock", json={"speed": 0})
    assert client.get("/_estate/clock").json() == client.get("/_estate/clock").json()


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("clock", {"speed": -1}),
        ("clock", {"speed": "fast"}),
        ("clock", {"speed": True}),
        ("clock", {"advance_seconds": -5}),
        ("clock", {"now": "2026-01-01"}),
        ("clock", []),
        ("outage", {"system": "sap", "seconds": 5}),
        ("outage", {"system": "boomi"}),
        ("outage", {"system": "boomi", "seconds": 5, "why": "x"}),
        ("lie", {"system": "boomi", "how": "sweetly"}),
    ],
)
def test_what_does_not_fit_is_refused(client: httpx.Client, path: str, sent: object) -> None:
    answer = client.post(f"/_estate/{path}", json=sent)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_what_is_no_json_is_refused(client: httpx.Client) -> None:
    assert client.post("/_estate/clock", content=b"speed=1").status_code == 422


def test_unknown_paths_and_methods_are_refused(client: httpx.Client) -> None:
    assert client.get("/_estate/secrets").status_code == 404
    assert client.delete("/_estate/clock").status_code == 405


def test_the_settings_collect_every_system_and_hold_no_secret(firm: Estate, client: httpx.Client) -> None:
    text = client.get("/_estate/settings").text
    settings = tomllib.loads(text)
    assert settings["clock"] == f"{BASE}/_estate/clock"
    assert {name: one["role"] for name, one in settings["systems"].items()} == {
        "ironclad": "clm",
        "salesforce": "crm",
        "certinia": "psa",
        "netsuite": "erp",
        "boomi": "ipaas",
    }
    assert not [key for one in settings["systems"].values() for key in one if key == "watch_from"]
    assert "approval" not in settings
    for one in settings["systems"].values():
        place = Path(one["auth"]["secret"].removeprefix("file:"))
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert place.read_text() not in text
        assert one["base_url"].startswith(BASE)
    assert Path(settings["rates"]["file"]).read_text().startswith("date,from,to,rate")


def test_with_a_broker_its_password_stays_in_a_file(tmp_path: Path) -> None:
    access = Access(tmp_path)
    start = Estate(Size(1, 3, 3, 0.0), BASE, access=access).world.scenario.start
    text = settings_text(access, BASE, start, "amqp://ana:pepper@127.0.0.1:5673/")
    broker = tomllib.loads(text)["systems"]["rabbitmq"]
    assert broker["auth"]["user"] == "ana"
    assert "pepper" not in text
    assert Path(broker["auth"]["secret"].removeprefix("file:")).read_text() == "pepper"


def test_the_truth_has_the_shape_of_the_interface(client: httpx.Client) -> None:
    truth = client.get("/_estate/truth").json()
    assert set(truth) == {"now", "faults", "undecided", "lookalikes", "steps"}
    assert all(
        {"id", "kind", "contract", "subject", "system", "planted_at", "healed_at"} <= set(one)
        for one in truth["faults"]
    )
    assert all(set(one) == {"contract", "step", "subject", "at", "system"} for one in truth["steps"])
    assert all(one["contract"] is None for one in truth["faults"] if one["kind"] == "unlinked")
    assert client.get("/_estate/log").json() == {"items": []}


def test_an_outage_ends_by_itself_or_by_hand(firm: Estate, client: httpx.Client) -> None:
    client.post("/_estate/outage", json={"system": "netsuite", "stream": "invoices", "seconds": 60})
    assert firm.world.outage("netsuite", "invoices")
    assert not firm.world.outage("netsuite", "projects")
    client.post("/_estate/outage", json={"system": "netsuite", "stream": "invoices", "seconds": 0})
    assert not firm.world.outage("netsuite", "invoices")


def test_an_outage_of_a_system_is_one_of_all_its_streams(firm: Estate, client: httpx.Client) -> None:
    client.post("/_estate/outage", json={"system": "boomi", "seconds": 60})
    assert firm.world.outage("boomi", "executions")
    client.post("/_estate/outage", json={"system": "boomi", "seconds": 0})


def test_a_lie_waits_for_the_next_write(firm: Estate, client: httpx.Client) -> None:
    client.post("/_estate/lie", json={"system": "ironclad", "how": "write_dropped"})
    assert [firm.world.lie("ironclad"), firm.world.lie("ironclad")] == ["write_dropped", None]


@pytest.mark.parametrize("system", ["ironclad", "salesforce", "certinia", "netsuite", "boomi"])
def test_every_system_answers_where_the_settings_say_and_not_without_signing_in(
    client: httpx.Client, system: str
) -> None:
    known = tomllib.loads(client.get("/_estate/settings").text)["systems"][system]
    path = {"ironclad": "/public/api/v1/records", "netsuite": "/services/rest/record/v1/customer"}.get(
        system, "/services/data/v62.0/query?q=SELECT+Id+FROM+Account" if "salesforce" in known["base_url"] else ""
    )
    answer: httpx.Response = client.get(f"{known['base_url'].removeprefix(BASE)}{path}")
    if system == "boomi":
        answer = client.post(f"{known['base_url'].removeprefix(BASE)}/ExecutionRecord/query", json={})
    assert answer.status_code == 401
