"""The municipality: the issuer, and the tenant key that every table carries."""

from django.db import models


class Municipality(models.Model):
    """One issuer of passes, known by its CBS code (Groningen is 14)."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=30, help_text="Shown to holders and shops as the number to call")
    hours = models.CharField(max_length=100, help_text="When the desk answers")
    address = models.TextField(help_text="Return address of letters, one line a row")
    four_eyes_above = models.PositiveIntegerField(
        default=50_000, help_text="Cents; above it another person approves"
    )
    # Tills, merchants and programmes are cached in each process; a change to one raises this number, and the
    # redemption statement demands the number that the process had read.
    catalogue_version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name
