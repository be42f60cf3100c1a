"""The bank: who is paid where, the files that went out and came back, and what became of each line.

1. A payee's bank account is a version: made by one person, approved by another, usable after a rest.
2. A `PainFile` is one batch's payments, made once; another person releases it. Each `Payout` is one line.
3. A `BankLine` is what the bank says happened, kept as it came. A `BankMatch` says what it was; a line that
   fits nothing is unmatched until a `BankClearing` says what it turned out to be.

Everything only grows; the few columns that change go from empty to filled once (migrations/0005).
"""

from django.db import models
from django.db.models import F, Q

from ledger.models.batch import Batch
from ledger.models.log import Override


class PayeeAccount(models.Model):
    """One version of where a payee is paid: approved by a second person, usable from `usable_from`."""

    muni = models.SmallIntegerField()
    payee = models.UUIDField(help_text="The party of the payee's accounts")
    name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    name_check = models.CharField(max_length=10, help_text="Verification of payee: match, close, no or none")
    checked_at = models.DateTimeField(null=True)
    made_by = models.TextField()
    made_at = models.DateTimeField()
    approved_by = models.TextField(null=True)
    approved_at = models.DateTimeField(null=True)
    usable_from = models.DateTimeField(null=True)
    refused_by = models.TextField(null=True)
    refused_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(
        null=True, help_text="The bank sent money back: look before paying again"
    )
    blocked_reason = models.TextField(null=True)

    class Meta:
        db_table = "ledger_payee_account"
        indexes = [models.Index(fields=["payee", "usable_from"], name="payee_account_by_payee")]
        constraints = [
            models.CheckConstraint(condition=~Q(made_by=F("approved_by")), name="payee_account_two_people"),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, usable_from__isnull=True, approved_by__isnull=True)
                | Q(usable_from__gte=F("approved_at"), approved_by__isnull=False, refused_at__isnull=True),
                name="payee_account_approved_whole",
            ),
        ]


class PainFile(models.Model):
    """A file of payments for the bank: one batch, the same bytes each time it is written (pain.001)."""

    muni = models.SmallIntegerField()
    batch = models.OneToOneField(Batch, models.PROTECT, related_name="pain_file")
    msg_id = models.CharField(max_length=35, unique=True)
    form = models.CharField(max_length=20, help_text="The schema, such as pain.001.001.09")
    debtor_iban = models.CharField(max_length=34)
    debtor_name = models.CharField(max_length=70)
    execute_on = models.DateField()
    sha256 = models.BinaryField(max_length=32)
    n = models.IntegerField()
    total = models.BigIntegerField(help_text="Cents")
    size = models.BigIntegerField(
        null=True, help_text="Of the checkpoint with the quorum that covers its batch"
    )
    override = models.OneToOneField(Override, models.PROTECT, null=True)
    exported_by = models.TextField()
    exported_at = models.DateTimeField()
    released_by = models.TextField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_pain_file"
        constraints = [
            models.CheckConstraint(condition=~Q(exported_by=F("released_by")), name="pain_file_two_people"),
            models.CheckConstraint(
                condition=Q(size__isnull=False, override__isnull=True)
                | Q(size__isnull=True, override__isnull=False),
                name="pain_file_witnessed_or_overridden",
            ),
            models.CheckConstraint(condition=Q(n__gte=1, total__gte=F("n")), name="pain_file_pays"),
        ]


class Payout(models.Model):
    """One line of a file: what one payee is paid. Its id, as 32 hex digits, is the EndToEndId."""

    class Status(models.TextChoices):
        SENT = "sent"
        BOOKED = "booked"
        FAILED = "failed"
        RETURNED = "returned"

    id = models.UUIDField(primary_key=True)
    muni = models.SmallIntegerField()
    file = models.ForeignKey(PainFile, models.PROTECT, related_name="payouts")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="payouts", db_index=False)
    payee = models.UUIDField()
    account = models.ForeignKey(PayeeAccount, models.PROTECT, related_name="payouts")
    amount = models.BigIntegerField(help_text="Cents")
    carried = models.BigIntegerField(
        default=0, help_text="The part that an earlier batch still owed, in cents"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.SENT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "payee"], name="payout_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=1, carried__gte=0, carried__lte=F("amount")), name="payout_pays"
            ),
        ]


