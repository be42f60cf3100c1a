"""A town of many holders, for the benchmark of the books: its top-ups, payments and leaves."""

from __future__ import annotations

from collections import Counter
from datetime import date
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks import programme
from ledger import api, books, leaves, sequencer, settlement
from ledger.log import entry
from ledger.models import Account, Code, Kind, Transfer
from wallet.models import GrantBatch, Holder, Household, Municipality, Staff, Voucher
from wallet.services import grant, holders

FUND = 1


class Residents:
    """`count` holders with a voucher each, and shops."""

    def __init__(self, count: int, shops: int) -> None:
        self.now = timezone.now()
        self.muni = Municipality.objects.create(number=settings.MUNICIPALITY, name="Bench")
        self.staff, self.second = (Staff.objects.create_user(name, muni=self.muni) for name in "ab")
        self.programme = programme.approved(
            muni=self.muni, number=FUND, budget=10**10, staff=self.staff, second=self.second, now=self.now
        )
        self.vouchers = self._vouchers(count)
        parties = [api.merchant_party(self.muni.pk, str(nth)) for nth in range(shops)]
        self.shops = books.open_accounts(
            [books.AccountKey(self.muni.pk, Code.MERCHANT_OPEN, party=party) for party in parties]
        )
        self.log = api.setup_log(self.muni.pk, self.now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as PostgreSQL itself does within a minute

    def _vouchers(self, count: int) -> list[Voucher]:
        home = Household.objects.create(muni=self.muni, street="-", postcode="-", town="-")
        rows = [
            Holder(muni=self.muni, household=home, number=f"{nth:08}", name="-", birth_date=date(2000, 1, 1))
            for nth in range(count)
        ]
        made = Holder.objects.bulk_create(rows, batch_size=1_000)
        return holders.new_vouchers(programme=self.programme, holders=[row.pk for row in made])

    def decide(self, cents: int) -> UUID:
        """A top-up for everybody, approved by the second person and not booked."""
        shares = [grant.Share(row, voucher, cents) for row, voucher in enumerate(self.vouchers, 1)]
        batch = grant.decide(
            programme=self.programme, shares=shares, reason="bench", decision_ref="bench",
            staff=self.staff, now=self.now,
        )  # fmt: skip
        grant.approve(batch=batch, staff=self.second, now=self.now)
        return batch.pk

    def booked(self, batch: str) -> int:
        """Pots that have their part of a top-up."""
        held = Account.objects.filter(grant_batch=batch).values("id")
        return Transfer.objects.filter(debit__in=held).count()

    def most_in_one_transaction(self) -> int:
        """The most transfers that one transaction wrote, as the database kept it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) n FROM ledger_transfer GROUP BY xmin ORDER BY n DESC LIMIT 1")
            return int(cursor.fetchone()[0])

    def cents_off(self, each: int) -> int:
        """How far all pots together, and the accounts of the top-ups, are from what was decided."""
        held: Counter[int] = Counter()
        for code, balance in Account.objects.filter(fund=FUND).values_list("code", "balance"):
            held[code] += balance
        booked = GrantBatch.objects.filter(status=GrantBatch.Status.BOOKED).count()
        wrong = Account.objects.filter(code=Code.POT).exclude(balance=each).count()
        return abs(held[Code.POT] - each * len(self.vouchers)) + held[Code.DISTRIBUTION] + wrong + booked - 2

    def pay(self, count: int) -> None:
        """So many payments, by the first pots, at all shops."""
        postings = [
            books.Posting(
                uuid4(), Kind.REDEEM, voucher.pot, self.shops[nth % len(self.shops)], 5, "redemption", "",
                "till:1", "", self.now,
            )
            for nth, voucher in enumerate(self.vouchers[:count])
        ]  # fmt: skip
        books.post(self.muni.pk, postings)

    def seal(self) -> None:
        """Seal all that waits."""
        settlement.seal_all(self.log, timezone.now(), force=True)

    def add_leaves(self, count: int) -> None:
        """So many leaves about keys."""
        with books.locked(self.muni.pk):
            for nth in range(count):
                leaf = entry.Erasure(muni=self.muni.pk, month=f"{2000 + nth // 12}-{nth % 12 + 1:02}", n=nth)
                leaves.append(self.log, leaf, f"bench:{nth}")

    def publish(self) -> None:
        """Publish and sign what is not published."""
        sequencer.publish(self.log, timezone.now())
