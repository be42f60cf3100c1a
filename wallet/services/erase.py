"""Erasing a holder who asks for it, or whose time is over. The rules, in order:

1. There is nothing left on the vouchers, no top-up of them waits, and the last payment is in the public log.
2. The pots are closed and the key of the holder's receipts is deleted: what stands in the log opens no more.
3. The phones, their passes, cards, coupons, the helpers and the codes are switched off; the helpers' names,
   name, birth date, number and, where nobody else lives there, the address are overwritten. Payments stay:
   the books need them, and they name nobody.

The desk's trail keeps its lines until its own time is over.
"""

import secrets
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import (
    ActivationCode,
    BlockCode,
    Card,
    Device,
    ErasureRequest,
    GrantBatch,
    GrantLine,
    Helper,
    Holder,
    IssuedPass,
    LetterOrder,
    Staff,
)
from wallet.services import holders, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

NOBODY_BORN_ON = date(1900, 1, 1)


@transaction.atomic
def erase_holder(*, holder: Holder, staff: Staff, reason: str, now: datetime) -> None:
    """Erase a holder; once erased it stays so. Raises Refused."""
    holder.refresh_from_db(from_queryset=Holder.objects.select_for_update())  # it may have moved
    if holder.erased_at is not None:
        return
    _require_no_top_up(holder)
    try:
        books.erase(holder.muni_id, holder.pk, now)
    except books.NotErasable as error:
        raise Refused(
            _("Not yet: take back what is left on the vouchers, and wait until all payments are logged.")
        ) from error
    _switch_off(holder, now)
    holder.name, holder.birth_date, holder.erased_at = "", NOBODY_BORN_ON, now
    holder.number = f"0{secrets.randbelow(10**11):011}"  # as long as no holder's number is
    holder.save()
    holders.empty_home(holder.household)
    trail.record(staff=staff, verb=Verb.HOLDER_ERASED, subject=holder, reason=reason, now=now)


def _require_no_top_up(holder: Holder) -> None:
    """Raises Refused. This lock and the holder's keep vouchers and top-ups from being added."""
    list(holder.vouchers.select_for_update())
    if top_up_waits(holder):
        raise Refused(_("Not yet: a top-up of this holder waits. Let it be booked, or refuse it first."))


def top_up_waits(holder: Holder) -> bool:
    """Is a top-up of this holder not booked yet?"""
    under_way = [GrantBatch.Status.WAITING, GrantBatch.Status.BOOKING]
    return GrantLine.objects.filter(voucher__holder=holder, batch__status__in=under_way).exists()


def _switch_off(holder: Holder, now: datetime) -> None:
    Device.objects.filter(holder=holder, revoked_at=None).update(revoked_at=now)
    own = Q(voucher__holder=holder) | Q(device__holder=holder)  # children's passes may be on this phone
    IssuedPass.objects.filter(own, revoked_at=None).update(revoked_at=now)
    Card.objects.filter(holder=holder, revoked_at=None).update(revoked_at=now)
    Helper.objects.filter(holder=holder, revoked_at=None).update(revoked_at=now)
    Helper.objects.filter(holder=holder).update(name="", reason="")
    holder.vouchers.filter(suspended_at=None).update(suspended_at=now)
    ActivationCode.objects.filter(holder=holder, expires_at__gt=now).update(expires_at=now)
    BlockCode.objects.filter(holder=holder, used_at=None, ended_at=None).update(ended_at=now)
    LetterOrder.objects.filter(holder=holder, done_at=None).update(done_at=now)
    ErasureRequest.objects.filter(holder=holder).update(reason="")
