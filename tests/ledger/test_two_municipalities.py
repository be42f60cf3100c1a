"""Two municipalities with books of their own, each the witness of the other's log."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django
from pytest_django.fixtures import Settings

from ledger import api, sequencer
from ledger.audit.__main__ import main as audit
from ledger.log import checkpoint, note, policy, submission
from ledger.models import Log
from ledger.witness.rules import Witness
from ledger.witness.store import Store
from tests.ledger.conftest import Town
from tests.serving import witnessing

NUMBERS = {"groningen": 14, "assen": 106}
PARTNERS = {"groningen": "assen", "assen": "groningen"}


@dataclass
class Municipality:
    """Its town, its log, its witness, and its settings: those of a process of its own."""

    town: Town
    log: Log
    witness: Witness
    url: str
    policy: Path

    @property
    def key(self) -> note.SignerKey:
        """The log's own key, which only a thief would use for anything else."""
        lines = (line for file in django.SIGNER_DIR.glob("*.key") for line in file.read_text().splitlines())
        return next(key for key in map(note.SignerKey.parse, lines) if str(key.verifier) == self.log.vkey)

    def settle(self, settings: Settings, partner: Municipality) -> api.Settled:
        """One round, as its own process would do it."""
        settings.POLICY_FILE, settings.WITNESSES = self.policy, f"partner={partner.url}"
        self.town.pay(100)
        return self.town.settle()


@pytest.fixture
def both(db: None, tmp_path: Path) -> Iterator[dict[str, Municipality]]:
    towns = {name: _town(number) for name, number in NUMBERS.items()}
    logs = {name: api.setup_log(town.muni, town.now) for name, town in towns.items()}
    found = {}
    with ExitStack() as running:
        for name, other in PARTNERS.items():
            witness = _witness(name, logs[other], tmp_path)
            url = running.enter_context(witnessing(witness))
            found[name] = Municipality(towns[name], logs[name], witness, url, tmp_path / f"{name}.policy")
        for name, other in PARTNERS.items():
            key = found[other].witness.key
            lines = [f"log {logs[name].vkey}", f"witness partner {key.verifier}", "quorum partner", ""]
            found[name].policy.write_text("\n".join(lines))
        yield found


def _witness(name: str, watched: Log, folder: Path) -> Witness:
    key = note.SignerKey.from_seed(f"{name}.example/witness", note.COSIGNATURE_V1, name.encode().ljust(32))
    store = Store.new(folder / f"{name}.sqlite", [watched.origin])
    return Witness(key, {watched.origin: [note.VerifierKey.parse(watched.vkey)]}, store)


def _town(number: int) -> Town:
    town = Town(muni=number, fund=number)
    town.open(pots=1, shops=1)
    town.allocate(100_000, decision=f"B-{number}")
    town.grant([(town.pots[0], 10_000)], uuid.uuid4())
    return town


def test_each_log_is_witnessed_by_the_other(both: dict[str, Municipality], settings: Settings) -> None:
    groningen, assen = both["groningen"], both["assen"]
    for _ in range(2):
        assert groningen.settle(settings, assen).witnessed
        assert assen.settle(settings, groningen).witnessed
    for one in (groningen, assen):
        served = note.Note.parse(sequencer.fetch(one.log)("checkpoint"))
        size = policy.parse(one.policy.read_text()).check(served).checkpoint.size
        assert size == one.log.entries.count()
        assert audit([str(sequencer.folder(one.log)), "--policy", str(one.policy)]) == 0
    assert groningen.log.origin != assen.log.origin


def test_neither_vouches_for_itself(both: dict[str, Municipality], settings: Settings) -> None:
    one = both["groningen"]
    assert not one.settle(settings, one).witnessed


def test_a_second_history_of_one_is_refused_by_the_other(
    both: dict[str, Municipality], settings: Settings
) -> None:
    groningen, assen = both["groningen"], both["assen"]
    groningen.settle(settings, assen)
    size = groningen.log.entries.count()
    assert assen.witness.store.state(groningen.log.origin).size == size
    # The log starts over under the same key, as after a restore of an empty database.
    false = checkpoint.Checkpoint(groningen.log.origin, size, b"\x01" * 32).text()
    signed = note.Note(false, (note.sign(false, groningen.key),))
    answer = assen.witness.add_checkpoint(submission.build(0, [], signed), 1)
    assert (answer.status, answer.body) == (409, f"{size}\n".encode())
    assert assen.witness.add_checkpoint(submission.build(size, [], signed), 1).status == 422
    assert assen.witness.store.kept()[groningen.log.origin, 422] == 1
