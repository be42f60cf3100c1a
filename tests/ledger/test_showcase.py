"""The figures of the public pages: each leaf counts once, sums fit, and no small group can be worked out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ledger.log import entry
from ledger.log.state import FundState, PayableState
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


def batch(no: int, day: str, before: tuple[int, int], line: FundState, owed: int) -> bytes:
    """A leaf with one fund's line."""
    payable = PayableState(owed, owed + line.redeemed - line.refunded, line.redeemed, line.refunded)
    return entry.build(entry.Batch(14, no, day, day, line.n, 0, HASH, HASH, payable, (line,)))


FIRST = FundState("8", 12, 0, 700, 0, 240, allocated=1000, granted=300, redeemed=60)
NEXT = FundState("8", 11, 700, 690, 240, 210, granted=10, redeemed=50, refunded=10)


def grown(*leaves: bytes) -> Summary:
    """The summary of these leaves."""
    found = Summary()
    for leaf in leaves:
        found.add(leaf)
    return found


def test_a_summary_is_the_sum_of_its_leaves() -> None:
    opened = entry.build(entry.Open(14, 2026, HASH))
    found = grown(
        opened,
        batch(1, "2026-01-31", (0, 0), FIRST, 0),
        batch(2, "2026-02-01", (700, 240), NEXT, 60),
    )
    assert found.wrong == []
    assert found.months == {
        "2026-01": {"8": Flow(12, 1000, 300, 60)},
        "2026-02": {"8": Flow(11, 0, 10, 40)},
    }
    assert (found.size, found.payments, found.batches) == (3, 23, {1: 1, 2: 2})
    assert found.places == {"open": [0], "batch": [1, 2]}
    flow = total(month["8"] for month in found.months.values())
    last = found.funds["8"]
    assert flow.allocated - flow.given == last.budget_closing
    assert flow.given - flow.spent == last.pots_closing


def test_a_leaf_that_does_not_go_on_from_the_one_before_is_told() -> None:
    found = grown(batch(1, "2026-01-31", (0, 0), FIRST, 0), batch(2, "2026-02-01", (0, 0), FIRST, 60))
    assert found.wrong == ["Leaf 1: Fund 8 does not start where it ended before."]


def test_the_first_batch_of_a_later_year_goes_on_from_the_year_before() -> None:
    previous = entry.Previous("log.example/log/gm0014/2025", 5, HASH)
    opened = entry.build(entry.Open(14, 2026, HASH, previous))
    found = grown(opened, batch(9, "2026-01-31", (700, 240), NEXT, 60))
    assert (found.wrong, found.carried) == ([], {"8": 940})
