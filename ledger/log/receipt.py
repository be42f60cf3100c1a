"""One holder's proof of one payment, and a shop's proof of what a batch pays it (spec 07-log).

1. The canonical transfer says what was paid, on which day, from which fund, in which batch,
   and hides the merchant in a commitment. It names no holder and no pass.
2. Its commitment hides it in the public log: SHA-256 over a 32-byte salt and the transfer.
   The salt comes from the holder's key; once that key is gone nobody can open the commitment.
3. The commitments of a batch are sorted: their places say nothing about time or order.
   `tx_root` in the batch leaf is the RFC 6962 root over them.
4. A receipt goes up twice: commitment -> tx_root (inner path), leaf -> checkpoint (tlog-proof,
   whose `extra` carries the leaf's bytes). Each step of the inner path says on which side the
   neighbour stands: "l" or "r" and 64 hex digits, leaf side first.
5. A shop's receipt is the same for its settled line, with `merchant_root` and the shop's key.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from ledger.log import LogError, canonical, entry, merkle, note, policy, proof

COMMIT_TAG = b"vpl/commit/1\0"
MERCHANT_TAG = b"vpl/merchant/1\0"
SALT_BYTES = 32
KINDS = ("redeem", "void", "refund")
_STEP = re.compile(r"[lr][0-9a-f]{64}")


class ReceiptError(LogError):
    """The receipt does not prove what it says."""


@dataclass(frozen=True)
class Transfer:
    """What the log keeps of one payment, refund or void; `amount` in cents, above zero."""

    t: ClassVar[str] = "transfer"
    muni: int
    batch: int
    fund: str
    kind: str
    amount: int
    date: str
    merchant: str
    """Commitment to the merchant's number (hex), see `merchant_commitment`."""

    def canonical(self) -> str:
        """The one text that is committed to. Raises canonical.EntryError."""
        self.check()
        body = {"v": canonical.VERSION, "t": self.t, **vars(self)}
        return canonical.encode(body).decode("ascii")

    def check(self) -> None:
        """Raise canonical.EntryError on a field out of range."""
        canonical.check_code(self.fund)
        canonical.check_hash(self.merchant)
        canonical.check_day(self.date)
        if self.kind not in KINDS or min(self.muni, self.batch, self.amount) < 1:
            raise canonical.EntryError("A transfer has a known kind and counts from one.")


def parse_transfer(text: str) -> Transfer:
    """Read a canonical transfer. Raises canonical.EntryError."""
    return _parse(Transfer, text)


@dataclass(frozen=True)
class Settled:
    """What one merchant is paid of one batch; `amount` in cents, above zero."""

    t: ClassVar[str] = "settled"
    muni: int
    batch: int
    amount: int
    merchant: str
    """Commitment to the merchant's number (hex), see `merchant_commitment`."""

    def canonical(self) -> str:
        """The one text that is committed to. Raises canonical.EntryError."""
        self.check()
        return canonical.encode({"v": canonical.VERSION, "t": self.t, **vars(self)}).decode("ascii")

    def check(self) -> None:
        """Raise canonical.EntryError on a field out of range."""
        canonical.check_hash(self.merchant)
        if min(self.muni, self.batch, self.amount) < 1:
            raise canonical.EntryError("A settled line counts from one.")


def parse_settled(text: str) -> Settled:
    """Read a canonical settled line. Raises canonical.EntryError."""
    return _parse(Settled, text)


_Said = TypeVar("_Said", Transfer, Settled)


def _parse(cls: type[_Said], text: str) -> _Said:
    if not text.isascii():  # also half of a character, which JSON can carry and bytes cannot
        raise canonical.EntryError("A canonical text is printable ASCII.")
    value = canonical.decode(text.encode())
    if not canonical.is_version(value.pop("v", None)) or value.pop("t", None) != cls.t:
        raise canonical.EntryError(f"This is not a {cls.t} of version 1.")
    found = canonical.record(cls, value)
    found.check()
    return found


def salt(key: bytes, transfer_id: UUID) -> bytes:
    """Salt of one transfer (32 bytes) from the 32-byte key of its holder or merchant."""
    return hmac.digest(key, transfer_id.bytes, "sha256")


def commitment(canonical: str, salted: bytes) -> bytes:
    """What stands in the log for a transfer (32 bytes)."""
    if len(salted) != SALT_BYTES:
        raise ReceiptError("A salt is 32 bytes.")
    return hashlib.sha256(COMMIT_TAG + salted + canonical.encode()).digest()


def merchant_commitment(number: str, salted: bytes) -> str:
    """What stands in a transfer for the merchant's number (hex)."""
    if len(salted) != SALT_BYTES:
        raise ReceiptError("A salt is 32 bytes.")
    return hashlib.sha256(MERCHANT_TAG + salted + number.encode()).hexdigest()


