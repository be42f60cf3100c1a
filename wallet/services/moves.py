"""Moving: a holder to another household, or a whole household to another address. The rules, in order:

1. A holder moves to a household of the same municipality to which somebody belongs, or to a new one.
2. Vouchers, what is left on them, payments, phones, cards and helpers stay the holder's.
3. Who sees and spends whose vouchers follows from the household (reach). Passes on the phones left behind,
   and on the phone of who leaves, that are beyond reach now are revoked in the same breath.
4. The address of a household to which nobody belongs any more is overwritten.
5. Whoever moves somebody says from where: of two people at once the second is refused, and what is sent twice
   is done once.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Lower, Replace
from django.utils.translation import gettext as _

from wallet.models import Holder, Household, Municipality, Staff
from wallet.services import holders, reach, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

OFFERED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Address:
    """Where a household lives, as it is typed."""

    street: str
    postcode: str
    town: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Who sees and spends what after a move.

    Of a child: the adults that see and spend its vouchers from then on, and those that do so no longer. Of an
    adult: the children whose vouchers. `alone`: no adult stays with those children.
    """

    child: bool
    gained: list[Holder]
    lost: list[Holder]
    alone: bool


# --- where to -----------------------------------------------------------------------------------------------
def home_of(*, muni: Municipality, number: str, reason: str, staff: Staff, now: datetime) -> Household:
    """The household of the holder with this pass number. Asking is a line of the trail. Raises Refused."""
    number = holders.bare(number)
    _searched(number, reason, staff, now)
    known = Holder.objects.filter(muni=muni, number=number, erased_at=None).select_related("household")
    holder = known.first()
    if holder is None:
        raise Refused(_("Nobody has this pass number. Check it, or write the address."), "number")
    return holder.household


def homes_at(
    *, muni: Municipality, address: Address, reason: str, staff: Staff, now: datetime
) -> list[Household]:
    """The households at this address, by postcode and house number. Asking is a line of the trail."""
    house = holders.house_number_of(address.street)
    _searched(f"{address.postcode} {house}", reason, staff, now)
    bare = Lower(Replace(Replace(F("postcode"), Value(" ")), Value("-")))
    near = Household.objects.filter(muni=muni, holders__erased_at=None).alias(bare=bare)
    rows = near.filter(bare=holders.bare(address.postcode)).order_by("pk").distinct()
    found: list[Household] = [one for one in rows if holders.lives_at(one, address.postcode, house)]
    return found[:OFFERED_AT_MOST]


def home(muni: Municipality, key: int) -> Household:
    """A household of this municipality by its key. Raises Refused."""
    found = Household.objects.filter(muni=muni, pk=key).first()
    if found is None:
        raise Refused(_("Nobody lives there any more. Choose another household."))
    return found


def _searched(what: str, reason: str, staff: Staff, now: datetime) -> None:
    trail.record(staff=staff, verb=Verb.SEARCHED, subject=trail.Text("search", what), reason=reason, now=now)


def written(home: Household | Address) -> str:
    """An address in one line."""
    return f"{home.street}, {home.postcode} {home.town}"


# --- what it changes ----------------------------------------------------------------------------------------
def effect(holder: Holder, to: Household | Address, now: datetime) -> Effect:
    """What a move would change for those who stay and those who are there."""
    child = reach.is_child(holder.birth_date, now)
    before = [one for one in holders.living(holder.household) if one.pk != holder.pk]
    after = list(holders.living(to)) if isinstance(to, Household) else []
    gained, lost = (
        [one for one in some if reach.is_child(one.birth_date, now) != child] for some in (after, before)
    )
    return Effect(child, gained, lost, alone=bool(lost) and not child and len(lost) == len(before))


# --- moving -------------------------------------------------------------------------------------------------
@transaction.atomic
def move(
    *, holder: Holder, moved_from: int, to: Household | Address, reason: str, staff: Staff, now: datetime
) -> None:
    """Move a holder out of the household `moved_from`. Raises Refused."""
    held = holders.require_present(holder)
    old = held.household
    if old.pk != moved_from:
        if _is(old, to):
            return
        raise Refused(_("Somebody else moved this holder in the meantime. Look at the household first."))
    held.household = _moved_into(held, to)
    held.save(update_fields=["household"])
    reach.end_after_move(held, old, now)
    holders.empty_home(old)
    trail.record(staff=staff, verb=Verb.HOLDER_MOVED, subject=held, reason=reason, now=now)


def _is(home: Household, to: Household | Address) -> bool:
    """Was this the move: is the holder there, or alone at the new address?"""
    if isinstance(to, Household):
        return home == to
    return written(home) == written(to) and holders.living(home).count() == 1


def _moved_into(holder: Holder, to: Household | Address) -> Household:
    """The household to move into; nobody empties it, or the one before, until the end. Raises Refused."""
    if isinstance(to, Address):
        _require_whole(to)
        return holders.new_household(muni=holder.muni, **asdict(to))
    if to.pk == holder.household_id:
        raise Refused(_("This holder lives there already. Choose another household."))
    holders.hold_homes(holder.household, to)
    if to.muni_id != holder.muni_id or not holders.living(to).exists():
        raise Refused(_("Nobody lives there any more. Choose another household."))
    return to


def _require_whole(address: Address) -> None:
    if not all(asdict(address).values()):
        raise Refused(_("Write the whole address: street and number, postcode and town."))


@transaction.atomic
def change_address(
    *, holder: Holder, was: str, to: Address, reason: str, staff: Staff, now: datetime
) -> None:
    """Give the whole household of a holder another address; `was` is the one that it had. Raises Refused."""
    _require_whole(to)
    home = holders.require_present(holder).household
    holders.hold_homes(home)
    home.refresh_from_db()
    now_at = written(home)
    if now_at == written(to) != was:
        return
    if now_at == written(to):
        raise Refused(_("This is the address that the household has now. Nothing was changed."))
    if now_at != was:
        raise Refused(_("Somebody else changed this address in the meantime. Look at the household first."))
    Household.objects.filter(pk=home.pk).update(**asdict(to))
    trail.record(staff=staff, verb=Verb.ADDRESS_CHANGED, subject=holder, reason=reason, now=now)
