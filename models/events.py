"""What another system says happened: one event, checked, in canonical form, knowing what makes it itself.

Wire shape: CloudEvents 1.0 as in the interface description. Everything a check can refuse is refused here, with a
reason that names the field, so that a bad event costs one quarantined row and its neighbours go on.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from models.errors import SkipRecord

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

HEARTBEAT = "system.heartbeat"
LINKED = "keys.linked"
TRANSACTION_TYPES = frozenset(
    f"transaction.{outcome}" for outcome in ("started", "succeeded", "failed", "dead_lettered", "replayed", "discarded")
)
COMMON_TYPES = TRANSACTION_TYPES | {HEARTBEAT, LINKED}

DIMENSIONS = ("customer", "entity", "region", "practice", "contract_type")
SUBJECTS = ("line", "amendment", "milestone", "period", "invoice")
NUMBERS = frozenset(
    (
        "value",
        "schedule_total",
        "tax",
        "retention_ratio",
        "cap",
        "po_balance",
        "amount",
        "hours",
        "applied_to",
        "attempt",
    )
)
DATES = frozenset(("start_on", "end_on", "planned_on", "effective_on"))

LONGEST_NAME = 500
LONGEST_VALUE = 2_000
LONGEST_TEXT = 100_000
MOST_KEYS = 10_000
LONGEST_KEY_NAME = 200  # bytes, as are the next two: what an index of PostgreSQL can hold together
LONGEST_KEY = 1_000
LONGEST_NAMED = 300
DIGITS_BEFORE_POINT = 20
DIGITS_AFTER_POINT = 10
DIGITS_OF_PAYLOAD = 300
DEPTH_OF_PAYLOAD = 100
LAST_YEAR = 9990  # deadlines lie after their events

# Attributes that rows are found by.
NAMES = frozenset((*DIMENSIONS, *SUBJECTS, "transaction", "operation", "flow", "source_system", "target_system"))

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_NO_NUMBERS = ("nan", "snan", "inf", "infinity")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


class UnreadableEventError(SkipRecord):
    """An event that cannot be taken as it is; the message says which field, what was found and what is wanted."""


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that happened, in canonical form.

    Shape: `keys` maps a full key name (`netsuite-us/project`) to its sorted distinct values; `attributes` holds text,
    None (clears), for `lines` a list of flat mappings, and for `payload` any JSON. Times are UTC. `identity` is a
    digest of (source, id), `content_hash` of everything else.
    """

    source: str
    id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime | None = None
    sequence: str | None = None
    record: str | None = None
    retracts: bool = False
    subject: str = ""
    keys: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, Any] = {}
    identity: UUID
    content_hash: UUID


class _WireData(msgspec.Struct):
    record: str | None = None
    keys: dict[str, str | list[str]] = {}
    attributes: dict[str, Any] = {}
    retracts: bool = False


class _WireEvent(msgspec.Struct):
    specversion: str
    source: str
    id: str
    type: str
    time: str
    recordedtime: str | None = None
    sequence: str | int | None = None
    subject: str | None = None
    data: _WireData = msgspec.field(default_factory=_WireData)


_decoder = msgspec.json.Decoder(_WireEvent, float_hook=Decimal)
_canonical = msgspec.json.Encoder(order="sorted", decimal_format="string")


def read_event(raw: bytes | msgspec.Raw) -> Event:
    """The event that one CloudEvent in JSON says.

    Errors: UnreadableEventError, also for text that is not Unicode and for numbers that are none.
    """
    try:
        wire = _decoder.decode(raw)
    except ArithmeticError as error:
        raise UnreadableEventError("a number is too large or too small to be one of a record") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableEventError(_plain(str(error))) from error
    if wire.specversion != "1.0":
        raise UnreadableEventError(f"specversion is {wire.specversion[:20]!r}; this reads '1.0'")
    data = wire.data
    return make_event(
        source=wire.source,
        id=wire.id,
        type=wire.type,
        occurred_at=_instant("time", wire.time),
        recorded_at=None if wire.recordedtime is None else _instant("recordedtime", wire.recordedtime),
        sequence=None if wire.sequence is None else str(wire.sequence),
        record=data.record,
        retracts=data.retracts,
        subject=wire.subject or "",
        keys=data.keys,
        attributes=data.attributes,
    )


