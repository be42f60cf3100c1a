"""A programme: a scheme with a budget, a period and rules, made at the desk as data."""

from django.db import models
from django.db.models import F, Q

from wallet.models.municipality import Municipality


class Programme(models.Model):
    """Rules under which holders get vouchers. `number` is the only fact about a person that a pass tells."""

    class Kind(models.TextChoices):
        MONEY = "money"
        TICKETS = "tickets"

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    number = models.PositiveIntegerField(help_text="The claim prg, uint16")
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    icon = models.CharField(max_length=20, help_text="Name of a picture the phones have, such as 'clothes'")
    kind = models.CharField(max_length=10, choices=Kind)
    unit_cents = models.PositiveIntegerField(
        default=1, help_text="What one unit costs: 1 for money, a ticket's price"
    )
    starts = models.DateField()
    ends = models.DateField(help_text="The last day on which holders can spend")
    grace_days = models.PositiveSmallIntegerField(default=14)
    categories = models.JSONField(
        default=list, help_text="Merchant categories that may redeem; empty means all"
    )
    floor = models.PositiveIntegerField(
        default=1_500, help_text="Most that one offline pass may carry, in units"
    )
    bound_above = models.PositiveIntegerField(
        default=4_000, help_text="Above it the phone scans the till first, in units"
    )
    max_redemption = models.PositiveIntegerField(
        default=15_000, help_text="Most that one redemption may take, in units"
    )
    series = models.CharField(
        max_length=80, null=True, help_text="Dated windows of one offer are programmes of one series"
    )
    series_en = models.CharField(max_length=80, null=True)
    per_person = models.PositiveIntegerField(
        null=True, help_text="Most that one voucher can be given in all, in units; the database keeps it"
    )
    card_ofl = models.PositiveSmallIntegerField(
        default=0, help_text="What a signed card may pay at a till in a day without a connection, in units"
    )
    fund = models.BigIntegerField(unique=True, help_text="The fund's account in the ledger")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["muni", "number"], name="programme_number_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=65_535), name="programme_number_uint16"
            ),
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="programme_period_forward"),
            models.CheckConstraint(condition=Q(unit_cents__gte=1), name="programme_unit_positive"),
            models.CheckConstraint(
                condition=Q(kind="tickets") | Q(unit_cents=1), name="programme_money_counts_cents"
            ),
            models.CheckConstraint(
                condition=Q(card_ofl__lte=1) | Q(kind="money", card_ofl__lte=500),
                name="programme_card_ofl_small",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def currency(self) -> str:
        """The claim `cur`: "EUR" counts cents, "TKT" counts tickets."""
        return "EUR" if self.kind == self.Kind.MONEY else "TKT"
