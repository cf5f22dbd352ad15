from datetime import timedelta
from urllib.parse import quote

import pytest

from models.store.audit import record
from models.store.engine import in_transaction
from models.store.processes import set_systems
from tests.app.api.conftest import NOW
from tests.app.api.test_problems import assert_problem
from tests.making import an_event, at, take


@pytest.fixture
def told(api):
    """An interface whose store knows a failed hand-over of one contract, and of two more that they were signed."""
    keys = {"contract": "SOW/1:a b"}
    take(
        api.pool,
        an_event("contract.signed", 1, source="clm", keys=keys,
                 attributes={"value": "5", "currency": "EUR", "region": "EMEA"}),
        an_event("project.activated", 25, source="psa", keys=keys),
        an_event("amendment.approved", 26, source="clm", keys=keys, attributes={"amendment": "A1"}),
        an_event("transaction.failed", 30, source="ipaas", keys=keys, attributes={
            "transaction": "T/1", "operation": "O 1", "error_message": "no", "attempt": 1, "payload": {"secret": 1}}),
        an_event("contract.signed", 2, source="clm", keys={"contract": "SOW-2"}, attributes={"region": "AMER"}),
        an_event("contract.signed", 3, source="clm", keys={"contract": "SOW-3"}),
        an_event("system.heartbeat", 40, source="clm"),
    )  # fmt: skip
    in_transaction(api.pool, lambda connection: set_systems(connection, {"clm": ("ironclad", "clm")}))
    in_transaction(api.pool, lambda connection: record(
        connection, at=at(50), actor="ana", verb="link", object="SOW-2", outcome="done", reason="known"))  # fmt: skip
    return api


def items(api, path: str) -> list[dict]:
    answer = api.client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"items", "next"}
    return answer.json()["items"]


@pytest.mark.parametrize("path", ["SOW%2F1%3Aa%20b", "SOW/1:a b", "contract:SOW%2F1:a%20b", "contract%3ASOW/1:a+b"])
def test_a_journey_is_found_by_a_key_with_slashes_colons_and_blanks(told, path) -> None:
    answer = told.client.get(f"/api/v1/journeys/{path}")
    if "+" in path:  # in a path a plus sign is itself
        assert_problem(answer, 404)
    else:
        assert answer.json()["key"] == "SOW/1:a b"


def test_whatever_a_key_holds_its_path_leads_to_its_journey(api) -> None:
    keys = ["tab\tnew\nline", "last\n", "\r\n", "/", "a/\n/b", " lead", "end ", "x" * 1_000]
    take(api.pool, *(an_event("contract.signed", 1, keys={"contract": key}) for key in keys))
    for key in keys:
        for name in (key, f"contract:{key}"):
            assert api.client.get(f"/api/v1/journeys/{quote(name, safe='')}").json()["contract"] == key


@pytest.mark.parametrize("things", ["journeys", "exceptions", "transactions"])
def test_a_key_with_a_line_break_is_not_that_without_it(told, things) -> None:
    document = assert_problem(told.client.get(f"/api/v1/{things}/SOW-2%0A"), 404)
    assert f"there is no {things[:-1]} 'SOW-2\\n'" in document["detail"]


def test_a_key_of_several_journeys_is_409_and_names_them(told) -> None:
    invoice = {"erp/invoice": "INV-1"}
    for number in (2, 3):
        take(told.pool, an_event("invoice.posted", 9 + number, keys={"contract": f"SOW-{number}"} | invoice))
    document = assert_problem(told.client.get("/api/v1/journeys/invoice:INV-1"), 409)
    assert document["journeys"] == ["SOW-2", "SOW-3"]


def test_lists_come_in_pages_that_follow_each_other(told) -> None:
    first = told.client.get("/api/v1/journeys", params={"limit": 2}).json()
    second = told.client.get("/api/v1/journeys", params={"limit": 2, "cursor": first["next"]}).json()
    assert [row["key"] for row in first["items"] + second["items"]] == ["SOW-2", "SOW-3", "SOW/1:a b"]
    assert second["next"] is None


