"""A parent sees and spends the children's vouchers, a child its own; and nobody another adult's."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.actors import Phone
from tests.services.test_helpers import pay
from tests.worlds import CLOTHES, ZOO, Town
from wallet.models import Device, Holder, IssuedPass, Voucher
from wallet.services import erase, grant, holders, issue, reach, state

pytestmark = pytest.mark.django_db


def seen(phone: Phone) -> set[tuple[str, str]]:
    """Whose pots a phone shows."""
    return {(pot["whose"]["name"], pot["whose"]["relation"]) for pot in phone.refresh()["vouchers"]}


def pay_for(phone: Phone, relation: str, town: Town, amount: int) -> str | None:
    """Pay with a new pass from the voucher of a child, or one's own; the answer's code."""
    assert phone.refill(CLOTHES, 1, relation=relation).status == 201
    till = town.till()
    shown = phone.passes.pop().show(phone.clock(), amount)
    return till.redeem(shown, amount, CLOTHES).code


def test_a_parent_pays_for_a_child_and_the_child_has_its_own_phone(town: Town) -> None:
    child = town.child()
    parent, other, own = town.phone(), town.phone(town.neighbour), town.phone(child)
    assert seen(parent) == seen(other) == {("Test", "self"), ("Kind", "child")}
    assert seen(own) == {("Kind", "self")}
    assert [pot["whose"]["relation"] for pot in parent.state["vouchers"]][
        -1
    ] == "child"  # own pots come first
    assert Device.objects.filter(revoked_at=None).count() == 3
    assert pay_for(parent, "child", town, 1_000) is None
    assert pay_for(own, "self", town, 500) is None
    assert pay_for(parent, "self", town, 100) is None
    assert (town.balance(holder=child), town.balance()) == (8_500, 14_900)
    for phone in (parent, own):
        assert {line["amount"] for line in phone.refresh()["activity"]} >= {-1_000, -500, 10_000}
    assert -100 not in {line["amount"] for line in own.state["activity"]}
    assert other.refresh()["activity"] and -100 not in {line["amount"] for line in other.state["activity"]}
    theirs = next(line["id"] for line in parent.state["activity"] if line["amount"] == -100)
    assert other.call("GET", f"/api/v1/wallet/proofs/{theirs}").code == "unknown_redemption"
    child_s = next(line["id"] for line in parent.state["activity"] if line["amount"] == -500)
    assert other.call("GET", f"/api/v1/wallet/proofs/{child_s}").code == "not_logged_yet"


def test_all_phones_together_promise_no_more_than_the_voucher_has(town: Town) -> None:
    child = town.child()
    phones = [town.phone(), town.phone(town.neighbour), town.phone(child)]
    for phone, relation in zip(phones, ("child", "child", "self"), strict=True):
        assert phone.refill(CLOTHES, 9, relation=relation).status == 201
    promised = issue.living(town.voucher(CLOTHES, child), timezone.now()).aggregate(sum=Sum("ofl"))["sum"]
    assert promised == 10_000 == town.balance(holder=child)


def carried(phone: Phone, voucher: Voucher) -> int:
    """What this phone's passes of a voucher may pay without a connection, in units."""
    return sum(held.claims["ofl"] for held in phone.passes if held.voucher == str(voucher.pk))


@pytest.mark.parametrize(
    ("balance", "fair"),
    [
        (10_000, [4_000, 3_000, 3_000]),  # what does not divide goes to the first that asks
        (2_100, [1_000, 500, 500]),
        (1_600, [500, 500, 500]),
        (1_400, [1_000, 0, 0]),  # too little for each: better one phone than none
        (400, [0, 0, 0]),
    ],
)
def test_each_phone_that_reaches_a_voucher_gets_a_fair_share_of_what_is_paid_offline(
    town: Town, balance: int, fair: list[int]
) -> None:
    child = town.child(cents=balance)
    voucher = town.voucher(CLOTHES, child)
    phones = [town.phone(), town.phone(town.neighbour), town.phone(child)]
    for phone, relation in zip(phones, ("child", "child", "self"), strict=True):
        assert phone.refill(CLOTHES, 9, relation=relation).status == 201
    assert [carried(phone, voucher) for phone in phones] == fair


def test_what_a_phone_spent_is_shared_again_and_a_phone_that_comes_later_is_not_left_out(town: Town) -> None:
    child = town.child(cents=6_000)
    voucher, first = town.voucher(CLOTHES, child), town.phone()
    first.refill(CLOTHES, 2, relation="child")
    later = town.phone(child)
    first.refill(CLOTHES, 6, relation="child")
    later.refill(CLOTHES, 8)
    assert [carried(first, voucher), carried(later, voucher)] == [3_000, 3_000]
    till = town.till()
    for _ in range(2):
        assert till.redeem(first.take(CLOTHES).show(first.clock(), 1_500), 1_500, CLOTHES).status == 201
    first.refill(CLOTHES, 4, relation="child")
    assert carried(first, voucher) == 0, "the other phone carries all that is left"
    assert till.redeem(later.take(CLOTHES).show(later.clock(), 1_500), 1_500, CLOTHES).status == 201
    later.refill(CLOTHES, 4)
    assert [carried(first, voucher), carried(later, voucher)] == [0, 1_500]


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    asked=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), max_size=6), cents=st.integers(1, 9_000)
)
def test_whoever_asks_and_however_often_no_phone_takes_the_share_of_another(
    town: Town, asked: list[tuple[int, int]], cents: int
) -> None:
    child = town.child(cents=cents)
    voucher = town.voucher(CLOTHES, child)
    phones = [town.phone(), town.phone(town.neighbour), town.phone(child)]
    for phone in phones:
        phone.refresh()
        phone.state["vouchers"] = [one for one in phone.state["vouchers"] if one["id"] == str(voucher.pk)]
    for nth, count in asked:
        assert phones[nth].refill(CLOTHES, count).status == 201
    for phone in phones:  # who did not ask yet still gets its share
        assert phone.refill(CLOTHES, 9).status == 201
    shares = [carried(phone, voucher) for phone in phones]
    assert min(shares) >= cents // 3 // 500 * 500 and sum(shares) <= cents


