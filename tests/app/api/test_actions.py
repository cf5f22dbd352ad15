"""Actions over HTTP: asked for, looked at, taken back; who may not is told why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from collectors.connections import Connections
from tests.actions.conftest import Desk
from tests.actions.middleware import Middleware
from tests.app.api.conftest import NOW, Api, running
from tests.making import an_event, take


@pytest.fixture
def middleware() -> Iterator[Middleware]:
    started = Middleware()
    yield started
    started.close()


@pytest.fixture
def served(database: str, middleware: Middleware) -> Iterator[tuple[Api, Desk]]:
    with running(database) as api:
        api.service.connections = middleware.connections(lambda: NOW)
        desk = Desk(api.pool, middleware, hours=24 * 30)
        signed = {"value": "120000.00", "currency": "EUR"}
        take(api.pool, an_event("contract.signed", 0, source="clm", keys={"contract": ("SOW-1",)}, attributes=signed))
        yield api, desk


def ask(api: Api, exception: str, headers: dict[str, str] | None = None, **wish: Any) -> httpx.Response:
    return api.client.post(f"/api/v1/exceptions/{exception}/actions", json={"kind": "replay"} | wish, headers=headers)


def test_a_dry_run_says_what_would_be_sent_and_changes_nothing(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    answer = ask(api, exception, dry_run=True)
    assert answer.status_code == 200
    plan = answer.json()
    assert plan["is_allowed"]
    assert plan["product"] == {"is_possible": True, "told": "run document doc-op-1-1 again", "standing": ""}
    assert (plan["contract"], plan["system"], plan["target_system"]) == ("SOW-1", "mid", "psa")
    assert plan["value"] == {"amount": "120000.00", "currency": "EUR"}
    assert api.client.get("/api/v1/actions").json()["items"] == []
    assert desk.middleware.runs == []


def test_a_dry_run_shows_what_stands_already(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    desk.middleware.standing = "a scheduled retry succeeded"
    desk.effect(2)
    plan = ask(api, exception, dry_run=True).json()
    assert not plan["is_allowed"]
    assert [one["record"] for one in plan["standing"]] == ["psa/p1"]
    assert plan["product"]["standing"] == "a scheduled retry succeeded"


def test_an_action_is_created_looked_at_and_carried_out(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    answer = ask(api, exception, reason="the customer is there now")
    assert answer.status_code == 201
    action = answer.json()
    assert answer.headers["location"] == f"/api/v1/actions/{action['id']}"
    assert (action["status"], action["counts"], action["reason"]) == (
        "requested",
        {"requested": 1},
        "the customer is there now",
    )
    assert api.client.get(f"/api/v1/exceptions/{exception}").json()["status"] == "acting"
    assert [row["id"] for row in api.client.get("/api/v1/exceptions?status=acting").json()["items"]] == [exception]
    desk.work()
    found = api.client.get(answer.headers["location"]).json()
    assert (found["status"], found["attempts"][0]["reference"]) == ("sent", "run-1")
    assert api.client.get("/api/v1/actions?status=sent").json()["items"] == [found]
    assert api.client.get("/api/v1/actions?status=failed").json()["items"] == []


def test_a_second_one_is_told_of_the_first(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    first = ask(api, exception).json()["id"]
    answer = ask(api, exception)
    assert (answer.status_code, answer.json()["action"]) == (409, first)
    audit = api.client.get(f"/api/v1/audit?object={exception}").json()["items"]
    assert [(row["actor"], row["outcome"]) for row in audit] == [("local", "refused")]


def test_the_same_idempotency_key_gets_the_first_answer(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    answers = [ask(api, exception, {"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert ask(api, exception, {"Idempotency-Key": "k1"}, reason="another").status_code == 422


@pytest.mark.parametrize("kind", ["route", "settle", "bogus"])
def test_what_is_not_offered_yet_is_said(served: tuple[Api, Desk], kind: str) -> None:
    api, desk = served
    answer = ask(api, desk.fail(), kind=kind)
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"{kind} is not offered yet; offered is replay"


def test_a_replay_changes_nothing_of_what_was_sent(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    for more in ({"changes": {"a": 1}}, {"to": "x"}, {"changes": {}, "dry_run": True}):
        answer = ask(api, exception, **more)
        assert answer.status_code == 422
        assert "belong to other kinds" in answer.json()["detail"]
    assert desk.middleware.runs == []
    audit = api.client.get(f"/api/v1/audit?object={exception}").json()["items"]
    assert [row["outcome"] for row in audit] == ["refused", "refused"], "a dry run is no attempt"


def test_what_is_settled_or_no_failure_cannot_be_replayed(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    desk.succeed(2)
    assert ask(api, exception).status_code == 422
    assert not ask(api, exception, dry_run=True).json()["is_allowed"]
    assert ask(api, "exc_nobody").status_code == 404
    assert ask(api, "exc_%00").status_code == 400


def test_a_system_that_offers_no_replay_says_so(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    api.service.connections = Connections([], lambda: NOW)
    answer = ask(api, exception)
    assert answer.status_code == 422
    assert "mid is not listed in the settings" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"kind": 1}', b'{"kind": "replay", "reson": "x"}', b"\xff"])
def test_a_body_that_cannot_be_read_is_refused(served: tuple[Api, Desk], body: bytes) -> None:
    api, _ = served
    headers = {"Content-Type": "application/json"}
    assert api.client.post("/api/v1/exceptions/exc_1/actions", content=body, headers=headers).status_code == 400


def test_what_waits_can_be_taken_back(served: tuple[Api, Desk]) -> None:
    api, desk = served
    exception = desk.fail()
    action = ask(api, exception).json()["id"]
    answer = api.client.post(f"/api/v1/actions/{action}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert api.client.post(f"/api/v1/actions/{action}/cancel").status_code == 422
    assert api.client.post("/api/v1/actions/act_nobody/cancel").status_code == 404
    assert api.client.get("/api/v1/actions/act_nobody").status_code == 404
