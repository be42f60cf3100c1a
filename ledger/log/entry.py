"""Leaves of the log: what each of them says (spec 07-log).

Every leaf is canonical JSON with `v` (1) and `t` (its type). A batch leaf carries the state of each fund
that moved and of what is owed to merchants, so that its sums can be checked by anybody.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ledger.log.canonical import (
    VERSION,
    EntryError,
    check_code,
    check_counts,
    check_day,
    check_days,
    check_hash,
    decode,
    encode,
    is_version,
    record,
)
from ledger.log.state import Standing, Sums


@dataclass(frozen=True)
class Previous:
    """The last checkpoint of the log of the year before; `root` is hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True)
class Open:
    """First leaf of a log: one municipality (CBS code), one budget year.

    A log that goes on from another names its last state (`prev`), its last batch (0: none) and where
    everything stood there.
    """

    t: ClassVar[str] = "open"
    muni: int
    year: int
    chart: str
    """SHA-256 (hex) of the table of posting rules in force."""
    prev: Previous | None = None
    last_batch: int | None = None
    state: Standing | None = None

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_hash(self.chart)
        if len({self.prev is None, self.last_batch is None, self.state is None}) > 1:
            raise EntryError("A log that goes on names the log before, its last batch and its state.")
        if self.prev and self.state:
            check_counts(self.prev)
            check_hash(self.prev.root)
            self.state.check()


@dataclass(frozen=True)
class Batch(Sums):
    """A sealed batch: `n` commitments under `tx_root` (hex), and the state after it."""

    t: ClassVar[str] = "batch"
    muni: int
    no: int
    from_day: str
    to_day: str
    n: int
    merchants: int
    """Merchants with a transfer in the batch, rounded down to tens."""
    tx_root: str
    commitments: str
    """SHA-256 (hex) of the addendum that holds the commitments."""
    merchant_root: str
    """RFC 6962 root (hex) over the commitments to what each merchant is paid of this batch."""
    merchant_commitments: str
    """SHA-256 (hex) of the addendum that holds those."""
    merchant_lines: str | None = None
    """SHA-256 (hex) of the addendum with those lines in the clear, encrypted to an auditor."""

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_days(self.from_day, self.to_day)
        hashes = (self.tx_root, self.commitments, self.merchant_root, self.merchant_commitments)
        for text in (*hashes, self.merchant_lines):
            if text is not None:
                check_hash(text)
        if self.no < 1:
            raise EntryError("Batches are counted from one.")
        if self.merchants % 10:
            raise EntryError("The number of merchants is rounded down to tens.")
        self.check_lines()


@dataclass(frozen=True)
class Grant:
    """A top-up of many pots at once: `n` pots, `total` cents, the decision's hash (hex)."""

    t: ClassVar[str] = "grant"
    muni: int
    fund: str
    batch: str
    n: int
    total: int
    decision: str
    four_eyes: bool

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_code(self.fund)
        check_code(self.batch)
        check_hash(self.decision)
        if self.n < 1 or self.total < self.n:
            raise EntryError("A grant gives at least one pot at least one cent.")


@dataclass(frozen=True)
class Close(Sums):
    """Last leaf of a log: the year is over. `last_batch` is the number of its last batch (0: none).

    Its sums show what no batch has shown yet.
    """

    t: ClassVar[str] = "close"
    muni: int
    year: int
    last_batch: int

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        self.check_lines()


@dataclass(frozen=True)
class Cover:
    """Proof of cover: all that holders can spend, under one root, and what stands behind it (spec 11-cover).

    `sum_root` (hex) is the root of a Merkle-sum tree over `padded` leaves; `pots_total`, `fund_total` (not
    given to anybody yet) and `payable_total` are what is owed. `bank_closing` and `statement` (SHA-256 of
    the bank's file, "" before the first one) are the bank's word, `receivable` what the council decided
    and has not paid in yet. A fund carries `losses`, as far as it goes; what is left of it is owed to
    nobody. `gap` = what is there - all that is owed: at least 0 when every euro is there.
    """

    t: ClassVar[str] = "cover"
    muni: int
    date: str
    no: int
    """The proofs of a day are counted from one."""
    at: int
    """The moment of which it speaks, in epoch seconds."""
    pots_total: int
    sum_root: str
    padded: int
    fund_total: int
    payable_total: int
    in_transit: int
    """Sent to the bank and not booked there: still on the account."""
    unidentified: int
    """Money on the account of which nobody knows whose it is."""
    losses: int
    """Guarantees paid and sums written off that no fund has carried yet; below zero: a windfall."""
    receivable: int
    bank_closing: int
    statement: str
    gap: int

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        signed = (
            "payable_total",
            "in_transit",
            "unidentified",
            "losses",
            "receivable",
            "bank_closing",
            "gap",
        )
        check_counts(self, signed=signed)
        check_day(self.date)
        check_hash(self.sum_root)
        if self.statement:
            check_hash(self.statement)
        if self.no < 1 or self.padded.bit_count() != 1:
            raise EntryError("Proofs are counted from one, and their leaves are a power of two.")

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        owed = self.pots_total + self.payable_total + self.in_transit + self.unidentified
        free = max(self.fund_total - self.losses, 0)
        fits = self.bank_closing + self.receivable - owed - free == self.gap
        return [] if fits else [f"The gap of {self.date} is not what is there minus what is owed."]


