"""Letters to send: what was asked for and is not printed yet.

1. Asking makes no code. Codes are made when the letter is drawn: none lies about on a screen or in a table.
2. One letter at a time waits for each holder and each helper; asking again changes nothing.
3. Who is erased or helps no longer gets none.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from wallet.models import Helper, Holder, LetterOrder, Municipality, Staff
from wallet.services import letters
from wallet.services.letters import Receiver

AT_ONCE = 100  # letters in one file


def order(*, holder: Holder, helper: Helper | None, why: str, staff: Staff | None, now: datetime) -> None:
    """Ask for a letter with new codes; nobody asks for it (`staff`) when a block code did."""
    asked = {"muni_id": holder.muni_id, "why": why, "asked_at": now, "asked_by": staff}
    LetterOrder.objects.get_or_create(holder=holder, helper=helper, done_at=None, defaults=asked)


def waiting(muni: Municipality, now: datetime) -> QuerySet[LetterOrder]:
    """What is to be printed, the oldest first."""
    over = Q(helper__revoked_at__isnull=False) | Q(helper__until__lte=now)
    rows = LetterOrder.objects.filter(muni=muni, done_at=None, holder__erased_at=None).exclude(over)
    return rows.select_related("holder__household", "helper").order_by("asked_at", "pk")


@transaction.atomic
def print_letters(wanted: QuerySet[LetterOrder], *, staff: Staff, now: datetime) -> bytes | None:
    """The letters of these orders in one PDF, at most AT_ONCE, with new codes. None when none is left."""
    chosen = wanted.values_list("pk", flat=True)[:AT_ONCE]
    held = LetterOrder.objects.select_for_update(of=("self",), no_key=True).filter(done_at=None)
    rows = list(
        held.filter(pk__in=list(chosen)).select_related("holder", "helper").order_by("asked_at", "pk")
    )
    if not rows:
        return None
    return letters.new_letters([Receiver(row.holder, row.helper) for row in rows], staff=staff, now=now)
