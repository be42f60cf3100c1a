"""Erasing a party: its key goes, and its receipts are random bytes from then on (spec 06, section 6).

The books and the log stay as they are, and every sum and proof in them with it. The database counts each
key that goes, so that the log can tell how many went in a month, and nobody can tell whose.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, Sum

from ledger import books, commitments
from ledger.models import Account, Outbox, SubjectKey


class NotErasable(Exception):  # noqa: N818 - it says how things stand
    """The party has money, or a payment that waits for its batch and would make it a new key."""


def erase(muni: int, party: UUID, now: datetime) -> bool:
    """Close the party's accounts and delete its key; False when it had none. Raises NotErasable."""
    with books.locked(muni):  # no batch is sealed meanwhile
        accounts = Account.objects.filter(muni=muni, party=party)
        if accounts.aggregate(cents=Sum("balance"))["cents"]:
            raise NotErasable("There is money left. Take it back or pay it out first.")
        if _waits(party):
            raise NotErasable("A payment waits for its batch. Try again after the next one.")
        books.close(accounts.values_list("id", flat=True), now)
        gone, _ = SubjectKey.objects.filter(muni=muni, party=party).delete()
    return gone > 0


def _waits(party: UUID) -> bool:
    """Does a payment of this party wait for its batch? Nothing else makes a key."""
    ours = Q(transfer__debit__party=party) | Q(transfer__credit__party=party)
    return Outbox.objects.filter(ours, kind__in=list(commitments.NAMES)).exists()
