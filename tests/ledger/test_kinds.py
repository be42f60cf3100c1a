"""Each kind of transfer: between which accounts it moves, and what else it demands (spec 06, section 3)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from django.db import DatabaseError, connection, transaction

from ledger import api, funds
from ledger.api import AccountKey, Code, Kind, Posting
from ledger.models import Account, PostingRule
from tests.ledger.conftest import FUND, MUNI, NOON, Town

SWEEP, TOP_UP = "sweep", uuid.uuid4()
Chart = dict[object, int]
# The movements of spec 06: kind, debit, credit.
RULES = {
    (1, 1300, 2000), (2, 1000, 1300), (2, 2400, 1300), (3, 2000, 2050), (3, 2050, 2100), (4, 2000, 2100),
    (4, 2100, 2000), (5, 2100, 2200), (6, 2100, 2150), (6, 2150, 2100), (7, 2100, 2200), (7, 2150, 2200),
    (7, 5000, 2200), (8, 2200, 2100), (9, 2200, 2100), (9, 2200, 2000), (9, 2200, 5000), (10, 2100, 2050),
    (10, 2050, 2000), (11, 2200, 2210), (12, 2210, 2300), (13, 2300, 2210), (14, 2300, 1000),
    (14, 2300, 1900), (15, 1000, 2210), (15, 2400, 2210), (16, 1900, 1000), (16, 1000, 2400),
    (16, 2400, 1000), (16, 1000, 1900), (16, 5100, 1900), (16, 2400, 5100), (17, 2000, 5000),
    (18, 2000, 1300),
}  # fmt: skip


def name_fund(until: date = date(2026, 1, 31), grace: int = 14, number: int = FUND) -> None:
    """A fund that is over at NOON, with its days of grace."""
    funds.name_fund(
        muni=MUNI, number=number, name="Kleding", name_en="Clothes", from_on=date(2025, 1, 1),
        until_on=until, grace_days=grace,
    )  # fmt: skip


@pytest.fixture
def chart(town: Town) -> Chart:
    """One account of each code, of one fund and one payee, with money in each."""
    name_fund()
    party, shop = uuid.uuid4(), api.merchant_party(MUNI, "0")
    key = {
        Code.FUND: {"fund": FUND}, Code.DISTRIBUTION: {"fund": FUND, "grant_batch": TOP_UP},
        Code.SLICES: {"fund": FUND, "party": party},
        Code.MERCHANT_OPEN: {"party": shop}, Code.MERCHANT_DUE: {"party": shop},
    }  # fmt: skip
    found: Chart = {code: town.account(code, **key.get(code, {})) for code in Code if code != Code.POT}
    found |= {SWEEP: town.account(Code.DISTRIBUTION, fund=FUND), Code.POT: town.pots[0]}
    move = town.posting
    town.post(
        move(Kind.GRANT, found[Code.FUND], found[Code.DISTRIBUTION], 500),
        move(Kind.SLICE, found[Code.POT], found[Code.SLICES], 500),
        move(Kind.SWEEP, town.pots[1], found[SWEEP], 500),
        move(Kind.REDEEM, found[Code.POT], found[Code.MERCHANT_OPEN], 500),
        move(Kind.SETTLE, found[Code.MERCHANT_OPEN], found[Code.MERCHANT_DUE], 400),
        *(offline_part(town, found[code], found[Code.MERCHANT_OPEN], code) for code in PAID_BY),
    )
    return found


PAID_BY = {Code.GUARANTEE: uuid.uuid4(), Code.POT: uuid.uuid4()}


def offline_part(town: Town, debit: int, credit: int, code: Code) -> Posting:
    """A payment made offline, with a reference of its own."""
    posting = town.posting(Kind.OFFLINE, debit, credit, 100, id=PAID_BY[code])
    return Posting(**{**vars(posting), "ref_id": code.name})


def fitting(town: Town, kind: Kind, debit: int, credit: int, to: Code, amount: int = 1) -> Posting:
    """A posting of this kind that has all else that it needs."""
    more: dict[str, object] = {}
    if kind in (Kind.VOID, Kind.REFUND):
        more["reverses"] = PAID_BY[Code.GUARANTEE if to == Code.GUARANTEE else Code.POT]
    posting = town.posting(kind, debit, credit, 100 if kind == Kind.VOID else amount, **more)
    said = {Kind.ALLOCATE: ("decision", "B-7"), Kind.COVER_LOSS: ("approved-by", "staff:2")}
    said[Kind.CLOSE_YEAR] = said[Kind.COVER_LOSS]
    type_, ref = said.get(kind, ("test", str(posting.id)))
    return Posting(**{**vars(posting), "ref_type": type_, "ref_id": ref})


def is_taken(post: Callable[[], object]) -> bool:
    """Post it, see, and undo it."""
    try:
        with transaction.atomic():
            post()
            transaction.set_rollback(True)
    except api.PostingRefused:
        return False
    return True


def over(town: Town, chart: Chart) -> None:
    """Bring the fund to its end: all pots closed."""
    town.post(town.posting(Kind.GRANT, chart[Code.DISTRIBUTION], town.pots[1], 500))
    town.post(town.posting(Kind.SLICE, chart[Code.SLICES], chart[Code.POT], 500))
    funds.sweep(muni=MUNI, fund=FUND, actor="test", now=town.now)
    held = Account.objects.filter(fund=FUND, code__in=(Code.SLICES, Code.DISTRIBUTION))
    api.books.close(held.values_list("id", flat=True), town.now)


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_a_kind_moves_between_its_own_accounts_and_no_others(town: Town, chart: Chart, kind: Kind) -> None:
    if kind == Kind.CLOSE_YEAR:
        over(town, chart)
    taken = set()
    for debit, credit in permutations(Code, 2):
        ends = [
            chart[SWEEP if code == Code.DISTRIBUTION and kind == Kind.SWEEP else code]
            for code in (debit, credit)
        ]
        amount = town.balance(ends[0]) if kind == Kind.CLOSE_YEAR and debit == Code.FUND else 1
        posting = fitting(town, kind, *ends, credit, amount or 1)
        if is_taken(lambda posting=posting: town.post(posting)):  # type: ignore[misc]
            taken.add((kind.value, debit.value, credit.value))
    assert taken == {rule for rule in RULES if rule[0] == kind}


def test_the_rules_in_the_database_are_those_of_the_specification(db: None) -> None:
    assert set(PostingRule.objects.values_list("kind", "debit", "credit")) == RULES


# --- what else a kind demands -------------------------------------------------------------------------------
def test_budget_is_added_by_a_decision(town: Town, chart: Chart) -> None:
    posting = town.posting(Kind.ALLOCATE, chart[Code.RECEIVABLE], chart[Code.FUND], 1)
    for ref in (("test", "B-1"), ("decision", "")):
        with pytest.raises(api.PostingRefused, match="names the decision"):
            town.post(replace(posting, ref_type=ref[0], ref_id=ref[1]))


def test_top_ups_and_sweeps_do_not_share_an_account(town: Town, chart: Chart) -> None:
    for kind, debit, credit in [
        (Kind.GRANT, chart[Code.FUND], chart[SWEEP]),
        (Kind.GRANT, chart[SWEEP], chart[Code.POT]),
        (Kind.SWEEP, chart[Code.POT], chart[Code.DISTRIBUTION]),
        (Kind.SWEEP, chart[Code.DISTRIBUTION], chart[Code.FUND]),
    ]:
        with pytest.raises(api.PostingRefused, match="through the account"):
            town.post(town.posting(kind, debit, credit, 1))


def test_a_top_up_gives_back_only_what_is_for_a_closed_pot_that_got_nothing(town: Town, chart: Chart) -> None:
    top_up, fund = chart[Code.DISTRIBUTION], chart[Code.FUND]
    closed, given, other = town.pots[1], town.pots[2], chart[SWEEP]
    town.post(town.posting(Kind.GRANT, top_up, given, 1))
    town.post(town.posting(Kind.CORRECT, given, fund, town.balance(given)))
    town.post(town.posting(Kind.CORRECT, closed, fund, town.balance(closed)))
    api.books.close([closed, given], town.now)

    def back(pot: object, debit: int = top_up, credit: int = fund, ref: str = "closed pot") -> bool:
        posting = replace(town.posting(Kind.SWEEP, debit, credit, 1), ref_type=ref, ref_id=str(pot))
        return is_taken(lambda: town.post(posting))

    assert back(closed)
    for pot in (given, town.pots[0], other, fund, "", "x"):
        assert not back(pot)
    assert not back(closed, ref="sweep")
    assert not back(closed, town.pots[0], top_up)


def test_a_pot_is_not_swept_before_its_end_and_grace(town: Town) -> None:
    account = town.account(Code.DISTRIBUTION, fund=FUND)
    posting = town.posting(Kind.SWEEP, town.pots[0], account, 1)
    with pytest.raises(api.PostingRefused, match="after its end"):  # nobody said when it ends
        town.post(posting)
    name_fund(until=NOON.date(), grace=2)
    for days, taken in ((0, False), (2, False), (3, True)):
        late = Posting(**{**vars(posting), "effective_at": NOON + timedelta(days=days)})
        assert is_taken(lambda late=late: town.post(late)) == taken  # type: ignore[misc]


def test_a_refund_goes_back_to_who_paid_or_to_that_fund(town: Town) -> None:
    paid = town.pay(100)
    other = api.open_accounts([AccountKey(MUNI, Code.FUND, 99), AccountKey(MUNI, Code.GUARANTEE)])
    for credit in (town.pots[1], *other):
        with pytest.raises(api.PostingRefused, match="gives back to who paid"):
            town.post(town.posting(Kind.REFUND, paid.credit, credit, 1, reverses=paid.id))
    fund = town.account(Code.FUND, fund=FUND)
    town.post(town.posting(Kind.REFUND, paid.credit, fund, 1, reverses=paid.id))


def test_a_void_gives_back_all(town: Town) -> None:
    paid = town.pay(100)
    with pytest.raises(api.PostingRefused, match="a void gives back all"):
        town.refund(paid, 99, Kind.VOID)
    town.refund(paid, 100, Kind.VOID)


def offline(town: Town, pot: int, guarantee: int) -> tuple[Posting, Posting]:
    """A payment made offline, of which the guarantee paid a part."""
    accounts = (town.pots[0], town.account(Code.GUARANTEE))
    ref = {"ref_type": "redemption", "ref_id": str(uuid.uuid4())}
    made = [
        Posting(**{**vars(town.posting(Kind.OFFLINE, debit, town.shops[0], amount)), **ref})
        for debit, amount in zip(accounts, (pot, guarantee), strict=True)
    ]
    town.post(*made)
    return made[0], made[1]


def test_what_the_guarantee_paid_goes_back_to_it_first_and_no_more(town: Town) -> None:
    by_pot, by_guarantee = offline(town, 60, 40)
    with pytest.raises(api.PostingRefused, match="guarantee first"):
        town.refund(by_pot, 1)
    with pytest.raises(api.PostingRefused, match=r"first|who paid"):  # the citizen does not gain by it
        town.post(town.posting(Kind.REFUND, by_pot.credit, by_pot.debit, 1, reverses=by_guarantee.id))
    town.refund(by_guarantee, 30)
    with pytest.raises(api.PostingRefused, match="guarantee first"):
        town.refund(by_pot, 1)
    with pytest.raises(api.PostingRefused, match="more than was paid"):
        town.refund(by_guarantee, 11)
    town.refund(by_guarantee, 10)
    town.refund(by_pot, 60)
    assert town.balance(by_guarantee.debit) == 0


@pytest.mark.parametrize("kind", [Kind.SENT, Kind.FAILED, Kind.BOOKED, Kind.RETURNED])
def test_what_is_paid_out_stays_with_one_payee(town: Town, chart: Chart, kind: Kind) -> None:
    other = uuid.uuid4()
    transit, mine, theirs = api.open_accounts(
        [
            AccountKey(MUNI, Code.IN_TRANSIT, party=other),
            AccountKey(MUNI, Code.MERCHANT_DUE, party=api.merchant_party(MUNI, "0")),
            AccountKey(MUNI, Code.BANK, party=other),
        ]
    )
    ends = {
        Kind.SENT: (mine, transit),
        Kind.FAILED: (transit, mine),
        Kind.RETURNED: (theirs, mine),
        Kind.BOOKED: (transit, api.open_accounts([AccountKey(MUNI, Code.BANK, party=uuid.uuid4())])[0]),
    }
    with pytest.raises(api.PostingRefused, match="one payee"):
        town.post(town.posting(kind, *ends[kind], 1))


@pytest.mark.parametrize("kind", [Kind.COVER_LOSS, Kind.CLOSE_YEAR])
@pytest.mark.parametrize("second", ["", "till:1"])
def test_two_people_end_a_year_and_cover_a_loss(town: Town, chart: Chart, kind: Kind, second: str) -> None:
    credit = Code.GUARANTEE if kind == Kind.COVER_LOSS else Code.RECEIVABLE
    posting = fitting(town, kind, chart[Code.FUND], chart[credit], credit)
    with pytest.raises(api.PostingRefused, match=r"two people|closes a year"):
        town.post(Posting(**{**vars(posting), "ref_id": second}))


def test_no_more_is_covered_than_the_guarantee_cost(town: Town) -> None:
    offline(town, 60, 40)
    ends = (town.account(Code.FUND, fund=FUND), town.account(Code.GUARANTEE), Code.GUARANTEE)
    town.post(fitting(town, Kind.COVER_LOSS, *ends, 30))
    with pytest.raises(api.PostingRefused, match="no more"):
        town.post(fitting(town, Kind.COVER_LOSS, *ends, 11))
    town.post(fitting(town, Kind.COVER_LOSS, *ends, 10))


def test_a_year_is_closed_when_it_is_over_and_whole(town: Town, chart: Chart) -> None:
    ends = (chart[Code.FUND], chart[Code.RECEIVABLE], Code.RECEIVABLE)
    everything = town.balance(chart[Code.FUND])
    with pytest.raises(api.PostingRefused, match="closes a year"):  # pots are open
        town.post(fitting(town, Kind.CLOSE_YEAR, *ends, everything))
    over(town, chart)
    everything = town.balance(chart[Code.FUND])
    with pytest.raises(api.PostingRefused, match="closes a year"):
        town.post(fitting(town, Kind.CLOSE_YEAR, *ends, everything - 1))
    town.post(fitting(town, Kind.CLOSE_YEAR, *ends, everything))


def test_nothing_is_posted_to_or_from_a_closed_account(town: Town, chart: Chart) -> None:
    pot = town.pots[2]
    town.post(town.posting(Kind.CORRECT, pot, chart[Code.FUND], 10_000))
    api.books.close([pot], town.now)
    with pytest.raises(api.PostingRefused):
        town.post(town.posting(Kind.CORRECT, chart[Code.FUND], pot, 1))
    api.books.close([chart[Code.BANK]], town.now)
    with pytest.raises(api.PostingRefused):
        town.post(town.posting(Kind.FUNDING, chart[Code.BANK], chart[Code.RECEIVABLE], 1))


# --- accounts and funds -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "key",
    [
        {"code": Code.POT, "fund": FUND},
        {"code": Code.POT, "party": uuid.UUID(int=1)},
        {"code": Code.FUND},
        {"code": Code.DISTRIBUTION, "grant_batch": uuid.UUID(int=2)},
        {"code": Code.MERCHANT_OPEN},
        {"code": Code.MERCHANT_DUE},
        {"code": Code.BANK, "grant_batch": uuid.UUID(int=2)},
    ],
    ids=lambda key: "-".join((key["code"].name, *list(key)[1:])),
)
def test_an_account_says_whose_it_is(town: Town, key: dict[str, object]) -> None:
    with pytest.raises(DatabaseError, match="account_says_whose_it_is"), transaction.atomic():
        town.account(**key)  # type: ignore[arg-type]


def test_the_end_of_a_fund_never_comes_nearer(db: None) -> None:
    name_fund(date(2026, 3, 1), 14)
    name_fund(date(2026, 4, 1), 14)
    for until, grace in ((date(2026, 3, 31), 14), (date(2026, 4, 1), 13)):
        with pytest.raises(DatabaseError, match="never comes nearer"), transaction.atomic():
            name_fund(until, grace)
    with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("UPDATE ledger_fund SET number = 9")
