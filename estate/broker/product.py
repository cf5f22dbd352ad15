"""The firm's RabbitMQ: the messages of one flow on a real broker, its dead letters, and a consumer that executes.

Only with `--amqp URL`. Unlike the other products it has no routes: clients talk to the broker itself. Call `start` when
the history has been applied, `stop` at the end.
"""

import time
from collections.abc import Sequence
from typing import Any

from estate.broker.letters import letter_of
from estate.broker.worker import SYSTEM, Worker
from estate.happenings import Happening
from estate.services import Services


class Product:
    """System `rabbitmq`."""

    systems: tuple[str, ...] = (SYSTEM,)
    prefix = "/rabbitmq"

    def __init__(self, services: Services, url: str) -> None:
        self._worker = Worker(services, url)

    def apply(self, happening: Happening) -> None:
        """Publish the message of a happening: to the flow, or to its dead letters."""
        self._worker.send(letter_of(happening), is_told_elsewhere=happening.what == "message.sent")

    def routes(self) -> Sequence[Any]:
        """None."""
        return ()

    def start(self, seconds: float = 60.0) -> None:
        """Connect, and return when everything applied so far is with the broker. Raises TimeoutError."""
        self._worker.start()
        end = time.monotonic() + seconds
        while not self._worker.is_idle:
            if time.monotonic() > end:
                raise TimeoutError(
                    f"the broker did not take the messages within {seconds:.0f} s: is it at the --amqp URL?"
                )
            time.sleep(0.05)

    def stop(self) -> None:
        """Disconnect."""
        self._worker.stop()
