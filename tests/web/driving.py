"""A browser driven over the pages, and everything it complains about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
READY = "#timeline[data-ready=true]"
FOCUSED = """selector => {
  const at = document.activeElement;
  return Boolean(at && at !== document.body && at.matches(selector));
}"""
SEEN = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
}"""
HARMLESS = "net::ERR_ABORTED"
"""How a request ends whose page was left: a stream of events, always."""


def found() -> str | None:
    """Return the browser to drive, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """Start the browser, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page of its own, in a context of its own; ``faults`` are what went wrong while it was looked at."""

    def __init__(self, browser: Browser, site: str, **context: Any) -> None:
        self.site = site
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.close()

    def open(self, path: str) -> Page:
        """Go to ``path``, and wait until the page is all there."""
        self.page.goto(self.site + path)
        if self.page.query_selector("#timeline") and self.page.evaluate("() => true"):
            self.page.wait_for_selector(READY)
        return self.page

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.site}/", "data:", "blob:")) and request.url != self.site:
            self.faults.append(f"asked another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != HARMLESS:
            self.faults.append(f"failed: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.url}")

    # by keyboard alone

    def tab_to(self, selector: str, most: int = 150) -> None:
        """Press Tab until what ``selector`` matches has the focus, which must be seen."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED, selector):
                assert self.page.evaluate(SEEN), f"nobody sees that {selector} has the focus"
                return
        raise AssertionError(f"{selector} is not reached by {most} times Tab on {self.page.url}")

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)


def nodes(page: Page) -> int:
    """Return how many elements a page has."""
    return int(page.evaluate("() => document.querySelectorAll('*').length"))


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe-core finds that is serious or critical; ``rules`` alone, if any are named."""
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else None
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def shoot(page: Page, file: Path, *, whole: bool = True) -> None:
    """Take a picture of a page."""
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=whole)
