"""OTLP requests in JSON: lower camel case, identifiers in hexadecimal digits, large numbers as text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from collectors.intake.otlp_wire import (
    LARGEST_TIME,
    MOST_ATTRIBUTES,
    Item,
    Signal,
    UndecodableError,
    WireEvent,
    WireLog,
    WireSpan,
)

_LARGEST = 2**63


class _Part(msgspec.Struct, rename="camel"):
    """Null means absent everywhere."""


class _List(_Part):
    values: list[_Value] | None = None


class _Pairs(_Part):
    values: list[_Pair] | None = None


class _Value(_Part):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    array_value: _List | None = None
    kvlist_value: _Pairs | None = None
    bytes_value: str | None = None


class _Pair(_Part):
    key: str = ""
    value: _Value | None = None


class _Resource(_Part):
    attributes: list[_Pair] | None = None


class _Scope(_Part):
    spans: list[msgspec.Raw] | None = None
    log_records: list[msgspec.Raw] | None = None


class _Group(_Part):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scope_spans: list[_Scope] | None = None
    scope_logs: list[_Scope] | None = None


class _Request(_Part):
    resource_spans: list[_Group] | None = None
    resource_logs: list[_Group] | None = None


class _Event(_Part):
    time_unix_nano: int | str | None = None
    name: str | None = None
    attributes: list[_Pair] | None = None


class _Status(_Part):
    code: int | None = None
    message: str | None = None


class _Span(_Part):
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    kind: int | None = None
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[_Pair] | None = None
    dropped_attributes_count: int | None = None
    events: list[_Event] | None = None
    status: _Status | None = None


class _Log(_Part):
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    severity_number: int | None = None
    severity_text: str | None = None
    body: _Value | None = None
    attributes: list[_Pair] | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


_request = msgspec.json.Decoder(_Request)
_resource = msgspec.json.Decoder(_Resource | None)
_span_decoder = msgspec.json.Decoder(_Span)
_log_decoder = msgspec.json.Decoder(_Log)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UndecodableError)


def items(body: bytes, signal: Signal) -> Iterator[Item]:
    """The spans or records of a request. Errors: UndecodableError."""
    try:
        request = _request.decode(body)
    except _UNREADABLE as error:
        raise UndecodableError(f"the body is no OTLP request in JSON: {_plain(error)}") from error
    is_traces = signal is Signal.TRACES
    return _items((request.resource_spans if is_traces else request.resource_logs) or [], is_traces)


def signals(body: bytes) -> list[Signal]:
    """Which signals a request holds: a line of a collector's file does not say. Errors: UndecodableError."""
    try:
        request = _request.decode(body)
    except _UNREADABLE as error:
        raise UndecodableError(f"it is no OTLP request in JSON: {_plain(error)}") from error
    held = {Signal.TRACES: request.resource_spans, Signal.LOGS: request.resource_logs}
    return [signal for signal, groups in held.items() if groups is not None]


def _items(groups: list[_Group], is_traces: bool) -> Iterator[Item]:
    for group in groups:
        resource, fault = _read_resource(group.resource)
        for scope in (group.scope_spans if is_traces else group.scope_logs) or []:
            for raw in (scope.spans if is_traces else scope.log_records) or []:
                # Kept for long, it must not hold the whole body.
                alone = partial(_alone, group.resource, raw, is_traces)
                yield Item(resource, None, alone, fault) if fault else _item(resource, raw, alone, is_traces)


def _read_resource(raw: msgspec.Raw) -> tuple[dict[str, Any], str]:
    try:
        found = _resource.decode(raw)
        return _attributes(found.attributes if found else None), ""
    except _UNREADABLE as error:
        return {}, f"its resource cannot be read: {_plain(error)}"


def _item(resource: dict[str, Any], raw: msgspec.Raw, alone: Any, is_traces: bool) -> Item:
    try:
        return Item(resource, _span(_span_decoder.decode(raw)) if is_traces else _log(_log_decoder.decode(raw)), alone)
    except _UNREADABLE as error:
        return Item(resource, None, alone, _plain(error))


