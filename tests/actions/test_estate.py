"""Replays against the pretend firm: they really execute there, and heal their contract; its lies prove nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.plan import Plan, Planner
from actions.products import Products
from actions.runner import Runner, Timings
from app import settings
from app.accounts import accounts
from app.collecting import Collecting, open_collecting
from app.wiring import Store, load_rules, open_store
from collectors.connections import Connections
from models.store.engine import transaction
from models.store.reading.actions import find_action
from models.store.reading.exceptions import list_exceptions
from models.store.reading.listing import Asked
from tests.firm.running import GENEROUS, often
from tests.requirements import ROOT, has_rabbitmq
from tests.servers import Broker, Databases, free_port

pytestmark = pytest.mark.timeout(600)


@dataclass
class Firm:
    """The pretend firm with its clock stopped, and a store that collects it."""

    url: str
    store: Store
    collecting: Collecting
    planner: Planner
    products: Products

    def ask(self, path: str) -> Any:
        return httpx.get(f"{self.url}/_estate/{path}", timeout=60).json()

    def do(self, path: str, **body: Any) -> None:
        httpx.post(f"{self.url}/_estate/{path}", json=body, timeout=60).raise_for_status()

    def collect(self) -> None:
        """Everything that happened, and an hour in which what is written late is."""
        self.do("clock", advance_seconds=3_600)
        for name in self.collecting.names:
            claimed = self.collecting.poller.claim([name], is_due_only=False)
            assert claimed is not None
            assert self.collecting.poller.poll(claimed).error is None

    def work(self, confirm: float = 900.0) -> None:
        """Let a worker do all that waits; what was sent is looked at again without waiting for its time."""
        runner = Runner(self.store.pool, self.store.clock, self.products, timings=Timings(confirm=confirm))
        with transaction(self.store.pool) as connection:
            connection.execute("UPDATE action SET look_at = clock_timestamp() WHERE status = 'sent'")
        while runner.work():
            pass

    def open(self, system: str = "") -> list[dict[str, Any]]:
        """Failed hand-overs that nothing mended, oldest first; those that a system told of."""
        asked = Asked(limit=100, sort="opened_at", filters={"kind": ["failed"], "status": ["open"]})
        with transaction(self.store.pool) as connection:
            rows = list_exceptions(connection, asked, self.store.clock.now()).rows
        return [row for row in rows if not system or self.plan(row["id"]).system == system]

    def plan(self, exception: str) -> Plan:
        plan = self.planner.plan(exception)
        assert plan is not None
        return plan

    def replay(self, exception: str) -> str:
        row = self.planner.request(exception, "replay", reason="the lock is gone", actor="ana")
        assert row is not None
        return str(row["id"])

    def action(self, action_id: str) -> dict[str, Any]:
        with transaction(self.store.pool) as connection:
            row = find_action(connection, action_id)
        assert row is not None
        return row

    def runs(self, operation: str) -> list[dict[str, Any]]:
        """What the firm's systems were asked to do for an operation."""
        log = self.ask("log")["items"]
        return [row for row in log if row["operation"] == operation and row["act"] in ("rerun", "publish")]

    def unhealed(self) -> set[str]:
        faults = self.ask("truth")["faults"]
        return {row["contract"] for row in faults if row["kind"] == "failed" and row["healed_at"] is None}


@contextmanager
def the_estate(folder: Path, broker: Broker | None) -> Iterator[str]:
    """The firm in a process of its own, which ends with us."""
    port, told = free_port(), folder / "throughline.toml"
    size = ["--seed", "5", "--contracts", "60", "--months", "5", "--speed", "0", "--generous", str(GENEROUS)]
    size += ["--amqp", broker.amqp_url] if broker else []
    command = [sys.executable, "-m", "estate", "--attached", "--settings", str(told), "--port", str(port), *size]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("estate ready")
        told.write_text(often(told.read_text()) + "\n[systems.boomi.options]\nrerun_wait_seconds = 2\n")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@pytest.fixture(scope="module")
