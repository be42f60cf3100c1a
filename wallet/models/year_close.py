"""The end of a programme's year: what is left of its budget goes back. One person asks, another decides."""

from django.db import models
from django.db.models import Q

from wallet.models.decision import Decision, two_people
from wallet.models.programme import Programme


class YearClose(Decision):
    """A programme's fund is closed for good, once two people agree."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="closings")
    returned = models.BigIntegerField(null=True, help_text="Cents that went back")

    class Meta:
        constraints = [
            two_people("year_close_two_people"),
            models.UniqueConstraint(
                fields=["programme"], condition=~Q(status="refused"), name="year_close_once"
            ),
        ]
