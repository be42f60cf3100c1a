"""What holds for every screen: axe finds nothing, targets are large, 200 % text does not scroll sideways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "frontend/node_modules/axe-core/axe.min.js"
TARGET = 48  # CSS pixels
SMALL = """least => [...document.querySelectorAll('button, summary, select, textarea, input, a.button')]
  .filter(one => one.checkVisibility() && !['hidden', 'radio', 'checkbox', 'file'].includes(one.type))
  .map(one => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width > 1 && (box.height < least || box.width < least))
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
WIDE = """() => {
  const root = document.documentElement
  root.style.fontSize = '200%'
  const over = root.scrollWidth - root.clientWidth
  const culprits = [...document.body.querySelectorAll('*')]
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > root.clientWidth + 1)
  root.style.fontSize = ''
  return over > 1 ? culprits.slice(0, 3).map(one => one.outerHTML.slice(0, 90)) : []
}"""


def findings(page: Page) -> list[str]:
    """Accessibility findings of axe on the page as it is now."""
    page.evaluate(AXE.read_text() + ";0")
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


def look(page: Page, name: str, *, targets: bool = True) -> None:
    """Demand of a screen what every screen must hold."""
    page.wait_for_timeout(150)  # let transitions end: axe measures colours as they are
    assert findings(page) == [], name
    if targets:
        assert page.evaluate(SMALL, TARGET) == [], name
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 640})
    wide = page.evaluate(WIDE)
    if size:
        page.set_viewport_size(size)
    assert wide == [], f"{name} scrolls sideways at 320 px and 200 % text: {wide}"
