"""The estate's messages on a real RabbitMQ: dead letters, and a consumer that executes what is published again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from estate.broker import Product
from estate.broker.letters import DEAD_QUEUE, EXCHANGE, FLOW, QUEUE
from estate.happenings import Happening
from tests.estate.doing import Doing
from tests.estate.engine import NOON, ago, until
from tests.servers import Broker

pytestmark = [pytest.mark.needs_rabbitmq, pytest.mark.timeout(180)]

EFFECT = Happening(NOON, "certinia", "project.activated", "SOW-00001", "", {"project": "a0X5g0000000001AAV"})
Read = tuple[Any, Any, bytes]


def a_message(what: str, name: str, at: datetime = NOON) -> Happening:
    words: dict[str, Any] = {
        "message": name,
        "correlation": f"c-{name}",
        "contract": "SOW-00001",
        "operation": f"op-{name}",
    }
    words |= {"flow": FLOW, "queue": QUEUE, "body": {"contract": "SOW-00001"}}
    if what == "message.dead":
        words |= {
            "error_class": "PROJECT_LOCKED",
            "error_message": "somebody edits the project",
            "headers": {},
            "effect": [],
        }
    return Happening(at, "rabbitmq", what, "SOW-00001", "", words)


@pytest.fixture
def engine() -> Doing:
    engine = Doing()
    engine.effects = {"op-m-1": [EFFECT], "op-m-2": [EFFECT]}
    return engine


@pytest.fixture
def product(engine: Doing, rabbitmq: Broker) -> Iterator[Product]:
    """Not started: a test says first what happened before."""
    product = Product(engine, rabbitmq.amqp_url)
    yield product
    product.stop()


@pytest.fixture
def channel(rabbitmq: Broker) -> Iterator[BlockingChannel]:
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel


def count(channel: BlockingChannel, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def take_dead(channel: BlockingChannel) -> Read:
    """The first dead letter, taken away."""
    return until(lambda: _got(channel))


def _got(channel: BlockingChannel) -> Read | None:
    method, properties, body = channel.basic_get(DEAD_QUEUE, auto_ack=True)
    return (method, properties, body) if method else None


def publish(channel: BlockingChannel, properties: Any, body: bytes) -> None:
    channel.basic_publish(EXCHANGE, FLOW, body, properties, mandatory=True)


def test_dead_letters_of_the_past_lie_in_their_queue_at_the_start(engine, product, channel):
    product.apply(a_message("message.dead", "m-1", ago(days=3)))
    product.apply(a_message("message.dead", "m-2", ago(days=2)))
    product.start()
    assert count(channel, DEAD_QUEUE) == 2
    _, properties, body = take_dead(channel)
    assert (properties.message_id, properties.correlation_id, properties.type) == ("m-1", "c-m-1", FLOW)
    assert (properties.delivery_mode, properties.content_type) == (2, "application/json")
    assert json.loads(body) == {"contract": "SOW-00001"}
    told = {
        name: properties.headers[name] for name in ("contract", "operation", "flow", "error_class", "error_message")
    }
    assert told == {
        "contract": "SOW-00001",
        "operation": "op-m-1",
        "flow": FLOW,
        "error_class": "PROJECT_LOCKED",
        "error_message": "somebody edits the project",
    }
    death = properties.headers["x-death"][0]
    assert {name: death[name] for name in ("queue", "exchange", "reason", "count", "routing-keys")} == {
        "queue": QUEUE,
        "exchange": EXCHANGE,
        "reason": "rejected",
        "count": 1,
        "routing-keys": [FLOW],
    }
    assert death["time"].replace(tzinfo=UTC) == ago(days=3)
    assert properties.headers["x-first-death-queue"] == QUEUE
    assert engine.acts == []


def test_a_start_takes_away_what_an_earlier_run_left(engine, product, rabbitmq, channel):
    earlier = Product(Doing(), rabbitmq.amqp_url)
    earlier.apply(a_message("message.dead", "m-0"))
    earlier.start()
    earlier.stop()
    assert count(channel, DEAD_QUEUE) == 1
    product.start()
    assert count(channel, DEAD_QUEUE) == 0


def test_a_message_of_the_day_is_worked_off_without_being_executed_again(engine, product, channel):
    product.start()
    product.apply(a_message("message.sent", "m-9"))
    product.apply(a_message("message.dead", "m-1"))
    until(lambda: count(channel, DEAD_QUEUE) == 1)
    until(lambda: count(channel, QUEUE) == 0)
    assert engine.acts == []


def test_a_message_published_again_is_executed_once(engine, product, channel):
    made: list[Happening] = []
    engine.take = made.append
    product.apply(a_message("message.dead", "m-1", ago(days=1)))
    product.start()
    engine.at += timedelta(minutes=5)
    _, properties, body = take_dead(channel)
    publish(channel, properties, body)
    until(lambda: engine.acts)
    assert [(effect.what, effect.at) for effect in made] == [("project.activated", engine.at)]
    publish(channel, properties, body)
    until(lambda: len(engine.acts) == 2)
    assert len(made) == 1
    assert [(act["act"], act["item"], act["operation"], act["idempotency_key"]) for act in engine.acts] == [
        ("publish", "m-1", "op-m-1", "m-1")
    ] * 2
    assert [act["executed"] for act in engine.acts] == [True, False]
    assert count(channel, DEAD_QUEUE) == 0


def test_the_default_exchange_reaches_the_consumer_too(engine, product, channel):
    product.apply(a_message("message.dead", "m-1"))
    product.start()
    _, properties, body = take_dead(channel)
    channel.basic_publish("", QUEUE, body, properties, mandatory=True)
    until(lambda: engine.acts)
    assert engine.acts[0]["executed"] is True


def test_what_fails_again_is_a_dead_letter_again_with_one_more_death(engine, product, channel):
    engine.refused["op-m-1"] = "still locked"
    product.apply(a_message("message.dead", "m-1", ago(days=1)))
    product.start()
    _, properties, body = take_dead(channel)
    publish(channel, properties, body)
    _, again, _ = take_dead(channel)
    assert again.message_id == "m-1"
    assert (again.headers["error_class"], again.headers["error_message"]) == ("RATE_CARD", "still locked")
    assert [death["count"] for death in again.headers["x-death"]] == [2]
    assert again.headers["x-death"][0]["time"].replace(tzinfo=UTC) == ago(days=1)
    properties.headers = {name: value for name, value in properties.headers.items() if name != "x-death"}
    publish(channel, properties, body)
    _, once_more, _ = take_dead(channel)
    assert [death["count"] for death in once_more.headers["x-death"]] == [1]


def test_a_message_that_nobody_knows_is_given_up(engine, product, channel):
    product.start()
    publish(channel, pika.BasicProperties(message_id="m-7", headers={"operation": "op-none"}), b"{}")
    _, properties, _ = take_dead(channel)
    assert properties.headers["error_class"] == "UNKNOWN_OPERATION"


@pytest.mark.parametrize("lie", ["accepted_then_nothing", "write_dropped", "duplicate_swallowed"])
def test_a_lie_takes_the_message_and_does_nothing(engine, product, channel, lie):
    engine.take = lambda effect: pytest.fail(f"{effect.what} happened")
    product.apply(a_message("message.dead", "m-1"))
    product.start()
    _, properties, body = take_dead(channel)
    engine.misbehaviour.promise_lie("rabbitmq", lie)
    publish(channel, properties, body)
    until(lambda: engine.acts)
    until(lambda: count(channel, QUEUE) == 0)
    assert count(channel, DEAD_QUEUE) == 0
    assert engine.acts[0]["executed"] is False


def test_a_message_that_expired_dies_for_that_reason(engine, product, channel):
    product.apply(a_message("message.dead", "m-1"))
    product.start()
    _, properties, body = take_dead(channel)
    engine.misbehaviour.promise_lie("rabbitmq", "expired")
    publish(channel, properties, body)
    _, again, _ = take_dead(channel)
    assert [(death["reason"], death["count"]) for death in again.headers["x-death"]] == [
        ("expired", 1),
        ("rejected", 1),
    ]
    assert again.headers["x-first-death-reason"] == "rejected"


def test_a_broker_that_is_not_there_is_named(engine):
    product = Product(engine, "amqp://guest:guest@127.0.0.1:1/%2F")
    with pytest.raises(TimeoutError, match="--amqp"):
        product.start(seconds=0.2)
    product.stop()
