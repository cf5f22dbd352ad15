"""Spans and log records over real HTTP, from the SDK's own exporters and by hand."""

import gzip
import time
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

from app.api.otlp import LIMIT
from tests.app.api.conftest import Api, running
from tests.requirements import DATA
from tests.servers import Databases

PROTOBUF = {"Content-Type": "application/x-protobuf"}
BEGIN = 1_774_000_000_000_000_000
NUMBERS = iter(range(1, 1 << 30))


def a_trace_id() -> bytes:
    return (next(NUMBERS) << 64 | 7).to_bytes(16, "big")


def a_span_id() -> bytes:
    return next(NUMBERS).to_bytes(8, "big")


def a_span(*, attributes: dict | None = None, **changed) -> dict:
    """A span in JSON."""
    span = {
        "traceId": a_trace_id().hex(),
        "spanId": a_span_id().hex(),
        "name": "process contract.activated",
        "kind": 5,
        "startTimeUnixNano": str(BEGIN),
        "endTimeUnixNano": str(BEGIN + 2_150_000_000),
        "attributes": [{"key": name, "value": _value(value)} for name, value in (attributes or {}).items()],
    }
    return {name: value for name, value in (span | changed).items() if value is not ...}


def _value(value) -> dict:
    if isinstance(value, dict):
        return value
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def a_request(*spans: dict, service: str = "mulesoft-c2c") -> dict:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def a_log(*, attributes: dict, **changed) -> dict:
    record = {
        "timeUnixNano": str(BEGIN),
        "severityNumber": 9,
        "body": {"stringValue": "told"},
        "attributes": [{"key": name, "value": _value(value)} for name, value in attributes.items()],
    } | changed
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "loader"}}]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}


def ours(contract: str, transaction: str, **more) -> dict:
    return {"throughline.contract.id": contract, "throughline.transaction.id": transaction} | more


def spans_kept(api: Api) -> int:
    with api.pool.connection() as connection:
        return connection.execute("SELECT count(*) FROM span").fetchone()[0]


def quarantined(api: Api) -> list[tuple]:
    with api.pool.connection() as connection:
        return connection.execute("SELECT source, stream, reason FROM quarantine ORDER BY quarantine_id").fetchall()


def traces(api: Api, request: dict) -> httpx.Response:
    return api.client.post("/v1/traces", json=request)


