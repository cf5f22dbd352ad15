"""A few ways that people go through the pages, in a real browser, against the really started server."""

import re

import pytest

from app.parts.tables import exception_columns
from tests.app.test_server import started
from tests.browser.pages import Pages

pytestmark = [pytest.mark.browser, pytest.mark.needs_browser, pytest.mark.timeout(300)]

FULL = ["", "journeys", "exceptions", "figure?figure=activation_latency&period=all", "journey?key=SOW-1006"]
VIEWS = ["Chart", "Keys", "Transactions", "Events", "Terms"]


def test_from_the_overview_to_a_journey_its_exception_and_back(pages) -> None:
    pages.open("")
    pages.title("Contract to cash")
    pages.reads("Signature to activation")
    pages.follow("Journeys", inside="stSidebarNav")
    pages.title("Journeys")
    box = pages.page.get_by_label("Search by any key")
    box.fill("P-6-")
    box.press("Enter")
    pages.reads("1 journey, all there are")
    assert pages.path() == "/journeys?q=P-6-"
    pages.follow("SOW-1006")
    pages.title("SOW-1006")
    assert pages.path() == "/journey?key=SOW-1006"
    pages.reads("Opportunity committed")
    pages.follow("Failed hand-over")
    pages.title("Failed hand-over: SOW-1006")
    pages.reads("What to do next")
    pages.reads("Concurrent request limit exceeded")
    pages.go_back()
    pages.title("SOW-1006")
    pages.go_back()
    pages.title("Journeys")
    assert pages.page.get_by_label("Search by any key").input_value() == "P-6-"
    pages.reads("1 journey, all there are")


def test_a_number_of_the_overview_opens_its_rows(pages) -> None:
    pages.open("")
    pages.follow("Open the rows")
    pages.title("Signature to activation")
    pages.reads("The rows behind it")
    assert pages.path() == "/figure?figure=activation_latency&period=12m"
    pages.reads("25 rows on this page")
    pages.go_back()
    pages.follow("failed 4")
    assert pages.path() == "/journeys?state=failed"
    pages.reads("4 journeys, all there are")


def test_a_bar_of_the_chart_opens_the_journeys_it_counts(pages) -> None:
    pages.open("")
    bar = pages.page.locator(".js-plotly-plot .barlayer .point path").last
    bar.scroll_into_view_if_needed()
    bar.click(force=True)
    pages.title("Journeys")
    assert pages.path().startswith("/journeys?state=")


def test_exceptions_are_narrowed_down_to_one_cause_and_back(pages) -> None:
    pages.open("exceptions")
    pages.reads("13 exceptions")
    # A way somewhere begins where its heading does.
    assert len(pages.edges("causes", 1)) == len(pages.edges("exceptions", 1)) == 1
    pages.page.get_by_role("button", name="3 exceptions", exact=True).click()
    pages.page.wait_for_function("location.search.includes('fingerprint=')")
    pages.reads("3 exceptions, all there are")
    pages.page.get_by_role("button", name="Only one cause is shown: show all").click()
    pages.reads("13 exceptions")


def test_a_filter_is_written_into_the_address_and_read_from_it(pages) -> None:
    pages.open("exceptions?kind=duplicate&status=open&status=settled")
    pages.reads("4 exceptions, all there are")
    assert pages.page.get_by_test_id("stMain").get_by_text("Failed hand-over").count() == 0
    pages.page.get_by_role("button", name="settled", exact=True).click()
    pages.page.wait_for_function("!location.search.includes('settled')")
    assert pages.path() == "/exceptions?kind=duplicate&status=open"


def test_a_list_is_read_page_by_page_and_the_browser_leads_back(pages) -> None:
    pages.open("journeys")
    pages.reads("25 journeys on this page")
    pages.page.get_by_role("button", name="Next").click()
    pages.reads("18 journeys on this page")
    assert "cursor=" in pages.path()
    pages.go_back()
    pages.reads("25 journeys on this page")


def test_a_journey_has_views_each_with_an_address_of_its_own(pages) -> None:
    pages.open("journey?key=SOW-1006&view=terms")
    pages.reads("What is agreed, and what each system holds.")
    for view in VIEWS:
        pages.page.get_by_role("radio", name=view, exact=True).click()
        pages.page.wait_for_function("view => location.search.endsWith(`view=${view}`)", arg=view.lower())
        pages.settle()
        assert pages.page.get_by_role("alert").count() == 0


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("journey?key=project:P-6-L2", "SOW-1006"),
        ("journey?key=SOW-404", "No such journey"),
        ("exception?id=exc_404", "No such exception"),
        ("figure?figure=recovery_time", "Exception opened to settled"),
    ],
)
def test_an_address_opens_what_it_names_or_says_that_there_is_none(pages, path, title) -> None:
    pages.open(path)
    pages.title(title)


