"""Merkle trees of every size up to 70, and an independent verifier."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore.errors import VerificationError

from ledger.log import merkle

MANY = 70
LEAVES = [b"leaf %d" % i for i in range(1500)]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [merkle.root(HASHES[:n]) for n in range(MANY + 1)]

sizes = st.integers(1, len(HASHES))


def recursive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return merkle.node_hash(recursive_root(hashes[:k]), recursive_root(hashes[k:]))


@given(sizes)
def test_the_root_is_the_root_of_the_rfc(size: int) -> None:
    assert merkle.root(HASHES[:size]) == recursive_root(HASHES[:size])


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    for size in range(1, MANY + 1):
        for index in range(size):
            path = merkle.inclusion_proof(HASHES[:size], index)
            merkle.verify_inclusion(HASHES[index], index, size, path, ROOTS[size])


def test_every_small_tree_extends_every_smaller_one() -> None:
    for new in range(MANY + 1):
        for old in range(new + 1):
            path = merkle.consistency_proof(HASHES[:new], old)
            merkle.verify_consistency(old, ROOTS[old], new, ROOTS[new], path)


def sigstore_accepts(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    claim = SimpleNamespace(log_index=index, tree_size=size, hashes=path, root_hash=root)
    entry = SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=claim, canonicalized_body=leaf))
    try:
        verify_merkle_inclusion(entry)  # type: ignore
    except VerificationError:
        return False
    return True


def we_accept(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    try:
        merkle.verify_inclusion(merkle.leaf_hash(leaf), index, size, path, root)
    except merkle.ProofError:
        return False
    return True


def test_sigstore_agrees_on_every_small_proof() -> None:
    for size in range(1, MANY + 1):
        for index in range(size):
            path = merkle.inclusion_proof(HASHES[:size], index)
            assert sigstore_accepts(LEAVES[index], index, size, path, ROOTS[size])


@given(st.data())
def test_sigstore_agrees_on_proofs_that_were_tampered_with(data: st.DataObject) -> None:
    size = data.draw(sizes)
    index = data.draw(st.integers(0, size - 1))
    root = merkle.root(HASHES[:size])
    path = merkle.inclusion_proof(HASHES[:size], index)
    claimed = data.draw(st.sampled_from([index, max(index - 1, 0), min(index + 1, size - 1)]))
    change = data.draw(st.sampled_from(["none", "drop", "add", "flip", "swap"]))
    if change == "drop":
        path = path[:-1]
    elif change == "add":
        path = [*path, HASHES[0]]
    elif change == "swap":
        path = path[::-1]
    elif change == "flip" and path:
        path[data.draw(st.integers(0, len(path) - 1))] = bytes(32)
    ours = we_accept(LEAVES[index], claimed, size, path, root)
    assert ours == sigstore_accepts(LEAVES[index], claimed, size, path, root)
    if change == "none":
        assert ours == (claimed == index)


@given(st.data())
def test_a_tree_that_does_not_extend_the_other_is_never_accepted(data: st.DataObject) -> None:
    new = data.draw(sizes)
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    other = [*HASHES[:changed], merkle.leaf_hash(b"other"), *HASHES[changed + 1 : new]]
    path = merkle.consistency_proof(other, old)
    with pytest.raises(merkle.ProofError):
        merkle.verify_consistency(old, merkle.root(HASHES[:old]), new, merkle.root(other), path)
    with pytest.raises(merkle.ProofError):
        merkle.verify_consistency(old, merkle.root(other[:old]), new, merkle.root(HASHES[:new]), path)


@given(st.data())
def test_no_change_to_a_consistency_proof_is_accepted(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, new - 1))
    path = merkle.consistency_proof(HASHES[:new], old)
    at = data.draw(st.integers(0, len(path) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(path[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    roots = merkle.root(HASHES[:old]), merkle.root(HASHES[:new])
    for wrong in ([*path[:at], flipped, *path[at + 1 :]], path[:at] + path[at + 1 :], [*path, path[at]]):
        with pytest.raises(merkle.ProofError):
            merkle.verify_consistency(old, roots[0], new, roots[1], wrong)


def test_hashes_of_another_length_are_refused() -> None:
    path = merkle.inclusion_proof(HASHES[:2], 0)
    with pytest.raises(merkle.ProofError):
        merkle.verify_inclusion(HASHES[0], 0, 2, [path[0] + b"x"], ROOTS[2])
