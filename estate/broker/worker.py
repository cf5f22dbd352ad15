"""The thread that owns the connection: it publishes what waits, and works off the queue as the ERP's consumer does."""

import logging
import threading
from collections import deque

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from pika.spec import Basic

from estate.broker.letters import EXPIRED, FLOW, QUEUE, REJECTED, Letter, clear, dead, declare
from estate.services import PUBLISH, Outcome, Services

SYSTEM = "rabbitmq"
BEAT_SECONDS = 0.02
AGAIN_SECONDS = 1.0
PREFETCH = 20

_log = logging.getLogger(__name__)


class Worker(threading.Thread):
    """Publishes with confirms, consumes with acknowledgements, and comes back after the broker was away."""

    def __init__(self, services: Services, url: str) -> None:
        super().__init__(name="estate-broker", daemon=True)
        self._services = services
        self._url = url
        self._waiting: deque[Letter] = deque()
        self._told_elsewhere: set[str] = set()
        self._is_fresh = True
        self._is_there = False
        self._end = threading.Event()

    def send(self, letter: Letter, *, is_told_elsewhere: bool = False) -> None:
        """Publish as soon as the broker is there. `is_told_elsewhere`: its effects happen without the consumer."""
        if is_told_elsewhere:
            self._told_elsewhere.add(letter.properties.message_id)
        self._waiting.append(letter)

    @property
    def is_idle(self) -> bool:
        """Whether everything that was sent is with the broker, and the consumer at work."""
        return self._is_there and not self._waiting

    def stop(self) -> None:
        """End the thread; returns when it has."""
        self._end.set()
        self.join()

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._end.is_set():
            try:
                self._serve()
            except (AMQPError, OSError) as error:
                self._is_there = False
                _log.warning("the broker is away", extra={"system": SYSTEM, "error": str(error)})
                self._end.wait(AGAIN_SECONDS)

    def _serve(self) -> None:
        with pika.BlockingConnection(pika.URLParameters(self._url)) as connection:
            channel = connection.channel()
            if self._is_fresh:
                clear(channel)
                self._is_fresh = False
            declare(channel)
            channel.confirm_delivery()
            channel.basic_qos(prefetch_count=PREFETCH)
            channel.basic_consume(QUEUE, self._work)
            self._is_there = True
            while not self._end.is_set():
                while self._waiting:
                    _publish(channel, self._waiting[0])
                    self._waiting.popleft()
                connection.process_data_events(time_limit=BEAT_SECONDS)

    def _work(
        self, channel: BlockingChannel, delivery: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        """Do what the message asks, once for each message id; what fails goes to the dead letters, then it is acked."""
        if properties.message_id not in self._told_elsewhere:
            outcome = self._execute(properties)
            if not outcome.is_success and outcome.result != "nothing":
                reason = EXPIRED if outcome.result == "expired" else REJECTED
                _publish(channel, dead(properties, body, self._services.now(), _error(outcome, properties), reason))
        channel.basic_ack(delivery.delivery_tag)

    def _execute(self, properties: pika.BasicProperties) -> Outcome:
        operation = str((properties.headers or {}).get("operation", ""))
        key = properties.message_id
        return self._services.execute(SYSTEM, PUBLISH, operation, key or "", idempotency_key=key)


def _error(outcome: Outcome, properties: pika.BasicProperties) -> tuple[str, str]:
    """The error to write on a dead letter; one that only expired keeps its own."""
    headers = properties.headers or {}
    if outcome.result == "unknown":
        return "UNKNOWN_OPERATION", f"no operation {headers.get('operation')}"
    own = str(headers.get("error_class", "")), str(headers.get("error_message", ""))
    return outcome.error_class or own[0], outcome.error_message or own[1]


def _publish(channel: BlockingChannel, letter: Letter) -> None:
    channel.basic_publish(letter.exchange, FLOW, letter.body, letter.properties, mandatory=True)
