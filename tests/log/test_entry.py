"""Leaves: one way to write them, and sums that fit."""

import json
from collections import Counter
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import canonical, entry, state

HASH = "0" * 64
FLOW = Counter(n=3, allocated=1_300, granted=500, redeemed=80, refunded=30)
SUMS = state.proceed(state.Standing(), {"kleding": FLOW, state.BANK: Counter(funded=1_000, sent=20)})
FUND, PAYABLE = SUMS.funds[0], SUMS.payable
BATCH = entry.Batch(
    14, 1, "2026-11-22", "2026-11-23", 3, 0, HASH, HASH, HASH, HASH, **state.lines_of(SUMS)
)  # fmt: skip
STANDING = state.Standing().after(SUMS)
LEAVES: list[entry.Leaf] = [
    entry.Open(14, 2026, HASH),
    entry.Open(14, 2027, HASH, entry.Previous("log.example/gm0014/2026", 7, HASH), 3, STANDING),
    entry.Grant(14, "kleding", "g-1", 2, 300, HASH, False),
    BATCH,
    replace(BATCH, merchant_lines=HASH),
    entry.Close(14, 2026, 3, **state.lines_of(SUMS)),
    entry.Key(14, "log", "01020304", HASH, 1, 2, "compromised"),
    entry.Rules(14, HASH, HASH, HASH, "v1"),
    entry.Erasure(14, "2026-11", 3),
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
     pytest.param(b'{"a":' + b"[" * 100_000, id="deep")],
)  # fmt: skip
def test_json_in_any_other_form_is_refused(raw: bytes) -> None:
    with pytest.raises(canonical.EntryError):
        canonical.decode(raw)


@pytest.mark.parametrize(("start", "end"), [('{"a":', "}"), ("[", "]")], ids=["objects", "lists"])
def test_json_of_any_depth_is_refused_in_words(start: str, end: str) -> None:
    """Somewhere it can just be read, and not be written again."""
    for depth in range(900, 1000):
        with pytest.raises(canonical.EntryError):
            entry.parse(f'{{"a":{start * depth}1{end * depth}}}'.encode())


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
    for name in set(value) - {"prev", "last_batch", "state", "merchant_lines"}:
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


def numbers(of: object) -> list[str]:
    return [name for name, value in vars(of).items() if type(value) is int and name != "n"]


@given(st.sampled_from(numbers(FUND)), st.integers(1, 1000))
def test_no_number_of_a_fund_can_change_alone(name: str, by: int) -> None:
    changed = replace(FUND, **{name: getattr(FUND, name) + by})
    with pytest.raises(canonical.EntryError):
        entry.build(replace(BATCH, funds=(changed,)))


@given(st.sampled_from(["payable", "guarantee", "bank"]), st.data(), st.integers(1, 1000))
def test_no_other_number_can_change_alone(line: str, data: st.DataObject, by: int) -> None:
    before = getattr(BATCH, line)
    name = data.draw(st.sampled_from(numbers(before)))
    changed = replace(before, **{name: getattr(before, name) + by})
    assert replace(BATCH, **{line: changed}).sums()


@given(st.sampled_from(["budgets", "pots"]), st.integers(1, 1000))
def test_assets_are_liabilities(name: str, by: int) -> None:
    changed = replace(BATCH, **{name: getattr(BATCH, name) + by})
    assert changed.sums() == ["Assets are not liabilities."]


def test_what_left_the_pots_is_what_is_owed() -> None:
    more = replace(PAYABLE, redeemed=90, closing=40)
    assert replace(BATCH, payable=more).sums()[0] == "What left the pots is not what is owed to merchants."
    back = replace(PAYABLE, refunded=20, closing=40)
    assert replace(BATCH, payable=back).sums()[0] == "What came back from merchants is not what was refunded."


def test_an_opening_is_the_closing_before() -> None:
    assert state.follows(state.Standing(), BATCH) == []
    again = state.follows(STANDING, BATCH)
    for what in ("What is owed to merchants", "The account bank", "The account receivable", "Fund kleding"):
        assert f"{what} does not start where it ended before." in again
    assert "The guarantee does not start where it ended before." not in again
    second = state.proceed(STANDING, {"boeken": Counter(allocated=5)})
    assert (second.budgets, second.pots) == (805, 450)
    assert state.follows(STANDING, second) == []
    assert state.follows(STANDING, replace(second, budgets=800)) == ["All funds together are something else."]


@pytest.mark.parametrize(
    "change",
    [{"prev": None}, {"last_batch": None}, {"state": None}, {"state": replace(STANDING, bank=1)}],
)
def test_a_log_that_goes_on_says_from_where(change: dict[str, object]) -> None:
    with pytest.raises(canonical.EntryError):
        entry.build(replace(LEAVES[1], **change))  # type: ignore


NAMES = st.sampled_from(sorted(state.BUDGET | state.POTS)) | st.sampled_from(
    ["sent", "failed", "booked", "matched", "returned", "recovered", "funded", "assigned", "unexplained_in",
     "unexplained_out", "sent_back", "taken_back", "written_off", "kept", "covered", "uncovered"]
)  # fmt: skip
FUNDS = st.sampled_from(["8", "9", "guarantee", ""])


@given(st.lists(st.tuples(FUNDS, NAMES, st.integers(1, 10**9)), max_size=12))
def test_whatever_moves_is_somewhere(moves: list[tuple[str, str, int]]) -> None:
    """Every movement keeps assets and liabilities equal, whichever fund it is of."""
    flows: dict[str, Counter[str]] = {}
    for fund, name, amount in moves:
        of_fund = name in state.BUDGET | state.POTS
        flows.setdefault(fund if of_fund == fund.isdigit() else "8" if of_fund else "", Counter())[name] += (
            amount
        )
    sums = state.proceed(STANDING, flows)
    assert sums.sums() == []
    assert state.follows(STANDING, sums) == []
    assert STANDING.after(sums).gap() == 0