def write_event(event: Event) -> bytes:
    """The CloudEvent in JSON that says this event; reading it gives the event again."""
    said: dict[str, Any] = {"specversion": "1.0", "source": event.source, "id": event.id, "type": event.type}
    said["time"] = event.occurred_at
    if event.recorded_at is not None:
        said["recordedtime"] = event.recorded_at
    if event.sequence is not None:
        said["sequence"] = event.sequence
    if event.subject:
        said["subject"] = event.subject
    data: dict[str, Any] = {"keys": event.keys, "attributes": event.attributes}
    if event.record is not None:
        data["record"] = event.record
    if event.retracts:
        data["retracts"] = True
    return _canonical.encode({**said, "data": data})


def make_event(
    *,
    source: str,
    id: str,
    type: str,
    occurred_at: datetime,
    recorded_at: datetime | None = None,
    sequence: str | None = None,
    record: str | None = None,
    retracts: bool = False,
    subject: str = "",
    keys: dict[str, Any] | None = None,
    attributes: dict[str, Any] | None = None,
) -> Event:
    """An event from its parts, checked and in canonical form; what connectors and importers call.

    Shape: `keys` values are text or lists of text; `attributes` values text, numbers, booleans or None.
    Errors: UnreadableEventError.
    """
    for name, text, longest in (
        ("source", source, LONGEST_NAME),
        ("id", id, LONGEST_NAME),
        ("type", type, LONGEST_NAME),
        ("subject", subject or "-", LONGEST_VALUE),
        ("sequence", sequence if sequence is not None else "-", LONGEST_NAME),
        ("data.record", record if record is not None else "-", LONGEST_NAME),
    ):
        if not text or len(text) > longest:
            raise UnreadableEventError(f"{name} has {len(text)} characters; 1 to {longest} are allowed")
    clean_keys = _keys(keys or {})
    clean_attributes = {name: _attribute(name, value) for name, value in (attributes or {}).items()}
    at = _utc("time", occurred_at)
    recorded = None if recorded_at is None else _utc("recordedtime", recorded_at)
    try:
        content = _canonical.encode(
            (type, at, recorded, sequence, record, retracts, subject, clean_keys, clean_attributes)
        )
        identity = digest(source, id)
    except UnicodeEncodeError as error:
        raise UnreadableEventError("a text holds half of a surrogate pair, which is no Unicode character") from error
    if b"\\u0000" in content and _holds_null((type, sequence, record, subject, clean_keys, clean_attributes)):
        raise UnreadableEventError("a text holds a null character, which the store cannot keep")
    if "\0" in source or "\0" in id:
        raise UnreadableEventError("source or id holds a null character, which the store cannot keep")
    return Event(
        source=source,
        id=id,
        type=type,
        occurred_at=at,
        recorded_at=recorded,
        sequence=sequence,
        record=record,
        retracts=retracts,
        subject=subject,
        keys=clean_keys,
        attributes=clean_attributes,
        identity=identity,
        content_hash=UUID(bytes=blake2b(content, digest_size=16).digest()),
    )


def digest(*parts: str) -> UUID:
    """128 bits that stand for these texts in this order; equal texts give equal bits on every machine."""
    return UUID(bytes=blake2b("\0".join(parts).encode(), digest_size=16).digest())


def micros(at: datetime) -> int:
    """Microseconds since 1970 in UTC, exact."""
    return (at - EPOCH) // MICROSECOND


def from_micros(value: int) -> datetime:
    """The UTC instant of so many microseconds since 1970."""
    return EPOCH + value * MICROSECOND


def _plain(message: str) -> str:
    return message.replace("`", "'").replace("$.", "").replace("$", "event")[:300]


def _instant(name: str, text: str) -> datetime:
    if len(text) == len("2026-03-02") and _DAY.fullmatch(text):
        raise UnreadableEventError(f"{name} {text!r} has no time of day; '2026-03-02T10:15:00Z' is wanted")
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise UnreadableEventError(f"{name} {text[:40]!r} is no RFC 3339 time such as '2026-03-02T10:15:00Z'") from None


def _utc(name: str, at: datetime) -> datetime:
    if at.tzinfo is None:
        raise UnreadableEventError(f"{name} {at.isoformat()} has no zone; add 'Z' or an offset such as '+01:00'")
    try:
        instant = at.astimezone(UTC)
    except OverflowError:
        instant = None
    if instant is None or instant.year > LAST_YEAR:
        raise UnreadableEventError(f"{name} {at.isoformat()} is outside the years 1 to {LAST_YEAR} in UTC")
    return instant


