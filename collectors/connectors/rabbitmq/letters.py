"""What a dead letter tells, and what it becomes when it is published again. Pure functions.

The broker writes `x-death` (newest first; `time` is the first time of its queue and reason, `count` how often) and
`x-first-death-*`; everything else is the publisher's own, under names that are options.
Source: RabbitMQ, Dead Letter Exchanges; Publishers (message properties).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from pika import BasicProperties

from models.events import SUBJECTS, Event, UnreadableEventError, make_event

REPLAY_OF = "x-replay-of"
REPLAY_NUMBER = "x-replay-number"
REPLAY_ATTEMPT = "x-replay-attempt"
REPLAYED_BY = "x-replayed-by"
KEY = "x-idempotency-key"

_BROKERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count")
_LONGEST_BODY = 256 * 1024
_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True)
class RabbitOptions:
    """What differs between installations.

    `queues` hold the dead letters that people look after; `audit_queues`, bound to the same dead-letter exchanges, get
    a copy of each that is ours to consume: name them where there are, for a queue can be looked at only by taking its
    messages and giving them back. `publish_to` "queue": back into the queue it died in, and no other; "exchange": to
    the exchange it came by, which may route it to others as well. `most_held`: how many letters of a queue are looked
    at.
    """

    queues: tuple[str, ...] = ("erp.project-activation.dead",)
    audit_queues: tuple[str, ...] = ()
    publish_to: str = "queue"
    most_held: int = 50_000
    contract_header: str = "contract"
    operation_header: str = "operation"
    flow_header: str = "flow"
    source_header: str = "source_system"
    target_header: str = "target_system"
    error_class_header: str = "error_class"
    error_message_header: str = "error_message"


class Letter(NamedTuple):
    """A dead letter as it lies in a queue. `tag` is its number on the channel that holds it."""

    queue: str
    tag: int
    properties: BasicProperties
    body: bytes

    @property
    def headers(self) -> Mapping[str, Any]:
        """The headers of the message, none where it has none."""
        return self.properties.headers or {}

    @property
    def deaths(self) -> list[Mapping[str, Any]]:
        """Where it died, the newest first."""
        found = self.headers.get("x-death")
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    @property
    def name(self) -> str:
        """The id of its transaction: the message's, else one made of its content."""
        if self.properties.message_id:
            return str(self.properties.message_id)
        died = self.deaths[-1].get("time") if self.deaths else ""
        return sha256(self.body + str(died).encode()).hexdigest()

    @property
    def died_in(self) -> str:
        """The queue that it first died in, '' where nobody wrote it down."""
        found = self.headers.get("x-first-death-queue") or (self.deaths[-1].get("queue") if self.deaths else "")
        return str(found or "")

    @property
    def attempt(self) -> int:
        """How often it was tried: its deaths in the queue it first died in, and the attempts before it was replayed."""
        mine = [one for one in self.deaths if one.get("queue") == self.died_in]
        counts = [one.get("count") for one in mine]
        counted = sum(count if isinstance(count, int) else 1 for count in counts) or 1
        before = self.headers.get(REPLAY_ATTEMPT)
        return counted + (before if isinstance(before, int) else 0)


class Route(NamedTuple):
    """Where a letter is published to; the default exchange is ''."""

    exchange: str
    key: str


