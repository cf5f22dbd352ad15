"""From a failed hand-over to its proven effect: asked by HTTP and by command, done by workers and the middleware.

What its lies are worth is tried in tests/actions/test_estate.py.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from estate.truth import Fault
from tests.firm.against import compare, tell
from tests.firm.planted import failures
from tests.firm.running import Site, Size, collected, wait_for
from tests.servers import Databases

pytestmark = pytest.mark.timeout(600)

FIRM = Size(contracts=50, months=5, seed=3)
FINAL = frozenset({"confirmed", "refused", "failed", "skipped", "cancelled", "expired", "unconfirmed"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Site]:
    """A firm that was read, with nobody at work any more."""
    with ExitStack() as stack:
        database = stack.enter_context(databases.fresh())
        site = stack.enter_context(collected(tmp_path_factory.mktemp("firm"), database, FIRM, workers=0))
        with site.program.running("worker"):
            site.catch_up(300)
        yield site


def test_a_replay_heals_what_failed_once_and_is_proven(site: Site) -> None:
    (by_api, by_command, *_), (poisoned, *_) = failures(FIRM)
    with site.program.running("worker"):
        exception = exception_of(site, by_api)
        plan = ask(site, exception, dry_run=True)
        assert plan.json().get("is_allowed"), plan.text
        assert executed(site, by_api) == []
        asked = ask(site, exception)
        assert asked.status_code == 201, asked.text
        # A double click.
        assert ask(site, exception).status_code == 409
        action = ended(site, asked.json()["id"])
        assert (action["status"], action["effect"]["withdrawn_at"]) == ("confirmed", None)
        assert action["effect"]["system"] == by_api.system
        wait_for(lambda: exception_of(site, by_api)["status"] == "settled", 60)
        # What is settled is not sent again.
        assert ask(site, exception).status_code == 422
        assert [line["outcome"] for line in executed(site, by_api)] == ["done"]
        assert healed(site, by_api)

        exception = exception_of(site, by_command)
        code, rows, _ = site.program.run("replay", exception["id"], "--reason", "the target is back")
        assert code == 0
        assert ended(site, rows[0]["id"])["status"] == "confirmed"
        wait_for(lambda: exception_of(site, by_command)["status"] == "settled", 60)
        code, rows, _ = site.program.run("replay", exception["id"])
        assert (code, "settled" in rows[0]["problem"]) == (1, True)
        assert [line["outcome"] for line in executed(site, by_command)] == ["done"]

        exception = exception_of(site, poisoned)
        assert ended(site, ask(site, exception).json()["id"])["status"] == "failed"
        assert exception_of(site, poisoned)["status"] == "open"
        site.estate.set_clock(advance_seconds=1)
        site.catch_up()
    found = compare(tell(site.estate, site.web))
    assert not found, str(found)


def exception_of(site: Site, fault: Fault) -> dict[str, Any]:
    """The exception of a failed operation."""
    rows = [
        row
        for row in site.web.items("exceptions", kind="failed", contract=fault.contract)
        if site.web.get(f"transactions/{row['transaction']}")["operation"] == fault.operation
    ]
    (row,) = rows
    return row


def ask(site: Site, exception: dict[str, Any], **more: Any) -> httpx.Response:
    """Ask for a replay."""
    return site.web.post(f"exceptions/{exception['id']}/actions", {"kind": "replay", "reason": "a test", **more})


def ended(site: Site, action: str) -> dict[str, Any]:
    """An action when it has come to something."""

    def row() -> dict[str, Any] | None:
        found = site.web.get(f"actions/{action}")
        return dict(found) if found["status"] in FINAL else None

    found: dict[str, Any] = wait_for(row, 120, every=0.2)
    return found


def asked_of(site: Site, fault: Fault) -> list[dict[str, Any]]:
    """What the middleware was asked to do again."""
    return [line for line in site.estate.log() if line["operation"] == fault.operation]


def executed(site: Site, fault: Fault) -> list[dict[str, Any]]:
    """What of it was really done."""
    return [line for line in asked_of(site, fault) if line["executed"]]


def healed(site: Site, fault: Fault) -> bool:
    """Whether the truth has the fault no more, or as healed."""
    told = [one for one in site.estate.truth()["faults"] if one["id"] == fault.id]
    return all(one["healed_at"] for one in told)
