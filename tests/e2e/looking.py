"""What holds for every screen: axe finds nothing, targets are large, nothing scrolls sideways.

With `MEEDOEN_SHOTS` set to a folder, each screen is also kept as a picture.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.running import ROOT

AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
TARGET = 48  # CSS pixels, for a finger
NARROW: ViewportSize = {"width": 320, "height": 640}
SMALL = """least => {
  const controls = 'button, summary, select, textarea, input, a.button, nav a, ' +
    'label:has(> input[type=radio]), label:has(> input[type=checkbox])'
  const inLabel = ['radio', 'checkbox', 'hidden']
  return [...document.querySelectorAll(controls)]
    .filter((one) => one.checkVisibility() && !inLabel.includes(one.type))
    .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 1 && (width < least || height < least))
    .map(([html, { width, height }]) => `${html} ${Math.round(width)}x${Math.round(height)}`)
}"""
WIDE = """({ size, dir }) => {
  const root = document.documentElement
  const before = root.dir
  root.style.fontSize = size
  root.dir = dir
  const over = root.scrollWidth - root.clientWidth
  const outside = [...document.body.querySelectorAll('*')].filter((one) => {
    const { left, right } = one.getBoundingClientRect()
    return one.checkVisibility() && (right > root.clientWidth + 1 || left < -1)
  })
  root.style.fontSize = ''
  root.dir = before
  return over > 1 ? outside.slice(0, 3).map((one) => one.outerHTML.slice(0, 90)).concat(`${over} px`) : []
}"""
SETTLED = """async () => {
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn))
  await frame()
  await frame()
  const ends = (one) => Number.isFinite(one.effect?.getComputedTiming().endTime)
  await Promise.all(document.getAnimations().filter(ends).map((one) => one.finished.catch(() => null)))
  await frame()
}"""
VIEWS = [("200%", "ltr"), ("100%", "rtl")]


class Screens:
    """Looks at screens, and keeps what each of them lacks."""

    def __init__(self) -> None:
        self.lacks: list[str] = []

    def look(self, page: Page, name: str) -> None:
        """Note what this screen lacks of what every screen must hold."""
        page.evaluate(SETTLED)  # axe measures colours as they are
        _keep(page, name)
        found = [f"axe: {finding}" for finding in _findings(page)]
        found += [f"small: {target}" for target in page.evaluate(SMALL, TARGET)]
        found += _sideways(page)
        self.lacks += [f"{name}: {one}" for one in found]


def _sideways(page: Page) -> list[str]:
    """What makes a narrow screen scroll sideways."""
    size = page.viewport_size
    page.set_viewport_size(NARROW)
    page.evaluate(SETTLED)  # the code is drawn anew
    found = [
        f"sideways at 320 px, {text} {direction}: {one}"
        for text, direction in VIEWS
        for one in page.evaluate(WIDE, {"size": text, "dir": direction})
    ]
    if size:
        page.set_viewport_size(size)
    return found


def _findings(page: Page) -> list[str]:
    """Accessibility findings of axe on the page as it is now."""
    if not AXE.exists():
        pytest.skip("needs axe-core: cd frontend && npm ci")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text() + ";0")
    found: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [f"{rule['id']} {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


def _keep(page: Page, name: str) -> None:
    if folder := os.environ.get("MEEDOEN_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}.png", full_page=True)
