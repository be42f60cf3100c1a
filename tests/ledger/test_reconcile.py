"""The bank's files: taken whole or not at all, each line once, in any order."""

# ruff: noqa: F811 - fixtures are imported

from __future__ import annotations

import uuid
from datetime import date
from itertools import permutations

import pytest
from django.db import DatabaseError, transaction
from pytest_django.fixtures import Settings

from ledger import api
from ledger.api import Code, clearing, payees, payouts
from ledger.bank import camt053
from ledger.log import entry
from ledger.models import BankLine, BankMatch, BankStatement, Batch, Log, LogEntry, PainFile, Payout, Transfer
from tests.ledger.banking import (
    CITY,
    IBANS,
    ONE,
    OWN,
    Bank,
    held,
    party,
    refusal,
    refused,
    take,
    take_all,
)
from tests.ledger.conftest import MUNI, Town
from tests.ledger.paid import Sent, bank, file, paying, payout, status  # noqa: F401 - two are fixtures
from tests.ledger.test_publishing import audit
from tests.services.ledgers import snapshot


def books_of(town: Town) -> dict[str, int]:
    """Everything that the bank's files move."""
    codes = (Code.BANK, Code.SUSPENSE, Code.IN_TRANSIT, Code.UNIDENTIFIED, Code.RECEIVABLE, Code.WRITE_OFF)
    due = {f"due {shop}": held(town, Code.MERCHANT_DUE, shop) for shop in range(3)}
    return {code.name: held(town, code) for code in codes} | due


class TestWhatALineIs:
    def test_a_debit_for_a_payment_is_booked(self, paying: Town, bank: Bank) -> None:
        done = take(bank.statement(bank.paid(payout(0))))
        assert (done.booked, done.unmatched, status(0), status(1)) == (1, 0, Sent.BOOKED, Sent.SENT)
        assert held(paying, Code.BANK) == bank.balance == -1_000
        assert held(paying, Code.IN_TRANSIT) == 5_000
        assert Batch.objects.get().status == "exported"

    def test_a_debit_for_the_whole_file_is_all_its_payments(self, paying: Town, bank: Bank) -> None:
        done = take(bank.statement(bank.line(-6_000, batch_ref=f"{file().msg_id}P")))
        assert (done.booked, {status(shop) for shop in range(3)}) == (3, {Sent.BOOKED})
        assert BankMatch.objects.filter(line=BankLine.objects.get()).count() == 3
        assert held(paying, Code.IN_TRANSIT) == 0
        assert Batch.objects.get().status == "booked"

    def test_without_what_the_bank_refused_before(self, paying: Town, bank: Bank) -> None:
        assert take(refusal(file(), payout(1))).failed == 1
        assert take(bank.statement(bank.line(-4_000, batch_ref=f"{file().msg_id}P"))).booked == 2
        assert [status(shop) for shop in range(3)] == [Sent.BOOKED, Sent.FAILED, Sent.BOOKED]
        assert (held(paying, Code.IN_TRANSIT), held(paying, Code.MERCHANT_DUE, 1)) == (0, 2_000)

    def test_the_whole_sum_and_the_refused_part_back(self, paying: Town, bank: Bank) -> None:
        take(refusal(file(), payout(1)))
        whole = bank.line(-6_000, batch_ref=f"{file().msg_id}P")
        done = take(bank.statement(whole, bank.line(2_000, text="not carried out")))
        assert (done.booked, done.unmatched) == (2, 2)
        assert (held(paying, Code.SUSPENSE), held(paying, Code.UNIDENTIFIED)) == (2_000, 2_000)
        out, back = BankLine.objects.order_by("pos")
        clearing.clear(out, clearing.Cleared.REVERSED, ONE, "the refused one", paying.now, others=[back])
        assert (held(paying, Code.SUSPENSE), held(paying, Code.UNIDENTIFIED)) == (0, 0)
        assert held(paying, Code.BANK) == bank.balance

    def test_amount_and_account_when_they_fit_one_payment(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(-2_000, other_iban=IBANS[1])))
        assert status(1) == Sent.BOOKED
        take(bank.statement(bank.line(2_000, other_iban=IBANS[1], return_code="MD07")))
        assert status(1) == Sent.RETURNED

    def test_a_payment_that_comes_back_is_due_again_and_blocks(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.paid(payout(0)), bank.sent_back(payout(0))))
        assert (status(0), held(paying, Code.MERCHANT_DUE, 0)) == (Sent.RETURNED, 1_000)
        account = payout(0).account
        assert account.blocked_reason == "AC04"
        assert not payees.usable(MUNI, [party(0)], paying.now)

    def test_the_city_s_own_money_is_funding(self, paying: Town, bank: Bank) -> None:
        before = held(paying, Code.RECEIVABLE)
        assert take(bank.statement(bank.line(250_000, other_iban=CITY))).funding == 1
        assert held(paying, Code.RECEIVABLE) == before - 250_000
        assert held(paying, Code.BANK) == 250_000

    @pytest.mark.parametrize(
        ("cents", "says"),
        [
            (-1_001, {"end_to_end": "own"}),
            (-1_000, {"end_to_end": uuid.uuid4().hex}),
            (-1_000, {"end_to_end": "SOMETHING ELSE", "other_iban": IBANS[0]}),
            (-5_999, {"batch_ref": "GM0014-B000001-1P"}),
            (-1_000, {"other_iban": IBANS[1]}),
            (1_000, {"end_to_end": "own", "return_code": "AC04"}),
            (1_000, {"other_iban": CITY, "return_code": "AC04"}),
            (1_000, {"other_iban": IBANS[0]}),
        ],
    )
    def test_what_is_not_sure_is_unmatched(
        self, paying: Town, bank: Bank, cents: int, says: dict[str, str]
    ) -> None:
        if says.get("end_to_end") == "own":
            says = says | {"end_to_end": payout(0).id.hex}
        assert take(bank.statement(bank.line(cents, **says))).unmatched == 1
        assert {status(shop) for shop in range(3)} == {Sent.SENT}
        code = Code.SUSPENSE if cents < 0 else Code.UNIDENTIFIED
        assert (held(paying, code), held(paying, Code.BANK)) == (abs(cents), cents)

    def test_two_payments_that_fit_are_not_guessed_between(self, paying: Town, bank: Bank) -> None:
        paying.pay(1_000)
        paying.settle()
        payouts.export(MUNI, 2, ONE, paying.now)
        assert take(bank.statement(bank.line(-1_000, other_iban=IBANS[0]))).unmatched == 1

    def test_the_log_tells_each_statement(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(9_000, other_iban=CITY), bank.paid(payout(0)), bank.line(-5)))
        leaf = entry.parse(bytes(LogEntry.objects.get(source__startswith="recon:").leaf))
        assert isinstance(leaf, entry.Recon)
        assert (leaf.opening, leaf.closing, leaf.funded) == (0, 7_995, 9_000)
        assert (leaf.booked, leaf.returned, leaf.unmatched_in, leaf.unmatched_out) == (1_000, 0, 0, 5)


