"""Proof of cover: what a holder's phone needs to find its own pot in the tree of a day.

1. A `CoverProof` stays for ever, as its leaf does.
2. Lines and tiles only serve to make paths. They name accounts, so they go after `KEEP_DAYS`, and not before
   (migrations/0007). They have no foreign keys in the database: those would lock every pot once a day.
"""

from django.db import models

from ledger.models.books import Account
from ledger.models.log import LogEntry

KEEP_DAYS = 8


class CoverProof(models.Model):
    """One proof: a leaf in the log about all pots at one moment."""

    muni = models.SmallIntegerField()
    day = models.DateField()
    no = models.SmallIntegerField(help_text="Counted from one each day")
    at = models.DateTimeField()
    horizon = models.BigIntegerField(help_text="The highest `seq` of the transfers that it saw")
    gap = models.BigIntegerField(help_text="As in the leaf, in cents")
    entry = models.OneToOneField(LogEntry, models.PROTECT, related_name="cover")

    class Meta:
        db_table = "ledger_cover_proof"
        constraints = [models.UniqueConstraint(fields=["muni", "day", "no"], name="cover_proof_once")]


class CoverLine(models.Model):
    """Where the parts of a pot stand among the leaves of a proof."""

    proof = models.ForeignKey(
        CoverProof, models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="cover_lines", db_index=False, db_constraint=False
    )
    places = models.JSONField(help_text="One for each part, in their order")

    class Meta:
        db_table = "ledger_cover_line"
        constraints = [models.UniqueConstraint(fields=["proof", "account"], name="cover_line_once")]


class CoverTile(models.Model):
    """A piece of the tree of a proof: at most 256 nodes of one level (spec 11-cover)."""

    proof = models.ForeignKey(
        CoverProof, models.PROTECT, related_name="tiles", db_index=False, db_constraint=False
    )
    level = models.SmallIntegerField()
    n = models.IntegerField()
    nodes = models.BinaryField()

    class Meta:
        db_table = "ledger_cover_tile"
        constraints = [models.UniqueConstraint(fields=["proof", "level", "n"], name="cover_tile_once")]
