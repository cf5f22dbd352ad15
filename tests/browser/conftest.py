"""A really started server with the project's own log, and a browser in front of it."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from tests.app.test_server import Server, started
from tests.browser.pages import Pages
from tests.servers import Databases

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`throughline up --demo`."""
    with (
        databases.fresh() as url,
        started(tmp_path_factory.mktemp("site"), "up", "--demo", "--port", "0", THROUGHLINE_DATABASE_URL=url) as server,
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
