"""OTLP requests in protobuf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from collectors.intake.otlp_wire import (
    MOST_ATTRIBUTES,
    Item,
    Signal,
    UndecodableError,
    WireEvent,
    WireLog,
    WireSpan,
    as_text,
)

_IDS = (("trace_id", "traceId"), ("span_id", "spanId"), ("parent_span_id", "parentSpanId"))


def items(body: bytes, signal: Signal) -> Iterator[Item]:
    """The spans or records of a request. Errors: UndecodableError."""
    request: ExportTraceServiceRequest | ExportLogsServiceRequest
    request = ExportTraceServiceRequest() if signal is Signal.TRACES else ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise UndecodableError(f"the body is no {request.DESCRIPTOR.name} in protobuf") from error
    return _spans(request) if isinstance(request, ExportTraceServiceRequest) else _logs(request)


def _spans(request: ExportTraceServiceRequest) -> Iterator[Item]:
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Item(resource, _span(span), partial(_alone, group.resource, span))


def _logs(request: ExportLogsServiceRequest) -> Iterator[Item]:
    for group in request.resource_logs:
        resource = _attributes(group.resource.attributes)
        for scope in group.scope_logs:
            for record in scope.log_records:
                yield Item(resource, _log(record), partial(_alone, group.resource, record))


def _span(span: Span) -> WireSpan:
    attributes = span.attributes
    return WireSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_span_id,
        name=span.name,
        kind=span.kind,
        status=span.status.code,
        message=span.status.message,
        started=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        attributes=_attributes(attributes),
        dropped=span.dropped_attributes_count + max(0, len(attributes) - MOST_ATTRIBUTES),
        events=[
            WireEvent(one.time_unix_nano, one.name, _attributes(one.attributes))
            for one in span.events[:MOST_ATTRIBUTES]
        ],
    )


def _log(record: LogRecord) -> WireLog:
    return WireLog(
        trace_id=record.trace_id,
        span_id=record.span_id,
        at=record.time_unix_nano or record.observed_time_unix_nano,
        name=record.event_name,
        severity=record.severity_number,
        severity_text=record.severity_text,
        body=_value(record.body),
        attributes=_attributes(record.attributes),
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    # Cutting a repeated field copies it, which is only worth it where there is too much.
    if len(pairs) > MOST_ATTRIBUTES:  # type: ignore[arg-type]
        pairs = pairs[:MOST_ATTRIBUTES]  # type: ignore[index]
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    which = value.WhichOneof("value")
    if which == "string_value":
        return value.string_value
    if which is None:
        return None
    if which == "array_value":
        return [_value(one) for one in value.array_value.values]
    if which == "kvlist_value":
        return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
    found = getattr(value, which)
    return as_text(found) if isinstance(found, bytes) else found


def _alone(resource: Resource, one: Span | LogRecord) -> bytes:
    """A request in JSON with this alone; its identifiers in hexadecimal digits, as OTLP wants them."""
    told = MessageToDict(one, use_integers_for_enums=True)
    told |= {name: found.hex() for field, name in _IDS if (found := getattr(one, field, b""))}
    groups, scopes, ones = _NAMES[isinstance(one, Span)]
    return msgspec.json.encode({groups: [{"resource": MessageToDict(resource), scopes: [{ones: [told]}]}]})


_NAMES = {True: ("resourceSpans", "scopeSpans", "spans"), False: ("resourceLogs", "scopeLogs", "logRecords")}