def firm(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Firm]:
    folder = tmp_path_factory.mktemp("firm")
    with ExitStack() as stack:
        host: Broker | None = request.getfixturevalue("rabbitmq_host") if has_rabbitmq() else None
        broker = stack.enter_context(host.apart()) if host else None
        url = stack.enter_context(the_estate(folder, broker))
        database = stack.enter_context(databases.fresh())
        told = settings.load(folder / "throughline.toml").model_copy(update={"database_url": database})
        with open_store(told) as store:
            load_rules(store)
            connections = Connections(accounts(told), store.clock.now)
            products = Products(connections)
            with open_collecting(store) as collecting:
                firm = Firm(url, store, collecting, Planner(store.pool, store.clock, products), products)
                firm.collect()
                yield firm
            connections.close()


def test_a_replay_really_executes_and_heals_its_contract(firm: Firm) -> None:
    assert {row["contract"] for row in firm.open()} == firm.unhealed()
    actions: dict[str, str] = {}
    for row in firm.open("boomi")[:2]:
        assert firm.plan(row["id"]).is_allowed
        actions[row["id"]] = firm.replay(row["id"])
    firm.work()
    firm.collect()
    firm.work()
    found = [firm.action(action) for action in actions.values()]
    mended = [row for row in found if row["status"] == "confirmed"]
    # What the firm makes fail again is told as that.
    assert {row["status"] for row in found} <= {"confirmed", "failed"}
    assert mended
    for row in mended:
        assert row["effect"]["withdrawn_at"] is None
        assert [run["executed"] for run in firm.runs(row["operation"])] == [True]
        assert row["contract"] not in firm.unhealed()
    assert {row["contract"] for row in firm.open()} == firm.unhealed()


@pytest.mark.parametrize("how", ["accepted_then_nothing", "write_dropped"])
def test_a_lie_is_never_confirmed_and_can_be_mended_afterwards(firm: Firm, how: str) -> None:
    row = firm.open("boomi")[-1]
    firm.do("lie", system="boomi", how=how)
    lie = firm.replay(row["id"])
    firm.work(confirm=0.0)
    firm.collect()
    firm.work(confirm=0.0)
    assert firm.action(lie)["status"] == "unconfirmed", firm.action(lie)["result"]
    # Where the middleware says that it worked, the firm's own list calls the failure mended; we want to see its effect.
    assert row["id"] in {one["id"] for one in firm.open()}
    assert how == "write_dropped" or row["contract"] in firm.unhealed()
    honest = firm.replay(row["id"])
    firm.work()
    firm.collect()
    firm.work()
    assert firm.action(honest)["status"] == "confirmed", firm.action(honest)["result"]
    assert row["contract"] not in firm.unhealed()
    assert row["id"] not in {one["id"] for one in firm.open()}


@pytest.mark.needs_rabbitmq
def test_a_dead_letter_that_is_published_again_heals_its_contract(firm: Firm) -> None:
    row = firm.open("rabbitmq")[0]
    action = firm.replay(row["id"])
    firm.work()
    assert firm.action(action)["status"] == "sent"
    firm.collect()
    firm.work()
    found = firm.action(action)
    assert (found["status"], found["effect"]["step"]) == ("confirmed", "project.activated"), found["result"]
    assert [(run["act"], run["executed"]) for run in firm.runs(row["operation"])] == [("publish", True)]
    assert row["contract"] not in firm.unhealed()
    assert row["id"] not in {one["id"] for one in firm.open()}


def test_nobody_acted_unseen(firm: Firm) -> None:
    with transaction(firm.store.pool) as connection:
        sent = connection.execute("SELECT count(*) FROM audit WHERE outcome = 'sending'").fetchone()
    assert sent is not None
    assert sent[0] == sum(row["act"] in ("rerun", "publish") for row in firm.ask("log")["items"])
