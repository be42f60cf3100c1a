"""What is sealed together: the batch, its items, and what unguarded accounts held right after it."""

from django.db import models

from ledger.models.books import Account, Transfer
from ledger.models.log import LogEntry


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
