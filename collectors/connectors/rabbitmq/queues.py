"""Queues over AMQP 0-9-1: looked at without anything being taken, consumed where they are ours, published to.

A queue has no way to be looked at: messages are taken without an acknowledgement and go back, each to its place, when
the channel is closed. In a classic queue only `redelivered` shows it. A quorum queue counts every such return and may
drop a message over its limit, so one is never looked at.
Source: RabbitMQ, Consumer Acknowledgements and Publisher Confirms; Quorum Queues (poison messages; no global QoS).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import (
    AMQPConnectionError,
    AMQPError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    NackError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    UnroutableError,
)

from collectors.account import Account
from collectors.connectors.rabbitmq.letters import Letter, Route
from models.errors import Misconfigured, RetryLater, StopStream

_QUIET_SECONDS = 10.0
_LARGEST_PREFETCH = 65_535
_NOT_FOUND, _FORBIDDEN, _NOT_IMPLEMENTED = 404, 403, 540


class BrokerAwayError(RetryLater):
    """No connection to the broker, or it broke off."""


class BrokerRefusesError(Misconfigured):
    """The broker does not accept who we say we are, or does not have the virtual host."""


class QueueRefusedError(StopStream):
    """A queue is not there, or may not or must not be looked at."""


class QueueBusyError(RetryLater):
    """Somebody holds the messages of a queue at the moment, so that it cannot be said what is in it."""


class NotTakenError(RuntimeError):
    """The broker did not take a message: nothing is bound where it was published to, or it said no."""


class Queues:
    """One connection to a broker. Not for several threads; made for a block by `connected`."""

    def __init__(self, system: str, connection: BlockingConnection) -> None:
        self._system = system
        self._connection = connection

    def count(self, queue: str) -> int:
        """How many messages are ready in a queue. Errors: QueueRefusedError."""
        with self.channel(queue) as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    @contextmanager
    def channel(self, queue: str) -> Iterator[BlockingChannel]:
        """A channel for the block; closing it gives back what it holds. Errors: QueueRefusedError."""
        channel = self._connection.channel()
        try:
            yield channel
        except ChannelClosedByBroker as error:
            raise self._refused(queue, error) from error
        finally:
            # What closing runs into says nothing about what was done: what the channel held goes back in any case.
            with suppress(AMQPError):
                channel.close()

    def is_consumed(self, queue: str) -> bool:
        """Whether somebody, another of our workers perhaps, holds or takes messages of a queue now."""
        with self.channel(queue) as channel:
            return int(channel.queue_declare(queue, passive=True).method.consumer_count) > 0

    def hold(self, channel: BlockingChannel, queue: str, most: int) -> list[Letter]:
        """The letters that are ready in a queue, oldest first and `most` at most, held until the channel is closed or
        each is acknowledged.

        Errors: QueueRefusedError for a quorum queue, of which nothing is taken; its connection is closed then.
        """
        ready = int(channel.queue_declare(queue, passive=True).method.message_count)
        wanted = min(ready, most, _LARGEST_PREFETCH)
        held: list[Letter] = []
        if not wanted:
            return held

        def take(_: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
            held.append(Letter(queue, method.delivery_tag, properties, body))

        # All that was asked for is waited for, also where one letter is looked for: closing a channel with deliveries
        # on their way took ten times as long as taking them (20,000 letters, RabbitMQ 3.10, pika 1.4).
        # With a limit for the whole channel, a quorum queue refuses to be consumed before it has given anything.
        channel.basic_qos(prefetch_count=wanted, global_qos=True)
        try:
            channel.basic_consume(queue, take, auto_ack=False)
        except ConnectionClosedByBroker as error:
            if error.reply_code != _NOT_IMPLEMENTED:
                raise
            raise self._counting(queue) from error
        quiet_since, before = time.monotonic(), 0
        while len(held) < wanted:
            self._connection.process_data_events(time_limit=0.2)
            if len(held) > before:
                quiet_since, before = time.monotonic(), len(held)
                self._require_returnable(queue, held[-1])
            elif time.monotonic() - quiet_since > _QUIET_SECONDS:
                # Somebody else consumes it as well, and got the rest.
                break
        return held

    def consume(self, channel: BlockingChannel, queue: str, most: int) -> list[Letter]:
        """The next letters of a queue that is ours, `most` at most; none when it is empty. To be acknowledged."""
        found: list[Letter] = []
        while len(found) < most:
            method, properties, body = channel.basic_get(queue, auto_ack=False)
            if method is None:
                break
            found.append(Letter(queue, method.delivery_tag, properties, body))
        return found

    def publish(self, route: Route, properties: pika.BasicProperties, body: bytes) -> None:
        """Publish and wait for the broker's confirmation. Errors: NotTakenError; AMQPError: nobody knows."""
        channel = self._connection.channel()
        channel.confirm_delivery()
        where = f"exchange {route.exchange!r} with routing key {route.key!r}"
        try:
            channel.basic_publish(route.exchange, route.key, body, properties, mandatory=True)
        except UnroutableError as error:
            raise NotTakenError(f"no queue is bound to {where}; bind one, or name another way") from error
        except NackError as error:
            raise NotTakenError(f"the broker did not accept the message for {where}; look at its alarms") from error
        except ChannelClosedByBroker as error:
            raise NotTakenError(f"the broker refuses {where}: {error.reply_text}") from error
        with suppress(AMQPError):
            channel.close()

    def _require_returnable(self, queue: str, letter: Letter) -> None:
        returns = letter.headers.get("x-delivery-count")
        if isinstance(returns, int) and returns:
            raise self._counting(queue)

    def _counting(self, queue: str) -> QueueRefusedError:
        return QueueRefusedError(
            f"{self._system}: {queue} is a quorum queue, which counts every look at its messages and drops them over "
            "its limit; bind a second queue to its dead-letter exchange and name it as audit_queues in "
            f"[systems.{self._system}.options]"
        )

    def _refused(self, queue: str, error: ChannelClosedByBroker) -> QueueRefusedError:
        said = {
            _NOT_FOUND: f"it has no queue {queue}; correct queues in [systems.{self._system}.options]",
            _FORBIDDEN: f"queue {queue} may not be read; grant our user read permission for it in its virtual host",
        }.get(error.reply_code, f"queue {queue} is refused: {error.reply_text}")
        return QueueRefusedError(f"{self._system}: {said}")


