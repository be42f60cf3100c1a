"""JavaScript by others: Sigstore's verifier agrees with our inclusion proofs, solc with our contract."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import anchors, sequencer
from ledger.log import merkle, tiles
from tests.foreign.conftest import Made, node

CONTRACT = Path(anchors.__file__).parent / "contract"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def case(index: int, size: int, leaf: bytes, root: bytes, path: list[bytes]) -> dict[str, object]:
    hashes = [b64(step) for step in path]
    return {"index": index, "size": size, "leaf": b64(leaf), "root": b64(root), "path": hashes}


def answers(cases: list[dict[str, object]]) -> list[bool | str]:
    found: list[bool | str] = json.loads(node("inclusion.js", given=json.dumps(cases)))
    return found


def test_sigstore_agrees_with_every_leaf_of_a_real_log(made: Made) -> None:
    size = made.log.checkpoints.latest("size").size
    tree = tiles.Tree(sequencer.fetch(made.log), size)
    leaves, root = list(tree.leaves()), tree.root()
    assert (
        answers([case(i, size, leaf, root, tree.inclusion_proof(i)) for i, leaf in enumerate(leaves)])
        == [True] * size
    )


def test_sigstore_agrees_on_trees_of_every_small_size() -> None:
    leaves = [bytes([n]) for n in range(40)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    cases = [
        case(index, size, leaves[index], merkle.root(hashes[:size]), proof(hashes[:size], index))
        for size in range(1, 41)
        for index in range(size)
    ]
    assert answers(cases) == [True] * len(cases)


def proof(hashes: list[bytes], index: int) -> list[bytes]:
    return [merkle.root(hashes[a:b]) for a, b in merkle.inclusion_ranges(index, len(hashes))]


@settings(max_examples=3, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 300), st.integers(0), st.integers(0)), min_size=20, max_size=20))
def test_both_refuse_the_same_changed_proofs(drawn: list[tuple[int, int, int]]) -> None:
    cases, ours = [], []
    for size, leaf, step in drawn:
        hashes = [merkle.leaf_hash(b"%d" % n) for n in range(size)]
        index = leaf % size
        for path in _changed(proof(hashes, index), step):
            cases.append(case(index, size, b"%d" % index, merkle.root(hashes), path))
            ours.append(_ours(path, hashes, index))
    sigstore = [answer is True for answer in answers(cases)]
    assert sigstore == ours == [True, False, False, False] * len(drawn)


def _changed(path: list[bytes], step: int) -> list[list[bytes]]:
    """A proof as it is, with a hash turned round, with one left out, with one too many."""
    at = step % len(path)
    rest = path[at + 1 :]
    return [path, [*path[:at], path[at][::-1], *rest], [*path[:at], *rest], [*path, path[at]]]


def _ours(path: list[bytes], hashes: list[bytes], index: int) -> bool:
    try:
        merkle.verify_inclusion(hashes[index], index, len(hashes), path, merkle.root(hashes))
    except merkle.ProofError:
        return False
    return True


def test_the_contract_is_what_its_source_compiles_to() -> None:
    compiled = node("compile.js", str(CONTRACT / "Anchor.sol"))
    assert (CONTRACT / "Anchor.json").read_text("ascii") == compiled
