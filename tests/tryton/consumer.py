"""A small consumer that moves contracts from RabbitMQ into Tryton: customer, project, draft invoice.

A message is JSON: contract, customer {code, name}, amount, terms. What Tryton refuses goes to the dead-letter exchange
with the reason in its headers. Everything is found before it is made, so that the same message twice acts once.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from tests.tryton import acts
from tests.tryton.server import Erp, TrytonRefusal

EXCHANGE, QUEUE = "contracts", "erp.contracts"
DEAD_EXCHANGE, DEAD_QUEUE = "contracts.dead", "erp.contracts.dead"
FLOW = "project-sync"


def declare(channel: BlockingChannel) -> None:
    """The exchange, the queue, and where its dead letters go."""
    for exchange in (EXCHANGE, DEAD_EXCHANGE):
        channel.exchange_declare(exchange, "direct", durable=True)
    channel.queue_declare(QUEUE, durable=True, arguments={"x-dead-letter-exchange": DEAD_EXCHANGE})
    channel.queue_declare(DEAD_QUEUE, durable=True)
    channel.queue_bind(QUEUE, EXCHANGE, FLOW)
    channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE, FLOW)


def send(channel: BlockingChannel, contract: str, **said: Any) -> None:
    """What the contract system says when a contract is signed."""
    channel.basic_publish(
        EXCHANGE,
        FLOW,
        json.dumps({"contract": contract, **said}).encode(),
        pika.BasicProperties(
            message_id=f"msg-{contract}",
            delivery_mode=2,
            headers={
                "contract": contract,
                "operation": f"project-sync:{contract}",
                "flow": FLOW,
                "source_system": "clm",
                "target_system": "tryton",
            },
        ),
    )


@contextmanager
def consuming(amqp_url: str, erp_url: str) -> Iterator[None]:
    """The consumer at work, in a thread of its own, for the block."""
    stopping = threading.Event()
    thread = threading.Thread(target=_consume, args=(amqp_url, erp_url, stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _consume(amqp_url: str, erp_url: str, stopping: threading.Event) -> None:
    erp = Erp(erp_url)
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for method, properties, body in channel.consume(QUEUE, inactivity_timeout=0.1):
            if stopping.is_set():
                break
            if method is not None:
                _handle(channel, properties, body, erp)
                channel.basic_ack(method.delivery_tag)
    erp.close()


def _handle(channel: BlockingChannel, properties: pika.BasicProperties, body: bytes, erp: Erp) -> None:
    said = json.loads(body)
    try:
        party = acts.customer(erp, said["customer"]["code"], said["customer"]["name"])
        acts.project(erp, said["contract"], party)
        acts.draft(erp, said["contract"], party, said["amount"], said["terms"])
    except TrytonRefusal as error:
        headers = {**(properties.headers or {}), "error_class": "UserError", "error_message": str(error)}
        headers["x-first-death-queue"] = QUEUE
        properties.headers, properties.timestamp = headers, int(time.time())
        channel.basic_publish(DEAD_EXCHANGE, FLOW, body, properties, mandatory=True)
