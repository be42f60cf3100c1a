"""The wallet in WebKitGTK, the engine that is nearest to Safari's: it starts, activates and shows a code."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import WebKitGTK, WebKitGTKOptions
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.service import Service

from tests.e2e.browsers import PATIENCE, program
from tests.e2e.phone import read, readable
from tests.e2e.words import Words
from tests.running import Running

BROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))


@pytest.fixture
def screen() -> Iterator[str]:
    """A screen that nobody looks at; answers the name by which programs find it."""
    told, tells = os.pipe()
    command = [program("Xvfb"), "-displayfd", str(tells), "-screen", "0", "900x1200x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[tells], stderr=subprocess.DEVNULL)
    os.close(tells)
    with os.fdopen(told) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait()


@pytest.fixture
def webkit(screen: str) -> Iterator[WebKitGTK]:
    """WebKitGTK's own small browser."""
    if not BROWSERS:
        pytest.skip("needs WebKitGTK's MiniBrowser (webkit2gtk-driver)")
    options = WebKitGTKOptions()
    options.binary_location = str(BROWSERS[-1])
    options.add_argument("--automation")
    environment = {**os.environ, "DISPLAY": screen, "GDK_BACKEND": "x11"}
    browser = WebKitGTK(options=options, service=Service(program("WebKitWebDriver"), env=environment))
    browser.set_window_size(480, 1000)
    yield browser
    browser.quit()


@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")  # selenium's own
def test_webkit_activates_and_shows_a_code(
    town: Running, webkit: WebKitGTK, phone_codes: Iterator[str]
) -> None:
    words = Words("wallet", "en" if "en" in webkit.execute_script("return navigator.language") else "nl")
    wait = WebDriverWait(webkit, PATIENCE / 1000)

    def press(text: str) -> None:
        wait.until(element_to_be_clickable((By.XPATH, f"//button[contains(., '{text}')]"))).click()

    webkit.get(f"{town.url}/wallet/")
    press(words("welcome.start"))
    wait.until(element_to_be_clickable((By.TAG_NAME, "input"))).send_keys(next(phone_codes))
    press(words("code.send"))
    press(words("pot.show"))
    wait.until(element_to_be_clickable((By.CSS_SELECTOR, f"[aria-label='{words('pay.code.label')}']")))
    # Of the whole page: WebKitGTK's picture of an SVG alone is black.
    assert read(readable(webkit.get_screenshot_as_png)).startswith("VP1:")
