"""Policies: limits, and every quorum of every small policy shares a witness with every other."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import checkpoint, note, policy


def signer(i: int) -> note.SignerKey:
    return note.SignerKey.from_seed(f"w{i}.example", note.COSIGNATURE_V1, bytes([i]) * 32)


KEYS = [signer(i).verifier for i in range(18)]
WRONG_LINES = ["group g 1", "group g any", "witness", "witness x", f"witness x {KEYS[9]} a b"]
WRONG_LINES += ["quorum w0 w1", "quorum", "log"]


def text(needed: int, count: int) -> str:
    names = [f"w{i}" for i in range(count)]
    lines = [f"witness {name} {KEYS[i]}" for i, name in enumerate(names)]
    return "\n".join([*lines, f"group all {needed} {' '.join(names)}", "quorum all", ""])


@given(st.integers(1, 7), st.integers(1, 7))
def test_a_policy_loads_exactly_when_every_two_quorums_meet(needed: int, count: int) -> None:
    needed = min(needed, count)
    names = [f"w{i}" for i in range(count)]
    sets = chain.from_iterable(combinations(names, n) for n in range(count + 1))
    quorums = [set(s) for s in sets if len(s) >= needed]
    meet = all(one & other for one in quorums for other in quorums)
    try:
        loaded = policy.parse(text(needed, count))
    except policy.PolicyError as refused:
        assert not meet
        assert "share no witness" in str(refused)
    else:
        assert meet
        assert all(loaded.counts(frozenset(quorum)) for quorum in quorums)


def test_sixteen_witnesses_are_tried_and_seventeen_refused() -> None:
    assert policy.parse(text(9, 16)).counts(frozenset(f"w{i}" for i in range(9)))
    with pytest.raises(policy.PolicyError, match="share no witness"):
        policy.parse(text(8, 16))
    with pytest.raises(policy.PolicyError, match="too large"):
        policy.parse(text(9, 17))


@pytest.mark.parametrize("line", WRONG_LINES)
def test_a_line_with_too_few_or_too_many_words_is_refused_by_its_number(line: str) -> None:
    with pytest.raises(policy.PolicyError, match="Line 1 "):
        policy.parse(f"{line}\n{text(2, 3)}")


def test_a_file_of_many_lines_is_refused() -> None:
    with pytest.raises(policy.PolicyError, match="256 lines"):
        policy.parse("\n" * 300)


def test_addresses_are_kept_for_whoever_needs_them() -> None:
    with_url = text(2, 3).replace(str(KEYS[0]), f"{KEYS[0]} https://w0.example")
    assert policy.parse(with_url).witnesses["w0"].url == "https://w0.example"


def test_a_cosignature_of_the_future_does_not_count_for_who_knows_the_time() -> None:
    said, now = checkpoint.Checkpoint("log.example", 5, b"\x01" * 32).text(), 1_780_000_000
    times = {0: now, 1: now + policy.AHEAD_SECONDS, 2: now + policy.AHEAD_SECONDS + 1, 3: 1 << 62}
    signed = note.Note(said, tuple(note.cosign(said, signer(i), at) for i, at in times.items()))
    trusted = policy.parse(text(3, 4))
    assert trusted.cosigned(signed) == {f"w{i}": at for i, at in times.items()}
    assert trusted.at(now).cosigned(signed) == {"w0": now, "w1": now + policy.AHEAD_SECONDS}
