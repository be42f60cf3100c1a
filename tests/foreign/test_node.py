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


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 300), st.data())
def test_both_refuse_the_same_changed_proofs(size: int, data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(b"%d" % n) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = proof(hashes, index)
    at = data.draw(st.integers(0, len(path) - 1))
    wrong = [
        [*path[:at], path[at][::-1], *path[at + 1 :]],
        [*path[:at], *path[at + 1 :]],
        [*path, path[at]],
    ]
    cases = [case(index, size, b"%d" % index, merkle.root(hashes), each) for each in [path, *wrong]]
    sigstore = [answer is True for answer in answers(cases)]
    assert sigstore == [_ours(each, hashes, index) for each in [path, *wrong]] == [True, False, False, False]


def _ours(path: list[bytes], hashes: list[bytes], index: int) -> bool:
    try:
        merkle.verify_inclusion(hashes[index], index, len(hashes), path, merkle.root(hashes))
    except merkle.ProofError:
        return False
    return True


def test_the_contract_is_what_its_source_compiles_to() -> None:
    compiled = node("compile.js", str(CONTRACT / "Anchor.sol"))
    assert (CONTRACT / "Anchor.json").read_text("ascii") == compiled
