"""Real browsers on the running demo municipality. A machine without them skips, and says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.running import Running

PHONE = {"viewport": {"width": 412, "height": 915}, "device_scale_factor": 2, "has_touch": True}
TABLET = {"viewport": {"width": 820, "height": 1180}}
DESK = {"viewport": {"width": 1280, "height": 900}}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 20_000  # ms: the machine may be busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests share one town and take the machine for themselves."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("town"))


def program(*names: str) -> str:
    """The path of the first of these programs that is here; skips the test when none is."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"needs {' or '.join(names)}")
    return found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver. It runs an event loop, which Django must not take for an asynchronous view."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, as the distribution ships it."""
    browser = playwright.chromium.launch(executable_path=program("chromium", "google-chrome"), args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    """Firefox, as the distribution ships it."""
    browser = playwright.firefox.launch(
        channel="moz-firefox", executable_path=program("firefox-esr", "firefox")
    )
    yield browser
    browser.close()


HARMLESS = (
    "status of 401",  # a call that is asked again with a fresh nonce
    "ERR_INTERNET_DISCONNECTED",  # told to the phone by the test that takes its network away
    "inline style (style-src-elem)",  # Playwright's own, while it takes a screenshot in Firefox
)


class Watch:
    """Listens to a page: what it complains about must be nothing."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def on(self, page: Page) -> None:
        """Listen to one more page."""
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._note(page, message.type, message.text))

    def _note(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and not any(known in text for known in HARMLESS):
            self.complaints.append(f"{page.url}: {text}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """No page of the test may complain: no script error, no violation of the content policy."""
    found = Watch()
    yield found
    assert found.complaints == []


@pytest.fixture
def open_page(town: Running, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open an address of the town in a browser, as a device of its own."""
    contexts: list[BrowserContext] = []

    def open_(browser: Browser, path: str, language: str = "nl-NL", **device: object) -> Page:
        context = browser.new_context(locale=language, base_url=town.url, **device)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watch.on(page)
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def film(tmp_path: Path) -> Callable[[bytes], Path]:
    """Make a film of a picture, for Chromium's fake camera."""
    ffmpeg = program("ffmpeg")

    def make(png: bytes) -> Path:
        picture, out = tmp_path / "shown.png", tmp_path / "shown.mjpeg"
        picture.write_bytes(png)
        fit = "scale=-2:600,pad=1280:720:(ow-iw)/2:(oh-ih)/2:white"
        command = [ffmpeg, "-v", "error", "-y", "-loop", "1", "-i", picture, "-t", "2", "-r", "5", "-vf", fit]
        subprocess.run([*command, "-pix_fmt", "yuvj420p", "-q:v", "2", out], check=True)
        return out

    return make
