"""Every page that needs no login, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsers import DESKTOP, PHONE, Devices
from tests.e2e.looking import Screens


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("path", "name"), [("/", "landing"), ("/log/", "log")])
def test_public_page(
    language: str, path: str, name: str, chromium: Browser, devices: Devices, screens: Screens
) -> None:
    for device, size in ((PHONE, "phone"), (DESKTOP, "desktop")):
        page = devices.open(chromium, path, language, **device)
        screens.look(page, f"public {name} {size} {language}")
