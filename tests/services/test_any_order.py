"""In whatever order tills sell, lose their connection, send, send again, take back, and passes are withdrawn:

no pot goes below zero, nothing that was accepted is lost, no sale is paid twice, and what the guarantee pays
stays within the offline limits of the passes that were shown.

`ORDER_EXAMPLES` and `ORDER_STEPS` make the run longer.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ledger.models import Account, Transfer
from tests.actors import HeldPass, Till
from tests.worlds import CLOTHES, Town
from wallet.models import IssuedPass, Redemption, TillRecord, Voucher
from wallet.protocol.signing import peek
from wallet.services import catalogue, merchants
from wallet.services.sync import cases
from wallet.services.sync.known import rest_of

pytestmark = pytest.mark.django_db
TILLS, PASSES = 3, 8
PAID = ("accepted", "accepted_programme", "duplicate_record")
tills, passes = st.integers(0, TILLS - 1), st.integers(0, 2 * PASSES - 1)
small, large = st.integers(1, 1600), st.integers(1, 9_000)


def place(token: str) -> int:
    """A record's place in its till's chain."""
    return int(peek(token)[1]["seq"])


class Street(RuleBasedStateMachine):
    """Two shops with three tills, and two phones with eight passes each."""

    town: ClassVar[Town]

    @initialize()
    def build(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        catalogue.forget()
        row = merchants.new_till(
            branch=self.town.till_row.branch, name="Kassa 2", staff=self.town.staff, now=timezone.now()
        )
        rows = (self.town.till_row, self.town.other_till_row, row)
        self.tills = [self.town.till(row) for row in rows]
        self.sent: list[list[str]] = [[] for _ in self.tills]
        self.sold: dict[str, tuple[Till, HeldPass]] = {}
        self.voided: set[str] = set()
        self.approved: list[dict[str, Any]] = []
        self.passes: list[HeldPass] = []
        for holder in (self.town.holder, self.town.neighbour):
            phone = self.town.phone(holder)
            assert phone.refill(CLOTHES, PASSES).status == 201
            self.passes += phone.passes

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            try:
                self._all_is_told()
            finally:
                transaction.set_rollback(True)
                self.savepoint.__exit__(None, None, None)
                catalogue.forget()

    @rule(at=tills, held=passes, amount=small)
    def sell_offline(self, at: int, held: int, amount: int) -> None:
        self._sell(self.tills[at], self.passes[held], amount)

    def _sell(self, till: Till, held: HeldPass, amount: int, **changes: Any) -> None:
        token = till.sell_offline(held.show(till.clock(), 4000), amount, CLOTHES, **changes)
        self.sold[token] = (till, held)

    @rule(at=tills, held=passes, amount=large)
    def sell_online(self, at: int, held: int, amount: int) -> None:
        till = self.tills[at]
        bound = self.passes[held].answer(till.clock(), amount, till.merchant, "AAECAwQFBgc")
        token = till.sale(bound, amount, CLOTHES)
        answer = till.send(token)
        if answer.status == 201:
            self.approved.append({**answer.body, "till": at})
        else:
            till.queue.append(token)

    @rule(at=tills, held=passes, amount=small, part=st.booleans())
    def lose_the_answer(self, at: int, held: int, amount: int, part: bool) -> None:
        """It was approved or not; the till heard nothing, and goes on without a connection."""
        till, one = self.tills[at], self.passes[held]
        token = till.sale(one.show(till.clock(), 4000), amount, CLOTHES, part=part)
        till.send(token)
        till.queue.append(token)
        self._sell(till, one, amount, txn=peek(token)[1]["txn"], part=part)

    @rule(at=tills)
    def take_back_offline(self, at: int) -> None:
        till = self.tills[at]
        mine = [token for token, (by, _) in self.sold.items() if by is till and token not in self.voided]
        if mine:
            self.voided.add(mine[-1])
            till.void_offline(mine[-1])

    @rule(which=st.integers(0, 9), whole=st.booleans())
    def give_back(self, which: int, whole: bool) -> None:
        if self.approved:
            paid = self.approved[which % len(self.approved)]
            till, amount = self.tills[paid["till"]], paid["approved"] if whole else 1
            till.give_back("void" if whole else "refunds", paid["id"], amount, CLOTHES)

    @rule(held=passes, back=st.sampled_from([0, 1, 49]))
    def withdraw(self, held: int, back: int) -> None:
        jti = self.passes[held].claims["jti"]
        IssuedPass.objects.filter(pk=jti).update(revoked_at=timezone.now() - timedelta(hours=back))

    @rule(at=tills, some=st.integers(1, 9))
    def send(self, at: int, some: int) -> None:
        self._send(at, sorted(self.tills[at].queue, key=place)[:some])

    @rule(at=tills)
    def send_all_again(self, at: int) -> None:
        before = self._money()
        answer = self.tills[at].upload(self.sent[at][-500:])
        assert answer.status == 200 and self._money() == before

    def _send(self, at: int, records: list[str]) -> None:
        till = self.tills[at]
        answer = till.upload(records)
        assert answer.status == 200, answer
        assert [one["seq"] for one in answer.body["results"]] == [peek(one)[1]["seq"] for one in records]
        self.sent[at] += [one for one in records if one not in self.sent[at]]
        till.queue = [one for one in till.queue if one not in records]

    def _money(self) -> tuple[int, int]:
        return Transfer.objects.count(), TillRecord.objects.count()

    @invariant()
    def nobody_is_below_zero(self) -> None:
        if hasattr(self, "passes"):
            assert not Account.objects.filter(code=2100, balance__lt=0).exists()

    def _all_is_told(self) -> None:
        """When every till has sent everything: each sale is paid once, or stands in a case."""
        for at, till in enumerate(self.tills):
            self._send(at, sorted(till.queue, key=place))
            assert TillRecord.objects.filter(till=till.id, outcome="held").count() == 0
        rows = {bytes(row.sha256): row for row in TillRecord.objects.select_related("case", "redemption")}
        paid, shown = defaultdict(int), defaultdict(set)
        for token, (till, held) in self.sold.items():
            row = rows[_sha(token)]
            amount, txn = peek(token)[1]["amt"], row.txn
            sale = Redemption.objects.filter(txn__in=(txn, rest_of(txn)), merchant__number=till.merchant)
            total = sum(one.approved for one in sale)
            assert total <= amount
            if token in self.voided:
                assert sum(one.approved - one.refunded for one in sale) == 0
            elif row.outcome in PAID:
                assert total == row.approved and (total == amount or row.case)
                paid[txn] += 1
                shown[held.claims["jti"]].add(till.merchant)
            else:
                assert row.outcome == "rejected" and row.case.refused == amount - total
        assert all(count == 1 for count in paid.values())
        self._losses_are_bounded(shown)

    def _losses_are_bounded(self, shown: dict[str, set[int]]) -> None:
        for voucher in Voucher.objects.filter(programme=self.town.programmes[CLOTHES]):
            own = {
                one.claims["jti"]: one.claims["ofl"] for one in self.passes if one.voucher == str(voucher.pk)
            }
            records = TillRecord.objects.filter(redemption__guaranteed__gt=0).select_related("redemption")
            lost = sum(
                row.redemption.guaranteed
                for row in records
                if row.redemption and (row.redemption.issued_pass_id or row.pass_jti) in own
            )
            assert lost <= sum(ofl * len(shown[jti]) for jti, ofl in own.items())


def _sha(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def test_any_order_of_sales_and_uploads_pays_each_sale_once(town: Town) -> None:
    Street.town = town
    run_state_machine_as_test(
        Street,
        settings=settings(
            max_examples=int(os.environ.get("ORDER_EXAMPLES", "10")),
            stateful_step_count=int(os.environ.get("ORDER_STEPS", "25")),
            deadline=None,
            derandomize="ORDER_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert cases.listed(town.muni).count() == 0