def is_unset(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json() == {}


@pytest.fixture
def provider(api: Api) -> Iterator[TracerProvider]:
    """The SDK as a service sets it up, exporting here."""
    made = TracerProvider(resource=Resource.create({"service.name": "mulesoft-c2c"}))
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{api.port}/v1/traces", compression=Compression.Gzip)
    made.add_span_processor(BatchSpanProcessor(exporter))
    yield made
    made.shutdown()


def test_the_sdk_sends_a_failed_attempt_and_its_retry_and_both_are_told_with_their_spans(
    api: Api, provider: TracerProvider
) -> None:
    tracer = provider.get_tracer("c2c")
    for attempt in (1, 2):
        said = ours("SOW-1", f"T-{attempt}", **{"throughline.operation": "OP-1", "throughline.attempt": attempt})
        with tracer.start_as_current_span("sow-to-project", attributes=said) as flow:
            with tracer.start_as_current_span("POST /projects", attributes={"http.request.method": "POST"}):
                pass
            if attempt == 1:
                flow.record_exception(ValueError("start date is missing"))
                flow.set_status(Status(StatusCode.ERROR, "HTTP 400"))
    assert provider.force_flush()
    row = api.client.get("/api/v1/transactions/OP-1").json()
    assert [(one["attempt"], one["outcome"], one["error_message"]) for one in row["attempts"]] == [
        (1, "failed", "HTTP 400"),
        (2, "succeeded", None),
    ]
    assert (row["state"], row["contract"], row["flow"]) == ("succeeded", "SOW-1", "sow-to-project")
    assert [(one["name"], one["status"], one["attempt"]) for one in row["spans"]] == [
        ("sow-to-project", "error", 1),
        ("POST /projects", "unset", None),
        ("sow-to-project", "unset", 2),
        ("POST /projects", "unset", None),
    ]
    by_id = {one["span_id"]: one for one in row["spans"]}
    assert [by_id[one["parent_id"]]["name"] for one in row["spans"] if one["parent_id"]] == ["sow-to-project"] * 2


def test_a_span_without_our_attributes_is_kept_for_the_waterfall_only(shared_api: Api) -> None:
    before = spans_kept(shared_api)
    assert is_unset(traces(shared_api, a_request(a_span(attributes={"http.route": "/x"}))))
    assert spans_kept(shared_api) == before + 1
    with shared_api.pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM event WHERE source = 'mulesoft-c2c'").fetchone() == (0,)


def test_spans_sent_twice_are_there_once(shared_api: Api) -> None:
    request = a_request(a_span(attributes=ours("SOW-2", "T-20")), a_span())
    before = spans_kept(shared_api)
    for _ in range(2):
        assert is_unset(traces(shared_api, request))
    assert spans_kept(shared_api) == before + 2
    assert len(shared_api.client.get("/api/v1/transactions/T-20").json()["attempts"]) == 1


def test_a_type_that_a_span_names_is_its_event_at_its_end(shared_api: Api) -> None:
    said = {
        "throughline.contract.id": "SOW-3",
        "throughline.event_type": "contract.signed",
        "throughline.value": "12.50",
    }
    said |= {"throughline.currency": "EUR", "throughline.project.id": "P-3"}
    assert is_unset(traces(shared_api, a_request(a_span(attributes=said))))
    row = shared_api.client.get("/api/v1/journeys/project:P-3").json()
    assert (row["contract"], row["value"]) == ("SOW-3", {"amount": "12.50", "currency": "EUR"})
    assert [(one["step"], one["first_at"]) for one in row["steps"] if one["first_at"]] == [
        ("contract.signed", "2026-03-20T09:46:42.150000Z")
    ]


def test_json_is_read_as_the_protocol_says(shared_api: Api) -> None:
    """Digits of identifiers in either case, numbers as text or number, unknown keys, absent and null members."""
    upper = a_span(
        traceId="ABCDEF" + "0" * 26,
        spanId="ABCDEF0123456789",
        startTimeUnixNano=BEGIN,
        flags=None,
        unknownThing={"x": [1]},
        status={},
        parentSpanId="",
        attributes=ours("SOW-4", "T-40", nothing={}, many={"arrayValue": {"values": [{"intValue": 1}]}}),
    )
    bare = {"traceId": a_trace_id().hex(), "spanId": a_span_id().hex(), "startTimeUnixNano": str(BEGIN)}
    assert is_unset(traces(shared_api, a_request(upper, bare)))
    (span,) = shared_api.client.get("/api/v1/transactions/T-40").json()["spans"]
    assert (span["trace_id"], span["span_id"]) == ("abcdef" + "0" * 26, "abcdef0123456789")
    assert span["parent_id"] is None
    assert span["attributes"]["many"] == [1]
    assert span["attributes"]["nothing"] is None


@pytest.mark.parametrize(
    "name", ["otlp_trace.json", "otlp_logs.json", "otlp_events.json", "jaeger_otlp2jaeger-in.json"]
)
@pytest.mark.needs_data
def test_the_examples_of_the_protocol_are_taken_whole(shared_api: Api, name: str) -> None:
    body = (DATA / "otel-jaeger-fixtures" / name).read_bytes()
    path = "/v1/logs" if b"resourceLogs" in body else "/v1/traces"
    assert is_unset(shared_api.client.post(path, content=body, headers={"Content-Type": "application/json"}))


def test_an_empty_request_is_a_success(shared_api: Api) -> None:
    assert is_unset(shared_api.client.post("/v1/traces", json={}))
    answer = shared_api.client.post("/v1/traces", content=b"", headers=PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"


BAD = [
    (a_span(traceId="ab"), "traceId has 1 bytes"),
    (a_span(traceId="0" * 32), "traceId has 16 bytes and none but zeros"),
    (a_span(traceId=...), "traceId has 0 bytes"),
    (a_span(spanId="zz" * 8), "spanId is 'zzzzzzzzzzzzzzzz'; hexadecimal digits are wanted"),
    (a_span(spanId="ab cd " * 8), "hexadecimal digits are wanted"),
    (a_span(parentSpanId="abcd"), "parentSpanId has 2 bytes"),
    (a_span(kind="SPAN_KIND_SERVER"), "Expected 'int | null', got 'str' - at 'kind'"),
    (a_span(name=7), "Expected 'str | null', got 'int' - at 'name'"),
    (a_span(startTimeUnixNano="soon"), "startTimeUnixNano is 'soon'; a whole number is wanted"),
    (a_span(startTimeUnixNano=str(2**64)), "startTimeUnixNano is no number of nanoseconds"),
    (a_span(startTimeUnixNano="0", endTimeUnixNano=...), "startTimeUnixNano and endTimeUnixNano are missing"),
    (a_span(attributes={"n": {"intValue": "9" * 4000}}), "intValue is '9999"),
    (a_span(attributes=ours("SOW-5", "T-50", **{"throughline.attempt": "many"})), "data.attributes.attempt is 'many'"),
    (a_span(attributes={"throughline.event_type": "no.such"}), "unknown_type: no loaded process declares 'no.such'"),
    (a_span(attributes=ours("S" * 2000, "T-51")), "data.keys.contract has a value of 2000 bytes"),
    ("no object", "Expected 'object', got 'str'"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=[reason[:40] for _, reason in BAD])
def test_what_cannot_be_read_costs_itself_and_is_in_quarantine(api: Api, bad: dict, reason: str) -> None:
    answer = traces(api, a_request(a_span(), bad, a_span()))
    partial = answer.json()["partialSuccess"]
    assert (answer.status_code, partial["rejectedSpans"]) == (200, "1")
    assert reason in partial["errorMessage"]
    ((source, stream, kept),) = quarantined(api)
    assert (source, stream) == ("mulesoft-c2c", "traces")
    assert reason in kept
    assert spans_kept(api) >= 2


def test_what_was_in_quarantine_is_read_again_once_its_type_is_known(api: Api) -> None:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="svc")))
    span = group.scope_spans.add().spans.add(
        trace_id=a_trace_id(), span_id=b"short", name="x", start_time_unix_nano=BEGIN, end_time_unix_nano=BEGIN
    )
    span.attributes.append(KeyValue(key="throughline.transaction.id", value=AnyValue(string_value="T-60")))
    answer = api.client.post("/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
    said = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (said.rejected_spans, said.error_message[:32]) == (1, "1 spans are in quarantine: spanI")
    (entry,) = api.client.get("/api/v1/quarantine").json()["items"]
    assert '"spanId":"73686f7274"' in entry["excerpt"]
    refused = api.client.post(f"/api/v1/quarantine/{entry['id']}/reimport")
    assert (refused.status_code, refused.json()["reason"][:18]) == (422, "spanId has 5 bytes")
    with api.pool.connection() as connection:
        raw = connection.execute("SELECT raw FROM quarantine").fetchone()[0]
        better = bytes(raw).replace(b"73686f7274", b"73686f7274657221")
        connection.execute("UPDATE quarantine SET raw = %s", [better])
    assert api.client.post(f"/api/v1/quarantine/{entry['id']}/reimport").status_code == 200
    assert spans_kept(api) == 1
    with api.pool.connection() as connection:
        assert connection.execute("SELECT type, source FROM event").fetchall() == [("transaction.succeeded", "svc")]


def test_a_log_record_that_names_an_event_is_one_and_others_are_not_kept(shared_api: Api) -> None:
    said = {"throughline.contract.id": "SOW-7", "throughline.event_type": "project.created"}
    for record in (a_log(attributes=said), a_log(attributes=said), a_log(attributes={"x": "y"})):
        assert is_unset(shared_api.client.post("/v1/logs", json=record))
    failed = a_log(attributes=ours("SOW-7", "T-70"), severityNumber=17, body={"stringValue": "HTTP 500"})
    assert is_unset(shared_api.client.post("/v1/logs", json=failed))
    row = shared_api.client.get("/api/v1/journeys/SOW-7").json()
    assert [one["step"] for one in row["steps"]] == ["project.created"]
    (attempt,) = shared_api.client.get("/api/v1/transactions/T-70").json()["attempts"]
    assert (attempt["outcome"], attempt["error_message"]) == ("failed", "HTTP 500")
    with shared_api.pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM event WHERE source = 'loader'").fetchone() == (2,)


def test_logs_in_protobuf_are_answered_in_protobuf(shared_api: Api) -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=BEGIN)
    record.attributes.append(KeyValue(key="throughline.event_type", value=AnyValue(string_value="no.such")))
    answer = shared_api.client.post(
        "/v1/logs", content=gzip.compress(request.SerializeToString()), headers=PROTOBUF | {"Content-Encoding": "gzip"}
    )
    assert ExportLogsServiceResponse.FromString(answer.content).partial_success.rejected_log_records == 1