class TestWhatTheBankRefuses:
    def test_a_refused_payment_is_due_again_and_blocks(self, paying: Town) -> None:
        take(refusal(file(), payout(0)))
        assert (status(0), held(paying, Code.MERCHANT_DUE, 0)) == (Sent.FAILED, 1_000)
        assert payout(0).account.blocked_reason == "AC01"

    def test_what_says_nothing_of_the_payee_does_not_block(self, paying: Town) -> None:
        take(refusal(file(), payout(0), reason="AM04"))
        assert (status(0), payout(0).account.blocked_at) == (Sent.FAILED, None)

    def test_a_refusal_without_a_reason_blocks(self, paying: Town) -> None:
        data = refusal(file(), payout(0))
        start, end = data.index(b"<StsRsnInf>"), data.index(b"</StsRsnInf>") + len(b"</StsRsnInf>")
        take(data[:start] + data[end:])
        assert (status(0), payout(0).account.blocked_reason) == (Sent.FAILED, "NARR")

    def test_a_whole_file(self, paying: Town) -> None:
        data = refusal(file()).replace(b"ACCP", b"RJCT")
        assert take(data).failed == 3
        assert held(paying, Code.IN_TRANSIT) == 0
        assert [payout(shop).account.blocked_at for shop in range(3)] == [None] * 3
        assert Batch.objects.get().status == "booked"

    def test_what_was_paid_already_stays_paid(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.paid(payout(0))))
        assert take(refusal(file(), payout(0))).failed == 0
        assert status(0) == Sent.BOOKED

    def test_an_answer_to_something_else_names_its_line(self, paying: Town) -> None:
        error = refused(refusal(file()).replace(b"GM0014-B000001-1<", b"GM0014-B000009-1<"))
        assert (error.code, error.line, error.field) == ("unknown_order", 9, "OrgnlMsgId")
        other = Payout(id=uuid.uuid4())
        error = refused(refusal(file(), payout(0), other))
        assert (error.code, error.field) == ("unknown_payment", "OrgnlEndToEndId")
        assert other.id.hex in str(error)
        assert status(0) == Sent.SENT


