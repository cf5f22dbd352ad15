"""RabbitMQ, on a real broker: dead letters are read without being taken, and published again without being lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

from collectors.account import Account, Credentials
from collectors.acts import Item, Outcome
from collectors.base import Page
from collectors.connectors.broker_rabbitmq import CONNECTOR, DEAD_LETTERS, RabbitConnector
from collectors.connectors.rabbitmq.letters import Letter, RabbitOptions, event_of, route_of
from collectors.connectors.rabbitmq.queues import BrokerAwayError, BrokerRefusesError, QueueRefusedError
from collectors.http import Http
from collectors.options import OptionError
from models.events import UnreadableEventError
from tests.requirements import ROOT
from tests.servers import Broker, free_port
from tests.suites.connector import Case, Excused, Suite

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
WORK, DEAD, AUDIT = "erp.work", "erp.work.dead", "erp.work.audit"

SUITE = Suite(
    connector=CONNECTOR,
    account=lambda url: Account("rabbit", "rabbitmq", "broker", url),
    cells=[
        Excused("*", case, "spoken over AMQP, which nobody can record: shown on a real broker in this connector's test")
        for case in Case
    ],
)


def an_account(broker: Broker, **options: Any) -> Account:
    parts = urlsplit(broker.amqp_url)
    url = f"amqp://{parts.hostname}:{parts.port}{parts.path}"
    credentials = Credentials("basic", user="guest", secret=lambda: "guest")
    return Account("rabbit", "rabbitmq", "broker", url, credentials, options={"queues": [DEAD], **options})


def a_connector(account: Account) -> RabbitConnector:
    return RabbitConnector(account, Http(account.name, account.base_url), lambda: NOW)


@pytest.fixture
def channel(rabbitmq: Broker) -> Iterator[BlockingChannel]:
    """The queues of a flow: what is rejected in one goes to another."""
    with BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        channel.exchange_declare("erp", "direct")
        channel.exchange_declare("erp.dlx", "fanout")
        channel.queue_declare(WORK, durable=True, arguments={"x-dead-letter-exchange": "erp.dlx"})
        channel.queue_declare(DEAD, durable=True)
        channel.queue_bind(WORK, "erp", "create")
        channel.queue_bind(DEAD, "erp.dlx")
        yield channel


def die(channel: BlockingChannel, *names: str, headers: dict[str, Any] | None = None) -> None:
    """Messages are published and rejected, each in its turn."""
    for name in names:
        told = {"contract": f"SOW-{name}", "operation": f"op-{name}", "flow": "project-activation"} | (headers or {})
        properties = pika.BasicProperties(
            message_id=name, correlation_id=f"c-{name}", delivery_mode=2, content_type="application/json", headers=told
        )
        channel.basic_publish("erp", "create", json.dumps({"contract": name}).encode(), properties)
    reject(channel, len(names))


def reject(channel: BlockingChannel, count: int) -> None:
    tag = 0
    for method, _, _ in channel.consume(WORK, inactivity_timeout=10):
        assert method is not None
        tag, count = method.delivery_tag, count - 1
        if not count:
            break
    channel.basic_nack(tag, multiple=True, requeue=False)
    channel.cancel()
    wait_for(channel, DEAD)


def wait_for(channel: BlockingChannel, queue: str) -> None:
    """Dead-lettering is not waited for by anybody: look until nothing moves any more."""
    before = -1
    while (now := count(channel, queue)) != before or not now:
        before = now
        channel.connection.sleep(0.1)


def count(channel: BlockingChannel, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def take(channel: BlockingChannel, queue: str) -> list[tuple[Any, bytes]]:
    found: list[tuple[Any, bytes]] = []
    while True:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            return found
        found.append((properties, body))


class NoMemory:
    """What lies in a queue needs no memory of what was read before: asking for it is an error."""

    def recall(self, records: Collection[str]) -> dict[str, str]:
        raise AssertionError(records)

    def all(self) -> Iterator[tuple[str, str]]:
        raise AssertionError


def pages_of(connector: RabbitConnector, cursor: Any = None) -> list[Page]:
    return list(connector.read(DEAD_LETTERS, cursor, NoMemory()))


def read(connector: RabbitConnector, cursor: Any = None) -> tuple[list[Any], Any, datetime | None]:
    events, watermark = [], None
    for page in pages_of(connector, cursor):
        assert not page.unreadable
        events += page.events
        cursor, watermark = page.cursor, page.watermark
    return events, cursor, watermark


def an_item(name: str, number: int = 1) -> Item:
    return Item(name, f"op-{name}", NOW, requested_by="ana", number=number)


@pytest.mark.needs_rabbitmq
def test_a_dead_letter_is_told_and_stays_where_it_is(rabbitmq: Broker, channel: BlockingChannel) -> None:
    begun = datetime.now(UTC).replace(microsecond=0)
    die(channel, "m1", headers={"error_class": "HTTP 400", "error_message": "no such customer", "milestone": "M1"})
    connector = a_connector(an_account(rabbitmq))
    (event,), cursor, watermark = read(connector)
    assert (event.source, event.type, event.record) == ("rabbit", "transaction.dead_lettered", "m1")
    assert begun <= event.occurred_at <= datetime.now(UTC)
    assert event.keys == {"contract": ("SOW-m1",), "transaction": ("m1",), "correlation": ("c-m1",)}
    said = {name: event.attributes[name] for name in event.attributes if name != "payload"}
    assert said == {
        "transaction": "m1",
        "operation": "op-m1",
        "flow": "project-activation",
        "attempt": "1",
        "error_class": "HTTP 400",
        "error_message": "no such customer",
        "retryable": "true",
        "milestone": "M1",
    }
    assert event.attributes["payload"] == {"contract": "m1"}
    assert watermark == NOW
    (again,), _, _ = read(connector, cursor)
    assert (again.identity, again.content_hash) == (event.identity, event.content_hash)
    assert count(channel, DEAD) == 1
    assert connector.check(DEAD_LETTERS) == (DEAD_LETTERS, True, f"{DEAD} holds 1")


@pytest.mark.needs_rabbitmq
@pytest.mark.timeout(300)
def test_twenty_thousand_are_listed_without_being_consumed_or_reordered(
    rabbitmq: Broker, channel: BlockingChannel
) -> None:
    names = [f"m{number:05d}" for number in range(20_000)]
    for start in range(0, len(names), 5_000):
        die(channel, *names[start : start + 5_000])
    connector = a_connector(an_account(rabbitmq))
    events, cursor, _ = read(connector)
    assert [event.record for event in events] == names
    assert count(channel, DEAD) == 20_000
    # One of a long queue is found, too, and nothing else moves.
    act = connector.acts()["replay"]
    assert act.preflight(an_item("m12345")).is_possible
    assert act.send(an_item("m12345"), "k").outcome is Outcome.ACCEPTED
    assert [properties.message_id for properties, _ in take(channel, WORK)] == ["m12345"]
    assert [event.record for event in read(connector, cursor)[0]] == [one for one in names if one != "m12345"]


@pytest.mark.needs_rabbitmq
def test_a_long_queue_that_did_not_change_is_not_taken_again(rabbitmq: Broker, channel: BlockingChannel) -> None:
    die(channel, *(f"m{number}" for number in range(600)))
    connector = a_connector(an_account(rabbitmq))
    events, cursor, _ = read(connector)
    assert len(events) == 600
    # One letter more and one less would not be seen: nothing is said about what happened since.
    told, cursor, watermark = read(connector, cursor)
    assert (told, watermark) == ([], None)
    die(channel, "late")
    told, _, watermark = read(connector, cursor)
    assert (len(told), watermark) == (601, NOW)


@pytest.mark.needs_rabbitmq
def test_an_audit_queue_is_consumed_behind_every_page_and_the_peoples_stays(
    rabbitmq: Broker, channel: BlockingChannel
) -> None:
    channel.queue_declare(AUDIT, durable=True)
    channel.queue_bind(AUDIT, "erp.dlx")
    die(channel, *(f"m{number}" for number in range(700)))
    wait_for(channel, AUDIT)
    connector = a_connector(an_account(rabbitmq, audit_queues=[AUDIT]))
    pages = connector.read(DEAD_LETTERS, None, NoMemory())
    assert len(next(pages).events) == 500
    pages.close()
    assert count(channel, AUDIT) == 700, "a page that was not written is there again"
    events, _, watermark = read(connector)
    assert [event.record for event in events] == [f"m{number}" for number in range(700)]
    assert watermark == NOW
    assert (count(channel, AUDIT), count(channel, DEAD)) == (0, 700)
    assert read(connector)[0] == []


@pytest.mark.needs_rabbitmq
def test_a_replay_publishes_with_its_key_and_takes_the_letter_out(rabbitmq: Broker, channel: BlockingChannel) -> None:
    die(channel, "m1", "m2", "m3")
    act = a_connector(an_account(rabbitmq)).acts()["replay"]
    looked = act.preflight(an_item("m2"))
    assert looked == (True, f"publish message m2 to queue {WORK}, then take it out of {DEAD}", "")
    assert count(channel, WORK) == 0
    sent = act.send(an_item("m2"), "op-m2#0")
    assert (sent.outcome, sent.reference) == (Outcome.ACCEPTED, "m2")
    ((properties, body),) = take(channel, WORK)
    assert (properties.message_id, properties.correlation_id, properties.delivery_mode) == ("m2", "c-m2", 2)
    assert json.loads(body) == {"contract": "m2"}
    assert properties.headers == {
        "contract": "SOW-m2",
        "operation": "op-m2",
        "flow": "project-activation",
        "x-replay-of": "m2",
        "x-replay-number": 1,
        "x-replay-attempt": 1,
        "x-replayed-by": "ana",
        "x-idempotency-key": "op-m2#0",
    }
    assert [one.message_id for one, _ in take(channel, DEAD)] == ["m1", "m3"]
    gone = act.preflight(an_item("m2"))
    assert not gone.is_possible
    assert "somebody took it out" in gone.told
    assert act.send(an_item("m2"), "op-m2#0").outcome is Outcome.REFUSED


@pytest.mark.needs_rabbitmq
def test_what_dies_again_is_another_attempt(rabbitmq: Broker, channel: BlockingChannel) -> None:
    die(channel, "m1")
    connector = a_connector(an_account(rabbitmq))
    (first,), _, _ = read(connector)
    connector.acts()["replay"].send(an_item("m1"), "k")
    reject(channel, 1)
    (second,), _, _ = read(connector)
    assert (first.attributes["attempt"], second.attributes["attempt"]) == ("1", "2")
    assert second.identity != first.identity
    assert second.occurred_at >= first.occurred_at
    assert connector.acts()["replay"].look_up(an_item("m1"), "k", NOW) is not None
    assert connector.acts()["replay"].look_up(an_item("m1", number=2), "k", NOW) is None


@pytest.mark.needs_rabbitmq
def test_what_routes_nowhere_is_a_failure_and_stays(rabbitmq: Broker, channel: BlockingChannel) -> None:
    die(channel, "m1", "m2")
    channel.queue_delete(WORK)
    sent = a_connector(an_account(rabbitmq)).acts()["replay"].send(an_item("m1"), "k")
    assert sent.outcome is Outcome.REFUSED
    assert f"no queue is bound to exchange '' with routing key '{WORK}'" in sent.told
    assert [one.message_id for one, _ in take(channel, DEAD)] == ["m1", "m2"]


@pytest.mark.needs_rabbitmq
def test_it_can_go_back_by_the_exchange_that_it_came_by(rabbitmq: Broker, channel: BlockingChannel) -> None:
    die(channel, "m1")
    act = a_connector(an_account(rabbitmq, publish_to="exchange")).acts()["replay"]
    assert act.preflight(an_item("m1")).told.startswith("publish message m1 to exchange erp with key create")
    assert act.send(an_item("m1"), "k").outcome is Outcome.ACCEPTED
    assert count(channel, WORK) == 1


@pytest.mark.needs_rabbitmq
@pytest.mark.parametrize("moment", ["before_publish", "after_publish", "after_ack"])
def test_a_worker_killed_while_publishing_loses_nothing(
    rabbitmq: Broker, channel: BlockingChannel, moment: str
) -> None:
    die(channel, "m1", "m2", "m3")
    command = [sys.executable, "-m", "tests.collectors.connectors.dying_publisher", rabbitmq.amqp_url, moment]
    ended = subprocess.run(command, cwd=ROOT, timeout=60, check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL
    channel.connection.sleep(1)
    act = a_connector(an_account(rabbitmq)).acts()["replay"]
    known = act.look_up(an_item("m2"), "op-m2#0", NOW)
    if known is None:
        assert act.send(an_item("m2"), "op-m2#0").outcome is Outcome.ACCEPTED
    assert (known is None) == (moment != "after_ack")
    published = [one.headers["x-idempotency-key"] for one, _ in take(channel, WORK)]
    assert set(published) == {"op-m2#0"}, "a consumer that honours the key acts once"
    assert len(published) == (2 if moment == "after_publish" else 1)
    assert [one.message_id for one, _ in take(channel, DEAD)] == ["m1", "m3"]


@pytest.mark.needs_rabbitmq
def test_a_quorum_queue_is_not_looked_at_until_it_drops_what_it_holds(
    rabbitmq: Broker, channel: BlockingChannel
) -> None:
    channel.queue_delete(DEAD)
    channel.queue_declare(DEAD, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 5})
    channel.queue_bind(DEAD, "erp.dlx")
    die(channel, "m1", "m2")
    connector = a_connector(an_account(rabbitmq))
    for _ in range(7):
        with pytest.raises(QueueRefusedError, match="audit_queues"):
            read(connector)
        with pytest.raises(QueueRefusedError, match="audit_queues"):
            connector.acts()["replay"].preflight(an_item("m1"))
    channel.connection.sleep(0.5)
    # Nobody looked: a look is counted.
    assert [one.headers.get("x-delivery-count", 0) for one, _ in take(channel, DEAD)] == [0, 0]


@pytest.mark.needs_rabbitmq
def test_a_letter_that_nobody_can_read_costs_itself(rabbitmq: Broker, channel: BlockingChannel) -> None:
    for name, death in (
        ("odd", {"queue": WORK, "count": "many", "time": 1_763_700_000}),
        ("late", {"queue": WORK, "count": 1, "time": 10**17}),
        ("good", {"queue": WORK, "count": 2, "time": 1_763_700_000}),
    ):
        properties = pika.BasicProperties(message_id=name, headers={"x-death": [death], "contract": f"SOW-{name}"})
        channel.basic_publish("", DEAD, b"{}", properties)
    wait_for(channel, DEAD)
    pages = pages_of(a_connector(an_account(rabbitmq)))
    told = {event.attributes["transaction"]: event.attributes["attempt"] for page in pages for event in page.events}
    assert told == {"odd": "1", "good": "2"}
    assert [bad.reason for page in pages for bad in page.unreadable] == [
        "dead letter: it died at 100000000000000000 seconds since 1970, which is no time"
    ]


@pytest.mark.needs_rabbitmq
def test_what_is_wrong_is_told_with_the_next_step(rabbitmq: Broker, channel: BlockingChannel) -> None:
    account = an_account(rabbitmq, queues=["nobody.dead"])
    with pytest.raises(QueueRefusedError, match=r"it has no queue nobody\.dead; correct queues in"):
        read(a_connector(account))
    wrong = Credentials("basic", user="guest", secret=lambda: "wrong")
    refused = Account("rabbit", "rabbitmq", "broker", account.base_url, wrong, options={"queues": [DEAD]})
    with pytest.raises(BrokerRefusesError, match=r"systems\.rabbit\.auth"):
        read(a_connector(refused))
    assert not a_connector(refused).check(DEAD_LETTERS).is_readable
    away = Account("rabbit", "rabbitmq", "broker", f"amqp://127.0.0.1:{free_port()}/", wrong)
    with pytest.raises(BrokerAwayError, match="asked again later"):
        read(a_connector(away))


def test_an_unknown_way_to_publish_is_refused() -> None:
    with pytest.raises(OptionError, match="publish_to"):
        a_connector(Account("rabbit", "rabbitmq", "broker", "amqp://127.0.0.1/", options={"publish_to": "shovel"}))


def a_letter(headers: dict[str, Any] | None = None, **properties: Any) -> Letter:
    return Letter(DEAD, 1, pika.BasicProperties(headers=headers, **properties), b'{"a": 1}')


def test_a_letter_without_an_id_is_known_by_its_content_and_death() -> None:
    death = {"queue": WORK, "reason": "expired", "count": 2, "time": datetime(2026, 3, 1), "exchange": ""}  # noqa: DTZ001
    letter = a_letter({"x-death": [death]})
    event = event_of("rabbit", letter, RabbitOptions())
    assert event.occurred_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert (event.attributes["error_class"], event.attributes["attempt"]) == ("expired", "2")
    assert event.attributes["error_message"] == f"expired in {WORK}"
    assert event.attributes["transaction"] == letter.name != a_letter({"x-death": [{**death, "time": NOW}]}).name


def test_a_letter_that_nobody_dated_is_unreadable_and_one_without_origin_goes_nowhere() -> None:
    with pytest.raises(UnreadableEventError, match="x-death and timestamp"):
        event_of("rabbit", a_letter(message_id="m1"), RabbitOptions())
    dated = a_letter(message_id="m1", timestamp=1_767_600_000)
    assert event_of("rabbit", dated, RabbitOptions()).occurred_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert route_of(dated, "queue") is None
    assert route_of(dated, "exchange") is None