def event_of(system: str, letter: Letter, options: RabbitOptions) -> Event:
    """The dead letter as an event; reading it again gives an equal one. Errors: UnreadableEventError."""
    headers, name = letter.headers, letter.name
    at = _died_at(letter)
    error = _text(headers.get(options.error_message_header))
    reason = str(letter.deaths[0].get("reason", "")) if letter.deaths else ""
    said: dict[str, Any] = {
        "transaction": name,
        "operation": _text(headers.get(options.operation_header)),
        "flow": _text(headers.get(options.flow_header)) or letter.properties.type or letter.died_in,
        "source_system": _text(headers.get(options.source_header)) or letter.properties.app_id,
        "target_system": _text(headers.get(options.target_header)),
        "attempt": letter.attempt,
        "error_class": _text(headers.get(options.error_class_header)) or reason,
        "error_message": error or (f"{reason} in {letter.died_in}" if reason else "no reason was written on it"),
        "retryable": True,
        "payload": _payload(letter),
        **{kind: _text(headers.get(kind)) for kind in SUBJECTS},
    }
    contracts = _texts(headers.get(options.contract_header))
    keys: dict[str, Any] = {"transaction": name}
    if contracts:
        keys["contract"] = contracts
    if letter.properties.correlation_id:
        keys["correlation"] = str(letter.properties.correlation_id)
    return make_event(
        source=system,
        id=f"{name}:dead@{at.isoformat()}#{letter.attempt}",
        type="transaction.dead_lettered",
        occurred_at=at,
        record=name,
        keys=keys,
        attributes={key: value for key, value in said.items() if value not in (None, "")},
    )


def raw_of(letter: Letter) -> bytes:
    """A letter as quarantine keeps it."""
    properties = {
        name: value for name, value in vars(letter.properties).items() if value is not None and name != "headers"
    }
    told = {
        "queue": letter.queue,
        "properties": properties,
        "headers": letter.headers,
        "body": letter.body.decode("utf-8", "replace"),
    }
    return _encoder.encode(msgspec.to_builtins(told, str_keys=True, enc_hook=str))


def route_of(letter: Letter, publish_to: str) -> Route | None:
    """Where a letter goes when it is published again; None where nothing says where it came from."""
    if publish_to != "exchange":
        return Route("", letter.died_in) if letter.died_in else None
    for death in reversed(letter.deaths):
        keys = death.get("routing-keys")
        if death.get("queue") == letter.died_in and isinstance(keys, list) and keys:
            return Route(str(death.get("exchange", "")), str(keys[0]))
    return None


def again(letter: Letter, *, key: str, number: int, requested_by: str) -> BasicProperties:
    """The properties under which a letter is published again: the same message, without the broker's marks of its
    deaths, which consumers count retries by, and without the errors of the attempt before."""
    headers = {name: value for name, value in letter.headers.items() if not name.startswith(_BROKERS)}
    headers |= {
        REPLAY_OF: letter.name,
        REPLAY_NUMBER: number,
        REPLAY_ATTEMPT: letter.attempt,
        REPLAYED_BY: requested_by,
        KEY: key,
    }
    before = letter.properties
    return BasicProperties(
        content_type=before.content_type,
        content_encoding=before.content_encoding,
        headers=headers,
        delivery_mode=2,
        priority=before.priority,
        correlation_id=before.correlation_id,
        reply_to=before.reply_to,
        message_id=letter.name,
        timestamp=before.timestamp,
        type=before.type,
        app_id=before.app_id,
    )


def is_replay(letter: Letter, key: str, number: int) -> bool:
    """Whether a letter is what a replay with this key and number published, dead again."""
    return letter.headers.get(KEY) == key and letter.headers.get(REPLAY_NUMBER) == number


def _died_at(letter: Letter) -> datetime:
    """When it died: the broker's time of its newest death, else the publisher's timestamp."""
    found = letter.deaths[0].get("time") if letter.deaths else None
    if isinstance(found, datetime):
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    seconds = found if isinstance(found, int) else letter.properties.timestamp
    if not isinstance(seconds, int):
        raise UnreadableEventError("x-death and timestamp are missing: nothing says when it died")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise UnreadableEventError(f"it died at {str(seconds)[:40]} seconds since 1970, which is no time") from error


def _payload(letter: Letter) -> Any:
    """The body where it is JSON of a size that people read; else nothing."""
    if len(letter.body) > _LONGEST_BODY:
        return None
    try:
        return _decoder.decode(letter.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else str(value or "").split(";")
    return sorted({str(one).strip() for one in found if str(one).strip()})
