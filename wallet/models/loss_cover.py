"""What sales without a connection cost, carried by a programme. One person asks, another decides."""

from django.db import models
from django.db.models import Q

from wallet.models.decision import Decision, two_people
from wallet.models.programme import Programme


class LossCover(Decision):
    """A programme's fund pays the guarantee back, once two people agree; once for each fund and month."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="loss_covers")
    month = models.DateField(help_text="Its first day; all until the month's end is carried")
    cents = models.BigIntegerField()

    class Meta:
        constraints = [
            two_people("loss_cover_two_people"),
            models.CheckConstraint(condition=Q(cents__gte=1), name="loss_cover_positive"),
            models.UniqueConstraint(
                fields=["programme", "month"], condition=~Q(status="refused"), name="loss_cover_once"
            ),
            # A second request would ask for what the first one asks for.
            models.UniqueConstraint(
                fields=["programme"], condition=Q(status="waiting"), name="loss_cover_one_waits"
            ),
        ]
