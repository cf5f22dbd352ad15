"""`POST /v1/traces` and `/v1/logs`: OTLP/HTTP, in protobuf and JSON, answered after commit.

Refusals are a `google.rpc.Status` in the encoding of the request, as exporters expect them. Source: OpenTelemetry
protocol 1.11, `docs/specification.md`, "OTLP/HTTP Response".
"""

from __future__ import annotations

from typing import Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app.api.body import read_body, require_media_type, unpack
from app.api.metrics import EVENTS, SPANS
from app.api.problems import ProblemError, meaning
from app.api.service import Service, service_of
from collectors.intake.otlp import Received, Rejected, read
from collectors.intake.otlp_wire import Encoding, Signal
from collectors.intake.taking import Store, Taken, take_otlp
from models.errors import ThroughlineError

LIMIT = 64 * 2**20
"""Bytes of a request, unpacked; what the specification recommends."""

MEDIA_TYPES = {"application/x-protobuf": Encoding.PROTOBUF, "application/json": Encoding.JSON}

# An exporter gives up after ten seconds altogether; told sooner, it has time to come again.
_PATIENCE_SECONDS = 2.0
_MOST_REASONS = 3
# The codes of gRPC that go with a status of HTTP.
_CODES = {400: 3, 408: 4, 413: 8, 415: 3, 503: 14}
_UNKNOWN = 2
_KEPT = {Signal.TRACES: "spans", Signal.LOGS: "log records"}
router = APIRouter(tags=["telemetry"])


def _described(signal: Signal) -> dict[str, Any]:
    body = {
        "required": True,
        "description": f"An OTLP export request for {signal}; at most 64 MiB unpacked; may be packed with gzip.",
        "content": {
            "application/x-protobuf": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"type": "object"}},
        },
    }
    status = {"application/json": {"schema": {"type": "object", "description": "google.rpc.Status"}}}
    said = {
        200: "Committed. `partialSuccess` counts what is in quarantine instead; that is not to be sent again.",
        400: "No OTLP request; sending it again does not help.",
        408: "It came too slowly, or stopped coming.",
        413: "Larger than 64 MiB unpacked.",
        415: "Neither protobuf nor JSON, or packed in a way that is not read.",
        503: "Not now; Retry-After says when.",
    }
    return {
        "requestBody": body,
        "responses": {str(number): {"description": text, "content": status} for number, text in said.items()},
    }


@router.post("/v1/traces", openapi_extra=_described(Signal.TRACES), response_class=Response)
async def post_traces(request: Request) -> Response:
    """Take spans in. All are kept for waterfalls; those that name a contract or a transaction are events as well."""
    return await _post(request, Signal.TRACES)


@router.post("/v1/logs", openapi_extra=_described(Signal.LOGS), response_class=Response)
async def post_logs(request: Request) -> Response:
    """Take log records in. Those that name an event are events; the others are not kept."""
    return await _post(request, Signal.LOGS)


async def _post(request: Request, signal: Signal) -> Response:
    require_media_type(request, tuple(MEDIA_TYPES))
    encoding = MEDIA_TYPES[request.headers["content-type"].partition(";")[0].strip().lower()]
    service = service_of(request)
    try:
        async with service.taking:
            body, is_packed = await read_body(request, LIMIT)
            return await to_thread.run_sync(lambda: _answer(service, body, is_packed, signal, encoding))
    except ClientDisconnect:
        return Response(status_code=400)
    except ProblemError as error:
        return _refusal(encoding, error.status, error.detail, error.headers)
    except ThroughlineError as error:
        status, _, headers = meaning(error)
        return _refusal(encoding, status, str(error), headers)


def _answer(service: Service, body: bytes, is_packed: bool, signal: Signal, encoding: Encoding) -> Response:
    # First of all: without a store there is no need to look at what was sent.
    workshop = service.workshop(_PATIENCE_SECONDS)
    received = read(unpack(body, LIMIT) if is_packed else body, signal, encoding, service.names)
    del body
    taken = take_otlp(Store(service.pool, workshop, service.observed_at, service.masking), received, signal)
    _count(signal, received, taken)
    return _success(signal, encoding, taken.rejected)


def _count(signal: Signal, received: Received, taken: Taken) -> None:
    rejected = len({one.place for one in taken.rejected})
    SPANS.labels(signal.value, "taken").inc(received.size - rejected)
    SPANS.labels(signal.value, "quarantined").inc(rejected)
    EVENTS.labels("accepted").inc(taken.accepted)
    EVENTS.labels("duplicate").inc(taken.duplicates)


def _success(signal: Signal, encoding: Encoding, rejected: list[Rejected]) -> Response:
    count = len({one.place for one in rejected})
    reasons = list(dict.fromkeys(one.reason for one in rejected))
    more = f"; and {len(reasons) - _MOST_REASONS} other reasons" if len(reasons) > _MOST_REASONS else ""
    message = f"{count} {_KEPT[signal]} are in quarantine: {'; '.join(reasons[:_MOST_REASONS])}{more}"
    is_traces = signal is Signal.TRACES
    if encoding is Encoding.JSON:
        field = "rejectedSpans" if is_traces else "rejectedLogRecords"
        told = {"partialSuccess": {field: str(count), "errorMessage": message}} if count else {}
        return Response(msgspec.json.encode(told), media_type="application/json")
    answer: ExportTraceServiceResponse | ExportLogsServiceResponse
    answer = ExportTraceServiceResponse() if is_traces else ExportLogsServiceResponse()
    if count and isinstance(answer, ExportTraceServiceResponse):
        answer.partial_success.CopyFrom(ExportTracePartialSuccess(rejected_spans=count, error_message=message))
    elif count and isinstance(answer, ExportLogsServiceResponse):
        answer.partial_success.CopyFrom(ExportLogsPartialSuccess(rejected_log_records=count, error_message=message))
    return Response(answer.SerializeToString(), media_type="application/x-protobuf")


def _refusal(encoding: Encoding, status: int, message: str, headers: dict[str, str]) -> Response:
    code = _CODES.get(status, _UNKNOWN)
    if encoding is Encoding.JSON:
        body = msgspec.json.encode({"code": code, "message": message, "details": []})
    else:
        body = _status(code, message.encode())
    media_type = next(name for name, one in MEDIA_TYPES.items() if one is encoding)
    return Response(body, status, headers, media_type)


def _status(code: int, message: bytes) -> bytes:
    """A google.rpc.Status: field 1 the code, field 2 the message. Its own package is larger than these few bytes."""
    length, size = b"", len(message)
    while size > 0x7F:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((0x08, code, 0x12)) + length + bytes((size,)) + message
