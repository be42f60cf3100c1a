"""The case: everything that this auditor was given. What was not given is None, and its checks say so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from ledger import anchors
from ledger.audit import ed25519, sums
from ledger.audit.bankfiles import Folder
from ledger.audit.outside import Told
from ledger.audit.papers import Issuer
from ledger.audit.tables import Tables
from ledger.audit.view import View
from ledger.log import LogError, checkpoint, policy, receipt

Given = TypeVar("Given")

Progress = Callable[[str, int, int], None]

WITHOUT = {
    "log": "give the address of a log, or a folder with a copy of it",
    "seen": "give --store to remember what you saw",
    "told": "give --witness or --mirror to ask somebody else what the log looks like",
    "previous": "give --previous, the log from which this one goes on",
    "given": "no receipt was given",
    "books": "give --books, the municipality's own database",
    "wallet": "give --books with the tables of the passes and tills",
    "keys": "give --keys, the folder with the key over receipts",
    "issuer": "give --issuer, the public keys of the passes",
    "stamps": "give --tsa-roots or --evm-url: whom to believe about time stamps",
    "bank": "give --bank, a folder with the bank's files",
}


@dataclass
class Case:
    """What the checks look at. `now` judges ages; `sample` is how many payments' papers are verified."""

    now: datetime
    trusted: policy.Policy
    log: View | None = None
    seen: list[checkpoint.Checkpoint] | None = None
    told: list[Told] | None = None
    previous: View | None = None
    given: receipt.Receipt | None = None
    books: Tables | None = None
    keys: bytes | None = None
    issuer: Issuer | None = None
    bank: Folder | None = None
    stamps: anchors.Options | None = None
    sample: int = 10_000
    names: frozenset[str] = frozenset()
    """Names that must not be public, as `personal.names_of` gives them."""
    names_too_short: int = 0
    """Names that were given and cannot be looked for."""
    max_age: int | None = None
    """Days; None when the newest cosignature may be of any age."""
    times_from: datetime | None = None
    """What says to be of before this was made at once, as a demo's history is; None when there is none."""
    progress: Progress = field(default=lambda what, done, total: None)

    def is_lived(self, moment: datetime) -> bool:
        """Can the times of what says to be of this moment be held against clocks?"""
        return self.times_from is None or moment >= self.times_from

    @cached_property
    def cosigned_at(self) -> int | None:
        """When the log was cosigned last, in epoch seconds; None when nobody is believed (A8 says why)."""
        try:
            return max(self.trusted.check(self.view().signed, ed25519.verify).cosigned.values())
        except LogError:
            return None

    @property
    def wallet(self) -> Tables | None:
        """The books, when the tables of passes and tills are beside them."""
        return self.books if self.books and self.books.has("wallet_redemption") else None

    @cached_property
    def flows(self) -> sums.Flows:
        """What the sealed transfers come to; added up once, for all looks that need it."""
        return sums.read(self.tables())

    def lacks(self, asks: tuple[str, ...]) -> list[str]:
        """Which of these were not given."""
        return [name for name in asks if getattr(self, name) is None]

    def view(self) -> View:
        """The log; for looks that ask for it. Raises ValueError for others."""
        return _given(self.log)

    def tables(self) -> Tables:
        """The books; for looks that ask for them. Raises ValueError for others."""
        return _given(self.books)


def _given(what: Given | None) -> Given:
    if what is None:
        raise ValueError("A look asks for what it looks at.")
    return what
