"""Accounts and transfers, the rules between them, and what waits for its batch.

The triggers that guard them are in migrations/0002; the rules and why they hold in docs/spec/06-books.md.
"""

import uuid
from enum import IntEnum

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now

MAX_AMOUNT = 100_000_000_000  # cents: a billion euro in one transfer is a mistake


class Code(IntEnum):
    """The chart of accounts."""

    BANK = 1000
    RECEIVABLE = 1300
    SUSPENSE = 1900
    FUND = 2000  # one per programme
    DISTRIBUTION = 2050  # one per grant batch, so that the fund's row is touched once
    POT = 2100  # one per holder and programme
    SLICES = 2150
    MERCHANT_OPEN = 2200  # redeemed, not yet in a batch; hot; negative after refunds
    MERCHANT_DUE = 2210  # in a batch, to be paid
    IN_TRANSIT = 2300
    UNIDENTIFIED = 2400
    GUARANTEE = 5000
    WRITE_OFF = 5100


class Kind(IntEnum):
    """What a transfer is for. `PostingRule` says between which accounts it may move."""

    ALLOCATE = 1
    FUNDING = 2
    GRANT = 3
    CORRECT = 4
    REDEEM = 5
    SLICE = 6
    OFFLINE = 7
    VOID = 8
    REFUND = 9
    SWEEP = 10
    SETTLE = 11
    SENT = 12
    FAILED = 13
    BOOKED = 14
    RETURNED = 15
    UNMATCHED = 16
    COVER_LOSS = 17
    CLOSE_YEAR = 18


DEBIT_SIDE = frozenset({Code.BANK, Code.RECEIVABLE, Code.SUSPENSE, Code.GUARANTEE, Code.WRITE_OFF})
GUARDED = frozenset({Code.FUND, Code.DISTRIBUTION, Code.POT, Code.SLICES, Code.MERCHANT_DUE})
_NOBODY = uuid.UUID(int=0)


class Account(models.Model):
    """A place where money stands, for one municipality, fund (programme number) and party."""

    id = models.BigAutoField(primary_key=True)
    muni = models.SmallIntegerField()
    code = models.SmallIntegerField(choices=[(code.value, code.name) for code in Code])
    side = models.CharField(max_length=1, help_text="D: grows by debits; C: grows by credits")
    guard = models.BooleanField(help_text="Keeps a running balance that never goes below zero")
    balance = models.BigIntegerField(null=True, help_text="Cents; null when not guarded")
    fund = models.IntegerField(null=True)
    party = models.UUIDField(null=True)
    grant_batch = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("muni"),
                F("code"),
                Coalesce("fund", Value(0)),
                Coalesce("party", Value(_NOBODY, output_field=models.UUIDField())),
                Coalesce("grant_batch", Value(_NOBODY, output_field=models.UUIDField())),
                name="account_once",
            ),
            # What its code makes of an account is checked at its birth: it never changes after.
            models.CheckConstraint(condition=Q(balance__gte=0), name="account_never_overdrawn"),
        ]
        indexes = [models.Index(fields=["party", "code", "fund"], name="account_by_party")]


class PostingRule(models.Model):
    """One allowed movement: a kind may debit `debit` and credit `credit`. Nothing else can be posted."""

    kind = models.SmallIntegerField()
    debit = models.SmallIntegerField()
    credit = models.SmallIntegerField()

    class Meta:
        db_table = "ledger_posting_rule"
        constraints = [models.UniqueConstraint(fields=["kind", "debit", "credit"], name="posting_rule_once")]


class Transfer(models.Model):
    """Money moved from `debit` to `credit`. Written once, by `books.post` or by the wallet's triggers."""

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True)
    muni = models.SmallIntegerField()
    kind = models.SmallIntegerField(choices=[(kind.value, kind.name) for kind in Kind])
    # No foreign keys in the database: they would lock a busy shop's row at each payment. The trigger
    # demands both accounts, and accounts can be neither deleted nor renumbered.
    debit = models.ForeignKey(Account, models.PROTECT, db_constraint=False, related_name="debits")
    credit = models.ForeignKey(Account, models.PROTECT, db_constraint=False, related_name="credits")
    amount = models.BigIntegerField(help_text="Cents")
    ref_type = models.TextField()
    ref_id = models.TextField()
    reverses = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        to_field="id",
        db_column="reverses",
        db_index=False,
        related_name="reversals",
    )
    actor = models.TextField()
    reason = models.TextField()
    effective_at = models.DateTimeField(help_text="Business time, from the till or the desk")
    posted_at = models.DateTimeField(db_default=Now(), help_text="Database time")
    payload_sha256 = models.BinaryField(max_length=32, help_text="Of the whole request: finds conflicts")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=1, amount__lte=MAX_AMOUNT), name="transfer_amount_in_range"
            ),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="transfer_two_accounts"),
        ]
        indexes = [
            models.Index(fields=["reverses"], condition=Q(reverses__isnull=False), name="transfer_reverses")
        ]


class Outbox(models.Model):
    """A transfer that waits for its batch. Filled by the insert trigger, emptied only into `BatchItem`."""

    transfer = models.OneToOneField(
        Transfer, models.PROTECT, primary_key=True, db_column="transfer_seq", db_constraint=False
    )
    muni = models.SmallIntegerField()
    kind = models.SmallIntegerField()

    class Meta:
        db_table = "ledger_outbox"


class Fund(models.Model):
    """What a fund is called in public, and until when its pots can be spent. Told by whoever runs it."""

    muni = models.SmallIntegerField()
    number = models.IntegerField(help_text="`fund` of its accounts")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    from_on = models.DateField()
    until_on = models.DateField(help_text="The last day on which its pots can be spent")
    grace_days = models.PositiveSmallIntegerField(
        help_text="Days after it in which refunds still reach the pot"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["muni", "number"], name="fund_once")]
