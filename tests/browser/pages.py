"""Pages as a person handles them: what they read and click, and the waiting in between."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Self

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page

_PATIENCE = 30_000  # milliseconds; the first look at a page compiles it

# Opened at a page, Streamlit's client first asks for these two below it, and then finds them at the top.
_STREAMLITS_OWN = re.compile(r"/_stcore/(health|host-config)$")

# Where the text of a part begins, which may be to the right of where the part does.
_BEGINS = """part => {
    const text = document.createRange()
    text.selectNodeContents(part)
    return text.getBoundingClientRect().left
}"""


class Pages:
    """A window on the site."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self._address = address.rstrip("/")
        self.complaints: list[str] = []
        self._missing = 0
        page.set_default_timeout(_PATIENCE)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", lambda answer: self._answered(answer.status, answer.url))
        page.on("requestfailed", lambda request: self._failed(request.url, request.failure))

    @classmethod
    @contextmanager
    def opened(
        cls, browser: BrowserContext, address: str, width: int = 1440, scheme: Literal["light", "dark"] = "light"
    ) -> Iterator[Self]:
        """A window of this width; at its end nothing may have been complained about."""
        page = browser.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        pages = cls(page, address)
        yield pages
        page.close()
        assert pages.complaints == []

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(f"{self._address}/{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until a page is whole."""
        self.page.locator("h1").first.wait_for()
        self.page.wait_for_function("!document.querySelector('[data-test-script-state=running]')")
        self.page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")

    def follow(self, name: str, *, inside: str = "stMain") -> None:
        """Click a link by what it says, and wait for where it leads."""
        before = self.page.url
        self.page.get_by_test_id(inside).get_by_role("link", name=name, exact=True).first.click()
        self.page.wait_for_function("before => location.href !== before", arg=before)
        self.settle()

    def go_back(self) -> None:
        """The browser's own way back."""
        before = self.page.url
        self.page.go_back()
        self.page.wait_for_function("before => location.href !== before", arg=before)
        self.settle()

    def title(self, expected: str) -> None:
        """Wait for a page of this title."""
        self.page.get_by_role("heading", level=1, name=expected, exact=True).wait_for()
        self.settle()

    def reads(self, text: str) -> Locator:
        """Where a text stands, once it does."""
        found = self.page.get_by_test_id("stMain").get_by_text(text).first
        found.wait_for()
        return found

    def path(self) -> str:
        """The address without the site."""
        return self.page.url.removeprefix(self._address)

    def overflow(self) -> list[int]:
        """How far the page, and its scrolling part, are wider than the window."""
        return self.page.evaluate(
            "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
            ".map(part => part.scrollWidth - part.clientWidth)"
        )

    def headed(self, table: str) -> list[str]:
        """What stands before each value of a table's first row: its heading where rows fold, else nothing."""
        row = self.page.locator(f".st-key-row-{table}-0")
        row.wait_for()
        cells: list[str] = row.evaluate(
            "row => [...row.children].map(cell => getComputedStyle(cell, '::before').content)"
        )
        return [cell.strip('"') for cell in cells]

    def edges(self, table: str, column: int) -> set[int]:
        """How far from the left, in pixels, the heading of a column and its first value begin."""
        cells = (f".st-key-headings-{table} > :nth-child({column})", f".st-key-row-{table}-0 > :nth-child({column})")
        return {round(self.page.locator(f"{cell} p").evaluate(_BEGINS)) for cell in cells}

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # The browser's line about a missing file does not name it; the answer itself is judged by its address.
        if message.text.startswith("Failed to load resource") and self._missing:
            self._missing -= 1
            return
        self.complaints.append(message.text)

    def _answered(self, status: int, url: str) -> None:
        if status < 400:
            return
        if status == 404 and _STREAMLITS_OWN.search(url):
            self._missing += 1
        else:
            self.complaints.append(f"{status} {url}")

    def _failed(self, url: str, why: str | None) -> None:
        # A request that the next page made needless is no fault.
        if why != "net::ERR_ABORTED":
            self.complaints.append(f"{why} {url}")