@dataclass(frozen=True)
class Commitments:
    """The commitments of one batch, sorted; `addendum()` is what the log serves."""

    values: tuple[bytes, ...]

    @classmethod
    def of(cls, unsorted: Sequence[bytes]) -> "Commitments":
        """Sort them; a pair that is equal cannot happen with honest salts (ReceiptError)."""
        return cls(tuple(sorted(unsorted))).checked()

    @classmethod
    def parse(cls, addendum: bytes) -> "Commitments":
        """Read an addendum: 32 bytes each, strictly ascending. Raises ReceiptError."""
        if len(addendum) % merkle.HASH_BYTES:
            raise ReceiptError("Commitments are 32 bytes each.")
        parts = range(0, len(addendum), merkle.HASH_BYTES)
        return cls(tuple(addendum[i : i + merkle.HASH_BYTES] for i in parts)).checked()

    def checked(self) -> "Commitments":
        """This object, when it is strictly ascending. Raises ReceiptError."""
        pairs = zip(self.values, self.values[1:], strict=False)
        if any(one >= other for one, other in pairs):
            raise ReceiptError("Commitments stand in ascending order, each once.")
        return self

    def addendum(self) -> bytes:
        """The bytes at <log>/addenda/<sha256 hex of these bytes>."""
        return b"".join(self.values)

    def addendum_hash(self) -> str:
        """Name of the addendum (hex)."""
        return hashlib.sha256(self.addendum()).hexdigest()

    def root(self) -> bytes:
        """The batch's tx_root (RFC 6962)."""
        return merkle.root([merkle.leaf_hash(value) for value in self.values])

    def inner_path(self, value: bytes) -> list[str]:
        """The path of one commitment up to `root()`, as a receipt carries it."""
        index = self.values.index(value)
        hashes = [merkle.leaf_hash(v) for v in self.values]
        steps = merkle.inclusion_ranges(index, len(hashes))
        return [("l" if end <= index else "r") + merkle.root(hashes[start:end]).hex() for start, end in steps]


def addendum_path(sha256_hex: str) -> str:
    """Path of an addendum, relative to the log's address."""
    return f"addenda/{sha256_hex}"


@dataclass(frozen=True)
class Receipt:
    """What the wallet fetches; each field is the JSON member of the same name."""

    canonical: str
    salt: str
    inner_path: tuple[str, ...]
    tlog_proof: str

    def json(self) -> dict[str, object]:
        """The receipt as a JSON object."""
        return {**asdict(self), "inner_path": list(self.inner_path)}


def parse(raw: str | bytes) -> Receipt:
    """Read a receipt file. Raises ReceiptError on any other members or types."""
    try:
        value = json.loads(raw)
        texts = [value.pop(name) for name in ("canonical", "salt", "tlog_proof")]
        path = value.pop("inner_path")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ReceiptError("A receipt is JSON: canonical, salt, inner_path, tlog_proof.") from error
    if value or not isinstance(path, list) or any(type(x) is not str for x in [*texts, *path]):
        raise ReceiptError("A receipt is JSON: canonical, salt, inner_path, tlog_proof.")
    return Receipt(texts[0], texts[1], tuple(path), texts[2])


@dataclass(frozen=True)
class Verified(Generic[_Said]):
    """What a receipt proved: what it says, the batch, its place there and who vouches for it."""

    said: _Said
    batch: entry.Batch
    index: int
    verdict: policy.Verdict


def verify_receipt(
    canonical: str,
    salt: str,
    inner_path: Sequence[str],
    tlog_proof: str,
    trusted: policy.Policy,
    ed25519: note.Ed25519Verify = note.ed25519_verify,
) -> Verified[Transfer]:
    """Verify a receipt from its own bytes and the policy alone.

    Raises a LogError whose text says which step failed: canonical.EntryError (a text is not what
    it should be), ReceiptError (commitment or batch), merkle.ProofError, policy.NotTrustedError,
    note.BadSignatureError.
    """
    transfer = parse_transfer(canonical)
    given = Receipt(canonical, salt, tuple(inner_path), tlog_proof)
    return _climb(given, transfer, "tx_root", trusted, ed25519)


def verify_line(
    given: Receipt,
    number: str,
    trusted: policy.Policy,
    ed25519: note.Ed25519Verify = note.ed25519_verify,
) -> Verified[Settled]:
    """Verify a shop's receipt for its line; `number` is its identifier. Raises as `verify_receipt` does."""
    line = parse_settled(given.canonical)
    if line.merchant != merchant_commitment(number, _salt(given.salt)):
        raise ReceiptError("The line is that of another merchant.")
    return _climb(given, line, "merchant_root", trusted, ed25519)


def _climb(
    given: Receipt,
    said: _Said,
    root: str,
    trusted: policy.Policy,
    ed25519: note.Ed25519Verify,
) -> Verified[_Said]:
    """From a commitment to the batch leaf's `root`, and from that leaf to the checkpoint."""
    outer = proof.parse(given.tlog_proof)
    batch = entry.parse(outer.extra)
    if not isinstance(batch, entry.Batch):
        raise ReceiptError("The proof leads to a leaf that is not a batch.")
    entry.check_sums(batch)
    if (said.muni, said.batch) != (batch.muni, batch.no):
        raise ReceiptError("The payment names another batch than the proof leads to.")
    found = _fold(commitment(given.canonical, _salt(given.salt)), given.inner_path)
    if found.hex() != getattr(batch, root):
        raise ReceiptError("The payment is not among the commitments of this batch.")
    verdict = proof.verify(outer, merkle.leaf_hash(outer.extra), trusted, ed25519)
    return Verified(said, batch, outer.index, verdict)


def _fold(committed: bytes, inner_path: Sequence[str]) -> bytes:
    found = merkle.leaf_hash(committed)
    for step in inner_path:
        if not _STEP.fullmatch(step):
            raise ReceiptError("A step of the inner path is l or r and 64 hex digits.")
        other = bytes.fromhex(step[1:])
        found = merkle.node_hash(other, found) if step[0] == "l" else merkle.node_hash(found, other)
    return found


def _salt(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ReceiptError("A salt is 64 hex digits.")
    return bytes.fromhex(text)
