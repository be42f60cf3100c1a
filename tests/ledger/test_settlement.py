"""Sealing: each transfer in exactly one batch, merchants' nets, the sums in the leaf, and when it happens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count, Sum
from pytest_django.fixtures import Settings

from ledger import api, settlement, totals
from ledger.api import Code, Kind
from ledger.log import entry, state
from ledger.models import Batch, BatchItem, Log, LogEntry, Outbox, Transfer
from tests.emptying import unguarded
from tests.ledger.conftest import FIRST, FUND, MUNI, Town, furnished
from tests.ledger.test_publishing import audit


def leaf(no: int) -> entry.Batch:
    found = entry.parse(bytes(Batch.objects.get(no=no).entry.leaf))
    assert isinstance(found, entry.Batch)
    return found


def due(town: Town, shop: int) -> int:
    return town.balance(town.account(Code.MERCHANT_DUE, party=api.merchant_party(MUNI, str(shop))))


def test_a_batch_holds_what_waited_and_the_shop_is_owed_it(town: Town) -> None:
    town.pay(500)
    town.pay(300, pot=1, shop=1)
    assert town.settle().batch == 1
    assert (due(town, 0), due(town, 1)) == (500, 300)
    assert [town.balance(shop) for shop in town.shops] == [0, 0]
    assert not Outbox.objects.exists()


def test_the_leaf_says_the_sums_and_no_more(town: Town) -> None:
    paid = town.pay(500)
    town.refund(paid, 200)
    town.settle()
    found = leaf(1)
    assert (found.n, found.merchants) == (2, 0)
    assert found.funds == (
        state.FundState(
            fund=str(FUND), n=2,
            budget_opening=0, budget_closing=970_000, pots_opening=0, pots_closing=29_700,
            allocated=1_000_000, granted=30_000, redeemed=500, refunded=200,
        ),
    )  # fmt: skip
    assert found.payable == state.PayableState(0, 300, redeemed=500, refunded=200)


def test_each_leaf_goes_on_where_the_one_before_ended(town: Town) -> None:
    town.pay(500)
    town.settle()
    town.pay(100)
    town.grant([(town.pots[2], 50)])
    town.settle()
    one, two = leaf(1), leaf(2)
    assert state.follows(state.Standing().after(one), two) == []
    assert (two.funds[0].granted, two.funds[0].redeemed) == (50, 100)


def test_refunds_are_netted_against_payments(town: Town) -> None:
    paid = town.pay(500)
    town.refund(paid, 120)
    town.settle()
    assert due(town, 0) == 380


def test_a_shop_that_owes_keeps_it_open_until_it_earns_again(town: Town) -> None:
    paid = town.pay(500)
    town.settle()
    town.refund(paid, 400)
    town.settle()
    assert (town.balance(town.shops[0]), due(town, 0)) == (-400, 500)
    town.pay(100, pot=1)
    town.settle()
    assert (town.balance(town.shops[0]), due(town, 0)) == (-300, 500)
    town.pay(900, pot=1)
    town.settle()
    assert (town.balance(town.shops[0]), due(town, 0)) == (0, 1_100)


def test_top_ups_are_sealed_with_a_payment(town: Town) -> None:
    town.pay(5)
    town.settle()
    assert BatchItem.objects.filter(pos__isnull=True).count() == 5
    assert Batch.objects.get().n == 1


def test_without_payments_all_is_sealed_when_asked(town: Town) -> None:
    assert town.settle().batch == 1
    assert leaf(1).n == 0
    assert not Outbox.objects.exists()
    assert town.settle().batch is None


def test_nothing_waiting_makes_no_batch(town: Town) -> None:
    town.pay(5)
    assert [town.settle().batch for _ in range(3)] == [1, None, None]


def test_numbers_and_places_have_no_gaps(town: Town) -> None:
    for _ in range(4):
        town.pay(5)
        town.settle()
    assert list(Batch.objects.order_by("no").values_list("no", flat=True)) == [1, 2, 3, 4]
    assert list(LogEntry.objects.order_by("idx").values_list("idx", flat=True)) == list(range(FIRST + 4))


class TestWhen:
    """A batch is sealed when it is time and it is large enough not to point at people."""

    def due(self, town: Town, **after: int) -> bool:
        log = api.setup_log(MUNI, town.now)
        with transaction.atomic():
            made = settlement.seal(log, town.now + timedelta(**after)) is not None
            transaction.set_rollback(True)
        return made

    @pytest.fixture(autouse=True)
    def _clock(self, town: Town, settings: Settings) -> None:
        settings.SEAL_MINIMUM, settings.SEAL_EVERY, settings.SEAL_MAXIMUM_WAIT = 2, 60, 7 * 86_400
        town.pay(5)
        town.now = Transfer.objects.latest("seq").posted_at

    def test_it_waits_for_its_time(self, town: Town) -> None:
        town.pay(5)
        assert not self.due(town, seconds=50)
        assert self.due(town, seconds=61)

    def test_it_waits_for_enough_payments(self, town: Town) -> None:
        assert not self.due(town, hours=5)
        town.pay(5)
        assert self.due(town, hours=5)

    def test_it_does_not_wait_for_ever(self, town: Town) -> None:
        assert not self.due(town, days=6)
        assert self.due(town, days=8)

    def test_top_ups_alone_do_not_wait_for_ever_either(self, town: Town) -> None:
        town.settle()
        town.allocate(5, "B-9")
        town.now = Transfer.objects.latest("seq").posted_at
        assert not self.due(town, days=6)
        assert self.due(town, days=8)

    def test_without_an_interval_it_is_at_two_at_night(self, town: Town, settings: Settings) -> None:
        settings.SEAL_EVERY = 0
        town.pay(5)
        night = settlement.due_after(town.now)
        assert (night.hour, night.minute) == (2, 0)
        assert timedelta(0) < night - town.now <= timedelta(days=1, hours=1)
        assert not self.due(town, seconds=1)
        assert self.due(town, days=1, hours=1)

    def test_a_full_batch_does_not_wait_for_the_night(
        self, town: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SEAL_EVERY = 0
        monkeypatch.setattr(settlement, "FULL", 2)
        town.pay(5)
        assert self.due(town, seconds=1)

    def test_the_next_time_is_told(self, town: Town) -> None:
        town.settle()
        assert api.next_seal_at(town.now, MUNI) == town.now + timedelta(seconds=60)
        late = town.now + timedelta(days=1)
        assert api.next_seal_at(late, MUNI) == late + timedelta(seconds=10)


def test_a_clock_that_went_back_seals_nothing(town: Town) -> None:
    town.pay(5)
    town.settle()
    town.pay(5)
    with pytest.raises(settlement.ClockWentBack):
        town.settle(seconds=-3600)
    assert Outbox.objects.count() == 1


def test_a_changed_balance_stops_the_seal(town: Town) -> None:
    town.pay(5)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE id = %s", [town.pots[0]])
    with pytest.raises(totals.BooksBroken):
        town.settle()
    assert Outbox.objects.exists()
    assert not Batch.objects.exists()


def test_a_changed_balance_elsewhere_in_the_fund_stops_it_too(town: Town) -> None:
    town.pay(5)
    town.settle()
    town.pay(5)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE id = %s", [town.pots[2]])
    with pytest.raises(totals.BooksBroken, match="fund 8"):
        town.settle()


def test_a_transfer_that_vanished_stops_the_seal(town: Town) -> None:
    paid = town.pay(5)
    town.pay(6)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_outbox WHERE transfer_seq IN"
                       " (SELECT seq FROM ledger_transfer WHERE id = %s)", [_id(paid)])  # fmt: skip
    with pytest.raises(totals.BooksBroken):
        town.settle()


def _id(paid: api.Posting) -> str:
    return str(paid.id) if connection.vendor == "postgresql" else paid.id.hex


@pytest.mark.django_db(transaction=True)
def test_sealers_at_the_same_time_seal_each_payment_once() -> None:
    town = furnished()
    log = api.setup_log(MUNI, town.now)
    town.open(pots=0, shops=10)
    stop, errors = threading.Event(), []

    def run(work: object) -> None:
        try:
            while not stop.is_set():
                work()  # type: ignore[operator]
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def seal() -> None:
        settlement.seal(log, town.now + timedelta(days=1), force=True)

    def pay() -> None:
        town.pay(1, shop=Transfer.objects.count() % 10)
        if Transfer.objects.count() > 150:
            stop.set()

    threads = [threading.Thread(target=run, args=(work,)) for work in (seal, seal, seal, pay, pay)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    settlement.seal(log, town.now + timedelta(days=2), force=True)
    settled = Transfer.objects.filter(kind=Kind.SETTLE).aggregate(total=Sum("amount"))["total"]
    paid = Transfer.objects.filter(kind=Kind.REDEEM)
    assert paid.filter(item__isnull=True).count() == 0
    assert settled == paid.aggregate(total=Sum("amount"))["total"]
    numbers = sorted(Batch.objects.values_list("no", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert max(Counter(BatchItem.objects.values_list("transfer", flat=True)).values()) == 1


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Batches of twenty transfers, of which at least four payments."""
    monkeypatch.setattr(settlement, "MOST", 20)
    settings.SEAL_MINIMUM = 4


