"""What one person asks for and another decides about: a budget, letting something pass, closing a year.

1. Nobody approves their own; the database says so too. Whoever asked can withdraw it.
2. Two who decide at once cannot both succeed.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from wallet.models import Staff
from wallet.models.decision import Decision
from wallet.services.refused import Refused


def approve(row: Decision, staff: Staff, now: datetime) -> None:
    """Another person agrees. Raises Refused."""
    if row.made_by_id == staff.pk:
        raise Refused(_("You asked for this yourself. Another person decides."))
    _decide(row, Decision.Status.BOOKED, staff, now)


def refuse(row: Decision, staff: Staff, now: datetime) -> None:
    """Another person says no, or whoever asked withdraws it. Raises Refused."""
    _decide(row, Decision.Status.REFUSED, staff, now)


def count_for(staff: Staff, waiting: Mapping[str, QuerySet[Any]]) -> Counter[str]:
    """How many of each of these kinds of questions somebody else asked; one query for all."""
    rows = [
        asked.exclude(made_by=staff).order_by().annotate(about=Value(kind)).values_list("about", flat=True)
        for kind, asked in waiting.items()
    ]
    return Counter(rows[0].union(*rows[1:], all=True))


def _decide(row: Decision, status: Decision.Status, staff: Staff, now: datetime) -> None:
    waiting = type(row)._default_manager.filter(pk=row.pk, status=Decision.Status.WAITING)
    if waiting.update(status=status, decided_by=staff, decided_at=now) != 1:
        raise Refused(_("Somebody already decided about this. Open the page again to see what was decided."))
    row.refresh_from_db()
