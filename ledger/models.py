"""The books' nouns. Everything here is append-only, and the database itself refuses the rest.

1. A `Transfer` moves an amount from one account to another: one row, so it cannot be unbalanced.
2. A guarded `Account` carries its balance. Only the transfer trigger moves it; it never goes below zero.
   Unguarded accounts are hot (many tills at once) and carry none: their balance is `Snapshot` plus what
   came since.
3. Every transfer except SETTLE waits in the `Outbox` until a `Batch` takes it, exactly once (`BatchItem`).
4. A batch is one `LogEntry`; a `Checkpoint` signs all entries so far; a `Cosignature` is a witness's word.

Amounts are euro cents. `muni` (CBS number) is in every table. The triggers are in migrations/0002; the
rules and why they hold are in docs/spec/06-books.md.
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


class Log(models.Model):
    """One public log: a municipality and a budget year."""

    muni = models.SmallIntegerField()
    year = models.SmallIntegerField()
    origin = models.TextField(unique=True)
    vkey = models.TextField(help_text="The log's public key as a note verifier line")
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["muni", "year"], name="log_once_a_year")]


class LogEntry(models.Model):
    """One leaf, at its place in the log."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="entries")
    idx = models.BigIntegerField()
    leaf = models.BinaryField()
    source = models.TextField(help_text="What it speaks of, such as batch:14:7")

    class Meta:
        db_table = "ledger_log_entry"
        constraints = [
            models.UniqueConstraint(fields=["log", "idx"], name="log_entry_place_once"),
            models.UniqueConstraint(fields=["log", "source"], name="log_entry_source_once"),
        ]


class Batch(models.Model):
    """Transfers sealed together: one leaf in the log."""

    class Status(models.TextChoices):
        SEALED = "sealed"
        LOGGED = "logged"
        WITNESSED = "witnessed"
        EXPORTED = "exported"
        BOOKED = "booked"

    muni = models.SmallIntegerField()
    no = models.IntegerField()
    entry = models.OneToOneField(LogEntry, models.PROTECT, related_name="batch")
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    sealed_at = models.DateTimeField()
    n = models.IntegerField(help_text="Commitments")
    totals = models.JSONField(help_text="State S after this batch, as in the leaf")
    tx_root = models.BinaryField(max_length=32)
    status = models.CharField(max_length=10, choices=Status, default=Status.SEALED)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["muni", "no"], name="batch_number_once")]


class BatchItem(models.Model):
    """A transfer taken into a batch. A payment has a commitment in public; all of them count in its sums."""

    transfer = models.OneToOneField(
        Transfer, models.PROTECT, primary_key=True, db_column="transfer_seq", related_name="item"
    )
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="items", db_index=False)
    pos = models.IntegerField(null=True, help_text="Place of its commitment; null when it has none")
    commitment = models.BinaryField(max_length=32, null=True)

    class Meta:
        db_table = "ledger_batch_item"
        constraints = [models.UniqueConstraint(fields=["batch", "pos"], name="batch_item_place_once")]


class Snapshot(models.Model):
    """Balance of an unguarded account right after a batch, in cents."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="snapshots", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, db_index=False)
    balance = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "batch"], name="snapshot_once")]


class SubjectKey(models.Model):
    """Random bytes that make a party's receipts openable. Deleting the row erases the party from the log."""

    party = models.UUIDField(primary_key=True)
    muni = models.SmallIntegerField()
    seed = models.BinaryField(max_length=32, help_text="Worth nothing without the key in custody")

    class Meta:
        db_table = "ledger_subject_key"


class Checkpoint(models.Model):
    """A signed state of a log. One per size: the database never holds two roots for one size."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="checkpoints")
    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField(help_text="Text and the log's own signature")
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "size"], name="checkpoint_size_once")]


class Cosignature(models.Model):
    """A witness's signature line under a checkpoint."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures", db_index=False)
    witness = models.TextField()
    line = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="cosignature_witness_once")
        ]
