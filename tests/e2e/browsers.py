"""The browsers of this machine, as its distribution ships them, and what their pages complain about."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "has_touch": True,
}
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PATIENCE = 30_000  # ms: the machine may be busy
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
TELL_VIOLATIONS = """addEventListener('securitypolicyviolation', (event) =>
  console.error(`content policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


def program(*names: str) -> str:
    """The path of the first of these programs that is here; skips the test when none is."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"needs {' or '.join(names)}")
    return found


@contextmanager
def chromium_with(playwright: Playwright, *more: str) -> Iterator[Browser]:
    """Chromium with some more switches."""
    path = program("chromium", "google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *more])
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def stock_firefox(playwright: Playwright) -> Iterator[Browser]:
    """Firefox without patches, over WebDriver BiDi."""
    path = program("firefox-esr", "firefox")
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=path)
    try:
        yield browser
    finally:
        browser.close()


class Watch:
    """Listens to pages: errors of scripts and violations of the content policy."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def on(self, context: BrowserContext) -> None:
        """Listen to all pages of this context."""
        context.add_init_script(TELL_VIOLATIONS)
        firefox = context.browser is not None and context.browser.browser_type.name == "firefox"
        context.on("console", lambda message: self._heard(message, firefox))
        context.on("weberror", lambda error: self._note(str(error.error), firefox))

    def _heard(self, message: ConsoleMessage, firefox: bool) -> None:
        if message.type == "error" and not _is_an_answer(message):
            self._note(f"{message.location['url']}: {message.text}", firefox)

    def _note(self, text: str, firefox: bool) -> None:
        # To take a picture, Playwright puts a style into the page; Firefox says that the policy stopped it.
        if not (firefox and "style-src-elem" in text):
            self.complaints.append(text)


def _is_an_answer(message: ConsoleMessage) -> bool:
    """Chromium calls a refusal of the API, or a call without a network, an error. It is an answer."""
    asked = ("/api/v1/", "/status/")
    return message.text.startswith("Failed to load") and any(one in message.location["url"] for one in asked)


class Devices:
    """Opens pages of the town, each in a device of its own."""

    def __init__(self, base_url: str, watch: Watch) -> None:
        self._base_url = base_url
        self._watch = watch
        self._contexts: list[BrowserContext] = []

    def open(self, browser: Browser, path: str, language: str = "nl", **device: Any) -> Page:
        """A page at `path`, in a new device that speaks `language`."""
        tag = {"nl": "nl-NL", "en": "en-GB"}[language]
        context = browser.new_context(locale=tag, base_url=self._base_url, **device)
        context.set_default_timeout(PATIENCE)
        self._watch.on(context)
        self._contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    def close(self) -> None:
        """Put all devices away; a routed call that is still on its way fails nobody's test."""
        for context in self._contexts:
            if not context.browser or not context.browser.is_connected():
                continue  # a test that has a browser of its own closed it, and all in it
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
            context.unroute_all(behavior="ignoreErrors")
            context.close()


def film(png: bytes, to: Path) -> None:
    """Make a film of a picture, for Chromium's fake camera."""
    ffmpeg = program("ffmpeg")
    still = to.with_suffix(".png")
    still.write_bytes(png)
    fit = "scale=-2:600,pad=960:720:(ow-iw)/2:(oh-ih)/2:white"
    command = [ffmpeg, "-v", "error", "-y", "-loop", "1", "-i", still, "-t", "2", "-r", "5", "-vf", fit]
    subprocess.run([*command, "-pix_fmt", "yuvj420p", "-q:v", "2", "-f", "mjpeg", to], check=True)
