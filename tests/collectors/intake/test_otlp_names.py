"""What attributes say under a firm's own names."""

import json

from collectors.intake.otlp import read
from collectors.intake.otlp_names import Names
from collectors.intake.otlp_wire import Encoding, Signal
from models.events import Event


def told(names: Names, attributes: dict[str, object], **changed: object) -> list[Event]:
    def value(found: object) -> dict:
        if isinstance(found, dict):
            return found
        return {"intValue": str(found)} if isinstance(found, int) else {"stringValue": found}

    span = {
        "traceId": "1" * 32, "spanId": "2" * 16, "name": "flow", "startTimeUnixNano": "1774000000000000000",
        "endTimeUnixNano": "1774000001000000000",
        "attributes": [{"key": name, "value": value(found)} for name, found in attributes.items()],
    } | changed  # fmt: skip
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "order-flows"}}]}
    body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]})
    received = read(body.encode(), Signal.TRACES, Encoding.JSON, names)
    assert received.rejected == []
    return [one.event for one in received.told]


def test_names_of_the_firm_count_and_services_are_systems() -> None:
    names = Names(
        contract="com.acme.contract_id",
        event_type="com.acme.happened",
        keys={"project": "com.acme.project"},
        attributes={"amount": "com.acme.total"},
        sources={"order-flows": "mulesoft-prod"},
    )
    said = {"com.acme.contract_id": "C-1", "com.acme.happened": "invoice.posted", "com.acme.project": 8841}
    (event,) = told(names, said | {"com.acme.total": "12.50", "throughline.invoice.id": "I-1"})
    assert (event.source, event.type, event.subject) == ("mulesoft-prod", "invoice.posted", "C-1")
    assert event.keys == {"contract": ("C-1",), "invoice": ("I-1",), "project": ("8841",)}
    assert event.attributes == {"amount": "12.5"}


def test_a_transaction_is_told_with_its_error_by_its_status_and_exception() -> None:
    said = {"throughline.transaction.id": "T-1", "throughline.attempt": 2, "throughline.flow": "billing"}
    exception = [
        {"key": "exception.type", "value": {"stringValue": "Timeout"}},
        {"key": "exception.message", "value": {"stringValue": "after 30 s"}},
    ]
    events = [{"timeUnixNano": "1", "name": "exception", "attributes": exception}]
    (event,) = told(Names(), said, status={"code": 2}, events=events)
    assert event.id == f"{'1' * 32}/{'2' * 16}/transaction.failed"
    error = {"error_class": "Timeout", "error_message": "after 30 s"}
    assert event.attributes == {"transaction": "T-1", "attempt": "2", "flow": "billing"} | error
    (event,) = told(Names(), said | {"throughline.event_type": "transaction.started"})
    assert event.occurred_at.isoformat() == "2026-03-20T09:46:40+00:00"


def test_an_event_inside_a_span_has_the_contract_of_the_span_and_a_time_of_its_own() -> None:
    happened = [{"key": "throughline.event_type", "value": {"stringValue": "milestone.accepted"}}]
    events = [{"timeUnixNano": "1774000000500000000", "name": "accepted", "attributes": happened}]
    (event,) = told(Names(), {"throughline.contract.id": "C-2"}, events=events)
    assert (event.id.rsplit("/", 1)[1], event.type) == ("accepted", "milestone.accepted")
    assert event.keys == {"contract": ("C-2",)}
    assert event.occurred_at.isoformat() == "2026-03-20T09:46:40.500000+00:00"


def test_lines_come_as_json_in_a_text_and_keys_as_lists() -> None:
    many = {"arrayValue": {"values": [{"stringValue": "C-2"}, {"stringValue": "C-1"}]}}
    lines = json.dumps([{"contract": "C-1", "amount": "5", "currency": "EUR"}])
    said = {"throughline.contract.id": many, "throughline.event_type": "invoice.posted", "throughline.lines": lines}
    (event,) = told(Names(), said)
    assert event.keys == {"contract": ("C-1", "C-2")}
    assert event.attributes == {"lines": [{"contract": "C-1", "amount": "5", "currency": "EUR"}]}


def test_without_our_attributes_there_is_no_event() -> None:
    assert told(Names(), {"throughline.contract.id": "C-1", "http.route": "/"}) == []
