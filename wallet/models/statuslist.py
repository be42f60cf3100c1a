"""The status list that was published last, for each week's passes."""

from django.db import models

from wallet.models.municipality import Municipality


class StatusListToken(models.Model):
    """One signed list; a newer one takes its place."""

    muni = models.ForeignKey(Municipality, on_delete=models.PROTECT)
    number = models.PositiveIntegerField(help_text="The week of its passes")
    token = models.TextField()
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(
        null=True, help_text="When the rounds made it last; null: only a request ever did"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["muni", "number"], name="status_list_once")]
