"""A log that the real services made, and other people's programs to judge it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pytest
from pytest_django.fixtures import Settings

from ledger import api, leaves, sequencer
from ledger.log import entry, note, submission, tiles
from ledger.models import Checkpoint, Log
from tests.ledger.conftest import MUNI, Town, folders, town, witnesses  # noqa: F401 - fixtures

HERE = Path(__file__).parent
GOPATH = Path("/usr/share/gocode")  # where Debian has Go's own packages
NODE_MODULES = HERE / "node_modules/.package-lock.json"


@dataclass(frozen=True)
class Made:
    """A log of some 300 leaves, and what was seen of it on the way."""

    log: Log
    folder: Path
    old: Path
    request: Path
    receipt: Path
    witness: str

    @property
    def proofs(self) -> list[str]:
        """The arguments of `verify` for these files."""
        return ["-old", str(self.old), "-request", str(self.request), "-receipt", str(self.receipt)]


@pytest.fixture
def made(
    town: Town,  # noqa: F811
    witnesses: Callable[[Log], None],  # noqa: F811
    settings: Settings,
    tmp_path: Path,
) -> Made:
    """Batches before and after 300 leaves, so that there is more than one tile."""
    log = api.setup_log(MUNI, town.now)
    witnesses(log)
    town.pay(125)
    town.settle()
    old = tmp_path / "old"
    old.write_bytes(sequencer.fetch(log)("checkpoint"))
    with sequencer.locked(MUNI):
        for n in range(300):
            leaves.append(log, entry.Grant(MUNI, "8", f"g{n}", 1, 5, "ab" * 32, False), f"grant:{n}")
    paid = [town.pay(200 + n) for n in range(5)]
    town.settle()
    town.pay(300)
    town.settle()
    receipt = tmp_path / "receipt"
    receipt.write_text(json.dumps(api.proof(paid[3].id).json()))
    request = tmp_path / "request"
    request.write_bytes(_request(log, 2))
    first = settings.POLICY_FILE.read_text().split("witness one ")[1].split("\n")[0]
    return Made(log, sequencer.folder(log), old, request, receipt, first)


def _request(log: Log, old: int) -> bytes:
    """What the log sends a witness that knows `old` leaves."""
    row = Checkpoint.objects.filter(log=log).latest("size")
    tree = tiles.Tree(sequencer.fetch(log), row.size)
    return submission.build(old, tree.consistency_proof(old), note.Note.parse(row.note.encode()))


@pytest.fixture(scope="session")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built."""
    if not which("go") or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("needs Go: `apt-get install golang-go golang-golang-x-mod-dev`")
    folder = tmp_path_factory.mktemp("go")
    offline = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOCACHE": str(folder / "cache")}
    command = ["go", "build", "-o", str(folder / "verify"), "./verify"]
    done = subprocess.run(
        command, cwd=HERE, env={**os.environ, **offline}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "verify"


def node(script: str, *arguments: str, given: str = "") -> str:
    """What a script in this folder prints."""
    if not which("node") or not NODE_MODULES.exists():
        pytest.skip("needs Node and its packages: `make tests/foreign/node_modules/.package-lock.json`")
    done = subprocess.run(
        ["node", script, *arguments], cwd=HERE, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
