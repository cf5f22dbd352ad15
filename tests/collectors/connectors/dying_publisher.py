"""A replay in a process of its own that is killed at a chosen moment: `... AMQP-URL MOMENT`."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel

from collectors.account import Account
from collectors.acts import Item
from collectors.connectors.rabbitmq import republish
from collectors.connectors.rabbitmq.letters import RabbitOptions
from collectors.connectors.rabbitmq.queues import Queues

MOMENT = sys.argv[2] if len(sys.argv) > 2 else ""


def die_at(moment: str) -> None:
    if moment == MOMENT:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingRepublish(republish.Republish):
    """Dies around what its connection does."""

    def _send(self, queues: Queues, channel: BlockingChannel, letter: Any, what: Any) -> Any:
        publish = queues.publish

        def publish_and_die(*parts: Any) -> None:
            die_at("before_publish")
            publish(*parts)
            die_at("after_publish")

        queues.publish = publish_and_die  # type: ignore[method-assign]
        sent = super()._send(queues, channel, letter, what)
        die_at("after_ack")
        return sent


def main() -> None:
    account = Account("rabbit", "rabbitmq", "broker", sys.argv[1])
    act = DyingRepublish(account, RabbitOptions(queues=("erp.work.dead",)))
    act.send(Item("m2", "op-m2", datetime.now(UTC), requested_by="ana"), "op-m2#0")


if __name__ == "__main__":
    main()
