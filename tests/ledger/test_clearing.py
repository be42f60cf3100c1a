"""Open items: how old they are, what a person may say that they were, and what takes two people."""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from ledger.api import Code, clearing, overrides
from ledger.models import BankLine, Batch
from tests.ledger.banking import ONE, TWO, Bank, held, take
from tests.ledger.conftest import MUNI, NOON, Town
from tests.ledger.paid import Sent, bank, paying, payout, status  # noqa: F401 - two are fixtures
from tests.services.ledgers import snapshot


class TestOpenItems:
    def test_what_waits_has_an_age(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.paid(payout(0)), bank.line(-5), bank.line(7)))
        items = clearing.open_items(MUNI, NOON + timedelta(days=5))
        assert [(item.amount, item.days) for item in items] == [(2_000, 4), (3_000, 4), (-5, 4), (7, 4)]

    def clear(self, as_what: clearing.Cleared, line: BankLine, **more: object) -> None:
        clearing.clear(line, as_what, ONE, "looked into it", NOON, **more)  # type: ignore[arg-type]

    def test_a_debit_was_payments_of_ours(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(-3_000)))
        line = BankLine.objects.get()
        self.clear(clearing.Cleared.BOOKED, line, paid=[payout(0), payout(1)])
        assert (status(0), status(1), held(paying, Code.SUSPENSE)) == (Sent.BOOKED, Sent.BOOKED, 0)
        assert Batch.objects.get().status == Batch.Status.EXPORTED
        with pytest.raises(clearing.ClearingRefused):
            self.clear(clearing.Cleared.BOOKED, line, paid=[payout(2)])

    def test_the_last_payment_that_a_person_books_ends_the_batch(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(-6_000)))
        self.clear(clearing.Cleared.BOOKED, BankLine.objects.get(), paid=[payout(n) for n in range(3)])
        assert Batch.objects.get().status == Batch.Status.BOOKED

    def test_a_credit_was_a_payment_that_came_back(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.paid(payout(0)), bank.line(1_000)))
        self.clear(clearing.Cleared.RETURNED, BankLine.objects.get(pos=2), paid=[payout(0)])
        assert (status(0), held(paying, Code.MERCHANT_DUE, 0)) == (Sent.RETURNED, 1_000)
        assert payout(0).account.blocked_at

    def test_a_credit_was_the_city_s_own(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(500)))
        self.clear(clearing.Cleared.FUNDING, BankLine.objects.get())
        assert (held(paying, Code.UNIDENTIFIED), held(paying, Code.RECEIVABLE)) == (0, 999_500)

    @pytest.mark.parametrize(("cents", "as_what"), [(500, "kept"), (-500, "written off")])
    def test_money_is_kept_or_lost_by_two_people(
        self, paying: Town, bank: Bank, cents: int, as_what: str
    ) -> None:
        take(bank.statement(bank.line(cents)))
        line = BankLine.objects.get()
        with pytest.raises(clearing.ClearingRefused):
            self.clear(clearing.Cleared(as_what), line)
        override = overrides.make(
            MUNI, uuid.uuid4(), clearing.override_for(line), "unexplained", "asked the bank", ONE, TWO, NOON
        )
        self.clear(clearing.Cleared(as_what), line, override=override)
        assert (held(paying, Code.UNIDENTIFIED), held(paying, Code.SUSPENSE)) == (0, 0)
        assert held(paying, Code.WRITE_OFF) == -cents

    def test_what_a_line_cannot_be_is_refused(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(1_000), bank.line(-1_000), bank.line(-4)))
        credit, debit, other = BankLine.objects.order_by("pos")
        wrong: list[tuple[clearing.Cleared, BankLine, dict[str, object]]] = [
            (clearing.Cleared.BOOKED, credit, {"paid": [payout(0)]}),
            (clearing.Cleared.RETURNED, debit, {"paid": [payout(0)]}),
            (clearing.Cleared.RETURNED, credit, {"paid": [payout(0)]}),
            (clearing.Cleared.BOOKED, debit, {"paid": [payout(1)]}),
            (clearing.Cleared.BOOKED, debit, {"paid": []}),
            (clearing.Cleared.FUNDING, debit, {}),
            (clearing.Cleared.REVERSED, credit, {"others": [other]}),
            (clearing.Cleared.REVERSED, debit, {"others": [other]}),
            (clearing.Cleared.REVERSED, debit, {}),
        ]
        before = snapshot()
        for as_what, line, more in wrong:
            with pytest.raises(clearing.ClearingRefused):
                self.clear(as_what, line, **more)
        with pytest.raises(clearing.ClearingRefused):
            clearing.clear(debit, clearing.Cleared.BOOKED, ONE, " ", NOON, paid=[payout(0)])
        assert snapshot() == before
