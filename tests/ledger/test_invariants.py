"""No order of operations breaks the invariants: a model of the books beside the books.

`BOOKS_EXAMPLES` and `BOOKS_STEPS` make the run longer, `BOOKS_SEED` repeats one; a failure prints its seed.
"""

from __future__ import annotations

import os
import random
import uuid
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ledger import api, settlement
from ledger.api import Code, Kind, Posting
from ledger.log import entry, state
from ledger.models import DEBIT_SIDE, Account, Batch, BatchItem, LogEntry, Outbox, PostingRule, Transfer
from tests.ledger.conftest import FUND, MUNI, Town
from tests.ledger.test_kinds import name_fund

SUMS = """
SELECT a.id, a.balance, (CASE a.side WHEN 'C' THEN 1 ELSE -1 END) * (
    coalesce((SELECT sum(amount) FROM ledger_transfer WHERE credit_id = a.id), 0)
  - coalesce((SELECT sum(amount) FROM ledger_transfer WHERE debit_id = a.id), 0)) FROM ledger_account a
"""
OUTSIDE = frozenset(
    {
        Code.BANK,
        Code.RECEIVABLE,
        Code.SUSPENSE,
        Code.IN_TRANSIT,
        Code.UNIDENTIFIED,
        Code.GUARANTEE,
        Code.WRITE_OFF,
    }
)
# What the bank's side moves by itself.
BANKING = [
    (Kind.FUNDING, Code.BANK, Code.RECEIVABLE),
    (Kind.FUNDING, Code.UNIDENTIFIED, Code.RECEIVABLE),
    (Kind.BOOKED, Code.IN_TRANSIT, Code.SUSPENSE),
    (Kind.UNMATCHED, Code.SUSPENSE, Code.BANK),
    (Kind.UNMATCHED, Code.BANK, Code.UNIDENTIFIED),
    (Kind.UNMATCHED, Code.UNIDENTIFIED, Code.BANK),
    (Kind.UNMATCHED, Code.BANK, Code.SUSPENSE),
    (Kind.UNMATCHED, Code.WRITE_OFF, Code.SUSPENSE),
    (Kind.UNMATCHED, Code.UNIDENTIFIED, Code.WRITE_OFF),
]
pots, shops, amounts = st.integers(0, 2), st.integers(0, 1), st.integers(1, 4_000)