@contextmanager
def connected(account: Account) -> Iterator[Queues]:
    """A connection to an account's broker for the block. Errors: BrokerAwayError, BrokerRefusesError; of the block also
    QueueRefusedError."""
    parameters = pika.URLParameters(account.base_url)
    if account.credentials is not None:
        parameters.credentials = pika.PlainCredentials(account.credentials.user, account.credentials.secret())
    parameters.socket_timeout = parameters.stack_timeout = 10.0
    parameters.blocked_connection_timeout = 30.0
    parameters.connection_attempts = 1
    place = f"{parameters.host}:{parameters.port}"
    try:
        with BlockingConnection(parameters) as connection:
            yield Queues(account.name, connection)
    except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
        raise BrokerRefusesError(
            f"{account.name}: the broker at {place} refuses user {parameters.credentials.username!r} or virtual host "
            f"{parameters.virtual_host!r}; correct [systems.{account.name}.auth] and the end of base_url"
        ) from error
    except (AMQPConnectionError, OSError) as error:
        raise BrokerAwayError(
            f"{account.name}: no connection to the broker at {place} ({type(error).__name__}); it is asked again later"
        ) from error
    except AMQPError as error:
        raise BrokerAwayError(
            f"{account.name}: the broker at {place} broke off ({type(error).__name__}); it is asked again later"
        ) from error
