"""Whom to test: an address and two codes, or a file that has them; without, the demo of this repository."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.actors import HttpWire, Phone, Till
from tests.conformance.wire import ReadingWire
from tests.running import Running
from wallet.protocol import keyring
from wallet.protocol.signing import peek


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite; see its README."""
    group = parser.getgroup("conformance")
    group.addoption("--base-url", help="address of the installation to test")
    group.addoption("--activation-code", help="an unused code for a phone")
    group.addoption("--till-code", help="an unused code for a till of a shop that the phone can pay at")
    group.addoption("--target", type=Path, help="a JSON file with these three, as the demo writes it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where the demo is the target, it is the one that other tests of this worker use."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "target" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("town"))


@dataclass(frozen=True)
class Target:
    """An installation, and codes that let one phone and one till in."""

    url: str
    activation_code: str
    till_code: str


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """The installation under test."""
    given = {
        name: request.config.getoption(f"--{name.replace('_', '-')}", None)
        for name in ("base_url", "activation_code", "till_code", "target")
    }
    if given["base_url"] and given["activation_code"] and given["till_code"]:
        return Target(given["base_url"], given["activation_code"], given["till_code"])
    if given["target"]:
        return _of(json.loads(given["target"].read_text()))
    town: Running = request.getfixturevalue("town")
    return _of(town.card)


def _of(card: dict[str, Any]) -> Target:
    tills = card["till_codes"]
    return Target(card["base_url"], card["activation_codes"].pop(), tills.pop(1 if len(tills) > 1 else 0))


@pytest.fixture(scope="session")
def wire(target: Target) -> ReadingWire:
    """A wire to it."""
    return ReadingWire(HttpWire(target.url))


@pytest.fixture(scope="session")
def phone(target: Target, wire: ReadingWire) -> Phone:
    """An activated phone."""
    phone = Phone(wire)
    answer = phone.activate(target.activation_code)
    assert answer.status == 201, answer
    return phone


@pytest.fixture(scope="session")
def till(target: Target, wire: ReadingWire) -> Till:
    """An enrolled till; what it was told is in `welcome`."""
    till = Till(wire)
    answer = till.enrol(target.till_code)
    assert answer.status == 201, answer
    till.welcome = answer.body  # type: ignore[attr-defined]
    return till


@dataclass(frozen=True)
class Programme:
    """A programme that the phone has money in and the till takes."""

    prg: int
    cur: str
    sale: int


@pytest.fixture(scope="session")
def programme(phone: Phone, till: Till) -> Programme:
    """The fullest pot that can be spent here. A sale of this suite takes a fiftieth of it, or one ticket."""
    bundle = peek(till.welcome["bundle"], 1 << 18)[1]  # type: ignore[attr-defined]
    taken = {line["prg"] for line in bundle["programmes"]}
    pots = [pot for pot in phone.state["vouchers"] if pot["prg"] in taken and not pot["suspended"]]
    now = phone.state["server_time"]
    pots = [pot for pot in pots if pot["valid_from"] <= now < pot["valid_until"] and pot["balance"] > 40]
    assert pots, "the phone of this code can pay nothing at the shop of this till code"
    pots = [pot for pot in pots if phone.voucher(pot["prg"]) is pot]  # one's own, not a child's
    best = max(pots, key=lambda pot: (pot["kind"] == "money", pot["balance"]))
    return Programme(best["prg"], best["currency"], max(1, best["balance"] // 50))


@pytest.fixture(scope="session")
def ring(wire: ReadingWire, phone: Phone) -> keyring.Keyring:
    """The issuer's published keys."""
    return keyring.from_jwks(wire.call("GET", "/.well-known/jwks.json").body, phone.issuer)