class TestOnce:
    def test_the_same_bytes_change_nothing_and_say_so(self, paying: Town, bank: Bank) -> None:
        data = bank.statement(bank.paid(payout(0)))
        take(data)
        before = snapshot()
        error = refused(data)
        assert (error.code, error.sentence()) == (
            "read_before", "This file was read before, on 2026-06-01. Nothing changed."
        )  # fmt: skip
        assert snapshot() == before

    def test_the_same_statement_in_other_bytes_posts_nothing(self, paying: Town, bank: Bank) -> None:
        data = bank.statement(bank.paid(payout(0)))
        take(data)
        before = books_of(paying)
        done = take(data.replace(b"<MsgId>M1<", b"<MsgId>M1 again<"))
        assert (done.known, done.statements, done.booked) == (1, 0, 0)
        assert books_of(paying) == before
        assert BankStatement.objects.count() == 1

    def test_a_statement_that_says_something_else_now_is_refused(self, paying: Town, bank: Bank) -> None:
        data = bank.statement(bank.line(-5), bank.line(5))
        take(data)
        changed = data.replace(b">5<", b">6<").replace(b">0.05<", b">0.06<")
        assert refused(changed).code == "said_otherwise"

    def test_a_line_of_an_earlier_statement_is_refused(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(5, ref="X"), bank.line(-5)))
        before = snapshot()
        error = refused(bank.statement(bank.line(5, ref="Y"), bank.line(-5, ref="X")))
        assert (error.code, error.values["ref"]) == ("line_before", "X")
        assert error.line
        assert snapshot() == before

    def test_the_database_books_a_payout_once(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.paid(payout(0)), bank.line(-1_000)))
        second = BankLine.objects.get(pos=2)
        with pytest.raises(DatabaseError), transaction.atomic():
            BankMatch.objects.create(
                line=second, how="booked", payout=payout(0), amount=1_000, transfer=uuid.uuid4()
            )


class TestWhatIsRefusedWhole:
    def test_another_account(self, paying: Town, bank: Bank) -> None:
        data = bank.statement(bank.paid(payout(0))).replace(OWN.encode(), IBANS[2].encode())
        before = snapshot()
        error = refused(data)
        assert (error.code, error.field) == ("other_account", "Stmt/Acct/Id/IBAN")
        assert IBANS[2] in error.sentence("nl")
        assert snapshot() == before

    def test_a_gap(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(100)))
        missing = bank.statement(bank.line(50))
        third = bank.statement(bank.line(7))
        error = refused(third)
        assert (error.code, error.values["closing"], error.values["opening"]) == ("not_next", "1.00", "1.50")
        take(missing)
        take(third)
        assert held(paying, Code.BANK) == bank.balance == 157

    def test_a_gap_that_only_the_number_shows(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(100)))
        bank.statement(bank.line(50), bank.line(-50))
        assert refused(bank.statement(bank.line(7))).code == "not_next"

    def test_the_first_statement_starts_at_zero(self, paying: Town, bank: Bank) -> None:
        bank.balance = 10
        assert refused(bank.statement(bank.line(100))).code == "not_first"

    def test_an_older_statement(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(100)))
        assert refused(bank.statement(bank.line(7), on=date(2026, 5, 30))).code == "older"

    def test_a_new_year_may_count_from_one_again(self, paying: Town, bank: Bank) -> None:
        take(bank.statement(bank.line(100)))
        bank.number = 0
        data = bank.statement(bank.line(7), on=date(2027, 1, 2)).replace(b"<Id>S1<", b"<Id>S1/2027<")
        assert take(data).statements == 1

    def test_one_wrong_statement_among_two(self, paying: Town, bank: Bank) -> None:
        first = camt053.Statement("A", 1, OWN, date(2026, 6, 2), 0, -1_000, (bank.paid(payout(0)),))
        second = camt053.Statement("B", 3, OWN, date(2026, 6, 3), -1_000, -1_000, ())
        before = snapshot()
        data = camt053.write(camt053.Statements("camt.053.001.02", "M", (first, second)))
        assert refused(data).code == "not_next"
        assert snapshot() == before
        assert status(0) == Sent.SENT

    def test_a_statement_twice_in_one_file_is_taken_once(self, paying: Town, bank: Bank) -> None:
        one = camt053.Statement("A", 1, OWN, date(2026, 6, 2), 0, 5, (bank.line(5),))
        done = take(camt053.write(camt053.Statements("camt.053.001.02", "M", (one, one))))
        assert (done.statements, done.known) == (1, 1)
        assert held(paying, Code.BANK) == 5

    def test_two_statements_of_one_file_with_one_name_are_refused(self, paying: Town, bank: Bank) -> None:
        one = camt053.Statement("A", 1, OWN, date(2026, 6, 2), 0, 5, (bank.line(5),))
        other = camt053.Statement("A", 2, OWN, date(2026, 6, 3), 5, 7, (bank.line(2),))
        before = snapshot()
        data = camt053.write(camt053.Statements("camt.053.001.02", "M", (one, other)))
        assert refused(data).code == "said_otherwise"
        assert snapshot() == before

    def test_a_new_account_of_ours_starts_at_zero(
        self, paying: Town, bank: Bank, settings: Settings, log: Log
    ) -> None:
        take(bank.statement(bank.line(500)))
        settings.BANK_IBAN = IBANS[2]
        other = Bank()
        other.refs = 10
        data = other.statement(other.line(100)).replace(OWN.encode(), IBANS[2].encode())
        assert take(data).statements == 1
        assert held(paying, Code.BANK) == bank.balance + other.balance
        assert api.prove_cover(MUNI, paying.now)
        closing = entry.parse(bytes(LogEntry.objects.latest("id").leaf))
        assert isinstance(closing, entry.Cover)
        assert closing.bank_closing == 600
        paying.settle()
        done = audit(log, settings)
        assert done.returncode == 0, done.stdout + done.stderr


