"""The act `replay` of RabbitMQ: a dead letter is published again, and leaves its queue once the broker has confirmed.

Killed in between, it is in both queues: nothing is lost, and a consumer that honours `message_id` or
`x-idempotency-key` acts once. What routes nowhere is a failure, and stays where it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from collectors.account import Account
from collectors.acts import Item, Outcome, Preflight, Sent
from collectors.connectors.rabbitmq.letters import Letter, RabbitOptions, again, is_replay, route_of
from collectors.connectors.rabbitmq.queues import BrokerAwayError, NotTakenError, QueueBusyError, Queues, connected

T = TypeVar("T")

# Another worker that looks at a queue holds all of it, for as long as that takes.
_PAUSES = (0.5, 1.0, 0.0)


class Republish:
    """Publishes one dead letter again."""

    def __init__(self, account: Account, options: RabbitOptions) -> None:
        self._account = account
        self._options = options

    def preflight(self, item: Item) -> Preflight:
        """Whether the letter lies in a dead-letter queue, and where it would go. Errors: QueueBusyError."""
        with connected(self._account) as queues:
            told = self._with_letter(queues, item, lambda _, letter: self._plan(letter))
        return told or Preflight(
            False, f"message {item.transaction} lies in none of {', '.join(self._options.queues)}: somebody took it out"
        )

    def send(self, item: Item, idempotency_key: str) -> Sent:
        """Publish, wait for the confirmation, then take the letter out of its queue."""
        sent: Sent | None = None
        try:
            with connected(self._account) as queues:
                what = (item, idempotency_key)
                sent = self._with_letter(queues, item, lambda channel, one: self._send(queues, channel, one, what))
        except BrokerAwayError:
            # What closing the connection ran into says nothing about what was sent by it.
            if sent is None:
                raise
        return sent or Sent(
            Outcome.REFUSED, f"message {item.transaction} was taken out of its dead-letter queue meanwhile"
        )

    def look_up(self, item: Item, idempotency_key: str, since: datetime) -> Sent | None:
        """A letter leaves its queue only once what was published is confirmed; one that is there may go again."""

        def is_again(_: BlockingChannel, letter: Letter) -> bool:
            return is_replay(letter, idempotency_key, item.number)

        with connected(self._account) as queues:
            has_died_again = self._with_letter(queues, item, is_again)
        if has_died_again is None:
            return Sent(Outcome.ACCEPTED, f"message {item.transaction} had been published and taken out of its queue")
        if has_died_again:
            return Sent(Outcome.ACCEPTED, f"message {item.transaction} had been published, and died again")
        return None

    def _send(self, queues: Queues, channel: BlockingChannel, letter: Letter, what: tuple[Item, str]) -> Sent:
        item, key = what
        route = route_of(letter, self._options.publish_to)
        if route is None:
            return Sent(Outcome.REFUSED, self._plan(letter).told)
        properties = again(letter, key=key, number=item.number, requested_by=item.requested_by)
        try:
            queues.publish(route, properties, letter.body)
        except NotTakenError as error:
            return Sent(Outcome.REFUSED, f"{self._account.name}: {error}; it stays in {letter.queue}")
        except (AMQPError, OSError) as error:
            told = (
                f"the broker broke off ({type(error).__name__}) before it confirmed; the message is in {letter.queue}"
            )
            return Sent(Outcome.UNKNOWN, f"{self._account.name}: {told} still")
        told = f"published to {_where(letter, self._options)}"
        try:
            channel.basic_ack(letter.tag)
            # Closed here and not with the block: only now is it known to have gone.
            channel.close()
        except (AMQPError, OSError):
            told += f"; it could not be taken out of {letter.queue}, take it out by hand"
        return Sent(Outcome.ACCEPTED, told, letter.name)

    def _plan(self, letter: Letter) -> Preflight:
        if route_of(letter, self._options.publish_to) is None:
            return Preflight(False, f"nothing on message {letter.name} says where it came from; publish it by hand")
        return Preflight(
            True,
            f"publish message {letter.name} to {_where(letter, self._options)}, then take it out of {letter.queue}",
        )

    def _with_letter(self, queues: Queues, item: Item, work: Callable[[BlockingChannel, Letter], T]) -> T | None:
        """What `work` makes of the letter while it is held; None where it is in no queue, which is made sure of.

        Another worker may hold it for a moment. Errors: QueueBusyError.
        """
        for pause in _PAUSES:
            for queue in self._options.queues:
                with queues.channel(queue) as channel:
                    held = queues.hold(channel, queue, self._options.most_held)
                    found = next((one for one in held if one.name == item.transaction), None)
                    if found is not None:
                        return work(channel, found)
            time.sleep(pause)
        busy = [queue for queue in self._options.queues if queues.is_consumed(queue)]
        if busy:
            raise QueueBusyError(
                f"{self._account.name}: {', '.join(busy)} is being read by somebody else, who may hold message "
                f"{item.transaction}; asked again"
            )
        return None


def _where(letter: Letter, options: RabbitOptions) -> str:
    route = route_of(letter, options.publish_to)
    assert route is not None, "asked only where there is a way"
    return f"exchange {route.exchange} with key {route.key}" if route.exchange else f"queue {route.key}"
