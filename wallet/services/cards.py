"""Printed cards and coupons at the desk. The rules:

1. A card is for all vouchers of a holder, has a PIN, and pays so much a day. A holder has one, and so has
   each helper within the mandate: making another ends the one before. What is lost is blocked for good; a
   locked card is unlocked, or gets a new PIN. Where a programme allows it, the card has a signed code for
   shops without a connection as well, which ends with it.
2. A coupon is for one voucher, pays once and so much at most, and has no PIN: it is worth no more than a card
   pays in a day. All open coupons of a voucher together never promise more than its pot holds when they are
   made, and who prints them saw first what they would be.
3. The 16 bytes in the QR code and the PIN are told once, to the paper. Kept are a hash and an Argon2 hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import Card, Helper, Holder, Programme, Redemption, SignedCard, Staff, Voucher
from wallet.protocol import qr
from wallet.protocol.money import format_amount
from wallet.services import holders, pins, reach, signedcards, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

CAP_CENTS = 10_000
COUPONS_AT_MOST = 8  # a holder's sheet of paper
COUPON_CENTS = CAP_CENTS  # or one ticket, where that costs more


@dataclass(frozen=True, slots=True)
class Printed:
    """What goes on paper, and is known only now. `text` is the QR code's, `pin` is empty for a coupon.

    `signed` are the card's codes for shops without a connection.
    """

    card: Card
    text: str
    pin: str = ""
    signed: Sequence[SignedCard] = ()


@transaction.atomic
def new_card(
    *, holder: Holder, staff: Staff, now: datetime, cap_cents: int = CAP_CENTS, helper: Helper | None = None
) -> Printed:
    """Make a card with a PIN, for the holder or a helper; an older one stops working. Raises Refused."""
    holders.require_present(holder)
    if helper and reach.is_over(helper, now):
        raise Refused(_("This helper has stopped. Add the helper again first."))
    living(holder).filter(kind=Card.Kind.CARD, helper=helper).update(revoked_at=now)
    secret, pin = secrets.token_bytes(qr.CARD_BYTES), pins.draw()
    card = _card(holder.muni_id, Card.Kind.CARD, secret, now)
    card.holder, card.pin, card.cap_cents = holder, pins.kept(card.pk, pin), cap_cents
    card.helper = helper
    card.save()
    signed = signedcards.sign(card, now)
    trail.record(staff=staff, verb=Verb.CARD_MADE, subject=helper or holder, now=now)
    return Printed(card, qr.encode_card(secret), pin, signed)


def _card(muni: int, kind: Card.Kind, secret: bytes, now: datetime) -> Card:
    return Card(
        id=uuid4(), muni_id=muni, kind=kind, secret_sha256=hashlib.sha256(secret).digest(), made_at=now
    )


def living(holder: Holder) -> QuerySet[Card]:
    """The cards and coupons of a holder that nobody blocked."""
    return Card.objects.filter(holder=holder, revoked_at=None)


@transaction.atomic
def new_pin(*, card: Card, staff: Staff, now: datetime) -> Printed:
    """A new PIN for a card, which is unlocked by it. Its `text` is empty: nobody knows it. Raises Refused."""
    pin = pins.draw()
    _change(card, pin=pins.kept(card.pk, pin), tries=0)
    trail.record(staff=staff, verb=Verb.CARD_PIN, subject=card.holder, now=now)
    return Printed(card, "", pin)


@transaction.atomic
def unlock(*, card: Card, staff: Staff, now: datetime) -> None:
    """Give all tries at the PIN back. Raises Refused for a card that was blocked."""
    _change(card, tries=0)
    trail.record(staff=staff, verb=Verb.CARD_UNLOCKED, subject=card.holder, now=now)


@transaction.atomic
def block(*, card: Card, staff: Staff, now: datetime) -> None:
    """Stop a card or coupon for good, such as a lost one. Raises Refused when it was stopped before."""
    _change(card, revoked_at=now)
    trail.record(staff=staff, verb=Verb.CARD_BLOCKED, subject=card.holder, now=now)


def _change(card: Card, **changes: object) -> None:
    if not Card.objects.filter(pk=card.pk, revoked_at=None).update(**changes):
        raise Refused(_("This card was blocked before. Make a new one."))
    card.refresh_from_db()


# --- coupons ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Sheet:
    """What new coupons of a voucher would be, in its programme's units: `coupons` is the most that each pays.

    `balance` is what the pot holds, `free` what no open coupon promises of that.
    """

    balance: int
    free: int
    coupons: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.coupons)

    @property
    def left(self) -> int:
        return self.free - self.total

    @property
    def alike(self) -> list[tuple[int, int]]:
        """How many coupons of how much, the largest first."""
        return [(count, most) for most, count in Counter(self.coupons).items()]


def planned(*, voucher: Voucher, amount: int, now: datetime) -> Sheet:
    """Coupons of `amount` units (the last may be less) for what no coupon promises yet, a sheet at most.

    Changes nothing. Raises Refused when that is too much for a coupon or for the voucher, when nothing is
    left to promise, or when the programme is over.
    """
    _require_running(voucher.programme, now)
    _require_handy(voucher.programme, amount)
    balance, free = _pots([voucher])[voucher.pk]
    if free < 1:
        raise Refused(_("Nothing is left on this voucher that has no coupon yet."), "amount")
    if amount > free:
        words = _("That is more than is left on this voucher without a coupon. Write at most %(most)s.")
        raise Refused(words % {"most": format_amount(free, voucher.programme.currency)}, "amount")
    return Sheet(balance, free, _split(free, amount))


@transaction.atomic
def new_coupons(
    *, voucher: Voucher, amount: int, staff: Staff, now: datetime, seen: int | None = None
) -> list[Printed]:
    """Make the coupons that `planned` tells.

    `seen` is what was free when somebody looked: a second press, or a payment since then, prints nothing.
    Raises Refused.
    """
    holders.require_present(voucher.holder)
    _hold_still([voucher])
    sheet = planned(voucher=voucher, amount=amount, now=now)
    if seen is not None and sheet.free != seen:
        raise Refused(_("Something changed on this voucher, or the coupons were made already. Look again."))
    trail.record(staff=staff, verb=Verb.COUPONS_MADE, subject=voucher, now=now)
    return _make([(voucher, most) for most in sheet.coupons], now)


@transaction.atomic
def sheets(
    *, programme: Programme, amount: int, holders_at_most: int, staff: Staff, now: datetime
) -> list[list[Printed]]:
    """A sheet of coupons for each of the next holders of a programme who have none. Raises Refused."""
    _require_running(programme, now)
    _require_handy(programme, amount)
    chosen = without_coupons(programme)[:holders_at_most]
    _hold_still(chosen)
    pots = _pots(chosen)
    made = _make([(one, most) for one in chosen for most in _split(pots[one.pk][1], amount)], now)
    if not made:
        raise Refused(_("Every holder with a balance has coupons now."))
    trail.record(staff=staff, verb=Verb.COUPON_SHEETS, subject=programme, now=now)
    by_voucher: dict[object, list[Printed]] = {}
    for one in made:
        by_voucher.setdefault(one.card.voucher_id, []).append(one)
    return list(by_voucher.values())


def _require_running(programme: Programme, now: datetime) -> None:
    if programme.ends < timezone.localdate(now):
        raise Refused(_("This programme has ended. Choose another programme."))


def _require_handy(programme: Programme, amount: int) -> None:
    """Raises Refused for an amount that nobody should carry around without a PIN."""
    most = max(1, COUPON_CENTS // programme.unit_cents)
    if amount < 1:
        raise Refused(_("Write an amount above zero."), "amount")
    if amount > most:
        words = _("A coupon has no PIN: who finds it can pay with it. Write at most %(most)s.")
        raise Refused(words % {"most": format_amount(most, programme.currency)}, "amount")


def without_coupons(programme: Programme) -> list[Voucher]:
    """The vouchers of a programme with a balance and without an open coupon, by the holders' numbers."""
    rows = Voucher.objects.filter(programme=programme, holder__erased_at=None, suspended_at=None)
    rows = rows.exclude(pk__in=_open().filter(voucher__programme=programme).values("voucher"))
    vouchers = list(
        rows.select_related("holder__household", "holder__muni", "programme").order_by("holder__number")
    )
    cents = books.balances([voucher.pot for voucher in vouchers])
    return [voucher for voucher in vouchers if cents[voucher.pot] >= programme.unit_cents]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the sheets of a programme are: holders with open coupons, and those still without."""

    done: int
    left: int

    @property
    def total(self) -> int:
        return self.done + self.left


def progress(programme: Programme) -> Progress:
    """How many holders with a balance have coupons now."""
    done = _open().filter(voucher__programme=programme).values("voucher").distinct().count()
    return Progress(done, len(without_coupons(programme)))


@transaction.atomic
def block_coupons(*, of: Programme | Voucher, staff: Staff, now: datetime) -> int:
    """Stop every coupon of a programme or voucher that did not pay yet; answers how many."""
    whose = {"voucher": of} if isinstance(of, Voucher) else {"voucher__programme": of}
    stopped = _open().filter(**whose).update(revoked_at=now)
    if stopped:
        trail.record(staff=staff, verb=Verb.COUPONS_BLOCKED, subject=of, now=now)
    return stopped


def _open() -> QuerySet[Card]:
    """Coupons that can still pay."""
    paid = Exists(Redemption.objects.filter(card=OuterRef("pk")))
    return Card.objects.filter(~paid, kind=Card.Kind.COUPON, revoked_at=None)


@dataclass(frozen=True, slots=True)
class OpenCoupons:
    """The coupons of a voucher that can still pay; `units` is all that they promise."""

    voucher: Voucher
    count: int
    units: int


def open_coupons(vouchers: Sequence[Voucher]) -> list[OpenCoupons]:
    """The open coupons of these vouchers, in their order; vouchers without any are left out."""
    rows = (
        _open().filter(voucher__in=vouchers).values_list("voucher").annotate(n=Count("pk"), units=Sum("most"))
    )
    found = {voucher: (n, units) for voucher, n, units in rows}
    return [OpenCoupons(voucher, *found[voucher.pk]) for voucher in vouchers if voucher.pk in found]


def _hold_still(vouchers: Sequence[Voucher]) -> None:
    """In a transaction: nobody else makes coupons for these vouchers."""
    held = Voucher.objects.select_for_update(no_key=True).filter(pk__in=[one.pk for one in vouchers])
    list(held.order_by("pk"))


def _pots(vouchers: Sequence[Voucher]) -> dict[UUID, tuple[int, int]]:
    """What the pot of each voucher holds, and what no open coupon promises of that; in units."""
    cents = books.balances([voucher.pot for voucher in vouchers])
    rows = _open().filter(voucher__in=vouchers).values_list("voucher").annotate(units=Sum("most"))
    promised = dict(rows)
    units = {one.pk: cents[one.pot] // one.programme.unit_cents for one in vouchers}
    return {key: (balance, balance - promised.get(key, 0)) for key, balance in units.items()}


def _make(coupons: Sequence[tuple[Voucher, int]], now: datetime) -> list[Printed]:
    made = []
    for voucher, most in coupons:
        secret = secrets.token_bytes(qr.CARD_BYTES)
        card = _card(voucher.muni_id, Card.Kind.COUPON, secret, now)
        card.holder, card.voucher, card.most = voucher.holder, voucher, most
        made.append(Printed(card, qr.encode_card(secret)))
    Card.objects.bulk_create([one.card for one in made])
    return made


def _split(left: int, amount: int) -> list[int]:
    whole = [amount] * min(max(left, 0) // amount, COUPONS_AT_MOST)
    rest = left - amount * len(whole)
    return whole if len(whole) == COUPONS_AT_MOST or rest < 1 else [*whole, rest]
