"""What an OTLP request says: spans for the waterfall, and events from the spans and log records that speak of business.

A span tells an event at its end: of the type that it names, or, where it names a transaction only, whether that
succeeded or failed, by its status. An event inside a span may name a type of its own, and has the contract and the
transaction of the span.
Source: the interface description, section 4; OpenTelemetry protocol 1.11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from collectors.intake import otlp_json, otlp_protobuf
from collectors.intake.otlp_names import DEFAULT_NAMES, RECORD, SEQUENCE, Names, text_of
from collectors.intake.otlp_wire import Encoding, Item, Signal, UndecodableError, WireEvent, WireLog, WireSpan
from models.events import LONGEST_KEY, LONGEST_NAMED, Event, UnreadableEventError, from_micros, make_event
from models.traces import Span, SpanKind, SpanStatus

_TRANSACTION = "transaction."
_STARTED = "transaction.started"
_KINDS = tuple(SpanKind)
_STATUSES = tuple(SpanStatus)
_LONGEST_NAME = 500
_LONGEST_MESSAGE = 2_000
_LARGEST_ATTEMPT = 2**31
_PAYLOAD = "throughline.payload"
_content = msgspec.json.Encoder(order="sorted").encode


class Told(NamedTuple):
    """An event, and what makes the request that holds its span or record alone."""

    event: Event
    raw: Callable[[], bytes]
    place: int


class Rejected(NamedTuple):
    """What could not be taken: who sent it, the request in JSON that holds it alone, and why."""

    source: str
    raw: Callable[[], bytes]
    reason: str
    place: int


class Received(NamedTuple):
    """What a request brought. A `place` is the number of a span or record in it; `size` is how many there were."""

    size: int
    spans: list[Span]
    told: list[Told]
    rejected: list[Rejected]


def read(body: bytes, signal: Signal, encoding: Encoding, names: Names = DEFAULT_NAMES) -> Received:
    """What a request says; what of it cannot be read is among `rejected`. Errors: UndecodableError for the whole."""
    items = (otlp_json if encoding is Encoding.JSON else otlp_protobuf).items(body, signal)
    received = Received(0, [], [], [])
    place = -1
    for place, item in enumerate(items):
        service = names.service(item.resource)
        try:
            _take(item, service, names, received, place)
        except (UndecodableError, UnreadableEventError, RecursionError) as error:
            reason = str(error) or "it is nested too deeply"
            received.rejected.append(Rejected(names.source(service), item.raw, reason, place))
    return received._replace(size=place + 1)


def _take(item: Item, service: str, names: Names, received: Received, place: int) -> None:
    if item.sent is None:
        raise UndecodableError(item.fault)
    if isinstance(item.sent, WireSpan):
        received.spans.append(_span(item.sent, service, names))
        if (
            not item.sent.events
            and names.transaction not in item.sent.attributes
            and (names.event_type not in item.sent.attributes)
        ):
            return
        events = _events_of_span(item.sent, names.source(service), names)
    else:
        events = _events_of_log(item.sent, names.source(service), names)
    received.told.extend(Told(event, item.raw, place) for event in events)


def _span(sent: WireSpan, service: str, names: Names) -> Span:
    _check_ids(sent)
    started = sent.started or sent.ended
    if not started:
        raise UndecodableError("startTimeUnixNano and endTimeUnixNano are missing; a span has at least one of them")
    said = sent.attributes
    return Span(
        trace_id=sent.trace_id,
        span_id=sent.span_id,
        parent_id=sent.parent_id if any(sent.parent_id) else None,
        name=sent.name[:_LONGEST_NAME],
        service=service,
        kind=_KINDS[sent.kind] if 0 <= sent.kind < len(_KINDS) else SpanKind.UNSPECIFIED,
        status=_STATUSES[sent.status] if 0 <= sent.status < len(_STATUSES) else SpanStatus.UNSET,
        status_message=_message(sent) or "" if sent.status == 2 else "",
        started_at=started // 1000,
        ended_at=max(started, sent.ended) // 1000,
        contract=_findable(said, names.contract, LONGEST_KEY),
        transaction=_findable(said, names.transaction, LONGEST_NAMED),
        operation=_findable(said, names.operation, LONGEST_NAMED),
        attempt=_attempt(said, names.attempt),
        # What a flow carried is kept with its event.
        attributes={name: value for name, value in said.items() if name != _PAYLOAD} if _PAYLOAD in said else said,
        dropped=min(sent.dropped, _LARGEST_ATTEMPT - 1),
    )


def _check_ids(sent: WireSpan) -> None:
    for name, found, length, is_needed in (
        ("traceId", sent.trace_id, 16, True),
        ("spanId", sent.span_id, 8, True),
        ("parentSpanId", sent.parent_id, 8, False),
    ):
        if (len(found) != length and (found or is_needed)) or (is_needed and not any(found)):
            raise UndecodableError(
                f"{name} has {len(found)} bytes{'' if any(found) else ' and none but zeros'}; {length} are wanted, "
                "not all of them zero"
            )


def _findable(said: dict[str, Any], name: str, longest: int) -> str | None:
    """Text that rows are found by; None for what an index cannot hold, whose event is refused with a reason."""
    if name not in said:  # nine of ten spans
        return None
    found = text_of(said[name])
    return found if found and "\0" not in found and len(found.encode()) <= longest else None


def _attempt(said: dict[str, Any], name: str) -> int | None:
    found = _findable(said, name, len(str(_LARGEST_ATTEMPT)))
    is_number = found is not None and found.isascii() and found.isdigit() and int(found) < _LARGEST_ATTEMPT
    return int(found) if found is not None and is_number else None


def _events_of_span(sent: WireSpan, source: str, names: Names) -> Iterator[Event]:
    said = sent.attributes
    type_ = said.get(names.event_type)
    if type_ is None and said.get(names.transaction) is not None:
        type_ = f"{_TRANSACTION}{'failed' if sent.status == 2 else 'succeeded'}"
    place = f"{sent.trace_id.hex()}/{sent.span_id.hex()}"
    if type_ is not None:
        type_ = str(type_)
        at = sent.started if type_ == _STARTED else sent.ended
        transaction = _transaction(said, names) | _outcome(sent) if type_.startswith(_TRANSACTION) else {}
        yield _event(source, f"{place}/{type_}", type_, at or sent.started or sent.ended, said, transaction, names)
    for inner in sent.events:
        if inner.attributes.get(names.event_type) is not None:
            yield _event_inside(inner, place, source, sent, names)


def _event_inside(inner: WireEvent, place: str, source: str, sent: WireSpan, names: Names) -> Event:
    shared = {name: sent.attributes[name] for name in _shared(names) if name in sent.attributes}
    said = shared | inner.attributes
    type_ = str(said[names.event_type])
    transaction = _transaction(said, names) if type_.startswith(_TRANSACTION) else {}
    at = inner.at or sent.ended or sent.started
    return _event(source, f"{place}/{inner.name}", type_, at, said, transaction, names)


def _shared(names: Names) -> tuple[str, ...]:
    return names.contract, names.transaction, names.operation, names.attempt


def _events_of_log(sent: WireLog, source: str, names: Names) -> Iterator[Event]:
    said = sent.attributes
    type_ = said.get(names.event_type)
    if type_ is None and said.get(names.transaction) is not None and sent.severity >= 17:
        type_ = "transaction.failed"
    if type_ is None:
        return
    if not sent.at:
        raise UndecodableError("timeUnixNano and observedTimeUnixNano are missing; a record has at least one of them")
    type_ = str(type_)
    transaction: dict[str, Any] = {}
    if type_.startswith(_TRANSACTION):
        error = {"error_class": said.get("exception.type"), "error_message": said.get("exception.message")}
        if sent.severity >= 17 and error["error_message"] is None and isinstance(sent.body, str):
            error["error_message"] = sent.body
        transaction = _transaction(said, names) | _said(error)
    uid = text_of(said.get("log.record.uid"))
    place = uid or blake2b(_content([sent.trace_id.hex(), sent.span_id.hex(), sent]), digest_size=16).hexdigest()
    yield _event(source, f"{place}/{type_}", type_, sent.at, said, transaction, names)


def _transaction(said: dict[str, Any], names: Names) -> dict[str, Any]:
    """What the attributes say of a transaction, under the names of events."""
    found = {
        "transaction": text_of(said.get(names.transaction)),
        "operation": text_of(said.get(names.operation)),
        "attempt": said.get(names.attempt),
    }
    return _said(found)


def _outcome(sent: WireSpan) -> dict[str, Any]:
    """What a span says of a transaction by itself: its name, and its error."""
    found: dict[str, Any] = {"flow": _tidy(sent.name).encode()[:LONGEST_NAMED].decode(errors="ignore")}
    if sent.status == 2:
        found |= {"error_class": _error_class(sent), "error_message": _message(sent)}
    return _said(found)


def _error_class(sent: WireSpan) -> Any:
    return sent.attributes.get("error.type") or _of_exception(sent, "exception.type")


def _message(sent: WireSpan) -> str | None:
    found = sent.message or _of_exception(sent, "exception.message")
    return _tidy(str(found))[:_LONGEST_MESSAGE] if found else None


def _tidy(text: str) -> str:
    """Without null characters, for what a span was not meant to say: it must not cost the event."""
    return text.replace("\0", "\ufffd")


def _of_exception(sent: WireSpan, name: str) -> Any:
    return next((one.attributes.get(name) for one in reversed(sent.events) if one.name == "exception"), None)


def _said(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value not in (None, "")}


def _event(  # noqa: PLR0917 - what an event is made of
    source: str, id: str, type_: str, nanos: int, said: dict[str, Any], transaction: dict[str, Any], names: Names
) -> Event:
    contract = text_of(said.get(names.contract))
    return make_event(
        source=source,
        id=id,
        type=type_,
        occurred_at=_instant(nanos),
        sequence=text_of(said.get(SEQUENCE)),
        record=text_of(said.get(RECORD)),
        subject=contract or "",
        keys=names.keys_of(said),
        # What the attributes say outright counts before what is read out of the span.
        attributes=transaction | names.attributes_of(said),
    )


def _instant(nanos: int) -> datetime:
    return from_micros(nanos // 1000)
