"""How the demo's shops were paid: each week a file, released by a second person, and the bank's answers.

1. A shop whose account the bank does not know mends it some weeks later; one whose account was closed has
   not yet, so that there is something to do.
2. The newest batch is not paid yet: that is for whoever looks at the demo.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from django.core.management import call_command

from ledger import api as books
from wallet.management.demo.town import Town, approve_account
from wallet.models import Merchant
from wallet.services import bankaccounts

MENDED_AFTER = 3  # weeks
NEW_IBAN = "NL74ABNA0000000101"


class Payday:
    """The end of each week."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._weeks = 0
        self._last: int | None = None

    def week(self, at: datetime) -> None:
        """Seal the week's batch, pay the one before, and read what the bank says."""
        self._weeks += 1
        muni = self._town.muni.pk
        before, self._last = self._last, books.settle(muni, at, force=True).batch
        if before:
            self._pay(before, at)
        later = at + timedelta(minutes=2)
        call_command("demo_bank", once=True, at=later, stdout=io.StringIO())
        books.mailbox.collect(muni, later)
        if self._weeks == MENDED_AFTER + 1:
            self._mend(later)

    def _pay(self, batch: int, at: datetime) -> None:
        one, other = (staff.actor for staff in self._town.finance)
        try:
            file = books.payouts.export(self._town.muni.pk, batch, one, at).file
        except books.payouts.NotWitnessed:
            return  # as it would be: the next file pays what this one did not
        if file:
            books.payouts.release(file, other, at)

    def _mend(self, at: datetime) -> None:
        """The shop that the bank does not know gives another account."""
        one, other = self._town.finance
        for merchant in Merchant.objects.filter(muni=self._town.muni):
            blocked = bankaccounts.of(merchant, at).blocked
            if blocked and blocked.blocked_reason == "AC01":
                bankaccounts.propose(
                    merchant=merchant, iban=NEW_IBAN, account_holder=blocked.name, name_check="match",
                    reason="Demo", staff=one, now=at,
                )  # fmt: skip
                approve_account(merchant, other, at)
