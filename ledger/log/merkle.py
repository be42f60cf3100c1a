"""Merkle trees as in RFC 6962, section 2.1, over SHA-256.

1. A leaf is hashed with 0x00 in front, a node with 0x01: neither can pose as the other.
2. A tree of n > 1 leaves splits at the largest power of two smaller than n.
3. Every hash in a proof is the root of a range [start, end) of leaves: what to prove gives the
   ranges, and whatever holds the tree (a list, tiles) gives their roots.
4. Verifying walks the same ranges and accepts only a proof of exactly the right length.
"""

import hashlib
from collections.abc import Iterable, Sequence

from ledger.log import LogError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(LogError):
    """The proof does not lead from what was given to the root."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf's bytes (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbours (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """Root over leaf hashes, or over the equal-sized perfect subtrees of a larger tree."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        pairs = iter(level)
        level = [node_hash(a, b) for a, b in zip(pairs, pairs, strict=False)] + odd
    return level[0]


def split(size: int) -> int:
    """The largest power of two smaller than `size` (> 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges whose roots prove leaf `index` in a tree of `size`, leaf side first (2.1.1)."""
    if not 0 <= index < size:
        raise ProofError(f"There is no leaf {index} in a tree of {size}.")
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The ranges whose roots prove that `new` leaves extend the first `old` (2.1.2)."""
    if not 0 <= old <= new:
        raise ProofError(f"A tree of {new} cannot extend a tree of {old}.")
    ranges, low, high = [], 0, new
    while old not in (0, high):
        middle = low + split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if old and low:  # the old tree is not a perfect left part: its last piece is needed as well
        ranges.append((low, high))
    return ranges[::-1]


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Proof that leaf `index` stands in the tree over `hashes`."""
    return [root(hashes[a:b]) for a, b in inclusion_ranges(index, len(hashes))]


def consistency_proof(hashes: Sequence[bytes], old: int) -> list[bytes]:
    """Proof that the tree over `hashes` extends the tree over its first `old`."""
    return [root(hashes[a:b]) for a, b in consistency_ranges(old, len(hashes))]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Return when leaf hash `leaf` stands at `index` under root `expected`; else ProofError."""
    ranges = inclusion_ranges(index, size)
    _check_shape(ranges, proof)
    found = leaf
    for (_, end), sibling in zip(ranges, proof, strict=True):
        found = node_hash(sibling, found) if end <= index else node_hash(found, sibling)
    if found != expected:
        raise ProofError(f"The path of leaf {index} does not end in the root of {size} leaves.")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return when the tree of `new` leaves extends the tree of `old`; else ProofError."""
    ranges = consistency_ranges(old, new)
    _check_shape(ranges, proof)
    if old == 0:
        _same(old_root, EMPTY_ROOT, old)
        return
    # The proof starts inside the old tree; when that is one perfect subtree, with its root.
    steps = list(zip(ranges, proof, strict=True))
    whole = not (ranges and ranges[0][1] == old)
    found_old = found_new = old_root if whole else steps.pop(0)[1]
    for (_, end), sibling in steps:
        if end <= old:
            found_old, found_new = node_hash(sibling, found_old), node_hash(sibling, found_new)
        else:
            found_new = node_hash(found_new, sibling)
    _same(found_old, old_root, old)
    _same(found_new, new_root, new)


def _check_shape(ranges: Sequence[object], proof: Sequence[bytes]) -> None:
    if len(proof) != len(ranges):
        raise ProofError(f"The proof has {len(proof)} hashes where {len(ranges)} are needed.")
    if any(len(step) != HASH_BYTES for step in proof):
        raise ProofError("A hash in the proof is not 32 bytes.")


def _same(found: bytes, expected: bytes, size: int) -> None:
    if found != expected:
        raise ProofError(f"The proof does not lead to the root of {size} leaves.")
