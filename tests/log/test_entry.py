"""Leaves: one way to write them, and sums that fit."""

import json
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import canonical, entry, state

HASH = "0" * 64
FUND = state.FundState("kleding", 3, 900, 400, 100, 550, granted=500, redeemed=80, refunded=30)
PAYABLE = state.PayableState(0, 50, redeemed=80, refunded=30)
BATCH = entry.Batch(14, 1, "2026-11-22", "2026-11-23", 3, 0, HASH, HASH, PAYABLE, (FUND,))
LEAVES: list[entry.Leaf] = [
    entry.Open(14, 2026, HASH),
    entry.Open(14, 2027, HASH, entry.Previous("log.example/gm0014/2026", 7, HASH)),
    entry.Grant(14, "kleding", "g-1", 2, 300, HASH, False),
    BATCH,
]

texts = st.text(st.characters(min_codepoint=32, max_codepoint=126))
values = st.recursive(
    st.booleans() | st.integers(-canonical.MAX_INT, canonical.MAX_INT) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=5))
def test_canonical_json_is_that_of_the_rfc_and_goes_back(value: dict[str, object]) -> None:
    raw = canonical.encode(value)
    assert raw == rfc8785.dumps(value)  # type: ignore
    assert canonical.decode(raw) == value


@pytest.mark.parametrize(
    "value",
    [1.5, None, "é", "\n", "\x7f", 2**53, -(2**53), [None], {"é": 1}, {"a": {"b": 0.0}}, float("nan")],
)
def test_what_languages_write_in_two_ways_is_refused(value: object) -> None:
    with pytest.raises(canonical.EntryError):
        canonical.encode({"x": value})


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"1", b"{", b"\xef\xbb\xbf{}", b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1,"a":1}', b'{"a":1.0}',
     b'{"a":1e1}', b'{"a":-0}', b'{"a":"\\u0041"}', b'{"a":"\xc3\xa9"}', b'{"a":NaN}', b'{"a":1}\n',
     b'{"a":' + b"[" * 100_000],
)  # fmt: skip
def test_json_in_any_other_form_is_refused(raw: bytes) -> None:
    with pytest.raises(canonical.EntryError):
        canonical.decode(raw)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.t)
def test_leaves_go_to_bytes_and_back(leaf: entry.Leaf) -> None:
    assert entry.parse(entry.build(leaf)) == leaf


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.t)
def test_a_field_more_or_less_or_of_another_type_is_refused(leaf: entry.Leaf) -> None:
    value = json.loads(entry.build(leaf))
    changes = [
        {**value, "more": 1},
        {**value, "v": 2},
        {**value, "v": True},
        {**value, "t": "other"},
        {**value, "t": 1},
    ]
    for name in set(value) - {"prev"}:
        changes.append({k: v for k, v in value.items() if k != name})
        changes.append({**value, name: [1]})
        changes.append({**value, name: {}})
        changes.append({**value, name: True if not isinstance(value[name], bool) else 1})
    for changed in changes:
        with pytest.raises(canonical.EntryError):
            entry.parse(canonical.encode(changed))


@pytest.mark.parametrize(
    "change",
    [
        {"no": 0},
        {"n": -1},
        {"muni": -1},
        {"merchants": 7},
        {"tx_root": HASH.replace("0", "A")},
        {"tx_root": HASH[:-1]},
        {"from_day": "2026-11-24"},
        {"from_day": "2026-11-31"},
        {"from_day": "20261122"},
        {"funds": (FUND, FUND)},
        {"funds": (replace(FUND, fund="z"), FUND)},
        {"funds": (replace(FUND, fund="Kleding"),)},
        {"funds": (replace(FUND, swept=-1),)},
    ],
)
def test_a_batch_that_says_something_impossible_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(canonical.EntryError):
        entry.build(replace(BATCH, **change))  # type: ignore


movements = st.sampled_from(
    ["budget_opening", "budget_closing", "pots_opening", "pots_closing", "allocated", "granted", "corrected",
     "redeemed", "refunded", "lapsed", "swept", "closed"]
)  # fmt: skip


@given(movements, st.integers(1, 1000))
def test_no_number_of_a_fund_can_change_alone(name: str, by: int) -> None:
    changed = replace(FUND, **{name: getattr(FUND, name) + by})
    assert changed.sums()
    with pytest.raises(canonical.EntryError):
        entry.build(replace(BATCH, funds=(changed,)))


@given(
    st.sampled_from(["opening", "closing", "redeemed", "refunded", "paid", "returned"]), st.integers(1, 1000)
)
def test_no_number_of_what_is_owed_can_change_alone(name: str, by: int) -> None:
    changed = replace(PAYABLE, **{name: getattr(PAYABLE, name) + by})
    assert replace(BATCH, payable=changed).sums()


def test_what_left_the_pots_is_what_is_owed() -> None:
    more = replace(PAYABLE, redeemed=90, closing=60)
    assert replace(BATCH, payable=more).sums() == ["What left the pots is not what is owed to merchants."]
    back = replace(PAYABLE, refunded=20, closing=60)
    assert replace(BATCH, payable=back).sums() == ["What came back from merchants is not what was refunded."]


def test_an_opening_is_the_closing_before() -> None:
    first = replace(
        BATCH,
        funds=(
            replace(FUND, budget_opening=0, pots_opening=0, allocated=900, corrected=100, budget_closing=300),
        ),
    )
    assert entry.follows({}, None, first) == []
    assert entry.follows({}, None, BATCH) == ["Fund kleding does not start where it ended before."]
    second = replace(BATCH, payable=replace(PAYABLE, opening=50, closing=100))
    last = {"kleding": first.funds[0]}
    assert (
        entry.follows(last, PAYABLE, BATCH)[0]
        == "What is owed to merchants does not start where it ended before."
    )
    assert entry.follows(last, PAYABLE, second) == ["Fund kleding does not start where it ended before."]
