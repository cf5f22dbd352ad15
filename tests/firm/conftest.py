"""The firm, collected once for every test that only looks at what was found."""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from app.accounts import accounts
from app.settings import load
from collectors import registry
from tests.firm.against import Told, tell
from tests.firm.running import Site, Size, collected
from tests.servers import Databases

SMALL = Size(contracts=100, months=6)
LARGE = Size(contracts=2_000, months=24)
_PATIENCE_SECONDS = {SMALL: 300.0, LARGE: 3_600.0}

_UNACCEPTED = (
    "SELECT Id, Milestone_Number__c FROM pse__Milestone__c WHERE pse__Approved__c = false AND IsDeleted = false LIMIT 1"
)


@dataclass(frozen=True)
class Gathered:
    """What was told of a firm; and again, after one record of it was changed behind the back of the truth.

    `changed`: the milestone that was accepted in the record. `troubles`: what streams said was wrong, by stream.
    """

    told: Told
    afterwards: Told
    changed: str
    troubles: Mapping[str, str]


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(SMALL, id="small"),
        pytest.param(LARGE, id="large", marks=[pytest.mark.prove, pytest.mark.timeout(0)]),
    ],
)
def gathered(request: pytest.FixtureRequest, test_home: Path, databases: Databases) -> Gathered:
    """Collected by one worker of a run, with the clock stopped; the others read what it wrote down."""
    size: Size = request.param
    kept = test_home / f"firm-{size.contracts}.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(asdict(_gather(databases, size))))
    found = json.loads(kept.read_text())
    return Gathered(**{**found, "told": Told(**found["told"]), "afterwards": Told(**found["afterwards"])})


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for the files of one site, with a path that a process of another account could not guess."""
    path = Path(tempfile.mkdtemp(prefix="firm-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def _gather(databases: Databases, size: Size) -> Gathered:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="firm-")))
        site = stack.enter_context(collected(folder, stack.enter_context(databases.fresh()), size))
        site.catch_up(_PATIENCE_SECONDS[size])
        told, troubles = tell(site.estate, site.web), site.web.troubles()
        changed = accept_a_milestone(site)
        # A second later, so that what is read up to then was read after the change.
        site.estate.set_clock(advance_seconds=1)
        site.catch_up(_PATIENCE_SECONDS[size])
        return Gathered(told, tell(site.estate, site.web), changed, troubles)


def accept_a_milestone(site: Site) -> str:
    """Accept a milestone in the firm's own record, which nobody tells the truth; its number."""
    (account,) = [one for one in accounts(load(site.program.path)) if one.name == "certinia"]
    with registry.opened(account, site.estate.now) as connector:
        data = "/services/data/v62.0"
        answer: Any = connector.http.get(f"{data}/query", params={"q": _UNACCEPTED}).json()
        (milestone,) = answer["records"]
        accepted = {"pse__Approved__c": True}
        connector.http.request("PATCH", f"{data}/sobjects/pse__Milestone__c/{milestone['Id']}", json=accepted)
        return str(milestone["Milestone_Number__c"])
