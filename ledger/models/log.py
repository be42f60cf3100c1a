"""The public log: its entries, its signed states, the witnesses' words, and what opens a receipt."""

from django.db import models
from django.db.models import F, Q


class Log(models.Model):
    """One public log: a municipality and a budget year; `part` counts on when a key was lost within it."""

    muni = models.SmallIntegerField()
    year = models.SmallIntegerField()
    part = models.SmallIntegerField(default=1)
    origin = models.TextField(unique=True)
    vkey = models.TextField(help_text="The log's Ed25519 key as a note verifier line")
    quantum_vkey = models.TextField(default="", help_text="Its ML-DSA-44 key, when it has one")
    closed = models.BooleanField(default=False, help_text="It takes no leaves any more")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["muni", "year", "part"], name="log_once_a_part"),
            models.UniqueConstraint(fields=["muni"], condition=Q(closed=False), name="log_open_once"),
        ]

    @property
    def name(self) -> str:
        """The last part of its address: 2026, or 2026-2."""
        return shard_name(self.year, self.part)

    @property
    def vkeys(self) -> list[str]:
        """Its public keys, as note verifier lines."""
        return [key for key in (self.vkey, self.quantum_vkey) if key]


def shard_name(year: int, part: int) -> str:
    """The last part of a log's address."""
    return str(year) if part == 1 else f"{year}-{part}"


class LogEntry(models.Model):
    """One leaf, at its place in the log."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="entries")
    idx = models.BigIntegerField()
    leaf = models.BinaryField()
    source = models.TextField(help_text="What it speaks of, such as batch:14:7")
    copy_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="copies",
        help_text="The same leaf in a log that was given up before witnesses saw it there",
    )

    class Meta:
        db_table = "ledger_log_entry"
        constraints = [
            models.UniqueConstraint(fields=["log", "idx"], name="log_entry_place_once"),
            models.UniqueConstraint(fields=["log", "source"], name="log_entry_source_once"),
        ]


class Addendum(models.Model):
    """Bytes that a leaf names by their SHA-256, where they cannot be made again from the books."""

    entry = models.ForeignKey(LogEntry, models.PROTECT, related_name="addenda")
    sha256 = models.CharField(max_length=64, help_text="Hex")
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "sha256"], name="addendum_once")]


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


class Override(models.Model):
    """Somebody let something pass that the rules would have stopped. Two people, and a leaf in the log."""

    id = models.UUIDField(primary_key=True)
    muni = models.SmallIntegerField()
    what = models.TextField(help_text="What was let pass, such as payout/7")
    code = models.TextField(help_text="Why, in one word")
    reason = models.TextField()
    made_by = models.TextField()
    approved_by = models.TextField()
    at = models.DateTimeField()
    entry = models.OneToOneField(LogEntry, models.PROTECT, related_name="override")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(made_by=F("approved_by")), name="override_two_people"),
        ]
