"""No order of operations breaks the invariants: a model of the books beside the books."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
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
from ledger.models import Account, BatchItem, LogEntry, Outbox, Transfer
from tests.ledger.conftest import FUND, MUNI, Town

SUMS = """
SELECT a.id, a.balance, (CASE a.side WHEN 'C' THEN 1 ELSE -1 END) * (
    coalesce((SELECT sum(amount) FROM ledger_transfer WHERE credit_id = a.id), 0)
  - coalesce((SELECT sum(amount) FROM ledger_transfer WHERE debit_id = a.id), 0)) FROM ledger_account a
"""
pots, shops, amounts = st.integers(0, 2), st.integers(0, 1), st.integers(1, 4_000)


class Books(RuleBasedStateMachine):
    """Allocate, grant, correct, pay, refund, repeat, settle: in any order, also what does not fit."""

    payments = Bundle("payments")

    @initialize()
    def build(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.town = Town()
        self.town.open(pots=3, shops=2)
        self.fund = self.town.account(Code.FUND, fund=FUND)
        self.log = api.setup_log(MUNI, self.town.now)
        self.model: Counter[int] = Counter()
        self.paid: dict[uuid.UUID, int] = {}
        self.decisions = 0

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def move(self, debit: int, credit: int, amount: int) -> None:
        """The model's own arithmetic; the receivable is left out, all others here are credit accounts."""
        self.model[debit] -= amount
        self.model[credit] += amount

    @rule(amount=amounts)
    def allocate(self, amount: int) -> None:
        self.decisions += 1
        self.town.allocate(amount, f"decision {self.decisions}")
        self.model[self.fund] += amount

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
        if posting.amount <= self.model[posting.debit]:
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
        if amount > self.paid[paid.id]:
            with pytest.raises(api.PostingRefused):
                self.town.refund(paid, amount, kind)
            return
        self.town.refund(paid, amount, kind)
        self.paid[paid.id] -= amount
        self.move(paid.credit, paid.debit, amount)

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
                    party = api.merchant_party(MUNI, str(number))
                    due = self.town.account(Code.MERCHANT_DUE, party=party)
                    self.move(shop, due, self.model[shop])

    @invariant()
    def the_books_are_the_model(self) -> None:
        if not hasattr(self, "town"):
            return
        found = api.balances(self.model)
        assert found == {account: self.model[account] for account in found}

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
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
