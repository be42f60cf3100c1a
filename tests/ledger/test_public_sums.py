"""What the leaves say: every movement by name, few payments not at all, shops' lines, top-ups, rules."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from ledger import api, leaves, sequencer, settled, shards, totals
from ledger.api import Code, Kind
from ledger.log import entry, policy, receipt, state
from ledger.models import Account, Batch, Log, LogEntry, PostingRule, SubjectKey, Transfer
from tests.ledger.conftest import FUND, MUNI, Town
from tests.ledger.test_settlement import leaf
from tests.ledger.test_shards import NEW_YEAR, parsed
from tests.running import ROOT

OTHER = 9


def public(*numbers: int) -> state.Standing:
    """Where all stands after these batches, each of which goes on from the one before."""
    standing = state.Standing()
    for no in numbers:
        found = leaf(no)
        assert found.sums() == []
        assert state.follows(standing, found) == []
        standing = standing.after(found)
    return standing


class TestEveryKind:
    def bank(self, town: Town) -> dict[str, int]:
        party = api.merchant_party(MUNI, "0")
        return {
            "bank": town.account(Code.BANK),
            "receivable": town.account(Code.RECEIVABLE),
            "suspense": town.account(Code.SUSPENSE),
            "due": town.account(Code.MERCHANT_DUE, party=party),
            "in_transit": town.account(Code.IN_TRANSIT),
            "unidentified": town.account(Code.UNIDENTIFIED),
            "guarantee": town.account(Code.GUARANTEE),
            "write_off": town.account(Code.WRITE_OFF),
            "fund": town.account(Code.FUND, fund=FUND),
        }

    def move(self, town: Town, kind: Kind, debit: str, credit: str, amount: int) -> None:
        at = self.bank(town)
        town.post(town.posting(kind, at[debit], at[credit], amount))

    def test_the_way_of_the_money_to_the_shop_and_back(self, town: Town) -> None:
        self.move(town, Kind.FUNDING, "bank", "receivable", 50_000)
        town.pay(500)
        town.settle()
        for kind, debit, credit, amount in (
            (Kind.SENT, "due", "in_transit", 500),
            (Kind.FAILED, "in_transit", "due", 100),
            (Kind.BOOKED, "in_transit", "bank", 300),
            (Kind.RETURNED, "bank", "due", 50),
            (Kind.UNMATCHED, "suspense", "bank", 100),
            (Kind.BOOKED, "in_transit", "suspense", 60),
            (Kind.UNMATCHED, "bank", "suspense", 10),
            (Kind.UNMATCHED, "write_off", "suspense", 30),
            (Kind.UNMATCHED, "bank", "unidentified", 90),
            (Kind.FUNDING, "unidentified", "receivable", 20),
            (Kind.RETURNED, "unidentified", "due", 15),
            (Kind.UNMATCHED, "unidentified", "bank", 5),
            (Kind.UNMATCHED, "unidentified", "write_off", 25),
        ):
            self.move(town, kind, debit, credit, amount)
        town.pay(1)
        town.settle()
        standing = public(1, 2)
        assert (standing.bank, standing.receivable) == (50_000 - 300 + 50 - 100 + 10 + 90 - 5, 949_980)
        assert (standing.in_transit, standing.suspense, standing.unidentified) == (40, 0, 25)
        assert (standing.write_off, standing.payable) == (5, 500 - 500 + 100 + 50 + 15 + 1)
        assert leaf(2).payable.returned == 165
        assert standing == totals.State.read(Batch.objects.get(no=2).totals).truth

    def test_the_guarantee_pays_gets_back_and_is_carried_by_a_fund(self, town: Town) -> None:
        at = self.bank(town)
        paid = town.posting(Kind.OFFLINE, at["guarantee"], town.shops[0], 300)
        town.post(paid)
        town.refund(paid, 120)
        self.move(town, Kind.COVER_LOSS, "fund", "guarantee", 100)
        town.pay(50)
        town.settle()
        found = leaf(1)
        assert found.guarantee == state.GuaranteeState(0, 80, paid=300, given_back=120, carried=100)
        assert (found.payable.redeemed, found.payable.refunded, found.funds[0].redeemed) == (350, 120, 50)
        assert found.funds[0].carried == 100
        public(1)

    def test_the_year_s_remainder_goes_back(self, town: Town) -> None:
        last = town.now.date() - timedelta(days=60)
        words = {"name": "Oud", "name_en": "Old", "from_on": last, "until_on": last, "grace_days": 14}
        api.name_fund(muni=MUNI, number=OTHER, **words)
        ends = (town.account(Code.RECEIVABLE), town.account(Code.FUND, fund=OTHER))
        town.post(town.posting(Kind.ALLOCATE, *ends, 9_000))
        town.pay(50)
        town.settle()
        api.close_year(muni=MUNI, fund=OTHER, made_by="staff:1", approved_by="staff:2", now=town.now)
        town.pay(50)
        town.settle()
        lines = {line.fund: line for line in leaf(2).funds}
        assert (lines[str(OTHER)].closed, leaf(2).bank.closed) == (9_000, 9_000)

    @pytest.mark.django_db
    def test_every_posting_rule_has_a_name_or_stays_within_its_group(self) -> None:
        for kind, debit, credit in PostingRule.objects.values_list("kind", "debit", "credit"):
            if kind == Kind.SETTLE:
                continue
            move = totals.Move(Kind(kind), Code(debit), Code(credit), None, 5, False)
            way = {totals._GROUP[move.debit], totals._GROUP[move.credit]}
            _, after = totals.add(totals.State(), [replace(move, fund=_fund(way))])
            assert after.truth.gap() == 0

    def test_a_movement_without_a_name_is_refused(self) -> None:
        with pytest.raises(totals.BooksBroken, match="no name"):
            totals.add(totals.State(), [totals.Move(Kind.SENT, Code.POT, Code.BANK, 8, 5, False)])


def _fund(way: set[str]) -> int | None:
    return FUND if way & {"budget", "pots"} else None


class TestFewPayments:
    @pytest.fixture
    def second(self, town: Town, settings: Settings) -> int:
        """Another fund, with one pot of € 50; lines show three payments or more."""
        settings.SEAL_MINIMUM = 3
        fund = town.account(Code.FUND, fund=OTHER)
        pot = town.account(Code.POT, fund=OTHER, party=uuid.uuid4())
        town.post(
            town.posting(Kind.ALLOCATE, town.account(Code.RECEIVABLE), fund, 9_000),
            town.posting(Kind.CORRECT, fund, pot, 5_000),
        )
        return pot

    def few(self, town: Town, pot: int, amount: int) -> None:
        town.post(town.posting(Kind.REDEEM, pot, town.shops[1], amount))

    def many(self, town: Town) -> None:
        for pot in range(3):
            town.pay(10, pot=pot)

    def test_they_are_left_out_until_there_are_enough(self, town: Town, second: int) -> None:
        for amount in (70, 80, 90):
            self.few(town, second, amount)
            self.many(town)
            town.settle()
        assert [[line.fund for line in leaf(no).funds] for no in (1, 2, 3)] == [["8"], ["8"], ["8", "9"]]
        assert (leaf(1).n, leaf(1).payable.redeemed, leaf(1).budgets) == (4, 30, 970_000)
        line = leaf(3).funds[1]
        assert (line.n, line.redeemed, line.allocated, line.pots_closing) == (3, 240, 9_000, 4_760)
        standing = public(1, 2, 3)
        assert standing.payable == 240 + 90
        assert standing == totals.State.read(Batch.objects.get(no=3).totals).truth

    def test_the_books_know_all_of_it_meanwhile(self, town: Town, second: int) -> None:
        self.few(town, second, 70)
        self.many(town)
        town.settle()
        kept = totals.State.read(Batch.objects.get(no=1).totals)
        assert kept.truth.held("9") == state.Held("9", 4_000, 4_930)
        assert kept.public.held("9") == state.Held("9", 0, 0)
        assert kept.pending["9"]["redeemed"] == 70

    def test_a_fund_in_which_only_the_council_moved_money_is_shown(self, town: Town, second: int) -> None:
        fund = town.account(Code.FUND, fund=12)
        town.post(town.posting(Kind.ALLOCATE, town.account(Code.RECEIVABLE), fund, 500))
        self.many(town)
        town.settle()
        assert [line.fund for line in leaf(1).funds] == ["12", "8"]

    def test_one_payment_by_the_guarantee_is_left_out_too(self, town: Town, second: int) -> None:
        town.post(town.posting(Kind.OFFLINE, town.account(Code.GUARANTEE), town.shops[0], 33))
        self.many(town)
        town.settle()
        assert leaf(1).guarantee == state.GuaranteeState()
        assert totals.State.read(Batch.objects.get(no=1).totals).truth.guarantee == 33

    def test_the_end_of_the_year_shows_the_rest(self, town: Town, second: int) -> None:
        self.few(town, second, 70)
        self.many(town)
        town.settle()
        old = leaves.open_log(MUNI)
        assert old
        town.now = NEW_YEAR
        self.many(town)
        town.settle(0)
        last = parsed(old)[-1]
        assert isinstance(last, entry.Close)
        assert [(line.fund, line.n, line.redeemed) for line in last.funds] == [("9", 1, 70)]
        standing = state.Standing().after(leaf(1))
        assert state.follows(standing, last) == []
        assert state.follows(standing.after(last), leaf(2)) == []


STEPS = st.tuples(st.sampled_from([8, 9]), st.sampled_from(["pay", "give", "back"]), st.integers(1, 99))


@bounds(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=20), st.integers(1, 4), st.integers(1, 6))
def test_what_is_shown_and_what_waits_are_together_what_there_is(
    steps: list[tuple[int, str, int]], least: int, per_batch: int
) -> None:
    ways = {
        "pay": (Kind.REDEEM, Code.POT, Code.MERCHANT_OPEN, True),
        "give": (Kind.CORRECT, Code.FUND, Code.POT, False),
        "back": (Kind.REFUND, Code.MERCHANT_OPEN, Code.POT, True),
    }
    start = [totals.Move(Kind.ALLOCATE, Code.RECEIVABLE, Code.FUND, f, 10_000, False) for f in (8, 9)] + [
        totals.Move(Kind.CORRECT, Code.FUND, Code.POT, f, 5_000, False) for f in (8, 9)
    ]
    moves = [*start, *(totals.Move(*ways[way][:3], fund, cents, ways[way][3]) for fund, way, cents in steps)]
    now = totals.State()
    for at in range(0, len(moves), per_batch):
        sums, after = totals.add(now, moves[at : at + per_batch], least)
        assert sums.sums() == []
        assert state.follows(now.public, sums) == []
        assert all(line.n >= least or not line.redeemed for line in sums.funds)
        now = totals.State.read(json.loads(json.dumps(after.json())))
    assert now.public.after(totals.rest(now)) == now.truth


class TestShops:
    def test_a_shop_proves_what_a_batch_pays_it(self, town: Town, log: Log, settings: Settings) -> None:
        town.refund(town.pay(500), 120)
        town.pay(300, pot=1, shop=1)
        town.settle()
        trust = policy.parse(settings.POLICY_FILE.read_text())
        for number, amount in (("0", 380), ("1", 300)):
            party = api.merchant_party(MUNI, number)
            shown = receipt.verify_line(api.merchant_proof(MUNI, 1, party), str(party), trust)
            assert (shown.said.amount, shown.said.batch) == (amount, 1)
            with pytest.raises(receipt.ReceiptError):
                receipt.verify_line(
                    api.merchant_proof(MUNI, 1, party), str(api.merchant_party(MUNI, "7")), trust
                )
        assert leaf(1).merchant_lines is None

    def test_a_shop_s_number_stands_for_the_identifier_that_browsers_work_out(self) -> None:
        known = json.loads((ROOT / "tests/vectors/receipt.json").read_text())["merchant"]
        assert str(api.merchant_party(known["muni"], known["number"])) == known["identifier"]

    def test_there_is_none_before_the_quorum_without_money_or_without_the_key(
        self,
        town: Town,
        log: Log,
        settings: Settings,
    ) -> None:
        party = api.merchant_party(MUNI, "0")
        settings.WITNESSES, addresses = "", settings.WITNESSES
        town.pay(500)
        town.settle()
        with pytest.raises(api.NotLogged):
            api.merchant_proof(MUNI, 1, party)
        settings.WITNESSES = addresses
        town.settle()
        api.merchant_proof(MUNI, 1, party)
        with pytest.raises(Transfer.DoesNotExist):
            api.merchant_proof(MUNI, 1, api.merchant_party(MUNI, "1"))
        SubjectKey.objects.all().delete()
        with pytest.raises(api.Erased):
            api.merchant_proof(MUNI, 1, party)

    def test_an_auditor_reads_the_lines_and_nobody_else(self, town: Town, settings: Settings) -> None:
        private = X25519PrivateKey.generate()
        settings.AUDITOR_KEY = private.public_key().public_bytes_raw()
        town.pay(500)
        town.settle()
        name = leaf(1).merchant_lines
        assert name
        served = sequencer.fetch(shards.setup(MUNI, town.now))(receipt.addendum_path(name))
        suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
        opened = json.loads(suite.decrypt(served, private, settled.INFO))
        assert opened["lines"] == [{"merchant": str(api.merchant_party(MUNI, "0")), "amount": 500}]
        with pytest.raises(InvalidTag):
            suite.decrypt(served, X25519PrivateKey.generate(), settled.INFO)


class TestOtherLeaves:
    def of(self, kind: type) -> list[Any]:
        rows = LogEntry.objects.order_by("id").values_list("leaf", flat=True)
        return [found for raw in rows if isinstance(found := entry.parse(bytes(raw)), kind)]

    def test_a_large_top_up_has_a_leaf_and_a_small_one_has_none(self, town: Town, settings: Settings) -> None:
        settings.SEAL_MINIMUM = 3
        town.grant([(town.pots[0], 7)])
        for pot in range(3):
            town.pay(5, pot=pot)
        town.settle()
        (grant,) = self.of(entry.Grant)
        assert (grant.n, grant.total, grant.fund, grant.four_eyes) == (3, 30_000, str(FUND), False)

    def test_rules_are_told_when_they_change(self, town: Town, settings: Settings) -> None:
        town.settle()
        town.settle()
        assert len(self.of(entry.Rules)) == 1
        settings.POLICY_FILE.write_text("# nobody\n")
        settings.RELEASE = "abc"
        assert api.rules_event(MUNI, "ab" * 32)
        assert api.rules_event(MUNI, "ab" * 32)
        one, two = self.of(entry.Rules)
        assert one.policy != two.policy
        assert (one.release, two.release, two.rules) == ("", "abc", "ab" * 32)

    def test_keys_are_told_once(self, town: Town) -> None:
        api.setup_log(MUNI, town.now)
        event = api.KeyEvent("pass", "AbCd", "ab" * 32, 1, 2)
        for _ in range(2):
            assert api.key_events(MUNI, [event, replace(event, action="retire")])
        said = [(key.kid, key.action) for key in self.of(entry.Key) if key.use == "pass"]
        assert said == [("AbCd", "add"), ("AbCd", "retire")]

    def test_a_month_s_erasures_are_told_once(self, town: Town) -> None:
        at = timezone.localtime()  # the database's own clock counts
        assert api.erasure_events(MUNI, at) is False
        api.setup_log(MUNI, town.now)
        town.pay(10_000)
        town.settle()
        assert api.erase(MUNI, Account.objects.get(id=town.pots[0]).party, town.now)
        assert api.erasure_events(MUNI, at) and self.of(entry.Erasure) == []  # the month is not over
        for days in (31, 32, 62):
            assert api.erasure_events(MUNI, at + timedelta(days=days))
        assert self.of(entry.Erasure) == [entry.Erasure(MUNI, f"{at:%Y-%m}", 1)]