def _keys(keys: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    clean: dict[str, tuple[str, ...]] = {}
    count = 0
    for name, found in keys.items():
        values = (found,) if isinstance(found, str) else tuple(sorted(set(found)))
        if not name or _bytes(name) > LONGEST_KEY_NAME or not name.rsplit("/", 1)[-1]:
            raise UnreadableEventError(
                f"data.keys: {name[:40]!r} is no key name; 'project' or 'system/project' is wanted"
            )
        for value in values:
            if not value or _bytes(value) > LONGEST_KEY:
                raise UnreadableEventError(
                    f"data.keys.{name} has a value of {_bytes(value)} bytes; 1 to {LONGEST_KEY} are allowed"
                )
        count += len(values)
        if values:
            clean[name] = values
    if count > MOST_KEYS:
        raise UnreadableEventError(f"data.keys names {count} keys; {MOST_KEYS} are allowed")
    return clean


def _attribute(name: str, value: Any) -> Any:
    if name == "payload":
        return _payload(value)
    if value is None:
        return value
    if name == "lines":
        return _lines(value)
    if isinstance(value, list | dict):
        raise UnreadableEventError(
            f"data.attributes.{name} is a list or mapping; text, a number or a boolean is wanted"
        )
    if isinstance(value, bool):
        value = "true" if value else "false"
    if name in NUMBERS:
        return _number(name, value)
    return _text(name, value if isinstance(value, str) else _number(name, value))


def _text(name: str, value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise UnreadableEventError(f"data.attributes.{name} has {len(value)} characters; {LONGEST_TEXT} are allowed")
    if name in NAMES and _bytes(value) > LONGEST_NAMED:
        raise UnreadableEventError(f"data.attributes.{name} has {_bytes(value)} bytes; {LONGEST_NAMED} are allowed")
    if name in DATES:
        return _day(name, value)
    if name == "currency" and not (len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()):
        raise UnreadableEventError(f"data.attributes.currency is {value[:20]!r}; a code such as 'EUR' is wanted")
    return value


def _number(name: str, value: Any) -> str:
    text = value.strip() if isinstance(value, str) else str(value)
    if not _NUMBER.fullmatch(text) and text.lower().lstrip("+-") not in _NO_NUMBERS:
        raise UnreadableEventError(f"data.attributes.{name} is {text[:40]!r}; a decimal such as '120000.00' is wanted")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    # The exponent is looked at before anything is computed: arithmetic with a monstrous one overflows.
    if not number.is_finite() or (number and number.adjusted() >= DIGITS_BEFORE_POINT):
        raise UnreadableEventError(f"data.attributes.{name} is {text[:40]}; a number below 1e20 is wanted")
    if number and number.adjusted() < -DIGITS_AFTER_POINT:
        raise UnreadableEventError(f"data.attributes.{name} is {text[:40]}; at most 10 decimals are kept")
    number = number.normalize()
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DIGITS_AFTER_POINT:
        raise UnreadableEventError(f"data.attributes.{name} is {text[:40]}; at most 10 decimals are kept")
    return format(number, "f") if number else "0"


def _payload(value: Any, depth: int = 0) -> Any:
    """Any JSON, numbers that no database holds as text."""
    if depth > DEPTH_OF_PAYLOAD:
        raise UnreadableEventError(
            f"data.attributes.payload is nested more than {DEPTH_OF_PAYLOAD} deep; send it flatter, or as text"
        )
    if isinstance(value, dict):
        return {name: _payload(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_payload(inner, depth + 1) for inner in value]
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > DIGITS_OF_PAYLOAD):
        return str(value)
    return value


def _day(name: str, value: str) -> str:
    day = value[:10] if _INSTANT.fullmatch(value) else value
    try:
        if not _DAY.fullmatch(day):
            raise ValueError
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise UnreadableEventError(
            f"data.attributes.{name} is {value[:40]!r}; a date such as '2026-03-31' is wanted"
        ) from None


def _lines(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(line, dict) for line in value):
        raise UnreadableEventError(
            "data.attributes.lines is no list of mappings such as {contract, line, amount, currency}"
        )
    return [
        {name: _attribute(name, field) if name != "lines" else "" for name, field in line.items()} for line in value
    ]


def _bytes(text: str) -> int:
    # Half a surrogate pair is refused further on, with a reason of its own.
    return len(text.encode(errors="surrogatepass"))


def _holds_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_null(name) or _holds_null(inner) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return any(_holds_null(inner) for inner in value)
    return False