@dataclass(frozen=True)
class Payout:
    """A file with payments to `n` shops went to the bank: `total` cents for batch `batch`.

    `file` is the SHA-256 (hex) of its bytes, `size` the size of the witnessed checkpoint that it waited
    for; 0 when an override let it go without one.
    """

    t: ClassVar[str] = "payout"
    muni: int
    batch: int
    n: int
    total: int
    file: str
    size: int

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_hash(self.file)
        if self.batch < 1 or self.n < 1 or self.total < self.n:
            raise EntryError("A payout pays at least one shop at least one cent.")


@dataclass(frozen=True)
class Recon:
    """A bank statement was read: its SHA-256 (hex), its balances and what its lines were (cents)."""

    t: ClassVar[str] = "recon"
    muni: int
    date: str
    statement: str
    opening: int
    closing: int
    funded: int
    booked: int
    returned: int
    unmatched_in: int
    unmatched_out: int

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self, signed=("opening", "closing"))
        check_day(self.date)
        check_hash(self.statement)

    def sums(self) -> list[str]:
        """What does not add up, one sentence each."""
        moved = self.funded + self.returned + self.unmatched_in - self.booked - self.unmatched_out
        fits = self.opening + moved == self.closing
        return [] if fits else [f"The bank statement of {self.date} does not add up."]


@dataclass(frozen=True)
class Key:
    """A key came, went or was stolen. Times in epoch seconds.

    `use`: log, pass, card, status, receipt, bundle. `thumbprint` (hex) is the SHA-256 of the public key: RFC
    7638 of a JWK, or of a vkey's bytes.
    """

    t: ClassVar[str] = "key"
    muni: int
    use: str
    kid: str
    thumbprint: str
    nbf: int
    exp: int
    action: str
    """add, retire or compromised"""

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_hash(self.thumbprint)
        check_code(self.use)
        if self.action not in ("add", "retire", "compromised"):
            raise EntryError("A key is added, retired or compromised.")


@dataclass(frozen=True)
class Rules:
    """What is in force: SHA-256 (hex) of the scheme's rules, of the policy and of the chart; `release`."""

    t: ClassVar[str] = "policy"
    muni: int
    rules: str
    policy: str
    chart: str
    release: str

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        for text in (self.rules, self.policy, self.chart):
            check_hash(text)


@dataclass(frozen=True)
class Override:
    """Somebody let something pass that the rules would have stopped: `what` it was, and `code` why."""

    t: ClassVar[str] = "override"
    muni: int
    what: str
    code: str
    made_by: str
    """SHA-256 (hex) of a salt and a name: who did it can be shown later, and not guessed now."""
    approved_by: str

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_code(self.what)
        check_code(self.code)
        check_hash(self.made_by)
        check_hash(self.approved_by)


@dataclass(frozen=True)
class Erasure:
    """How many people were forgotten in a month (YYYY-MM): the number alone."""

    t: ClassVar[str] = "erasure"
    muni: int
    month: str
    n: int

    def check(self) -> None:
        """Raise EntryError on a field out of range."""
        check_counts(self)
        check_day(f"{self.month}-01")


Leaf = Open | Batch | Grant | Close | Cover | Payout | Recon | Key | Rules | Override | Erasure
_TYPES: tuple[type[Leaf], ...] = (
    Open, Batch, Grant, Close, Cover, Payout, Recon, Key, Rules, Override, Erasure,
)  # fmt: skip
_LEAVES = {leaf.t: leaf for leaf in _TYPES}


def build(leaf: Leaf) -> bytes:
    """The bytes of a leaf. Raises EntryError when a field or a sum is wrong."""
    leaf.check()
    check_sums(leaf)
    return encode({"v": VERSION, "t": leaf.t, **_plain(asdict(leaf))})


def parse(raw: bytes) -> Leaf:
    """Read one leaf; its sums are not looked at, see `check_sums`.

    Raises EntryError; a type of leaf that is not known is an error as well.
    """
    value = decode(raw)
    kind, version = value.pop("t", None), value.pop("v", None)
    if not is_version(version) or not isinstance(kind, str) or kind not in _LEAVES:
        raise EntryError(f"A leaf of type {kind!r}, version {version!r}, is not known here.")
    leaf = record(_LEAVES[kind], value)
    leaf.check()
    return leaf


def check_sums(leaf: Leaf) -> None:
    """Raise EntryError when a leaf with sums does not add up."""
    if isinstance(leaf, Sums | Cover | Recon) and (wrong := leaf.sums()):
        raise EntryError(wrong[0])


def _plain(value: Any) -> Any:
    """Without what is left out, and lists for tuples."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
