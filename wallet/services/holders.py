"""Holders and their households: found with a reason, shown with as little as will do.

Every search and every opened page is a line of the trail. A search answers number, name, birth date and town,
twenty holders at most; more means a better question.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import Holder, Household, Municipality, Programme, Staff, Voucher
from wallet.services import trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

FOUND_AT_MOST = 20
_DATES = (re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"), re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"))


def find(*, muni: Municipality, query: str, reason: str, staff: Staff, now: datetime) -> list[Holder]:
    """Holders by number, by birth date (`2-5-1980`) or by the start of a first or last name.

    Answers one more than FOUND_AT_MOST when there are more. Raises Refused for a question that is too wide.
    """
    query = " ".join(query.split())
    if len(query) < 2:
        raise Refused(_("Write a number, a birth date or at least 2 letters of a name."), "query")
    trail.record(staff=staff, verb=Verb.SEARCHED, subject=trail.Text("search", query), reason=reason, now=now)
    found = Holder.objects.filter(_means(query), muni=muni, erased_at=None).select_related("household")
    return list(found.order_by("name")[: FOUND_AT_MOST + 1])


def _means(query: str) -> Q:
    """A birth date, a number (spaces do not count), or else the start of a name's words."""
    born = as_date(query)
    if born:
        return Q(birth_date=born)
    if re.fullmatch(r"[0-9 ]+", query):
        return Q(number=query.replace(" ", ""))
    return Q(name__istartswith=query) | Q(name__icontains=f" {query}")


def as_date(text: str) -> date | None:
    """Read `2-5-1980` (day first) or `1980-05-02`; None when it is no date."""
    day_first, year_first = (pattern.fullmatch(text) for pattern in _DATES)
    try:
        if day_first:
            return date(int(day_first[3]), int(day_first[2]), int(day_first[1]))
        if year_first:
            return date(int(year_first[1]), int(year_first[2]), int(year_first[3]))
    except ValueError:
        pass
    return None


def new_household(*, muni: Municipality, street: str, postcode: str, town: str) -> Household:
    """Make a household under one address."""
    return Household.objects.create(muni=muni, street=street, postcode=postcode, town=town)


@transaction.atomic
def new_holder(
    *,
    household: Household,
    name: str,
    birth_date: date,
    staff: Staff,
    now: datetime,
    language: str = "nl",
    number: str | None = None,
) -> Holder:
    """Make a holder; without `number` an unused one of eight digits is drawn. Raises Refused."""
    hold_homes(household)
    if not Household.objects.filter(pk=household.pk).exclude(street="").exists():
        raise Refused(_("Nobody lives there any more. Add this holder with the address."))
    try:
        with transaction.atomic():
            holder = Holder.objects.create(
                muni_id=household.muni_id,
                household=household,
                number=number or _free_number(household.muni_id),
                name=name,
                birth_date=birth_date,
                language=language,
            )
    except IntegrityError as error:
        raise Refused(_("Another holder has this number. Use another number."), "number") from error
    trail.record(staff=staff, verb=Verb.HOLDER_ADDED, subject=holder, now=now)
    return holder


def _free_number(muni: int) -> str:
    while True:
        number = str(10_000_000 + secrets.randbelow(90_000_000))
        if not Holder.objects.filter(muni_id=muni, number=number).exists():
            return number


def require_present(holder: Holder) -> Holder:
    """In a transaction: the holder as it is; nobody erases or moves it before the end. Raises Refused."""
    held = Holder.objects.select_for_update(no_key=True).get(pk=holder.pk)
    if held.erased_at:
        raise Refused(_("This holder was erased. Nothing can be added."))
    return held


def living(home: Household) -> QuerySet[Holder]:
    """Who belongs to a household, the oldest first; nobody who was erased."""
    return home.holders.filter(erased_at=None).order_by("birth_date", "name", "pk")


def hold_homes(*homes: Household) -> None:
    """In a transaction: nobody else moves in or out of these, or empties them, before its end."""
    keys = [home.pk for home in homes]
    list(Household.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def empty_home(home: Household) -> None:
    """In a transaction: overwrite the address of a household to which nobody belongs any more."""
    hold_homes(home)
    if not living(home).exists():
        Household.objects.filter(pk=home.pk).update(street="", postcode="", town="")


def lives_at(home: Household, postcode: str, house_number: str) -> bool:
    """Do these name the household's address? Spaces, dashes and capitals do not count."""
    own = house_number_of(home.street)
    return bool(own) and bare(own) == bare(house_number) and bare(home.postcode) == bare(postcode)


def house_number_of(street: str) -> str:
    """`12 A` of `Laan 12 A`, with everything that belongs to it; empty when there is none."""
    found = re.search(r"\d.*$", street)
    return found[0] if found else ""


def bare(text: str) -> str:
    """A number or postcode as it is compared."""
    return re.sub(r"[\s-]", "", text).casefold()


@transaction.atomic
def new_voucher(*, holder: Holder, programme: Programme, staff: Staff, now: datetime) -> Voucher:
    """Give a holder a voucher under a programme, with an empty pot. Raises Refused if there is one."""
    require_present(holder)
    if Voucher.objects.filter(holder=holder, programme=programme).exists():
        raise Refused(_("This holder already has a voucher of this programme."), "programme")
    voucher = new_vouchers(programme=programme, holders=[holder.pk])[0]
    trail.record(staff=staff, verb=Verb.VOUCHER_ADDED, subject=voucher, now=now)
    return voucher


def new_vouchers(*, programme: Programme, holders: Sequence[UUID]) -> list[Voucher]:
    """Vouchers with empty pots for many holders (by id) that have none, in their order."""
    keys = [
        books.AccountKey(programme.muni_id, books.Code.POT, fund=programme.number, party=holder)
        for holder in holders
    ]
    pots = books.open_accounts(keys)
    vouchers = [
        Voucher(muni_id=programme.muni_id, holder_id=holder, programme=programme, pot=pot)
        for holder, pot in zip(holders, pots, strict=True)
    ]
    return Voucher.objects.bulk_create(vouchers, batch_size=1_000)


def balances(vouchers: Iterable[Voucher]) -> dict[UUID, int]:
    """What is left on each voucher, by voucher id, in the programme's units; one query for all."""
    vouchers = list(vouchers)
    cents = books.balances([voucher.pot for voucher in vouchers])
    return {voucher.pk: cents[voucher.pot] // voucher.programme.unit_cents for voucher in vouchers}
