"""Holders, their households and their vouchers. Identity lives here and nowhere further down the road."""

import uuid

from django.db import models

from wallet.models.municipality import Municipality
from wallet.models.programme import Programme


class Household(models.Model):
    """Holders that belong together, under one address."""

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    street = models.CharField(max_length=100)
    postcode = models.CharField(max_length=10)
    town = models.CharField(max_length=60)


class Holder(models.Model):
    """A person with rights."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="holders")
    number = models.CharField(max_length=12, help_text="Pass number for look-ups by people: digits only")
    name = models.CharField(max_length=100)
    birth_date = models.DateField()
    language = models.CharField(max_length=10, default="nl")
    erased_at = models.DateTimeField(null=True, help_text="Since when nobody can tell who this was")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["muni", "number"], name="holder_number_once")]
        indexes = [models.Index(fields=["muni", "name"]), models.Index(fields=["muni", "birth_date"])]

    def __str__(self) -> str:
        return self.name


class Voucher(models.Model):
    """One holder's right under one programme. The balance is the ledger's: the account `pot` keeps it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    holder = models.ForeignKey(Holder, on_delete=models.PROTECT, related_name="vouchers")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="vouchers")
    pot = models.BigIntegerField(unique=True, help_text="The pot's account in the ledger")
    suspended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "programme"], name="voucher_once_per_programme")
        ]
