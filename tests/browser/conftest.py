"""A really started server with the project's own log, and a browser in front of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.app.test_server import COMMAND, Server, started
from tests.browser.pages import Pages
from tests.requirements import ROOT
from tests.servers import Databases

LOG = ROOT / "processes" / "demo" / "contract_to_cash.csv"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def imported(folder: Path, url: str) -> Iterator[Path]:
    """The small log is in the store; `folder` is where to go on."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    subprocess.run(
        [COMMAND, "import", "csv", str(LOG), "--process", "contract_to_cash"],
        cwd=folder,
        env={**kept, "THROUGHLINE_DATABASE_URL": url},
        check=True,
        capture_output=True,
    )
    yield folder


@pytest.fixture(scope="session")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`throughline up` on what the project's own small log tells."""
    with (
        databases.fresh() as url,
        imported(tmp_path_factory.mktemp("site"), url) as folder,
        started(folder, "up", "--port", "0", THROUGHLINE_DATABASE_URL=url) as server,
    ):
        server.ready_after()
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    """Chromium of this machine; it runs as root in CI, and speaks to nobody by itself."""
    found = next(path for name in _CHROMIUM if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-background-networking"]
        )
        # One profile for all windows: what the pages are made of is fetched once.
        yield chromium.new_context()


@pytest.fixture
def pages(browser: BrowserContext, site: Server) -> Iterator[Pages]:
    """The pages of the site in a window of their own; what the browser complained about fails the test."""
    with Pages.opened(browser, str(site.client.base_url)) as found:
        yield found