class BankFile(models.Model):
    """A file of the bank that was read, whole: the same bytes are never read twice."""

    muni = models.SmallIntegerField()
    form = models.CharField(max_length=20, help_text="The schema, such as camt.053.001.08")
    name = models.CharField(max_length=200)
    sha256 = models.BinaryField(max_length=32)
    imported_by = models.TextField()
    imported_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_bank_file"
        constraints = [models.UniqueConstraint(fields=["muni", "sha256"], name="bank_file_once")]


class BankStatement(models.Model):
    """One statement of one of our bank accounts, from its opening to its closing balance (cents)."""

    muni = models.SmallIntegerField()
    file = models.ForeignKey(BankFile, models.PROTECT, related_name="statements")
    iban = models.CharField(max_length=34, help_text="Our own account")
    stmt_id = models.CharField(max_length=35)
    number = models.BigIntegerField(null=True, help_text="The bank's sequence number, where it gives one")
    on = models.DateField(help_text="The day of the closing balance")
    opening = models.BigIntegerField()
    closing = models.BigIntegerField()

    class Meta:
        db_table = "ledger_bank_statement"
        constraints = [
            models.UniqueConstraint(fields=["muni", "iban", "stmt_id"], name="bank_statement_once"),
        ]


class BankLine(models.Model):
    """One entry of a statement, as the bank says it: `amount` in cents, above zero; `credit`: it came in."""

    muni = models.SmallIntegerField()
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines", db_index=False)
    iban = models.CharField(max_length=34, help_text="Our own account")
    pos = models.IntegerField()
    ref = models.CharField(max_length=80, help_text="The bank's reference: one line has one")
    booked_on = models.DateField()
    credit = models.BooleanField()
    amount = models.BigIntegerField()
    end_to_end = models.CharField(max_length=35, blank=True)
    batch_ref = models.CharField(max_length=35, blank=True, help_text="PmtInfId of a line for a whole file")
    other_iban = models.CharField(max_length=34, blank=True)
    other_name = models.CharField(max_length=140, blank=True)
    text = models.TextField(blank=True)
    return_code = models.CharField(
        max_length=4, blank=True, help_text="Why the bank sent it back, such as AC04"
    )

    class Meta:
        db_table = "ledger_bank_line"
        constraints = [
            models.UniqueConstraint(fields=["statement", "pos"], name="bank_line_place_once"),
            models.UniqueConstraint(fields=["muni", "iban", "ref"], name="bank_line_once"),
            models.CheckConstraint(condition=Q(amount__gte=1), name="bank_line_amount"),
        ]


class BankMatch(models.Model):
    """What a bank line was. A line for a whole file matches several payouts, so it may have several rows."""

    class How(models.TextChoices):
        FUNDING = "funding"
        BOOKED = "booked"
        RETURNED = "returned"
        UNMATCHED = "unmatched"

    line = models.ForeignKey(BankLine, models.PROTECT, related_name="matches")
    how = models.CharField(max_length=10, choices=How)
    payout = models.ForeignKey(Payout, models.PROTECT, null=True, related_name="matches")
    amount = models.BigIntegerField(help_text="Cents; the matches of a line add up to it")
    transfer = models.UUIDField(unique=True, help_text="The posting that it caused")

    class Meta:
        db_table = "ledger_bank_match"
        constraints = [
            # A payout is booked once and returned once.
            models.UniqueConstraint(fields=["payout", "how"], name="bank_match_once"),
            models.CheckConstraint(
                condition=Q(how__in=("booked", "returned"), payout__isnull=False)
                | Q(how__in=("funding", "unmatched"), payout__isnull=True),
                name="bank_match_names_its_payout",
            ),
        ]


class BankClearing(models.Model):
    """What an unmatched line turned out to be, said by a person."""

    line = models.OneToOneField(BankLine, models.PROTECT, primary_key=True, related_name="clearing")
    transfer = models.UUIDField(unique=True, help_text="The posting that it caused, or the first of them")
    by = models.TextField()
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_bank_clearing"