def test_sensitive_attributes_are_masked_before_they_are_kept(shared_api: Api) -> None:
    said = ours(
        "SOW-8", "T-80", password="hunter2", note="write to ana@example.com", **{"throughline.payload": '{"iban": "x"}'}
    )
    assert is_unset(traces(shared_api, a_request(a_span(attributes=said, name="to bob@example.com"))))
    (span,) = shared_api.client.get("/api/v1/transactions/T-80").json()["spans"]
    assert span["attributes"]["password"] == "***"
    assert span["attributes"]["note"] == "write to ***"
    assert span["name"] == "to ***"
    assert "throughline.payload" not in span["attributes"]
    assert shared_api.client.get("/api/v1/transactions/T-80").json()["payload"] == '{"iban":"***"}'


def test_spans_of_another_transaction_in_the_same_trace_stay_with_it(shared_api: Api) -> None:
    trace = a_trace_id().hex()
    root, first, second, below = (a_span_id().hex() for _ in range(4))
    batch = [
        a_span(traceId=trace, spanId=root, name="batch"),
        a_span(traceId=trace, spanId=first, parentSpanId=root, name="one", attributes=ours("SOW-9", "T-91")),
        a_span(traceId=trace, spanId=second, parentSpanId=root, name="two", attributes=ours("SOW-9", "T-92")),
        a_span(traceId=trace, spanId=below, parentSpanId=second, name="call"),
    ]
    assert is_unset(traces(shared_api, a_request(*batch)))
    names = {one["name"] for one in shared_api.client.get("/api/v1/transactions/T-92").json()["spans"]}
    assert names == {"batch", "two", "call"}


