"""Proof of cover: a tree whose root says what all pots together hold, and a path for each (spec 11-cover).

1. A node is 40 bytes: its sum (u64, cents) and its hash. A leaf's hash is SHA-256(0x02 || sum || commitment),
   a node's SHA-256(0x03 || left node || right node): both sums are in it, so no sum below can be too low.
2. A pot is cut into random parts, each a leaf of its own: a path shows a neighbour's sum, and that is never
   what somebody has. The commitment hides whose part it is; its salt comes from the holder's key.
3. The leaves stand in the order of their hashes, filled up with zeroes to a power of two. A place says
   nothing, changes with each proof, and no leaf stands there twice.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger.log import LogError, entry
from ledger.log.canonical import MAX_INT

TAG = b"vpl/pot/1\0"
NODE_BYTES = 40
TILE_HEIGHT = 8
TILE = 1 << TILE_HEIGHT
_STEP = re.compile(r"[lr][0-9a-f]{80}")
_SALT = re.compile(r"[0-9a-f]{64}")


class CoverError(LogError):
    """The proof of cover does not hold, or a sum is too large to be told."""


# --- nodes --------------------------------------------------------------------------------------------------
def total(node: bytes) -> int:
    """The sum that a node holds, in cents."""
    return int.from_bytes(node[:8], "big")


def leaf(amount: int, committed: bytes) -> bytes:
    """The leaf of one part: `amount` in cents, its commitment (32 bytes). Raises CoverError."""
    head = _u64(amount)
    return head + hashlib.sha256(b"\x02" + head + committed).digest()


def join(left: bytes, right: bytes) -> bytes:
    """The node above two others. Raises CoverError when the sum is more than the log can say."""
    return _join(left + right)


def _join(pair: bytes) -> bytes:
    return _u64(total(pair) + total(pair[NODE_BYTES:])) + hashlib.sha256(b"\x03" + pair).digest()


def _u64(amount: int) -> bytes:
    if not 0 <= amount <= MAX_INT:
        raise CoverError("A sum is a whole number of cents from 0 to 2^53 - 1.")
    return amount.to_bytes(8, "big")


def above(level: bytes) -> bytes:
    """The nodes above a level of two or more. Raises CoverError."""
    size = 2 * NODE_BYTES
    return b"".join(_join(level[at : at + size]) for at in range(0, len(level), size))


# --- pots ---------------------------------------------------------------------------------------------------
def name(muni: int, date: str, no: int, code: int, fund: int, party: str, part: int) -> str:
    """Whose part it is: account `code` of `party` (a UUID) in a fund, at proof `no` of a day."""
    return f"{muni}/{date}/{no}/{code}/{fund}/{party}/{part}"


def salt(key: bytes, named: str) -> bytes:
    """The salt (32 bytes) of one part, from the 32-byte key of its holder."""
    return hmac.digest(key, named.encode(), "sha256")


def commitment(named: str, salted: bytes) -> bytes:
    """What hides whose part it is (32 bytes)."""
    return hashlib.sha256(TAG + salted + named.encode()).digest()


def cut(amount: int, draw: Callable[[int], int]) -> list[int]:
    """Two to four parts that add up to `amount`; `draw(n)` gives a random number below n."""
    cuts = sorted(draw(amount + 1) for _ in range(1 + draw(3)))
    return [end - start for start, end in zip([0, *cuts], [*cuts, amount], strict=True)]


# --- the tree -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Tree:
    """All levels, leaves first, and the place of each leaf that was given."""

    levels: tuple[bytes, ...]
    places: tuple[int, ...]

    @classmethod
    def of(cls, leaves: Sequence[bytes], noise: Callable[[int], bytes]) -> "Tree":
        """The tree over these leaves; `noise(n)` gives n random bytes. Raises CoverError."""
        padded = 1 << max(len(leaves) - 1, 0).bit_length()
        filled = [*leaves, *(leaf(0, noise(32)) for _ in range(padded - len(leaves)))]
        order = sorted(range(padded), key=lambda i: filled[i][8:])
        places = [0] * padded
        for place, i in enumerate(order):
            places[i] = place
        levels = [b"".join(filled[i] for i in order)]
        while len(levels[-1]) > NODE_BYTES:
            levels.append(above(levels[-1]))
        return cls(tuple(levels), tuple(places[: len(leaves)]))

    @property
    def root(self) -> bytes:
        """The node at the top."""
        return self.levels[-1]

    @property
    def padded(self) -> int:
        """The number of leaves, a power of two."""
        return len(self.levels[0]) // NODE_BYTES

    def tiles(self) -> Iterator[tuple[int, int, bytes]]:
        """What is kept to make paths: every eighth level, in pieces of 256 nodes (level, number, bytes)."""
        size = NODE_BYTES * TILE
        for height in range(0, max(len(self.levels) - 1, 1), TILE_HEIGHT):
            level = self.levels[height]
            for n, at in enumerate(range(0, len(level), size)):
                yield height, n, level[at : at + size]


def path(place: int, padded: int, tile: Callable[[int, int], bytes]) -> list[str]:
    """The way up from the leaf at `place`, leaf side first; `tile(level, number)` gives what `tiles` gave.

    A step is `l` or `r`, the side of the neighbour, and the neighbour's node in hex.
    """
    steps = []
    for height in range(0, padded.bit_length() - 1, TILE_HEIGHT):
        level, at = tile(height, place // TILE), place % TILE
        while len(level) > NODE_BYTES:
            other = (at ^ 1) * NODE_BYTES
            steps.append(("l" if at & 1 else "r") + level[other : other + NODE_BYTES].hex())
            level, at = above(level), at >> 1
        place //= TILE
    return steps


# --- checking -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """One part of a pot as its holder's phone gets it: cents, the salt in hex, the way up."""

    amount: int
    salt: str
    path: tuple[str, ...]


def verify(said: entry.Cover, named: str, part: Part) -> None:
    """Return when the part stands under the root of a cover leaf, within its total; else CoverError."""
    if not _SALT.fullmatch(part.salt):
        raise CoverError("A salt is 64 hex digits.")
    if len(part.path) != said.padded.bit_length() - 1:
        raise CoverError("The path is not as long as the tree is high.")
    node = leaf(part.amount, commitment(named, bytes.fromhex(part.salt)))
    for step in part.path:
        if not _STEP.fullmatch(step):
            raise CoverError("A step is l or r and 80 hex digits.")
        other = bytes.fromhex(step[1:])
        node = join(other, node) if step[0] == "l" else join(node, other)
    if (total(node), node[8:].hex()) != (said.pots_total, said.sum_root):
        raise CoverError("The path does not end in the root and the total of this proof.")


def check_leaves(said: entry.Cover, level: bytes) -> list[str]:
    """What does not fit between a cover leaf and all leaves of its tree; one sentence each."""
    nodes = [level[at : at + NODE_BYTES] for at in range(0, len(level), NODE_BYTES)]
    if len(level) != said.padded * NODE_BYTES:
        return [f"The tree of {said.date} has {len(nodes)} leaves and not {said.padded}."]
    wrong = []
    if any(one[8:] >= other[8:] for one, other in pairwise(nodes)):
        wrong.append(f"The leaves of the tree of {said.date} are not in order, each once.")
    if sum(map(total, nodes)) != said.pots_total:
        wrong.append(f"The leaves of the tree of {said.date} do not add up to what all pots hold.")
        return wrong
    while len(level) > NODE_BYTES:
        level = above(level)
    if level[8:].hex() != said.sum_root:
        wrong.append(f"The leaves of the tree of {said.date} do not lead to its root.")
    return wrong
