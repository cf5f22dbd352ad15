"""The estate's Boomi over a socket: what it answers, what it refuses, and that re-runs really execute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from estate.boomi import Product
from estate.happenings import Happening
from tests.estate.doing import Doing
from tests.estate.engine import NOON, ago, client, served

API = "/api/rest/v1/client"
RUN = "execution-1b2c3d4e-0000-4aaa-8bbb-123456789abc-2026.02.28"
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
EFFECT = Happening(NOON, "netsuite", "rate_card.synced", "SOW-00001", "", {"job": "12", "rate_card": "RC-1"})


def a_document(name: str, at: datetime, outcome: str = "SUCCESS", **more: Any) -> dict[str, Any]:
    words = {"operation": f"op-{name}", "contract": "SOW-00001", "subject_kind": "", "subject": "", "amendment": ""}
    words |= {"source_system": "ironclad", "target_system": "netsuite", "retryable": True, "effect": []}
    return {"document": name, "at": at, "outcome": outcome, "payload": {"amount": Decimal("12.50")}} | words | more


def a_run(end: datetime, *documents: dict[str, Any], name: str = RUN, **more: Any) -> Happening:
    words = {
        "execution": name,
        "flow": "rate-card-sync",
        "started_at": end - timedelta(seconds=4),
        "kind": "exec_sched",
    }
    return Happening(end, "boomi", "execution", None, "", words | more | {"documents": list(documents)})


def a_failed_run() -> Happening:
    at = ago(days=2)
    failed = {"error_class": "RATE_CARD", "error_message": "the rate card is not known", "amendment": "SOW-00001-A1"}
    return a_run(at, a_document("gcr-1", at), a_document("gcr-2", at, "ERROR", **failed))


@pytest.fixture
def engine() -> Doing:
    engine = Doing()
    engine.effects = {"op-gcr-2": [EFFECT]}
    return engine


@pytest.fixture
def product(engine: Doing) -> Product:
    return Product(engine)


@pytest.fixture
def boomi(engine: Doing, product: Product) -> Iterator[httpx.Client]:
    mine = engine.credentials("boomi")
    with served(product) as url, client(url, auth=(mine.user, mine.token), headers=JSON) as asking:
        yield asking


@pytest.fixture(scope="module")
def bare() -> Iterator[httpx.Client]:
    """A Boomi that never throttles, without executions but one."""
    engine = Doing()
    engine.throttle = lambda *bucket: 0.0  # type: ignore[method-assign]
    product = Product(engine)
    product.apply(a_failed_run())
    mine = engine.credentials("boomi")
    with served(product) as url, client(url, auth=(mine.user, mine.token), headers=JSON) as asking:
        yield asking


def leaf(name: str, operator: str, *arguments: str) -> dict[str, Any]:
    return {"operator": operator, "property": name, "argument": list(arguments)}


def ask(boomi: httpx.Client, kind: str, expression: Any = None, sort: Any = None) -> httpx.Response:
    body = {"QueryFilter": {"expression": expression}} if expression else {}
    return boomi.post(f"{API}/{kind}/query", json=body | ({"QuerySort": {"sortField": sort}} if sort else {}))


def found(boomi: httpx.Client, kind: str, expression: Any = None, sort: Any = None) -> list[dict[str, Any]]:
    answer = ask(boomi, kind, expression, sort)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def documents(boomi: httpx.Client, run: str = RUN) -> list[dict[str, Any]]:
    return found(boomi, "GenericConnectorRecord", leaf("executionId", "EQUALS", run))


def refused(answer: httpx.Response) -> int:
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"]["message"]
    return answer.status_code


def rerun(boomi: httpx.Client, *names: str, run: str = RUN) -> httpx.Response:
    chosen = {"Document": [{"genericConnectorRecordId": name} for name in names]}
    return boomi.post(f"{API}/RerunDocument", json={"originalExecutionId": run, "SelectedDocuments": chosen})


# Executions and documents


def test_an_execution_looks_as_documented(boomi, product):
    product.apply(a_failed_run())
    record = found(boomi, "ExecutionRecord")[0]
    assert record["executionId"] == RUN
    assert (record["executionTime"], record["recordedDate"]) == ("2026-02-28T11:59:56Z", "2026-02-28T12:00:00Z")
    assert (record["status"], record["executionType"], record["processName"]) == (
        "ERROR",
        "exec_sched",
        "rate-card-sync",
    )
    assert record["inboundDocumentCount"] == ["Long", 2]
    assert record["inboundErrorDocumentCount"] == ["Long", 1]
    assert record["executionDuration"] == ["Long", 4000]
    assert record["message"] == "1 of 2 documents failed"
    assert "originalExecutionId" not in record


def test_a_document_carries_its_tracked_fields_and_its_error(boomi, product):
    product.apply(a_failed_run())
    good, bad = documents(boomi)
    assert (good["status"], bad["status"], bad["retryable"], bad["startShape"]) == ("SUCCESS", "ERROR", True, True)
    assert "errorMessage" not in good
    assert bad["errorMessage"] == "RATE_CARD: the rate card is not known"
    assert bad["documentIndex"] == ["Long", 2]
    assert {field["name"]: field["value"] for field in bad["trackedFields"]["trackedField"]} == {
        "ContractKey": "SOW-00001",
        "Operation": "op-gcr-2",
        "Amendment": "SOW-00001-A1",
        "SourceSystem": "ironclad",
        "TargetSystem": "netsuite",
    }
    assert boomi.get(f"{API}/GenericConnectorRecord/gcr-2").json() == bad
    bulk = {"type": "GET", "request": [{"id": "gcr-1"}, {"id": "gcr-9"}]}
    told = boomi.post(f"{API}/GenericConnectorRecord/bulk", json=bulk).json()["response"]
    assert [(item["statusCode"], item.get("Result") == good) for item in told] == [(200, True), (404, False)]


def test_connector_calls_and_names_of_tracked_fields_can_be_asked(boomi, product):
    product.apply(a_failed_run())
    calls = found(boomi, "ExecutionConnector", leaf("executionId", "EQUALS", RUN))
    assert [(call["connectionName"], call["errorCount"]) for call in calls] == [
        ("ironclad", ["Long", 0]),
        ("netsuite", ["Long", 1]),
    ]
    labels = {field["label"] for field in found(boomi, "CustomTrackedField")}
    assert labels == {"ContractKey", "Operation", "Amendment", "Subject", "SourceSystem", "TargetSystem"}


def test_a_page_has_a_hundred_rows_and_a_token_for_the_rest(boomi, product):
    for number in range(230):
        product.apply(a_run(ago(days=3, seconds=-number), name=f"execution-{number:03d}"))
    first = ask(boomi, "ExecutionRecord", sort=[{"fieldName": "recordedDate", "sortOrder": "ASC"}]).json()
    assert (first["@type"], first["numberOfResults"], len(first["result"])) == ("QueryResult", 230, 100)
    more = {"Content-Type": "text/plain"}
    second = boomi.post(f"{API}/ExecutionRecord/queryMore", content=first["queryToken"], headers=more).json()
    third = boomi.post(f"{API}/ExecutionRecord/queryMore", content=second["queryToken"], headers=more).json()
    assert "queryToken" not in third
    read = [row["executionId"] for page in (first, second, third) for row in page["result"]]
    assert read == [f"execution-{number:03d}" for number in range(230)]
    assert refused(boomi.post(f"{API}/ExecutionRecord/queryMore", content="nonsense", headers=more)) == 400
    assert refused(boomi.post(f"{API}/ExecutionRecord/queryMore", json=first["queryToken"])) == 415


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (leaf("recordedDate", "GREATER_THAN_OR_EQUAL", "2026-02-28T12:00:00Z"), "BC"),
        (leaf("recordedDate", "GREATER_THAN", "2026-02-28T12:00:00Z"), "C"),
        (leaf("recordedDate", "LESS_THAN", "2026-02-28T13:00:00+01:00"), "A"),
        (leaf("recordedDate", "BETWEEN", "2026-02-27T12:00:00Z", "2026-02-28T12:00:00Z"), "AB"),
        (leaf("executionDuration", "GREATER_THAN", "3999"), "ABC"),
        (leaf("executionId", "EQUALS", "B"), "B"),
        (leaf("executionId", "NOT_EQUALS", "B"), "AC"),
        (leaf("processName", "LIKE", "rate%"), "ABC"),
        (leaf("processName", "CONTAINS", "budget"), ""),
        (leaf("originalExecutionId", "IS_NULL"), "AB"),
        (leaf("originalExecutionId", "EQUALS", "A"), "C"),
        (
            {
                "operator": "or",
                "nestedExpression": [leaf("executionId", "EQUALS", "A"), leaf("executionId", "EQUALS", "C")],
            },
            "AC",
        ),
        (
            {
                "operator": "and",
                "nestedExpression": [
                    leaf("executionId", "NOT_EQUALS", "A"),
                    leaf("originalExecutionId", "IS_NOT_NULL"),
                ],
            },
            "C",
        ),
    ],
)
def test_filters_mean_what_they_say(boomi, product, expression, names):
    for days, name in enumerate("ABC"):
        product.apply(a_run(ago(days=3 - days), name=name, original="A" if name == "C" else None))
    sort = [{"fieldName": "executionTime", "sortOrder": "ASC"}]
    assert "".join(row["executionId"] for row in found(boomi, "ExecutionRecord", expression, sort)) == names


def test_an_execution_shows_when_its_indexing_is_over(engine, boomi, product):
    engine.lag = 10.0
    product.apply(a_run(NOON))
    assert found(boomi, "ExecutionRecord") == []
    engine.at += timedelta(seconds=10)
    assert len(found(boomi, "ExecutionRecord")) == 1


# Strictness


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ExecutionRecord", {"QueryFilter": {"expression": leaf("nonsense", "EQUALS", "x")}}),
        ("ExecutionRecord", {"QueryFilter": {"expression": leaf("status", "equals", "ERROR")}}),
        ("ExecutionRecord", {"QueryFilter": {"expression": leaf("status", "EQUALS")}}),
        ("ExecutionRecord", {"QueryFilter": {"expression": leaf("recordedDate", "GREATER_THAN", "yesterday")}}),
        ("ExecutionRecord", {"QueryFilter": {"expression": leaf("recordedDate", "BETWEEN", "2026-01-01T00:00:00Z")}}),
        ("ExecutionRecord", {"QueryFilter": {"expression": leaf("status", "EQUALS", "ERROR") | {"value": 1}}}),
        ("ExecutionRecord", {"QueryFilter": {"expression": {"operator": "and", "nestedExpression": []}}}),
        ("ExecutionRecord", {"QueryFilter": {"filter": 1}}),
        ("ExecutionRecord", {"Filter": {}}),
        ("ExecutionRecord", {"QuerySort": {"sortField": [{"fieldName": "nonsense"}]}}),
        ("ExecutionRecord", {"QuerySort": {"sortField": [{"fieldName": "status", "sortOrder": "down"}]}}),
        ("GenericConnectorRecord", {}),
        ("GenericConnectorRecord", {"QueryFilter": {"expression": leaf("executionId", "LIKE", RUN)}}),
        ("GenericConnectorRecord", {"QueryFilter": {"expression": leaf("executionId", "EQUALS", RUN, "other")}}),
        ("GenericConnectorRecord", {"QueryFilter": {"expression": leaf("status", "EQUALS", "ERROR")}}),
        ("ExecutionConnector", {"QueryFilter": {"expression": leaf("connectorType", "EQUALS", "http")}}),
    ],
)
def test_a_query_the_product_does_not_take_is_refused(bare, kind, body):
    assert refused(bare.post(f"{API}/{kind}/query", json=body)) == 400


def test_unknown_objects_accounts_and_parameters_are_refused(bare):
    assert refused(bare.post(f"{API}/Nonsense/query", json={})) == 404
    assert refused(bare.get(f"{API}/ExecutionRecord/{RUN}")) == 404
    assert refused(bare.post("/api/rest/v1/other/ExecutionRecord/query", json={})) == 403
    assert refused(bare.post(f"{API}/ExecutionRecord/query?page=2", json={})) == 400
    assert refused(bare.get(f"{API}/GenericConnectorRecord/gcr-9")) == 404


def test_a_wrong_sign_in_is_refused(bare):
    assert refused(bare.post(f"{API}/ExecutionRecord/query", json={}, auth=("ana@northgate.example", "no"))) == 401
    assert refused(bare.post(f"{API}/ExecutionRecord/query", json={}, auth=None, headers={"Authorization": "x"})) == 401


def test_who_does_not_ask_for_json_gets_xml(bare):
    answer = bare.post(f"{API}/ExecutionRecord/query", json={}, headers={"Accept": "*/*"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert "<bns:numberOfResults>1</bns:numberOfResults>" in answer.text
    assert "<bns:executionDuration>4000</bns:executionDuration>" in answer.text


def test_what_does_not_say_that_it_is_json_is_read_as_xml(bare):
    answer = bare.post(f"{API}/ExecutionRecord/query", content="{}", headers={"Content-Type": "text/html"})
    assert refused(answer) == 400
    assert refused(bare.post(f"{API}/ExecutionRecord/query", content="{")) == 400


def test_the_eleventh_request_of_a_second_is_answered_503(engine, boomi):
    statuses = [ask(boomi, "ExecutionRecord").status_code for _ in range(11)]
    assert statuses == [200] * 10 + [503]
    assert "retry-after" not in ask(boomi, "ExecutionRecord").headers
    engine.seconds += 1.1
    assert ask(boomi, "ExecutionRecord").status_code == 200


def test_an_outage_is_answered_503(engine, boomi):
    engine.misbehaviour.break_down("boomi", "documents", 60)
    assert refused(ask(boomi, "GenericConnectorRecord", leaf("executionId", "EQUALS", RUN))) == 503
    assert ask(boomi, "ExecutionRecord").status_code == 200


# Re-runs


def test_a_re_run_executes_and_leaves_a_new_execution(engine, boomi, product):
    made: list[Happening] = []
    engine.take = made.append
    product.apply(a_failed_run())
    accepted = rerun(boomi, "gcr-2").json()
    assert accepted["recordUrl"] == f"{boomi.base_url}{API[1:]}/ExecutionRecord/async/{accepted['requestId']}"
    assert boomi.get(accepted["recordUrl"]).status_code == 202
    engine.seconds += 2
    done = boomi.get(accepted["recordUrl"])
    assert (done.status_code, done.json()["responseStatusCode"]) == (200, 200)
    record = done.json()["result"][0]
    assert (record["executionType"], record["originalExecutionId"]) == ("retry_manual", RUN)
    assert (record["status"], record["recordedDate"]) == ("COMPLETE", "2026-03-02T12:00:00Z")
    assert found(boomi, "ExecutionRecord", leaf("originalExecutionId", "EQUALS", RUN)) == [record]
    again = documents(boomi, record["executionId"])
    assert [(row["status"], row["trackedFields"]) for row in again] == [
        ("SUCCESS", documents(boomi)[1]["trackedFields"])
    ]
    assert again[0]["id"] != "gcr-2"
    assert documents(boomi)[1]["status"] == "ERROR"
    assert [(effect.what, effect.at) for effect in made] == [("rate_card.synced", NOON)]
    assert [(act["act"], act["item"], act["operation"], act["executed"]) for act in engine.acts] == [
        ("rerun", "gcr-2", "op-gcr-2", True)
    ]


def test_the_same_document_can_be_re_run_again_and_makes_its_effect_again(engine, boomi, product):
    made: list[Happening] = []
    engine.take = made.append
    product.apply(a_failed_run())
    assert rerun(boomi, "gcr-2").status_code == rerun(boomi, "gcr-2").status_code == 200
    assert len(made) == 2
    assert len(found(boomi, "ExecutionRecord", leaf("originalExecutionId", "EQUALS", RUN))) == 2


def test_all_documents_of_a_status_can_be_re_run(engine, boomi, product):
    product.apply(a_failed_run())
    body = {"originalExecutionId": RUN, "AllDocuments": {"documentStatus": "ERROR"}}
    assert boomi.post(f"{API}/RerunDocument", json=body).status_code == 200
    assert [act["item"] for act in engine.acts] == ["gcr-2"]


def test_a_document_that_fails_again_leaves_a_failed_execution(engine, boomi, product):
    engine.refused["op-gcr-2"] = "still not known"
    product.apply(a_failed_run())
    assert rerun(boomi, "gcr-2").status_code == 200
    record = found(boomi, "ExecutionRecord", leaf("originalExecutionId", "EQUALS", RUN))[0]
    assert record["status"] == "ERROR"
    assert documents(boomi, record["executionId"])[0]["errorMessage"] == "RATE_CARD: still not known"


@pytest.mark.parametrize(
    "body",
    [
        {"originalExecutionId": RUN},
        {
            "originalExecutionId": RUN,
            "AllDocuments": {"documentStatus": "ERROR"},
            "SelectedDocuments": {"Document": [{"genericConnectorRecordId": "gcr-2"}]},
        },
        {"originalExecutionId": "execution-other", "AllDocuments": {"documentStatus": "ERROR"}},
        {"originalExecutionId": RUN, "AllDocuments": {"documentStatus": "FAILED"}},
        {"originalExecutionId": RUN, "SelectedDocuments": {"Document": []}},
        {"originalExecutionId": RUN, "SelectedDocuments": {"Document": [{"genericConnectorRecordId": "gcr-9"}]}},
        {"originalExecutionId": RUN, "AllDocuments": {"documentStatus": "ERROR"}, "idempotencyKey": "x"},
    ],
)
def test_a_re_run_the_product_does_not_take_is_refused(bare, body):
    assert refused(bare.post(f"{API}/RerunDocument", json=body)) == 400


def test_what_is_not_retryable_cannot_be_re_run(engine, boomi, product):
    at = ago(days=1)
    product.apply(a_run(at, a_document("gcr-2", at, "ERROR", retryable=False)))
    assert refused(rerun(boomi, "gcr-2")) == 400
    assert engine.acts == []


def test_the_result_of_a_re_run_is_gone_after_half_an_hour(engine, boomi, product):
    product.apply(a_failed_run())
    url = rerun(boomi, "gcr-2").json()["recordUrl"]
    engine.seconds += 1801
    assert refused(boomi.get(url)) == 404


@pytest.mark.parametrize(
    ("lie", "told"),
    [("write_dropped", (1, 200)), ("duplicate_swallowed", (1, 200)), ("accepted_then_nothing", (0, 202))],
)
def test_a_lie_is_told_as_a_success_and_does_nothing(engine, boomi, product, lie, told):
    new_runs, status = told
    engine.take = lambda effect: pytest.fail(f"{effect.what} happened")
    engine.misbehaviour.promise_lie("boomi", lie)
    product.apply(a_failed_run())
    url = rerun(boomi, "gcr-2").json()["recordUrl"]
    engine.seconds += 5
    assert boomi.get(url).status_code == status
    runs = found(boomi, "ExecutionRecord", leaf("originalExecutionId", "EQUALS", RUN))
    assert [run["status"] for run in runs] == ["COMPLETE"] * new_runs
    assert [act["executed"] for act in engine.acts] == [False]


def test_purged_documents_cannot_be_re_run(engine, boomi, product):
    engine.misbehaviour.promise_lie("boomi", "expired")
    product.apply(a_failed_run())
    assert refused(rerun(boomi, "gcr-2")) == 410
    assert found(boomi, "ExecutionRecord", leaf("originalExecutionId", "EQUALS", RUN)) == []


# Payloads


def test_a_payload_is_ready_after_a_moment_and_given_once(engine, boomi, product):
    product.apply(a_failed_run())
    asked = boomi.post(f"{API}/ConnectorDocument", json={"genericConnectorRecordId": "gcr-2"})
    assert (asked.status_code, asked.json()["statusCode"]) == (202, 202)
    assert boomi.get(asked.json()["url"]).status_code == 202
    engine.seconds += 2
    assert boomi.get(asked.json()["url"]).json() == {"amount": "12.50"}
    assert refused(boomi.get(asked.json()["url"])) == 404
    assert refused(boomi.post(f"{API}/ConnectorDocument", json={"genericConnectorRecordId": "gcr-9"})) == 400