class Books(RuleBasedStateMachine):
    """Every kind of movement, in any order, also what does not fit. The second fund is over: it is swept."""

    payments = Bundle("payments")
    guaranteed = Bundle("guaranteed")

    @initialize()
    def build(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.town = Town()
        self.town.open(pots=3, shops=2)
        self.fund = self.town.account(Code.FUND, fund=FUND)
        self.slices = self.town.account(Code.SLICES, fund=FUND, party=uuid.uuid4())
        self.due = [
            self.town.account(Code.MERCHANT_DUE, party=api.merchant_party(MUNI, str(n))) for n in (0, 1)
        ]
        self.outside = {code: self.town.account(code) for code in OUTSIDE}
        self.log = api.setup_log(MUNI, self.town.now)
        self.model: Counter[int] = Counter()
        self.paid: dict[uuid.UUID, int] = {}
        self.decisions = 0

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def move(self, debit: int, credit: int, amount: int) -> None:
        """The model's own arithmetic: what is a debit account's is kept below zero."""
        self.model[debit] -= amount
        self.model[credit] += amount

    def holds(self, account: int) -> bool:
        """Does the books' account go below zero no further?"""
        return account not in (*self.outside.values(), *self.town.shops)

    @rule(amount=amounts)
    def allocate(self, amount: int) -> None:
        self.decisions += 1
        self.town.allocate(amount, f"decision {self.decisions}")
        self.move(self.outside[Code.RECEIVABLE], self.fund, amount)

    @rule(shares=st.lists(amounts, min_size=1, max_size=3), twice=st.booleans())
    def grant(self, shares: list[int], twice: bool) -> None:
        lines, batch = list(zip(self.town.pots, shares, strict=False)), uuid.uuid4()
        if sum(shares) > self.model[self.fund]:
            with pytest.raises(api.Overdrawn):
                self.town.grant(lines, batch)
            return
        for _ in range(1 + twice):
            self.town.grant(lines, batch)
        for pot, amount in lines:
            self.move(self.fund, pot, amount)

    @rule(pot=pots, amount=amounts, up=st.booleans())
    def correct(self, pot: int, amount: int, up: bool) -> None:
        ends = (self.fund, self.town.pots[pot]) if up else (self.town.pots[pot], self.fund)
        posting = self.town.posting(Kind.CORRECT, *ends, amount)
        if self.fits(posting):
            self.move(*ends, amount)

    @rule(target=payments, pot=pots, shop=shops, amount=amounts)
    def pay(self, pot: int, shop: int, amount: int) -> Posting:
        posting = self.town.posting(Kind.REDEEM, self.town.pots[pot], self.town.shops[shop], amount)
        if not self.fits(posting):
            return multiple()
        self.move(posting.debit, posting.credit, amount)
        self.paid[posting.id] = amount
        return posting

    def fits(self, posting: Posting) -> bool:
        """Post it; it must be refused exactly when the model says so."""
        if not self.holds(posting.debit) or posting.amount <= self.model[posting.debit]:
            self.town.post(posting)
            return True
        with pytest.raises(api.Overdrawn):
            self.town.post(posting)
        return False

    @rule(paid=payments)
    def pay_again(self, paid: Posting) -> None:
        assert self.town.post(paid) == 0

    @rule(paid=payments, amount=amounts, kind=st.sampled_from([Kind.REFUND, Kind.VOID]))
    def refund(self, paid: Posting, amount: int, kind: Kind) -> None:
        if amount > self.paid[paid.id] or (kind == Kind.VOID and amount < paid.amount):
            with pytest.raises(api.PostingRefused):
                self.town.refund(paid, amount, kind)
            return
        self.town.refund(paid, amount, kind)
        self.paid[paid.id] -= amount
        self.move(paid.credit, paid.debit, amount)

    @rule(paid=payments, amount=amounts)
    def lapse(self, paid: Posting, amount: int) -> None:
        """A refund after the grace: to the fund."""
        posting = self.town.posting(Kind.REFUND, paid.credit, self.fund, amount, reverses=paid.id)
        if amount > self.paid[paid.id]:
            with pytest.raises(api.PostingRefused):
                self.town.post(posting)
            return
        self.town.post(posting)
        self.paid[paid.id] -= amount
        self.move(paid.credit, self.fund, amount)

    @rule(pot=pots, amount=amounts, back=st.booleans())
    def slice(self, pot: int, amount: int, back: bool) -> None:
        ends = (self.town.pots[pot], self.slices)[:: -1 if back else 1]
        if self.fits(self.town.posting(Kind.SLICE, *ends, amount)):
            self.move(*ends, amount)

    @rule(target=guaranteed, shop=shops, amount=amounts)
    def offline(self, shop: int, amount: int) -> Posting:
        """A payment made offline that no pot could pay."""
        ref = str(uuid.uuid4())
        ends = (self.outside[Code.GUARANTEE], self.town.shops[shop])
        posting = replace(self.town.posting(Kind.OFFLINE, *ends, amount), ref_id=ref)
        self.town.post(posting)
        self.move(*ends, amount)
        self.paid[posting.id] = amount
        return posting

    @rule(paid=guaranteed, amount=amounts)
    def refund_guarantee(self, paid: Posting, amount: int) -> None:
        self.refund(paid, amount, Kind.REFUND)

    @rule(amount=amounts)
    def cover_loss(self, amount: int) -> None:
        ends = (self.fund, self.outside[Code.GUARANTEE])
        posting = replace(
            self.town.posting(Kind.COVER_LOSS, *ends, amount), ref_type="approved-by", ref_id="staff:2"
        )
        cost = -self.model[self.outside[Code.GUARANTEE]]
        if amount > cost or amount > self.model[self.fund]:
            with pytest.raises((api.PostingRefused, api.Overdrawn)):
                self.town.post(posting)
            return
        self.town.post(posting)
        self.move(*ends, amount)

    @rule(way=st.sampled_from(["sent", "failed", "booked", "returned"]), shop=shops, amount=amounts)
    def pay_out(self, way: str, shop: int, amount: int) -> None:
        due, transit = self.due[shop], self.outside[Code.IN_TRANSIT]
        kind, ends = {
            "sent": (Kind.SENT, (due, transit)),
            "failed": (Kind.FAILED, (transit, due)),
            "booked": (Kind.BOOKED, (transit, self.outside[Code.BANK])),
            "returned": (Kind.RETURNED, (self.outside[Code.BANK], due)),
        }[way]
        if self.fits(self.town.posting(kind, *ends, amount)):
            self.move(*ends, amount)

    @rule(rule_=st.sampled_from(BANKING), amount=amounts)
    def bank(self, rule_: tuple[Kind, Code, Code], amount: int) -> None:
        kind, debit, credit = rule_
        ends = (self.outside[debit], self.outside[credit])
        self.town.post(self.town.posting(kind, *ends, amount))
        self.move(*ends, amount)

    @rule(amounts_=st.lists(amounts, max_size=3))
    def a_fund_from_birth_to_end(self, amounts_: list[int]) -> None:
        """Allocated, granted, swept, sealed and closed: nothing of it is left."""
        number = 100 + self.decisions
        self.decisions += 1
        town = Town(fund=number, now=self.town.now)
        town.open(pots=len(amounts_), shops=0)
        town.allocate(20_000, f"decision {self.decisions}")
        if amounts_:
            town.grant(list(zip(town.pots, amounts_, strict=True)))
        name_fund(until=date(2026, 1, 1), number=number)
        who = {"muni": MUNI, "fund": number, "now": town.now}
        assert api.sweep(actor="test", **who).cents == sum(amounts_)
        if Outbox.objects.filter(kind__in=(Kind.REDEEM, Kind.OFFLINE)).exists():
            self.seal(force=True)
            two = {"made_by": "staff:1", "approved_by": "staff:2"}
            assert api.close_year(**who, **two) == 20_000
            assert api.close_year(**who, **two) == 0
        else:  # no payment, so no batch: the year cannot be closed yet
            self.move(self.outside[Code.RECEIVABLE], town.account(Code.FUND, fund=number), 20_000)

    @rule(paid=consumes(payments), change=st.sampled_from([-1, 1]))
    def conflict(self, paid: Posting, change: int) -> None:
        changed = self.town.posting(Kind.REDEEM, paid.debit, paid.credit, paid.amount + change, id=paid.id)
        with pytest.raises((api.PostingConflict, api.PostingRefused, api.Overdrawn)):
            self.town.post(changed)

    @rule(force=st.booleans())
    def seal(self, force: bool) -> None:
        self.town.now += timedelta(seconds=1)
        if settlement.seal(self.log, self.town.now, force):
            for number, shop in enumerate(self.town.shops):
                if self.model[shop] > 0:
                    self.move(shop, self.due[number], self.model[shop])

    @invariant()
    def the_books_are_the_model(self) -> None:
        if not hasattr(self, "town"):
            return
        found, cost = api.balances(self.model), {self.outside[code] for code in DEBIT_SIDE & OUTSIDE}
        assert found == {
            account: -self.model[account] if account in cost else self.model[account] for account in found
        }

    @invariant()
    def guarded_balances_are_their_transfers_and_not_below_zero(self) -> None:
        if not hasattr(self, "town"):
            return
        with connection.cursor() as cursor:
            cursor.execute(SUMS)
            rows = cursor.fetchall()
        assert all(balance == total and balance >= 0 for _, balance, total in rows if balance is not None)
        assets = {a.id for a in Account.objects.filter(side="D")}
        assert sum(t for i, _, t in rows if i in assets) == sum(t for i, _, t in rows if i not in assets)

    @invariant()
    def every_transfer_waits_or_is_in_one_batch(self) -> None:
        if not hasattr(self, "town"):
            return
        waiting = set(Outbox.objects.values_list("transfer", flat=True))
        taken = set(BatchItem.objects.values_list("transfer", flat=True))
        everything = set(Transfer.objects.exclude(kind=Kind.SETTLE).values_list("seq", flat=True))
        assert waiting | taken == everything
        assert not waiting & taken

    @invariant()
    def every_movement_is_one_of_the_rules_and_stays_in_its_municipality(self) -> None:
        if not hasattr(self, "town"):
            return
        moved = Transfer.objects.values_list("kind", "debit__code", "credit__code").distinct()
        assert set(moved) <= set(PostingRule.objects.values_list("kind", "debit", "credit"))
        assert not Transfer.objects.exclude(muni=MUNI, debit__muni=MUNI, credit__muni=MUNI).exists()

    @invariant()
    def nothing_is_given_back_twice_and_numbers_have_no_gaps(self) -> None:
        if not hasattr(self, "town"):
            return
        back = Counter[object]()
        for reverses, amount in Transfer.objects.exclude(reverses=None).values_list("reverses", "amount"):
            back[reverses] += amount
        paid = dict(Transfer.objects.filter(id__in=back).values_list("id", "amount"))
        assert all(amount <= paid[id_] for id_, amount in back.items())
        for numbers, first in (
            (Batch.objects.values_list("no", flat=True), 1),
            (LogEntry.objects.values_list("idx", flat=True), 0),
        ):
            assert sorted(numbers) == list(range(first, first + len(numbers)))

    @invariant()
    def the_public_leaves_go_on_from_each_other(self) -> None:
        if not hasattr(self, "town"):
            return
        standing = state.Standing()
        for raw in LogEntry.objects.order_by("idx").values_list("leaf", flat=True):
            leaf = entry.parse(bytes(raw))
            if isinstance(leaf, entry.Batch):
                assert state.follows(standing, leaf) == []
                standing = standing.after(leaf)


@pytest.mark.django_db
def test_no_sequence_of_operations_breaks_the_books() -> None:
    number = int(os.environ.get("BOOKS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"BOOKS_SEED={number}")
    run_state_machine_as_test(
        seed(number)(Books),
        settings=settings(
            max_examples=int(os.environ.get("BOOKS_EXAMPLES", "30")),
            stateful_step_count=int(os.environ.get("BOOKS_STEPS", "25")),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