def test_an_address_below_the_pages_leads_to_the_start(pages) -> None:
    for path in ("journeys/foo", "nope/page"):
        pages.open(path)
        pages.page.get_by_text(f"There is no page at /{path}.").wait_for()
        pages.page.get_by_role("link", name="Go to the start page").click()
        pages.title("Contract to cash")
    # The browser says of each that there is nothing, as it should.
    assert len(pages.complaints) == 4
    assert all("404" in one for one in pages.complaints)
    pages.complaints.clear()


@pytest.mark.parametrize("path", FULL)
def test_a_narrow_window_needs_no_scrolling_sideways(browser, site, path) -> None:
    with Pages.opened(browser, str(site.client.base_url), width=390, scheme="dark") as narrow:
        narrow.open(path)
        assert narrow.overflow() == [0, 0]


def test_in_a_narrow_window_each_value_has_its_heading_before_it(browser, site) -> None:
    headings = [column.title for column in exception_columns()]
    address = str(site.client.base_url)
    with Pages.opened(browser, address, width=390) as narrow, Pages.opened(browser, address) as wide:
        narrow.open("exceptions")
        assert narrow.headed("exceptions") == headings
        wide.open("exceptions")
        assert wide.headed("exceptions") == ["none"] * len(headings)
        narrow.open("journey?key=SOW-1006&view=transactions")
        first = narrow.page.locator("[class*='st-key-row-attempts-']").first.get_attribute("class") or ""
        (table,) = re.findall(r"st-key-row-(attempts-\S+)-0", first)
        assert narrow.headed(table)[1:] == ["Attempt", "Outcome", "What was said"]


def test_an_empty_store_fills_and_what_is_sent_is_never_taken_for_formatting(browser, databases, tmp_path) -> None:
    event = {
        "specversion": "1.0", "source": "clm", "id": "<1>", "type": "contract.signed", "time": "2026-03-02T10:15:00Z",
        "data": {
            "keys": {"contract": "<b>SOW</b> **1**/2"},
            "attributes": {
                "customer": ":red[x] [y](javascript:z) www.evil.test", "region": "http://evil.test/a a@evil.test",
            },
        },
    }  # fmt: skip
    with (
        databases.fresh() as url,
        started(tmp_path, "up", "--port", "0", THROUGHLINE_DATABASE_URL=url) as server,
        Pages.opened(browser, str(server.client.base_url)) as pages,
    ):
        server.ready_after()
        pages.open("journeys")
        pages.reads("Nothing to watch yet")
        pages.reads("throughline import csv FILE")
        server.client.post("/api/v1/events", json=[event]).raise_for_status()
        pages.reads("1 journey, all there are")
        pages.follow("<b>SOW</b> **1**/2")
        pages.title("<b>SOW</b> **1**/2")
        pages.reads(":red[x] [y](javascript:z)")
        pages.reads("a@\u2060evil.test")
        assert pages.page.locator("a[href*='evil' i]").count() == 0


def test_the_list_leads_to_journeys_whatever_their_keys_hold(browser, databases, tmp_path) -> None:
    keys = {" lead": "lead", "end ": "end", "x" * 900: "x" * 900, "tab\tnew\nline": "tab new line"}
    events = [
        {
            "specversion": "1.0", "source": "clm", "id": str(number), "type": "contract.signed",
            "time": "2026-03-02T10:15:00Z", "data": {"keys": {"contract": key}},
        }
        for number, key in enumerate(keys)
    ]  # fmt: skip
    with (
        databases.fresh() as url,
        started(tmp_path, "up", "--port", "0", THROUGHLINE_DATABASE_URL=url) as server,
        Pages.opened(browser, str(server.client.base_url)) as pages,
    ):
        server.ready_after()
        server.client.post("/api/v1/events", json=events).raise_for_status()
        for name in keys.values():
            pages.open("journeys")
            pages.reads("4 journeys, all there are")
            assert pages.overflow() == [0, 0]
            pages.follow(name)
            pages.title(name)
            pages.reads("Contract signed")
            pages.page.reload()
            pages.title(name)
            assert pages.overflow() == [0, 0]
