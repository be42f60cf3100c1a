"""The figures of the public pages: each leaf counts once, sums fit, and no small group can be worked out."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ledger.log import entry, state
from ledger.showcase.summary import Flow, Summary, total
from ledger.showcase.table import ALL, LEAST, Table, table

HASH = "0" * 64
months = st.dictionaries(
    st.sampled_from(["2026-01", "2026-02", "2026-03", "2026-04"]),
    st.dictionaries(
        st.sampled_from(["7", "8", "12"]), st.builds(Flow, n=st.integers(0, 30), spent=st.integers(0, 9_999))
    ),
)


def lines(shown: Table) -> list[list[tuple[str, str]]]:
    """Cells that add up to a total, with that total; without those in which nothing moved."""
    rows = [[(month, fund) for fund in (*shown.funds, ALL)] for month in (*shown.months, ALL)]
    columns = [[(month, fund) for month in (*shown.months, ALL)] for fund in (*shown.funds, ALL)]
    return [[key for key in line if shown.cells.get(key, Flow()) != Flow()] for line in rows + columns]


@given(months)
def test_what_is_hidden_is_nowhere_the_difference_of_what_is_shown(
    given_months: dict[str, dict[str, Flow]],
) -> None:
    shown = table(given_months)
    for key, flow in shown.cells.items():
        if flow != Flow() and flow.n < LEAST:
            assert shown.shown(*key) is None
    for line in lines(shown):
        assert sum(key in shown.hidden for key in line) != 1 or len(line) == 1


def test_a_second_cell_is_hidden_where_one_would_tell() -> None:
    shown = table(
        {"2026-01": {"7": Flow(3, spent=300), "8": Flow(40, spent=4000), "12": Flow(20, spent=2000)}}
    )
    assert shown.hidden == {("2026-01", "7"), ("2026-01", "12"), (ALL, "7"), (ALL, "12")}
    assert shown.shown(ALL, ALL) == Flow(63, spent=6300)


def test_a_month_in_which_nothing_moved_hides_nothing() -> None:
    shown = table({"2026-01": {"7": Flow(40, spent=400)}, "2026-02": {"7": Flow(), "8": Flow(12, spent=9)}})
    assert not shown.hidden
    assert shown.shown("2026-01", "8") == Flow()


Flows = dict[str, Counter[str]]
FIRST: Flows = {"8": Counter(n=12, allocated=1000, granted=300, redeemed=60)}
NEXT: Flows = {
    "8": Counter(n=11, granted=10, redeemed=50, refunded=10, carried=5),
    "guarantee": Counter(covered=9),
}


def batch(no: int, day: str, before: state.Standing, flows: Flows) -> tuple[bytes, state.Standing]:
    """A leaf with these movements, and where things stand after it."""
    sums = state.proceed(before, flows)
    n = sum(flow["n"] for flow in flows.values())
    hashes = dict.fromkeys(("tx_root", "commitments", "merchant_root", "merchant_commitments"), HASH)
    leaf = entry.Batch(
        muni=14, no=no, from_day=day, to_day=day, n=n, merchants=0, **hashes, **state.lines_of(sums)
    )
    return entry.build(leaf), before.after(sums)


def grown(*leaves: bytes) -> Summary:
    """The summary of these leaves."""
    found = Summary()
    for leaf in leaves:
        found.add(leaf)
    return found


def test_a_summary_is_the_sum_of_its_leaves() -> None:
    one, then = batch(1, "2026-01-31", state.Standing(), FIRST)
    two, last = batch(2, "2026-02-01", then, NEXT)
    found = grown(entry.build(entry.Open(14, 2026, HASH)), one, two)
    assert found.wrong == []
    assert found.months == {
        "2026-01": {"8": Flow(12, 1000, 300, 60)},
        "2026-02": {"8": Flow(11, 0, 15, 45)},
    }
    assert (found.size, found.payments, found.places["batch"]) == (3, 23, [1, 2])
    assert found.places == {"open": [0], "batch": [1, 2]}
    assert found.stands == last
    flow = total(month["8"] for month in found.months.values())
    assert flow.allocated - flow.given == last.held("8").budget
    assert flow.given - flow.spent == last.held("8").pots


def test_a_leaf_that_does_not_go_on_from_the_one_before_is_told() -> None:
    one, _ = batch(1, "2026-01-31", state.Standing(), FIRST)
    again, _ = batch(2, "2026-02-01", state.Standing(), FIRST)
    assert "Leaf 1: Fund 8 does not start where it ended before." in grown(one, again).wrong


def test_a_log_that_goes_on_begins_where_the_one_before_ended() -> None:
    _, then = batch(1, "2025-12-31", state.Standing(), FIRST)
    two, _ = batch(2, "2026-02-01", then, NEXT)
    previous = entry.Previous("log.example/log/gm0014/2025", 5, HASH)
    found = grown(entry.build(entry.Open(14, 2026, HASH, previous, 1, then)), two)
    assert (found.wrong, found.began_with("8")) == ([], 940)


def test_what_the_last_leaf_shows_counts_in_december() -> None:
    sums = state.lines_of(state.proceed(state.Standing(), FIRST))
    found = grown(entry.build(entry.Close(muni=14, year=2026, last_batch=0, **sums)))
    assert found.months == {"2026-12": {"8": Flow(12, 1000, 300, 60)}}
