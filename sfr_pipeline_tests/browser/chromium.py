"""The browser, and a page opened in it that remembers what went wrong."""

import contextlib
import functools
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root in a container there is no sandbox; nothing is to be asked of a network.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--force-color-profile=srgb",
)  # fmt: skip
WIDE, PHONE = (1280, 900), (390, 844)
# Milliseconds in which all charts of a page must be there; a loaded machine is slow.
PATIENCE = 20_000


def required():
    """Whether a missing browser is a failure: where continuous integration runs."""
    return os.environ.get("CI") == "true"


def _missing(why):
    if required():
        pytest.fail(f"{why}: .ci/run installs it, and no test of a page may be skipped there")
    pytest.skip(f"{why}: the page is not tested in a browser")


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """The system's Chromium, without a window; skips or fails where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        _missing(f"none of {', '.join(NAMES)} is on the PATH")
    with contextlib.ExitStack() as stack:
        with undrawn():
            playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextlib.contextmanager
def undrawn() -> Iterator[None]:
    """Playwright begins with draws from Python's shared generator, which then stands as before."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


@dataclass(eq=False)
class Opened:
    """A page in the browser.

    Attributes:
        file: the page.
        page: Playwright's.
        errors: what the console and the page complained of.
        requests: addresses beside its own that it asked for.
    """

    file: Path
    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    # A page never changes what it holds, and reading it takes a tenth of a second.
    @functools.cached_property
    def charts(self) -> dict[str, dict[str, Any]]:
        """Specification, title and rows of each chart by its name, as the page holds them."""
        read = "JSON.parse(document.getElementById('charts').textContent)"
        found: dict[str, dict[str, Any]] = self.page.evaluate(read)
        return found

    def figure(self, name: str) -> Any:
        """The element of a chart."""
        return self.page.locator(f'figure[data-chart="{name}"]')


@contextlib.contextmanager
def opened(
    browser: Any, file: Path, size: tuple[int, int] = WIDE, **options: Any
) -> Iterator[Opened]:
    """Open a page and wait until every chart is drawn.

    Args:
        browser: from `chromium`.
        file: the page.
        size: of the window, pixels.
        options: more of Playwright's, such as ``java_script_enabled``.
    """
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, accept_downloads=True, **options
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    found = Opened(file, page)

    def heard(message: Any) -> None:
        if message.type == "error":
            found.errors.append(message.text)

    def asked(request: Any) -> None:
        own = (file.resolve().as_uri(), "data:", "blob:")
        if not request.url.startswith(own):
            found.requests.append(request.url)

    page.on("console", heard)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("request", asked)
    page.goto(file.resolve().as_uri())
    if options.get("java_script_enabled", True):
        page.wait_for_selector("body[data-drawn=all]", state="attached")
    yield found
    context.close()