HOSTILE = [
    (b"\x0a\xff\xff\xff\xff\x0f", {}, 400, "truncated protobuf"),
    (b"\x0a\x03\x0a\x01\xff", {}, 400, "protobuf that is none"),
    (b"no gzip", {"Content-Encoding": "gzip"}, 400, "lying gzip"),
    (gzip.compress(b"\x0a\x00" * 1000)[:-12], {"Content-Encoding": "gzip"}, 400, "gzip that ends early"),
    (gzip.compress(bytes(LIMIT + 1), 1), {"Content-Encoding": "gzip"}, 413, "bomb"),
    (b"{", {"Content-Type": "application/json"}, 400, "truncated JSON"),
    (b"[" * 100_000, {"Content-Type": "application/json"}, 400, "nesting"),
    (b'{"resourceSpans": {"a": 1}}', {"Content-Type": "application/json"}, 400, "wrong type"),
    (b'"text"', {"Content-Type": "application/json"}, 400, "no object"),
]


@pytest.mark.parametrize(("body", "headers", "status", "what"), HOSTILE, ids=[one[3] for one in HOSTILE])
def test_what_is_no_request_is_refused_in_the_encoding_of_the_request(
    shared_api: Api, body: bytes, headers: dict, status: int, what: str
) -> None:
    answer = shared_api.client.post("/v1/traces", content=body, headers=PROTOBUF | headers)
    assert answer.status_code == status, what
    code = {400: 3, 413: 8}[status]
    if headers.get("Content-Type"):
        assert answer.json()["code"] == code
        assert answer.json()["message"]
    else:
        assert answer.headers["content-type"] == "application/x-protobuf"
        assert answer.content[:3] == bytes((8, code, 0x12))


def test_another_type_of_body_is_a_problem(shared_api: Api) -> None:
    answer = shared_api.client.post("/v1/traces", content=b"x", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")
    packed = shared_api.client.post("/v1/traces", content=b"x", headers=PROTOBUF | {"Content-Encoding": "br"})
    assert packed.status_code == 415
    assert shared_api.client.get("/v1/traces").status_code == 405
    assert shared_api.client.post("/v1/metrics", content=b"").status_code == 404


def test_a_span_with_a_hundred_thousand_attributes_costs_little(shared_api: Api) -> None:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=a_trace_id(),
            span_id=a_span_id(),
            name="wide\0",
            start_time_unix_nano=BEGIN,
            end_time_unix_nano=BEGIN,
        )
    )
    span.attributes.append(KeyValue(key="throughline.transaction.id", value=AnyValue(string_value="T-100")))
    span.attributes.append(KeyValue(key="nul", value=AnyValue(string_value="a\0b")))
    span.attributes.append(KeyValue(key="long", value=AnyValue(string_value="x" * 1_000_000)))
    for number in range(100_000):
        span.attributes.append(KeyValue(key=f"a{number}", value=AnyValue(string_value="v")))
    begun = time.perf_counter()
    answer = shared_api.client.post("/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
    assert (answer.status_code, answer.content) == (200, b"")
    assert time.perf_counter() - begun < 5
    with shared_api.pool.connection() as connection:
        dropped, attributes, name = connection.execute(
            "SELECT dropped_attributes_count, attributes, name FROM span WHERE transaction = 'T-100'"
        ).fetchone()
    assert (dropped, len(attributes), name) == (99_503, 500, "wide�")
    assert attributes["nul"] == "a�b"
    assert len(attributes["long"]) == 4_001


def test_without_a_database_exporters_are_told_to_come_again(databases: Databases) -> None:
    with databases.fresh() as url, running(url) as api:
        api.pool.close()
        begun = time.perf_counter()
        for headers in (PROTOBUF, {"Content-Type": "application/json"}):
            answer = api.client.post("/v1/traces", content=b"", headers=headers)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.headers["content-type"] == headers["Content-Type"]
        assert time.perf_counter() - begun < 8