def test_filters_may_be_repeated_and_half_open(told) -> None:
    assert [row["key"] for row in items(told, "journeys?region=EMEA&region=AMER&sort=-key")] == ["SOW/1:a b", "SOW-2"]
    assert [row["key"] for row in items(told, "journeys?first_at_from=2026-03-02T02:00:00Z")] == ["SOW-2", "SOW-3"]
    assert [row["key"] for row in items(told, "journeys?first_at_to=2026-03-02T02:00:00%2B00:00")] == ["SOW/1:a b"]
    # A day begins in the reporting zone, an hour before midnight in UTC.
    assert len(items(told, "journeys?first_at_from=2026-03-02")) == 3


def test_exceptions_and_their_transactions_are_read(told) -> None:
    (row,) = items(told, "exceptions?status=open&kind=failed")
    assert (row["contract"], row["transaction"], row["opened_at"]) == ("SOW/1:a b", "T/1", "2026-03-03T06:00:00Z")
    assert row["age_seconds"] == (NOW - at(30)) / timedelta(seconds=1)
    assert told.client.get(f"/api/v1/exceptions/{row['id']}").json() == row
    by_transaction = told.client.get("/api/v1/transactions/T%2F1").json()
    assert by_transaction == told.client.get("/api/v1/transactions/O%201").json()
    assert by_transaction["payload"] == {"secret": "***"}
    assert by_transaction["attempts"][0]["attempt"] == 1


def test_amendments_actions_and_audit_are_read(told) -> None:
    assert [(row["amendment"], row["contract"]) for row in items(told, "amendments")] == [("A1", "SOW/1:a b")]
    assert items(told, "actions?status=sent&limit=5") == []
    (entry,) = items(told, "audit?actor=ana")
    assert (entry["seq"], entry["verb"], entry["at"]) == (1, "link", "2026-03-04T02:00:00Z")
    assert len(entry["hash"]) == 64


def test_systems_tell_how_far_each_stream_was_read(told) -> None:
    (system,) = items(told, "systems?role=clm")
    assert (system["name"], system["product"]) == ("clm", "ironclad")
    (stream,) = system["streams"]
    assert (stream["stream"], stream["watermark"]) == ("", "2026-03-03T16:00:00Z")
    assert stream["lag_seconds"] == (NOW - at(40)) / timedelta(seconds=1)


def test_figures_and_the_rows_behind_them(told) -> None:
    (row,) = items(told, "kpis?name=activation_latency&by=month,region&from=2026-03-01&to=2026-04-01")
    assert row == {
        "name": "activation_latency", "unit": "seconds", "group": {"region": "EMEA"},
        "period": {"from": "2026-02-28T23:00:00Z", "to": "2026-03-31T22:00:00Z"}, "finished": 1, "running": 0,
        "omitted": 0, "value": 86_400.0, "p50": 86_400.0, "p90": 86_400.0, "target": None, "previous": None,
        "as_of": "2026-04-01T12:00:00Z",
    }  # fmt: skip
    (sample,) = items(told, "kpis/activation_latency/samples?region=EMEA&from=2026-03-01&to=2026-04-01")
    assert (sample["key"], sample["part"], sample["seconds"]) == ("SOW/1:a b", "finished", 86_400.0)
    running = items(told, "kpis/activation_latency/samples?part=running")
    assert [one["key"] for one in running] == ["SOW-3", "SOW-2"]
    (aging,) = items(told, "kpis?name=exception_aging&by=kind")
    assert (aging["group"], aging["finished"], aging["p50"]) == (
        {"kind": "failed"},
        1,
        (NOW - at(30)) / timedelta(seconds=1),
    )
    (behind,) = items(told, "kpis/exception_aging/samples?kind=failed")
    assert behind["seconds"] == aging["p50"]
    assert len(items(told, "kpis")) == 4
    assert {row["name"] for row in items(told, "kpis?name=recovery_time,exception_aging")} == {
        "recovery_time",
        "exception_aging",
    }


def test_answers_are_not_kept_by_anything_on_the_way(told) -> None:
    headers = told.client.get("/api/v1/journeys").headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/json"
