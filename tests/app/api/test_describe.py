"""The OpenAPI document is valid, and every answer is of the shape that it promises."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.app.api.test_events import event, post
from tests.making import an_event, take

_PROMISED = {
    *(
        "/api/v1/journeys",
        "/api/v1/journeys/{key}",
        "/api/v1/amendments",
        "/api/v1/exceptions",
        "/api/v1/exceptions/{id}",
    ),
    *("/api/v1/transactions/{id}", "/api/v1/actions", "/api/v1/actions/{id}", "/api/v1/systems", "/api/v1/audit"),
    *("/api/v1/quarantine", "/api/v1/quarantine/{id}/reimport", "/api/v1/kpis", "/api/v1/events"),
    *("/healthz", "/readyz", "/metrics"),
}


@pytest.fixture(scope="module")
def document(shared_api) -> dict[str, Any]:
    return shared_api.client.get("/api/v1/openapi.json").json()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_promised_path_is_described(document) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= _PROMISED


def test_every_reference_leads_somewhere(document) -> None:
    schemas = document["components"]["schemas"]
    for reference in references(document):
        prefix, _, name = reference.rpartition("/")
        assert prefix == "#/components/schemas"
        assert name in schemas


def test_every_schema_is_a_schema(document) -> None:
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            Draft202012Validator.check_schema(parameter["schema"])


def test_operations_have_names_of_their_own_and_say_what_they_do(document) -> None:
    found = list(operations(document))
    assert len({operation["operationId"] for _, _, operation in found}) == len(found)
    assert all(operation["description"] for _, _, operation in found)
    for path, _, operation in found:
        names = [(one["name"], one["in"]) for one in operation.get("parameters", [])]
        assert len(names) == len(set(names)), path
        assert {name for name, where in names if where == "path"} == {
            part.strip("{}").partition(":")[0] for part in path.split("/") if part.startswith("{")
        }


def test_every_problem_is_described_as_a_problem_document(document) -> None:
    for path, _, operation in operations(document):
        # Exporters want another document, that of their protocol.
        if path == "/metrics" or path.startswith("/v1/"):
            continue
        problems = [answer for status, answer in operation["responses"].items() if not status.startswith("2")]
        assert problems
        assert all(set(answer["content"]) == {"application/problem+json"} for answer in problems), path


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("journeys", "JourneyList"),
        ("journeys/SOW-1", "Journey"),
        ("amendments", "AmendmentList"),
        ("exceptions", "OpenExceptionList"),
        ("transactions/T-1", "Transaction"),
        ("actions", "ActionList"),
        ("systems", "SystemList"),
        ("audit", "AuditEntryList"),
        ("quarantine", "QuarantinedList"),
        ("kpis?by=week,region", "KpiList"),
        ("kpis/activation_latency/samples", "DurationRowList"),
        ("kpis/recovery_time/samples", "ExceptionRowList"),
        ("kpis/exception_aging/samples", "ExceptionRowList"),
    ],
)
def test_answers_are_of_the_shape_that_the_document_promises(api, path, shape) -> None:
    keys = {"contract": "SOW-1"}
    take(
        api.pool,
        an_event(
            "contract.signed", 1, source="clm", keys=keys, attributes={"value": "5", "currency": "EUR", "line": "L1"}
        ),
        an_event("project.activated", 25, source="psa", keys=keys),
        an_event("amendment.approved", 26, source="clm", keys=keys, attributes={"amendment": "A1"}),
        an_event(
            "transaction.failed", 30, source="ipaas", keys=keys, attributes={"transaction": "T-1", "payload": [1]}
        ),
        an_event("system.heartbeat", 40, source="clm"),
    )
    post(api, [event(1, time="never")])
    number = api.client.get("/api/v1/quarantine").json()["items"][0]["id"]
    api.client.post(f"/api/v1/quarantine/{number}/reimport")
    document = api.client.get("/api/v1/openapi.json").json()
    answer = api.client.get(f"/api/v1/{path}").json()
    schema = {"$ref": f"#/components/schemas/{shape}", "components": document["components"]}
    assert not list(Draft202012Validator(schema).iter_errors(answer))
    assert answer.get("items", [1]) or path == "actions"
    # An empty answer would fit many shapes; a wrong one fits none.
    assert list(Draft202012Validator(schema).iter_errors(json.loads('{"items": [{"x": 1}], "next": 5}')))


def test_what_is_sent_is_described_as_it_is_read(document) -> None:
    schema = document["components"]["schemas"]["CloudEvent"]
    Draft202012Validator(schema).validate(event(1))
    content = document["paths"]["/api/v1/events"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/cloudevents+json", "application/cloudevents-batch+json"}
