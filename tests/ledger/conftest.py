"""A small town with money in its books, its log in a folder of the test's own, and witnesses that answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from ledger import api, custody, shards
from ledger.api import AccountKey, Code, Kind, Posting
from ledger.log import note
from ledger.models import Log
from ledger.witness.rules import Witness
from ledger.witness.store import Store
from tests.serving import witnessing

MUNI = 14
NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
FUND = 8
FIRST = 5  # leaves besides batches: open, two keys, the rules, and the top-up in the first batch


# What the books demand that some kinds refer to.
_REFS = {
    Kind.ALLOCATE: ("decision", "B-1"),
    Kind.COVER_LOSS: ("approved-by", "staff:2"),
    Kind.CLOSE_YEAR: ("approved-by", "staff:2"),
}


@dataclass
class Town:
    """Accounts by role, and short words for what tests do with them."""

    muni: int = MUNI
    fund: int = FUND
    now: datetime = NOON
    pots: list[int] = field(default_factory=list)
    shops: list[int] = field(default_factory=list)

    def account(self, code: Code, **key: object) -> int:
        return api.open_account(muni=self.muni, code=code, **key)  # type: ignore[arg-type]

    def open(self, pots: int, shops: int) -> None:
        parties = [AccountKey(self.muni, Code.POT, self.fund, uuid.uuid4()) for _ in range(pots)]
        self.pots += api.open_accounts(parties)
        numbers = (str(len(self.shops) + n) for n in range(shops))
        keys = [
            AccountKey(self.muni, Code.MERCHANT_OPEN, party=api.merchant_party(self.muni, n)) for n in numbers
        ]
        self.shops += api.open_accounts(keys)

    def allocate(self, amount: int, decision: str = "B-1") -> None:
        api.allocate(
            muni=self.muni,
            fund=self.fund,
            amount=amount,
            decision_ref=decision,
            actor="staff:1",
            now=self.now,
        )

    def grant(self, lines: list[tuple[int, int]], batch: uuid.UUID | None = None) -> uuid.UUID:
        batch = batch or uuid.uuid4()
        self.give(lines, batch)
        return batch

    def give(self, lines: list[tuple[int, int]], batch: uuid.UUID) -> set[int]:
        return api.grant(
            muni=self.muni,
            batch=batch,
            fund=self.fund,
            lines=lines,
            decision_ref="B-2",
            actor="staff:1",
            reason="",
            four_eyes=False,
            now=self.now,
        )

    def posting(self, kind: Kind, debit: int, credit: int, amount: int, **more: object) -> Posting:
        return Posting(
            id=more.pop("id", None) or uuid.uuid4(),  # type: ignore[arg-type]
            kind=kind,
            debit=debit,
            credit=credit,
            amount=amount,
            ref_type=_REFS.get(kind, ("test", ""))[0],
            ref_id=_REFS.get(kind, ("test", ""))[1],
            actor="till:1",
            reason="",
            effective_at=self.now,
            **more,  # type: ignore[arg-type]
        )

    def post(self, *postings: Posting) -> int:
        return api.post(self.muni, postings)

    def pay(self, amount: int, pot: int = 0, shop: int = 0) -> Posting:
        posting = self.posting(Kind.REDEEM, self.pots[pot], self.shops[shop], amount)
        self.post(posting)
        return posting

    def refund(self, paid: Posting, amount: int, kind: Kind = Kind.REFUND) -> Posting:
        posting = self.posting(kind, paid.credit, paid.debit, amount, reverses=paid.id)
        self.post(posting)
        return posting

    def balance(self, account: int) -> int:
        return api.balances([account])[account]

    def settle(self, seconds: int = 60) -> api.Settled:
        """Let time pass, and settle what waits."""
        self.now += timedelta(seconds=seconds)
        return api.settle(self.muni, self.now, force=True)


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> None:
    """Each test has its own log, keys and policy."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.KEYS_DIR, settings.POLICY_FILE = tmp_path / "keys", tmp_path / "policy.txt"
    settings.WITNESSES, settings.BASE_URL = "", "http://log.example"
    settings.BANK_DIR, settings.BANK_NAME = tmp_path / "bank", "Gemeente Test"
    settings.BANK_IBAN, settings.FUNDING_IBAN = "NL02ABNA0123456789", "NL91ABNA0417164300"


@pytest.fixture
def town(db: None) -> Town:
    """A fund of € 10 000, three pots of € 100, two shops."""
    return furnished()


def furnished() -> Town:
    """The town of the `town` fixture, for tests that commit."""
    found = Town()
    found.open(pots=3, shops=2)
    found.allocate(1_000_000)
    found.grant([(pot, 10_000) for pot in found.pots])
    return found


@pytest.fixture
def witnesses(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Call it with the log: three witnesses over HTTP, and a policy that wants two of them.

    They know the keys of the logs that may follow as well. Their clocks are `ahead` by seconds.
    """

    def start(log: Log, ahead: int = 0) -> None:
        origins = [log.origin, shards.origin_of(log.muni, 2026, 2), shards.origin_of(log.muni, 2027)]
        keys = {origin: custody.make_log_keys(origin) for origin in origins}
        lines, addresses = [f"log {key}" for origin in origins for key in keys[origin]], []
        for name in ("one", "two", "three"):
            key = note.SignerKey.from_seed(f"{name}.example", note.COSIGNATURE_V1, name.encode().ljust(32))
            store = Store.new(tmp_path / f"{name}.sqlite", origins)
            witness = Witness(key, {origin: found[:1] for origin, found in keys.items()}, store)
            lines.append(f"witness {name} {key.verifier}")
            addresses.append(f"{name}={running.enter_context(witnessing(witness, ahead))}")
        lines += ["group all3 2 one two three", "quorum all3", ""]
        settings.POLICY_FILE.write_text("\n".join(lines))
        settings.WITNESSES = ",".join(addresses)

    with ExitStack() as running:
        yield start


@pytest.fixture
def log(town: Town, witnesses: Callable[..., None]) -> Log:
    """The town's log, with three witnesses that answer."""
    log = api.setup_log(MUNI, town.now)
    witnesses(log)
    return log
