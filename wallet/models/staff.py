"""People who work at the desk, and the trail of what they looked up and did."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from wallet.models.municipality import Municipality


class Staff(AbstractUser):
    """A caseworker, a finance officer or an administrator of one municipality."""

    class Role(models.TextChoices):
        CASEWORKER = "caseworker"
        FINANCE = "finance"
        ADMINISTRATOR = "administrator"

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT, null=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.CASEWORKER)

    @property
    def actor(self) -> str:
        """What the ledger calls this person: a number, and no name."""
        return f"staff:{self.pk}"


class DeskEvent(models.Model):
    """One line of the desk's trail: who did what to whom, and why. Never changed."""

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    verb = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=20)
    subject_id = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id", "-at"])]