def test_the_phones_that_share_a_voucher_are_those_that_reach_it(town: Town) -> None:
    now = timezone.now() + timedelta(days=1)
    town.child()
    town.child(born=reach.child_born_after(now))
    for holder in Holder.objects.all():
        town.phone(holder)
    town.helper_phone(town.helper())
    town.helper_phone(town.helper(programmes=[ZOO]))
    town.helper_phone(town.helper(programmes=[], per_purchase=700))  # a ticket costs 750
    town.helper_phone(town.helper(last_day=timezone.localdate()))  # over by then
    town.phone(town.neighbour)  # the phone before is out
    devices = list(Device.objects.filter(revoked_at=None).select_related("holder", "helper"))
    reached = {one.pk: set(reach.of(one, now).values_list("pk", flat=True)) for one in devices}
    vouchers = Voucher.objects.select_related("holder", "programme")
    assert {len(reach.phones(one, now)) for one in vouchers} >= {1, 2, 3}
    for voucher in vouchers:
        assert set(reach.phones(voucher, now)) == {pk for pk, found in reached.items() if voucher.pk in found}


@pytest.mark.parametrize("by", ["the state", "the round"])
@pytest.mark.parametrize("change", ["turns 18", "moves", "is erased"])
def test_passes_end_with_what_made_them_right(town: Town, change: str, by: str) -> None:
    child, now = town.child(), timezone.now()
    parent, own = town.phone(), town.phone(child)
    parent.refill(CLOTHES, 1)
    parent.refill(CLOTHES, 2, relation="child")
    own.refill(CLOTHES, 1)
    if change == "turns 18":
        Holder.objects.filter(pk=child.pk).update(birth_date=reach.child_born_after(now))
    elif change == "moves":
        home = holders.new_household(muni=town.muni, street="Weg 2", postcode="9712 BB", town="Teststad")
        Holder.objects.filter(pk=child.pk).update(household=home)
    else:
        line = grant.GrantLine.objects.get(voucher=town.voucher(CLOTHES, child))
        grant.undo_line(line=line, staff=town.staff, reason="x", now=now)
        erase.erase_holder(holder=child, staff=town.staff, reason="x", now=now)
    if by == "the round":
        reach.end_all_beyond(town.muni.pk, now)
    elif change != "is erased":
        assert seen(parent) == {("Test", "self")}
    left = IssuedPass.objects.filter(revoked_at=None)
    assert {one.voucher.holder_id for one in left} == {town.holder.pk} | (
        set() if change == "is erased" else {child.pk}
    )
    till = town.till()
    codes = [till.redeem(held.show(parent.clock(), 100), 100, CLOTHES).code for held in parent.passes]
    assert codes == [None, "pass_revoked", "pass_revoked"]
    assert parent.refill(CLOTHES, 1, relation="self").status == 201


def test_a_grown_up_child_is_nobody_s_child_and_a_child_sees_no_other(town: Town) -> None:
    town.child(born=reach.child_born_after(timezone.now()))
    small, smaller = town.child(), town.child()
    assert seen(town.phone()) == {("Test", "self"), ("Kind Een", "child")}
    phone = town.phone(small)
    assert seen(phone) == {("Kind", "self")} and len(phone.state["vouchers"]) == 1
    phone.state["vouchers"] = [{**phone.voucher(CLOTHES), "id": str(town.voucher(CLOTHES, smaller).pk)}]
    assert phone.refill(CLOTHES, 1).code == "unknown_voucher"


@pytest.mark.parametrize(
    ("born", "moment", "child"),
    [
        ("2008-11-29", "2026-11-28T22:59:00+00:00", True),  # 23:59 in Amsterdam, the day before
        ("2008-11-29", "2026-11-28T23:00:00+00:00", False),
        ("2008-02-29", "2026-02-28T12:00:00+00:00", True),
        ("2008-02-29", "2026-03-01T12:00:00+00:00", False),
        ("2010-02-28", "2028-02-29T12:00:00+00:00", False),
        ("2010-03-01", "2028-02-29T12:00:00+00:00", True),
    ],
)
def test_a_child_is_one_until_midnight_of_the_municipality(born: str, moment: str, child: bool) -> None:
    assert reach.is_child(date.fromisoformat(born), datetime.fromisoformat(moment)) is child


def test_more_children_vouchers_helpers_and_payments_cost_no_more_statements(town: Town) -> None:
    phone, till = town.phone(), town.till()
    device = Device.objects.select_related("holder", "helper").get()

    def statements() -> int:
        with CaptureQueriesContext(connection) as counted:
            state.state_of(device, timezone.now())
        return len(counted)

    town.child()
    town.helper()
    pay(phone, till, 100)
    before = statements()
    for _ in range(2):
        town.child()
        town.helper()
        pay(phone, till, 100)
    assert statements() == before <= 15
    helped = town.helper_phone(town.helper())
    pay(helped, till, 100)
    device = Device.objects.select_related("holder", "helper").get(helper__isnull=False)
    assert statements() <= before + 2


def test_two_children_of_one_first_name_are_told_apart(town: Town) -> None:
    town.child()
    Holder.objects.filter(pk=town.child().pk).update(name="Kind Twee")
    assert seen(town.phone()) == {("Test", "self"), ("Kind Een", "child"), ("Kind Twee", "child")}
