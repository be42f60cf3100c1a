"""A till made of software beside real phones, and what goes wrong with a phone."""

from __future__ import annotations

import secrets
import time

from playwright.sync_api import Page

from tests.actors import HttpWire, Till
from tests.e2e.desk import CLOTHES_SHOP, Desk
from tests.running import Running
from wallet.protocol import qr
from wallet.protocol.qr import Question
from wallet.protocol.strict import b64

SKEWED = """(() => {
  const real = Date.now
  Date.now = () => real.call(Date) + Number(localStorage.getItem('skew') ?? 0)
})()"""
EMPTY = """() => new Promise((done, failed) => {
  const open = indexedDB.open('meedoen-wallet')
  open.onerror = failed
  open.onsuccess = () => {
    const stores = [...open.result.objectStoreNames]
    const change = open.result.transaction(stores, 'readwrite')
    for (const store of stores) change.objectStore(store).clear()
    change.oncomplete = () => { open.result.close(); done(stores.length) }
  }
})"""


def software_till(town: Running, office: Desk, shop: int = CLOTHES_SHOP) -> Till:
    """A till of a shop, let in with a code of the desk."""
    till = Till(HttpWire(town.url))
    assert till.enrol(office.till_code(shop)).status == 201
    return till


def ask(merchant: int, amount: int, seconds_ago: int = 0) -> str:
    """The text of a shop's question (VPQ1) that it showed so long ago; `amount` in cents."""
    asked_at = int(time.time()) - seconds_ago
    return qr.encode_question(Question(merchant, amount, b64(secrets.token_bytes(8)), asked_at))


def loosen_clock(page: Page) -> None:
    """Let the clock of this device be set, from the next load on."""
    page.context.add_init_script(SKEWED)


def set_clock(page: Page, milliseconds: int) -> None:
    """Let a loosened clock be off by so much."""
    page.evaluate("ms => localStorage.setItem('skew', ms)", milliseconds)


def empty_storage(page: Page) -> None:
    """Take away all that the browser keeps of the wallet's database."""
    assert page.evaluate(EMPTY) == 3
