"""Messages of the flow `project-activation`, and what a consumer writes on one that it gives up.

The consumer publishes a dead letter to the dead-letter exchange itself: `basic.reject` cannot add the error. It keeps
`x-death` and `x-first-death-*` as the broker would have, so that a reader finds where the message came from.
Source: RabbitMQ, Dead Letter Exchanges.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pika import BasicProperties
from pika.adapters.blocking_connection import BlockingChannel

from estate.happenings import Happening

FLOW = "project-activation"
EXCHANGE, DEAD_EXCHANGE = "erp", "erp.dlx"
QUEUE = f"erp.{FLOW}"
DEAD_QUEUE = f"{QUEUE}.dead"
REJECTED, EXPIRED = "rejected", "expired"


@dataclass(frozen=True)
class Letter:
    """A message and the exchange it goes to; the routing key is always the flow's name."""

    exchange: str
    properties: BasicProperties
    body: bytes


def declare(channel: BlockingChannel) -> None:
    """The exchanges and queues of the flow."""
    for exchange in (EXCHANGE, DEAD_EXCHANGE):
        channel.exchange_declare(exchange, "direct", durable=True)
    channel.queue_declare(QUEUE, durable=True, arguments={"x-dead-letter-exchange": DEAD_EXCHANGE})
    channel.queue_declare(DEAD_QUEUE, durable=True)
    channel.queue_bind(QUEUE, EXCHANGE, FLOW)
    channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE, FLOW)


def clear(channel: BlockingChannel) -> None:
    """Take away what an earlier run of the estate left behind."""
    for queue in (QUEUE, DEAD_QUEUE):
        channel.queue_delete(queue)


def letter_of(happening: Happening) -> Letter:
    """The message of a happening `message.sent` or `message.dead`."""
    data = happening.data
    headers = {"contract": data["contract"], "operation": data["operation"], "flow": data["flow"]}
    letter = Letter(
        EXCHANGE,
        BasicProperties(
            message_id=data["message"],
            correlation_id=data["correlation"],
            timestamp=int(happening.at.timestamp()),
            content_type="application/json",
            delivery_mode=2,
            type=data["flow"],
            headers={**headers, **data.get("headers", {})},
        ),
        json.dumps(data["body"], default=str).encode(),
    )
    if happening.what == "message.sent":
        return letter
    return dead(letter.properties, letter.body, happening.at, (data["error_class"], data["error_message"]))


def dead(
    properties: BasicProperties, body: bytes, at: datetime, error: tuple[str, str], reason: str = REJECTED
) -> Letter:
    """The dead letter of a message that failed at this instant, with the class and the words of the error."""
    headers: dict[str, Any] = {**(properties.headers or {}), "error_class": error[0], "error_message": error[1]}
    deaths = [death for death in headers.get("x-death", []) if isinstance(death, Mapping)]
    known = next((death for death in deaths if (death.get("queue"), death.get("reason")) == (QUEUE, reason)), None)
    death = {
        "queue": QUEUE,
        "reason": reason,
        "count": int(known["count"]) + 1 if known else 1,
        "exchange": EXCHANGE,
        "routing-keys": [FLOW],
        "time": known["time"] if known else at,
    }
    headers["x-death"] = [death, *(other for other in deaths if other is not known)]
    for name, value in (("queue", QUEUE), ("reason", reason), ("exchange", EXCHANGE)):
        headers.setdefault(f"x-first-death-{name}", value)
    kept = ("message_id", "correlation_id", "timestamp", "content_type", "delivery_mode", "type", "app_id")
    return Letter(
        DEAD_EXCHANGE, BasicProperties(headers=headers, **{name: getattr(properties, name) for name in kept}), body
    )
