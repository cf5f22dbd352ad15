"""RabbitMQ: dead letters as failed attempts of operations, read without being taken, and published again on a word.

A broker keeps no history: what is read is what lies in the dead-letter queues now. Best is an audit queue of our own
bound to the same dead-letter exchange: each letter comes once, in order, and the people's queue is not touched. Without
one the queue is looked at by holding all its messages for a moment and giving them back, each to its place; a long one
again only when its length changed, or after ten minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import ClassVar

from collectors.account import Account
from collectors.acts import Act
from collectors.base import Checked, Connector, Json, Memory, Page, Stream, Unreadable
from collectors.connectors.rabbitmq.letters import Letter, RabbitOptions, event_of, raw_of
from collectors.connectors.rabbitmq.queues import BrokerAwayError, BrokerRefusesError, QueueRefusedError, connected
from collectors.connectors.rabbitmq.republish import Republish
from collectors.http import Http
from collectors.options import OptionError, read_options
from collectors.sign_in import NoSignIn, SignIn
from models.events import Event, UnreadableEventError

DEAD_LETTERS = "dead_letters"

_PAGE = 500
_SHORT = 500
_LOOK_AGAIN_SECONDS = 600.0
_WAYS = ("queue", "exchange")


class RabbitConnector(Connector):
    """One virtual host of a broker."""

    product: ClassVar[str] = "rabbitmq"
    streams: ClassVar[tuple[Stream, ...]] = (
        Stream(DEAD_LETTERS, frozenset({"transaction.dead_lettered"}), "dead letter"),
    )

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(RabbitOptions, account.name, account.options)
        if self.options.publish_to not in _WAYS:
            raise OptionError(
                f"systems.{account.name}.options.publish_to is {self.options.publish_to!r}; allowed: {', '.join(_WAYS)}"
            )

    @classmethod
    def sign_in(cls, account: Account) -> SignIn:
        """None: the connection itself is signed in, see `rabbitmq/queues.py`."""
        return NoSignIn()

    def acts(self) -> Mapping[str, Act]:
        """`replay`: publish again."""
        return {"replay": Republish(self.account, self.options)}

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Dead letters that are not known yet, and some that are; the cursor says how each queue was left."""
        begun = self.now()
        with_audit = self.options.audit_queues
        yield from self._consumed(cursor) if with_audit else self._looked_at(dict(cursor or {}), begun)
        if with_audit:
            yield Page([], cursor, watermark=begun)

    def check(self, stream: str) -> Checked:
        """Connect, and look at how many letters the queues hold."""
        names = self.options.audit_queues or self.options.queues
        try:
            with connected(self.account) as queues:
                told = ", ".join(f"{name} holds {queues.count(name)}" for name in names)
        except (BrokerAwayError, BrokerRefusesError, QueueRefusedError) as error:
            return Checked(stream, False, str(error))
        return Checked(stream, True, told)

    def _consumed(self, cursor: Json) -> Iterator[Page]:
        """Pages of the audit queues; a page's letters are taken out only once it is written."""
        with connected(self.account) as queues:
            for queue in self.options.audit_queues:
                with queues.channel(queue) as channel:
                    while letters := queues.consume(channel, queue, _PAGE):
                        yield self._page(letters, cursor)
                        channel.basic_ack(letters[-1].tag, multiple=True)

    def _looked_at(self, known: dict[str, Json], begun: datetime) -> Iterator[Page]:
        pages: list[Page] = []
        is_whole = True
        with connected(self.account) as queues:
            for queue in self.options.queues:
                with queues.channel(queue) as channel:
                    count = queues.count(queue)
                    held: list[Letter] = []
                    if not self._must_look(count, known.get(queue) or {}):
                        is_whole = is_whole and count == 0
                    else:
                        held = queues.hold(channel, queue, self.options.most_held)
                        known[queue] = {"count": len(held), "looked_at": int(time.time())}
                    pages += [self._page(held[at : at + _PAGE], None) for at in range(0, len(held), _PAGE)]
                    if len(held) == self.options.most_held:
                        yield from pages
                        raise QueueRefusedError(
                            f"{self.account.name}: {queue} holds more than {len(held)} letters, of which only these "
                            "were read; bind a second queue to its dead-letter exchange and name it as audit_queues in "
                            f"[systems.{self.account.name}.options]"
                        )
        # Nothing is held any more: writing takes its time.
        for page in pages:
            yield page._replace(cursor=dict(known))
        # One letter more and one less is no other count: what was not looked at was read up to the last look.
        yield Page([], dict(known), watermark=begun if is_whole else None)

    def _must_look(self, count: int, before: Mapping[str, Json]) -> bool:
        if count == 0:
            return False
        is_same = count > _SHORT and count == before.get("count")
        return not is_same or time.time() - float(before.get("looked_at", 0)) >= _LOOK_AGAIN_SECONDS

    def _page(self, letters: list[Letter], cursor: Json) -> Page:
        events: list[Event] = []
        unreadable: list[Unreadable] = []
        for letter in letters:
            try:
                events.append(event_of(self.account.name, letter, self.options))
            except UnreadableEventError as error:
                unreadable.append(Unreadable(raw_of(letter), f"dead letter: {error}"))
        return Page(events, cursor, unreadable)


CONNECTOR = RabbitConnector