def batches() -> list[tuple[int, int]]:
    """Transfers and payments of each batch."""
    rows = Batch.objects.order_by("no").annotate(items_count=Count("items"))
    return list(rows.values_list("items_count", "n"))


def test_a_great_top_up_is_sealed_in_several_batches(town: Town, small: None) -> None:
    town.open(pots=49, shops=0)
    town.grant([(pot, 10) for pot in town.pots])
    town.pay(500)
    assert town.settle().batch == 3
    # Five to furnish the town, 53 for the top-up, and the payment: the last one is not full.
    assert batches() == [(20, 0), (20, 0), (19, 1)]
    assert not Outbox.objects.exists()


def test_few_payments_among_many_top_ups_wait_for_more(town: Town, small: None) -> None:
    early = [town.pay(5), town.pay(5)]
    town.open(pots=30, shops=0)
    town.grant([(pot, 10) for pot in town.pots])
    town.settle()
    assert batches() == [(18, 0), (18, 0), (5, 2)]
    waiting = set(BatchItem.objects.filter(batch__no=1).values_list("transfer__kind", flat=True))
    assert waiting == {Kind.ALLOCATE, Kind.GRANT}
    assert Batch.objects.get(no=3).items.filter(transfer__id__in=[p.id for p in early]).count() == 2


def test_top_ups_alone_wait_until_they_fill_a_batch(town: Town, small: None) -> None:
    log = api.setup_log(MUNI, town.now)
    assert settlement.seal(log, town.now) is None
    town.open(pots=20, shops=0)
    town.grant([(pot, 10) for pot in town.pots])
    assert settlement.seal(log, town.now).n == 0  # also when it is not night
    assert settlement.seal(log, town.now) is None


def test_an_auditor_accepts_a_batch_without_payments(
    town: Town, small: None, witnesses: Callable[[Log], None], settings: Settings
) -> None:
    witnesses(api.setup_log(MUNI, town.now))
    town.open(pots=20, shops=0)
    town.grant([(pot, 10) for pot in town.pots])
    town.pay(500)
    assert (settled := town.settle()).batch == 2 and settled.witnessed
    assert batches() == [(20, 0), (10, 1)]
    done = audit(Log.objects.get(), settings)
    assert done.returncode == 0, done.stdout
