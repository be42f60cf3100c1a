"""A lost or stolen phone. The rules, in order:

1. Blocking ends the phone's right to call and every pass on it at once; tills without a connection hear it
   with their next list. No money is lost: it was never on the phone.
2. The holder does it with the block code of the last letter, or calls, or comes by. A helper's letter has a
   block code too: it blocks that helper's phone alone.
3. A letter with new codes is asked for in the same breath, and the codes given out before let nobody in: the
   letter may have been in the same bag.
4. A block code works once; typed again it gets the same answer. Any other code is `unknown_code`.
5. Who calls tells number, birth date, postcode and house number; all must fit, and which did not is not told.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from wallet.models import BlockCode, Device, Helper, Holder, LetterOrder, Municipality, Staff
from wallet.protocol.refusals import Code
from wallet.protocol.refusals import Refused as NotTaken
from wallet.services import codes, enrol, holders, orders, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb


@transaction.atomic
def block_by_code(code: str, now: datetime) -> datetime:
    """Block what the letter of this block code let in; since when it is. Raises the protocol's Refused."""
    digest = codes.digest(code)
    known = BlockCode.objects.select_for_update(no_key=True).filter(digest=digest).first() if digest else None
    if known is None or (known.ended_at and not known.used_at):
        raise NotTaken(Code.UNKNOWN_CODE)
    if known.used_at:
        return known.used_at
    BlockCode.objects.filter(pk=known.pk).update(used_at=now)
    _block(known.holder, known.helper, None, now)
    return now


@transaction.atomic
def phone_lost(
    *, holder: Holder, helper: Helper | None = None, reason: str, staff: Staff, now: datetime
) -> None:
    """Block the phone of a holder, or of a helper, at the desk; and ask for a letter. Raises Refused."""
    if holder.erased_at is not None:
        raise Refused(_("This holder was erased. Nothing can be added."))
    _block(holder, helper, staff, now)
    trail.record(staff=staff, verb=Verb.PHONE_LOST, subject=helper or holder, reason=reason, now=now)


def _block(holder: Holder, helper: Helper | None, staff: Staff | None, now: datetime) -> None:
    enrol.hold_still(holder.pk)
    enrol.revoke_all(holder.devices.filter(helper=helper), now)
    enrol.end_codes(holder, helper, now)
    orders.order(holder=holder, helper=helper, why=LetterOrder.Why.LOST, staff=staff, now=now)


@transaction.atomic
def block_phone(*, device: Device, reason: str, staff: Staff, now: datetime) -> None:
    """Block one phone, and nothing more. Blocked once, it stays so."""
    enrol.hold_still(device.holder_id)
    if not Device.objects.filter(pk=device.pk, revoked_at=None).exists():
        return
    enrol.revoke_all(Device.objects.filter(pk=device.pk), now)
    trail.record(staff=staff, verb=Verb.PHONE_BLOCKED, subject=device, reason=reason, now=now)


def who_calls(
    *,
    muni: Municipality,
    number: str,
    birth_date: date,
    postcode: str,
    house_number: str,
    staff: Staff,
    now: datetime,
) -> Holder:
    """The holder whom all four answers fit. Asking is a line of the trail. Raises Refused."""
    number = holders.bare(number)
    asked = trail.Text("search", number)
    trail.record(staff=staff, verb=Verb.SEARCHED, subject=asked, reason="calls", now=now)
    known = Holder.objects.filter(muni=muni, number=number, birth_date=birth_date, erased_at=None)
    holder = known.select_related("household").first()
    if holder is None or not holders.lives_at(holder.household, postcode, house_number):
        raise Refused(_("These answers do not fit together. Ask again. Nothing was blocked."))
    return holder
