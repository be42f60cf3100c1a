"""People and shops of the running demo municipality, over HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actors import HttpWire, Phone, Till
from tests.running import ROOT, Running

CLOTHES = 101  # the programme of the demo that these stories spend from


@pytest.fixture
def new_phone(town: Running) -> Callable[[], Phone]:
    """Activate phones, each with a code of the demo."""

    def make() -> Phone:
        phone = Phone(HttpWire(town.url), iss=town.url)
        assert phone.activate(town.card["activation_codes"].pop()).status == 201
        return phone

    return make


@pytest.fixture(scope="session")
def till(town: Running) -> Till:
    """The till of a shop that sells clothes."""
    enrolled = Till(HttpWire(town.url))
    assert enrolled.enrol(town.card["till_codes"][0]).status == 201
    return enrolled


@pytest.fixture
def audit(town: Running) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the auditor's command on the log of the town."""

    def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "ledger.audit",
            town.card["log_url"],
            "--policy",
            town.card["policy"],
        ]
        return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)

    return run