class TestAnyOrder:
    """A refusal, the debit of the rest, and a return come in files that may arrive in any order."""

    def files(self, bank: Bank) -> list[bytes]:
        part = f"{file().msg_id}P"
        return [
            refusal(file(), payout(1)),
            bank.statement(bank.line(-4_000, batch_ref=part)),
            bank.statement(bank.sent_back(payout(0)), bank.line(9_000, other_iban=CITY)),
        ]

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_it_ends_the_same(self, paying: Town, bank: Bank, order: tuple[int, ...]) -> None:
        files = self.files(bank)
        assert take_all([files[nth] for nth in order]) <= {"not_next", "not_first"}
        assert [status(shop) for shop in range(3)] == [Sent.RETURNED, Sent.FAILED, Sent.BOOKED]
        assert books_of(paying) == {
            "BANK": 6_000, "SUSPENSE": 0, "IN_TRANSIT": 0, "UNIDENTIFIED": 0, "RECEIVABLE": 991_000,
            "WRITE_OFF": 0, "due 0": 1_000, "due 1": 2_000, "due 2": 0,
        }  # fmt: skip
        assert clearing.open_items(MUNI, paying.now) == []
        assert Batch.objects.get().status == "booked"
        paying.pay(10)
        assert paying.settle().batch == 2  # every posting has its name in the leaf


def test_a_long_story_ends_with_nothing_in_between(paying: Town, bank: Bank) -> None:
    """Three batches with refusals and returns: what stands between books and bank comes to nothing."""
    for no in (2, 3):
        for shop in range(3):
            paying.pay(100 * (shop + no), pot=shop, shop=shop)
        paying.settle()
        payouts.export(MUNI, no, ONE, paying.now)
    for order in PainFile.objects.order_by("pk"):
        rows = list(order.payouts.order_by("amount"))
        take(refusal(order, rows[0], reason="AM04"))
        take(bank.statement(bank.line(sum(row.amount for row in rows) * 2, other_iban=CITY)))
        take(bank.statement(*(bank.paid(row) for row in rows[1:]), bank.line(-1)))
        take(bank.statement(bank.sent_back(rows[-1], "AM09"), bank.line(1)))
    out = [line for line in clearing.open_lines(MUNI) if not line.credit]
    back = [line for line in clearing.open_lines(MUNI) if line.credit]
    for one, other in zip(out, back, strict=True):
        clearing.clear(one, clearing.Cleared.REVERSED, ONE, "a cent of the bank", paying.now, others=[other])
    assert held(paying, Code.IN_TRANSIT) == held(paying, Code.SUSPENSE) == 0
    assert held(paying, Code.UNIDENTIFIED) == 0
    assert held(paying, Code.BANK) == bank.balance  # I14
    moved = Transfer.objects.filter(kind=api.Kind.SENT)
    assert sum(moved.values_list("amount", flat=True)) == sum(file.total for file in PainFile.objects.all())
    assert set(Batch.objects.values_list("status", flat=True)) == {"booked"}
    paying.pay(10)
    assert paying.settle().batch == 4
