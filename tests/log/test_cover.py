"""The Merkle-sum tree: every part is proved, and no lower total can be."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log import cover, entry
from ledger.log.canonical import MAX_INT

VECTORS = Path(__file__).parent.parent / "vectors" / "cover.json"
known = json.loads(VECTORS.read_text(encoding="utf-8"))
amounts = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


def said(tree: cover.Tree, **changes: Any) -> entry.Cover:
    """A cover leaf about this tree, whose bank holds just enough."""
    total = cover.total(tree.root)
    leaf = entry.Cover(
        muni=14,
        date="2026-11-24",
        no=1,
        at=1795500000,
        pots_total=total,
        sum_root=tree.root[8:].hex(),
        padded=tree.padded,
        fund_total=0,
        payable_total=0,
        in_transit=0,
        unidentified=0,
        losses=0,
        receivable=0,
        bank_closing=total,
        statement="",
        gap=0,
    )
    return replace(leaf, **changes)


def named(i: int) -> str:
    return cover.name(14, "2026-11-24", 1, 2100, 8, f"holder-{i}", 0)


def salted(i: int) -> bytes:
    return cover.salt(b"k" * 32, named(i))


def grown(values: list[int]) -> cover.Tree:
    """A tree with one part for each value."""
    leaves = [cover.leaf(v, cover.commitment(named(i), salted(i))) for i, v in enumerate(values)]
    return cover.Tree.of(leaves, random.Random(len(values)).randbytes)


def parts(tree: cover.Tree, values: list[int]) -> Iterator[tuple[str, cover.Part]]:
    tiles = {(level, n): nodes for level, n, nodes in tree.tiles()}
    for i, value in enumerate(values):
        steps = cover.path(tree.places[i], tree.padded, lambda level, n: tiles[level, n])
        yield named(i), cover.Part(value, salted(i).hex(), tuple(steps))


@settings(deadline=None)
@given(amounts)
def test_every_part_is_proved_and_nothing_is_left_over(values: list[int]) -> None:
    tree = grown(values)
    assert cover.total(tree.root) == sum(values)
    for name, part in parts(tree, values):
        cover.verify(said(tree), name, part)
    assert cover.check_leaves(said(tree), tree.levels[0]) == []


@pytest.mark.parametrize("pots", [1, 2, 255, 256, 257, 600])
def test_trees_of_one_and_of_several_tiles(pots: int) -> None:
    values = list(range(pots))
    tree = grown(values)
    assert tree.padded == 1 << (pots - 1).bit_length()
    for name, part in parts(tree, values):
        cover.verify(said(tree), name, part)


def test_no_pots_at_all_is_a_tree_as_well() -> None:
    tree = cover.Tree.of([], random.Random(1).randbytes)
    assert (tree.padded, cover.total(tree.root)) == (1, 0)
    assert cover.check_leaves(said(tree), tree.levels[0]) == []


@settings(deadline=None)
@given(amounts.filter(lambda values: len(values) > 1), st.data())
def test_any_change_to_a_part_is_refused(values: list[int], data: st.DataObject) -> None:
    tree = grown(values)
    name, part = data.draw(st.sampled_from(list(parts(tree, values))))
    at = data.draw(st.integers(0, len(part.path) - 1))
    step = part.path[at]
    hex_at = data.draw(st.integers(1, 80))
    digit = "0" if step[hex_at] != "0" else "1"
    changed = {
        "side": ("r" if step[0] == "l" else "l") + step[1:],
        "sum or hash": step[:hex_at] + digit + step[hex_at + 1 :],
    }
    bad = [replace(part, path=(*part.path[:at], new, *part.path[at + 1 :])) for new in changed.values()]
    bad += [
        replace(part, amount=part.amount + 1),
        replace(part, salt="0" * 64),
        replace(part, path=part.path[1:]),
        replace(part, path=(*part.path, step)),
    ]
    for one in bad:
        with pytest.raises(cover.CoverError):
            cover.verify(said(tree), name, one)
    with pytest.raises(cover.CoverError):
        cover.verify(said(tree), name + "1", part)


@settings(deadline=None)
@given(amounts, st.data())
def test_a_leaf_that_says_something_else_is_refused(values: list[int], data: st.DataObject) -> None:
    tree = grown(values)
    name, part = data.draw(st.sampled_from(list(parts(tree, values))))
    for change in ({"pots_total": sum(values) + 1}, {"sum_root": "ab" * 32}, {"padded": tree.padded * 2}):
        with pytest.raises(cover.CoverError):
            cover.verify(said(tree, **change), name, part)


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_the_attack_on_trees_of_one_sum_does_not_work(mine: int, yours: int) -> None:
    """Where a node's hash holds only the sum of both sides, the larger pot can pass for the whole.

    Each of two holders is shown the other's pot made smaller, and both arrive at the same root. Here the
    root that satisfies one of them is never that of the other.
    """
    values = [mine, yours]
    leaves = [cover.leaf(v, cover.commitment(named(i), salted(i))) for i, v in enumerate(values)]
    claimed = max(values)

    def shrunk(i: int) -> bytes:
        return (claimed - values[1 - i]).to_bytes(8, "big") + leaves[i][8:]

    def single(left: bytes, right: bytes) -> bytes:
        both = (cover.total(left) + cover.total(right)).to_bytes(8, "big")
        return hashlib.sha256(b"\x03" + both + left[8:] + right[8:]).digest()

    assert single(leaves[0], shrunk(1)) == single(shrunk(0), leaves[1])
    first, second = cover.join(leaves[0], shrunk(1)), cover.join(shrunk(0), leaves[1])
    assert cover.total(first) == cover.total(second) == claimed
    leaf = replace(said(grown(values)), pots_total=claimed, sum_root=first[8:].hex())
    cover.verify(leaf, named(0), cover.Part(mine, salted(0).hex(), ("r" + shrunk(1).hex(),)))
    with pytest.raises(cover.CoverError):
        cover.verify(leaf, named(1), cover.Part(yours, salted(1).hex(), ("l" + shrunk(0).hex(),)))


def test_sums_that_the_log_cannot_say_are_refused() -> None:
    big = cover.leaf(MAX_INT, b"a" * 32)
    with pytest.raises(cover.CoverError):
        cover.join(big, cover.leaf(1, b"b" * 32))
    for amount in (-1, MAX_INT + 1):
        with pytest.raises(cover.CoverError):
            cover.leaf(amount, b"a" * 32)
    # A neighbour whose sum would wrap round in 64 bits is no way to a small total.
    tree = grown([5, 7])
    name, part = next(parts(tree, [5, 7]))
    wrap = part.path[0][0] + ((1 << 64) - 5).to_bytes(8, "big").hex() + part.path[0][17:]
    with pytest.raises(cover.CoverError):
        cover.verify(said(tree), name, replace(part, path=(wrap,)))


def test_steps_and_salts_have_one_spelling() -> None:
    tree = grown([5, 7])
    name, part = next(parts(tree, [5, 7]))
    for bad in (part.path[0].upper(), part.path[0] + "0", "x" + part.path[0][1:], ""):
        with pytest.raises(cover.CoverError):
            cover.verify(said(tree), name, replace(part, path=(bad,)))
    for salt in ("", part.salt.upper() + "AA", part.salt[:-1]):
        with pytest.raises(cover.CoverError):
            cover.verify(said(tree), name, replace(part, salt=salt))


class TestCutting:
    @settings(deadline=None)
    @given(st.integers(0, 10**12), st.randoms(use_true_random=False))
    def test_two_to_four_parts_add_up(self, amount: int, chance: random.Random) -> None:
        cut = cover.cut(amount, chance.randrange)
        assert 2 <= len(cut) <= 4
        assert sum(cut) == amount and min(cut) >= 0

    def test_the_same_amount_is_cut_otherwise_each_time(self) -> None:
        chance = random.Random(7)
        assert len({tuple(cover.cut(15_000, chance.randrange)) for _ in range(100)}) == 100


class TestLeaves:
    @pytest.fixture
    def tree(self) -> cover.Tree:
        return grown([500, 0, 70, 3])

    def test_one_left_out(self, tree: cover.Tree) -> None:
        assert "leaves and not 4" in cover.check_leaves(said(tree), tree.levels[0][40:])[0]

    def test_one_twice(self, tree: cover.Tree) -> None:
        level = tree.levels[0]
        wrong = cover.check_leaves(said(tree), level[:40] + level[:120])
        assert "in order, each once" in wrong[0]

    def test_another_amount(self, tree: cover.Tree) -> None:
        level = bytearray(tree.levels[0])
        level[7] ^= 1
        assert "do not add up" in cover.check_leaves(said(tree), bytes(level))[0]

    def test_another_hash(self, tree: cover.Tree) -> None:
        level = bytearray(tree.levels[0])
        level[39] ^= 1
        assert "do not lead to its root" in cover.check_leaves(said(tree), bytes(level))[-1]


class TestTheLeafOfTheLog:
    def test_it_is_written_and_read(self) -> None:
        leaf = said(grown([5, 7]))
        assert entry.parse(entry.build(leaf)) == leaf

    def test_a_gap_that_is_not_what_is_there_minus_what_is_owed(self) -> None:
        with pytest.raises(entry.EntryError, match="gap"):
            entry.build(said(grown([5, 7]), gap=1))

    def test_a_fund_carries_losses_as_far_as_it_goes(self) -> None:
        leaf = said(grown([5, 7]), fund_total=100, losses=30, bank_closing=12 + 70)
        assert leaf.sums() == []
        assert replace(leaf, losses=130, bank_closing=12 - 30, gap=-30).sums() == []

    @pytest.mark.parametrize("change", [{"padded": 3}, {"padded": 0}, {"no": 0}, {"statement": "ab"}])
    def test_fields_out_of_range(self, change: dict[str, Any]) -> None:
        with pytest.raises(entry.EntryError):
            said(grown([5, 7]), **change).check()


class TestKnownAnswers:
    def test_the_file_is_what_the_code_writes(self) -> None:
        path = Path(__file__).parent / "make_cover_vectors.py"
        spec = importlib.util.spec_from_file_location("make_cover_vectors", path)
        assert spec and spec.loader
        maker = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(maker)
        assert VECTORS.read_text(encoding="utf-8") == maker.render()

    def test_parts_hold(self) -> None:
        leaf = entry.parse(known["leaf"].encode())
        assert isinstance(leaf, entry.Cover) and leaf.sums() == []
        for case in known["accepted"]:
            name = case["name"]
            assert name == cover.name(
                leaf.muni, leaf.date, leaf.no, 2100, case["fund"], case["party"], case["index"]
            )
            assert cover.salt(bytes.fromhex(case["key"]), name).hex() == case["part"]["salt"]
            hidden = cover.commitment(name, bytes.fromhex(case["part"]["salt"]))
            assert hidden.hex() == case["commitment"]
            cover.verify(leaf, name, part_of(case))
        assert sum(case["part"]["amount"] for case in known["accepted"]) == leaf.pots_total
        assert cover.check_leaves(leaf, bytes.fromhex(known["level"])) == []

    @pytest.mark.parametrize("case", known["refused"], ids=lambda case: case["why"])
    def test_changed_parts_are_refused(self, case: dict[str, Any]) -> None:
        leaf = entry.parse(known["leaf"].encode())
        assert isinstance(leaf, entry.Cover)
        with pytest.raises(cover.CoverError):
            cover.verify(leaf, case["name"], part_of(case))

    @pytest.mark.parametrize("case", known["refused_leaves"], ids=lambda case: case["why"])
    def test_what_is_no_proof_of_cover_is_refused(self, case: dict[str, Any]) -> None:
        with pytest.raises(entry.EntryError):
            leaf = entry.parse(case["leaf"].encode())
            assert isinstance(leaf, entry.Cover)
            entry.check_sums(leaf)


def part_of(case: dict[str, Any]) -> cover.Part:
    part = case["part"]
    return cover.Part(part["amount"], part["salt"], tuple(part["path"]))
