"""From a failed hand-over on its page to the effect that heals its contract, as an operator clicks it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.pages import Pages
from tests.firm.planted import failures
from tests.firm.running import Site, Size, collected, wait_for
from tests.servers import Databases

pytestmark = [pytest.mark.browser, pytest.mark.needs_browser, pytest.mark.timeout(300)]

FIRM = Size(contracts=30, months=4, seed=3)


@pytest.fixture
def firm(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """A firm whose systems are collected, with its clock stopped."""
    with ExitStack() as stack:
        database = stack.enter_context(databases.fresh())
        site = stack.enter_context(collected(tmp_path, database, FIRM))
        site.catch_up(120)
        yield site


def test_a_replay_from_the_page_heals_its_contract(browser: BrowserContext, firm: Site) -> None:
    fault = failures(FIRM)[0][0]
    (exception,) = firm.web.items("exceptions", kind="failed", operation=fault.operation)
    with Pages.opened(browser, firm.web.url) as pages:
        pages.open(f"exception?id={exception['id']}")
        pages.page.get_by_role("button", name="Replay", exact=True).click()
        dialog = pages.page.get_by_role("dialog")
        dialog.get_by_text(exception["contract"], exact=True).first.wait_for()
        dialog.get_by_role("textbox", name="Why").fill("the target is back")
        # Nothing is sent by looking.
        assert firm.estate.log() == []
        dialog.get_by_role("button", name="Send it again").dblclick()
        pages.reads("its effect was seen")
        pages.reads("it is settled")
    (action,) = firm.web.get("actions")["items"]
    assert (action["status"], action["reason"]) == ("confirmed", "the target is back")
    assert [line["executed"] for line in firm.estate.log()] == [True]
    assert wait_for(lambda: firm.web.get(f"exceptions/{exception['id']}")["status"] == "settled", 30)