def _span(span: _Span) -> WireSpan:
    status = span.status or _Status()
    attributes = span.attributes or []
    return WireSpan(
        trace_id=_hex("traceId", span.trace_id),
        span_id=_hex("spanId", span.span_id),
        parent_id=_hex("parentSpanId", span.parent_span_id),
        name=span.name or "",
        kind=span.kind or 0,
        status=status.code or 0,
        message=status.message or "",
        started=_time("startTimeUnixNano", span.start_time_unix_nano),
        ended=_time("endTimeUnixNano", span.end_time_unix_nano),
        attributes=_attributes(attributes),
        dropped=(span.dropped_attributes_count or 0) + max(0, len(attributes) - MOST_ATTRIBUTES),
        events=[
            WireEvent(_time("timeUnixNano", one.time_unix_nano), one.name or "", _attributes(one.attributes))
            for one in (span.events or [])[:MOST_ATTRIBUTES]
        ],
    )


def _log(record: _Log) -> WireLog:
    return WireLog(
        trace_id=_hex("traceId", record.trace_id),
        span_id=_hex("spanId", record.span_id),
        at=_time("timeUnixNano", record.time_unix_nano)
        or _time("observedTimeUnixNano", record.observed_time_unix_nano),
        name=record.event_name or "",
        severity=record.severity_number or 0,
        severity_text=record.severity_text or "",
        body=_value(record.body),
        attributes=_attributes(record.attributes),
    )


def _attributes(pairs: list[_Pair] | None) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in (pairs or [])[:MOST_ATTRIBUTES]}


def _value(value: _Value | None) -> Any:
    if value is None:
        return None
    if value.array_value is not None:
        return [_value(one) for one in value.array_value.values or []]
    if value.kvlist_value is not None:
        return {pair.key: _value(pair.value) for pair in value.kvlist_value.values or []}
    if value.int_value is not None:
        return _integer(value.int_value)
    if value.double_value is not None:
        return _double(value.double_value)
    plain = (value.string_value, value.bool_value, value.bytes_value)
    return next((one for one in plain if one is not None), None)


def _integer(found: int | str) -> int:
    number = _whole("intValue", found)
    if not -_LARGEST <= number < _LARGEST:
        raise UndecodableError("intValue is beyond 64 bits")
    return number


def _double(found: float | str) -> float:
    try:
        return float(found)
    except ValueError as error:
        raise UndecodableError(f"doubleValue is {str(found)[:40]!r}; a number is wanted") from error


def _time(name: str, found: int | str | None) -> int:
    number = 0 if found is None else _whole(name, found)
    if not 0 <= number < LARGEST_TIME:
        raise UndecodableError(f"{name} is no number of nanoseconds since 1970 in 64 bits")
    return number


def _whole(name: str, found: int | str) -> int:
    if isinstance(found, int):
        return found
    digits = found.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise UndecodableError(f"{name} is {found[:40]!r}; a whole number is wanted")
    return int(found)


def _hex(name: str, found: str | None) -> bytes:
    try:
        if found and not found.isalnum():  # blanks between the digits, which `fromhex` would pass over
            raise ValueError
        return bytes.fromhex(found or "")
    except ValueError as error:
        raise UndecodableError(f"{name} is {found!r:.50}; hexadecimal digits are wanted") from error


def _alone(resource: msgspec.Raw, one: msgspec.Raw, is_traces: bool) -> bytes:
    groups, scopes, ones = (b"Spans", b"Spans", b"spans") if is_traces else (b"Logs", b"Logs", b"logRecords")
    return b'{"resource%s":[{"resource":%s,"scope%s":[{"%s":[%s]}]}]}' % (
        groups,
        bytes(resource),
        scopes,
        ones,
        bytes(one),
    )


def _plain(error: Exception) -> str:
    return (
        str(error).replace("`", "'").replace("$.", "").replace("$", "the span or record")[:300] or "nested too deeply"
    )
