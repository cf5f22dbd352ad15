"""Nothing pretended: a contract goes by RabbitMQ into Tryton, is refused, replayed, and settled by its effect."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest

from tests.app.test_server import Server, started
from tests.servers import Broker, Databases
from tests.tryton import acts, consumer
from tests.tryton.server import NAME, PASSWORD, USER, Erp

pytestmark = [pytest.mark.needs_tryton, pytest.mark.needs_rabbitmq, pytest.mark.timeout(180)]

PATIENCE_SECONDS = 60.0
CONTRACT, CODE = "SOW-LOOP-1", "C-LOOP-1"

SETTINGS = """
[systems.tryton]
product = "tryton"
role = "erp"
base_url = "{tryton}"
interval_seconds = 0.5
auth = {{ kind = "session", user = "{user}", secret = "env:TRYTON_PASSWORD" }}
options = {{ database = "{name}" }}

[systems.rabbitmq]
product = "rabbitmq"
role = "broker"
base_url = "{broker}"
interval_seconds = 0.5
auth = {{ kind = "basic", user = "guest", secret = "env:RABBITMQ_PASSWORD" }}
options = {{ queues = ["{dead}"] }}

[systems.clm]
product = "push"
role = "clm"
"""


@pytest.fixture
def channel(rabbitmq: Broker) -> Iterator[Any]:
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        found = connection.channel()
        consumer.declare(found)
        yield found


@pytest.fixture
def program(databases: Databases, tmp_path: Path, tryton_url: str, rabbitmq: Broker, channel: Any) -> Iterator[Server]:
    """`throughline up`, collecting from both. The queues are there before it looks for them."""
    place = rabbitmq.amqp_url.replace("guest:guest@", "")
    told = SETTINGS.format(tryton=tryton_url, user=USER, name=NAME, broker=place, dead=consumer.DEAD_QUEUE)
    (tmp_path / "throughline.toml").write_text(told)
    secrets = {"TRYTON_PASSWORD": PASSWORD, "RABBITMQ_PASSWORD": "guest"}
    with (
        databases.fresh() as url,
        started(tmp_path, "up", "--port", "0", THROUGHLINE_DATABASE_URL=url, **secrets) as server,
    ):
        server.ready_after()
        yield server


def soon(look: Callable[[], Any], wanted: str) -> Any:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)  # others do the work: a broker, an ERP, a program
    raise AssertionError(f"not seen within {PATIENCE_SECONDS:.0f} s: {wanted}")


def test_a_refused_contract_is_replayed_and_settled_by_what_stands_in_the_erp(
    program: Server, channel: Any, rabbitmq: Broker, erp: Erp, tryton_url: str
) -> None:
    # A party that was put away holds the customer's code: not found, and not to be made again.
    hidden = erp.create("party.party", name="Contoso", code=CODE)
    erp.create("party.address", party=hidden, street="Main street 1")
    erp.call("party.party.write", [hidden], {"active": False})

    with consumer.consuming(rabbitmq.amqp_url, tryton_url):
        said = {"customer": {"code": CODE, "name": "Contoso"}, "amount": "1000.00", "terms": "NET30"}
        consumer.send(channel, CONTRACT, **said)
        refused = soon(lambda: of_contract(program), "the refusal as an exception")
        assert (refused["kind"], refused["contract"], refused["status"]) == ("failed", CONTRACT, "open")
        assert "must be unique" in refused["reason"]
        assert not projects(erp)

        erp.call("party.party.write", [hidden], {"active": True})
        answered = program.client.post(
            f"/api/v1/exceptions/{refused['id']}/actions", json={"kind": "replay", "reason": "the party is back"}
        )
        assert answered.status_code == 201, answered.text
        action = soon(lambda: ended(program, answered.json()["id"]), "the end of the replay")
        assert (action["status"], action["effect"]["step"]) == ("confirmed", "project.created")
        assert action["effect"]["system"] == "tryton"

    (project,) = projects(erp)
    settled = program.client.get(f"/api/v1/exceptions/{refused['id']}").json()
    assert settled["status"] == "settled"
    assert settled["settled_at"] is not None

    (invoice,) = erp.find("account.invoice", [["reference", "=", CONTRACT]], ["state"])
    acts.post(erp, invoice["id"])
    posted = soon(lambda: steps(program).get("invoice.posted"), "the posted invoice")
    assert posted["system"] == "tryton"
    assert steps(program)["project.created"]["evidence"] == "observed"
    keys = program.client.get(f"/api/v1/journeys/tryton%2Fproject:{project['id']}").json()
    assert keys["contract"] == CONTRACT


def of_contract(program: Server) -> dict[str, Any] | None:
    items = program.client.get("/api/v1/exceptions", params={"contract": CONTRACT}).json()["items"]
    return items[0] if items else None


def ended(program: Server, action: str) -> dict[str, Any] | None:
    row = program.client.get(f"/api/v1/actions/{action}").json()
    return row if row["status"] not in ("requested", "claimed", "sent") else None


def projects(erp: Erp) -> list[dict[str, Any]]:
    return erp.find("project.work", [["name", "=", CONTRACT], ["type", "=", "project"]], ["name"])


def steps(program: Server) -> dict[str, dict[str, Any]]:
    answered = program.client.get(f"/api/v1/journeys/{CONTRACT}")
    return {row["step"]: row for row in answered.json()["steps"] if row["first_at"]}
