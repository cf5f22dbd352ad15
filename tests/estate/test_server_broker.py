"""The whole firm with a real RabbitMQ: dead letters lie there, and one that is published again heals its contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pika
import pytest

from estate.access import Access
from estate.broker.letters import DEAD_QUEUE, EXCHANGE, FLOW
from estate.server import Estate, Size
from tests.estate.engine import until
from tests.servers import Broker

pytestmark = [pytest.mark.needs_rabbitmq, pytest.mark.timeout(180)]


@pytest.fixture
def firm(tmp_path: Path, rabbitmq: Broker) -> Iterator[Estate]:
    firm = Estate(Size(5, 120, 12, 0.0), "http://127.0.0.1:8600", rabbitmq.amqp_url, Access(tmp_path))
    firm.start()
    yield firm
    firm.stop()


def test_a_dead_letter_that_is_published_again_activates_its_project(firm: Estate, rabbitmq: Broker) -> None:
    dead = [fault for fault in firm.world.view()["faults"] if fault["system"] == "rabbitmq"]
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        assert channel.queue_declare(DEAD_QUEUE, passive=True).method.message_count == len(dead) > 0
        _, properties, body = channel.basic_get(DEAD_QUEUE, auto_ack=True)
        channel.basic_publish(EXCHANGE, FLOW, body, properties, mandatory=True)
    until(firm.world.log_lines)
    act = firm.world.log_lines()[0]
    assert (act["system"], act["act"], act["executed"], act["outcome"]) == ("rabbitmq", "publish", True, "done")
    contract = next(fault["contract"] for fault in dead if fault["operation"] == act["operation"])
    steps = {row["step"] for row in firm.world.view()["steps"] if row["contract"] == contract}
    assert "project.activated" in steps
    firm.world.clock.advance(timedelta(days=3).total_seconds())
    healed = [one for one in firm.world.view()["faults"] if one["contract"] == contract and one["kind"] == "failed"]
    assert [one["healed_at"] is not None for one in healed] == [True]
