"""Paying with a printed card or coupon, at the same address as a phone. The rules, in order:

1. The same sale asked again gets its answer again, with or without the PIN.
2. What needs no card is judged first: shop, programme, dates and amount, by `decide`. When the till left the
   programme open, by each of those that count in its unit.
3. The card is known and not withdrawn. It is not locked, and its PIN is right; a coupon has none.
4. Then, with the card and its pots held still: the pot under the programme that was named, or else the one
   that ends soonest and has enough; when a part will do and none has enough, the fullest. The limits of a
   card (so much a day) and of a coupon (so much, once) count as ceilings. A helper's card stays within the
   mandate as well: its programmes, its purchase, and what the month leaves as the balance.
5. The database's trigger posts the transfer. A coupon pays once, whatever the code says.

Not the usual way, so it asks the database a few times. Spec 05.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone

from ledger import api as books
from wallet.custody import custody
from wallet.models import Card, Helper, Municipality, Redemption, Voucher
from wallet.protocol import qr
from wallet.protocol.redemption import ONLINE, Approval, Attempt, Facts, decide
from wallet.protocol.refusals import Code, Refusal, Refused
from wallet.services import helpers, reach
from wallet.services.catalogue import Scheme
from wallet.services.pins import Guesses, require_pin
from wallet.services.sale import Answer, BehindError, Sale, answer, answer_again

# Of several refusals the one that came furthest through the rules tells the clerk most.
_FURTHEST = (
    Code.WRONG_PROGRAMME,
    Code.MERCHANT_NOT_IN_PROGRAMME,
    Code.CATEGORY_NOT_ALLOWED,
    Code.VOUCHER_ENDED,
    Code.VOUCHER_NOT_STARTED,
    Code.VOUCHER_SUSPENDED,
    Code.ALREADY_REDEEMED,
    Code.AMOUNT_INVALID,
    Code.AMOUNT_OVER_MAX,
    Code.INSUFFICIENT_BALANCE,
)


@dataclass(frozen=True, slots=True)
class _Pot:
    """A voucher that may pay, and what `decide` says of it."""

    scheme: Scheme
    voucher: Voucher
    verdict: Approval | Refusal


def pay(sale: Sale, text: str, pin: str | None) -> Answer:
    """Pay what a till's record asks with the card of `text` (VPC1). Raises Refused."""
    known = answer_again(sale)
    if known is not None:
        return known
    schemes = _schemes(sale)
    card = _proven(sale, text, pin)
    try:
        with transaction.atomic():
            return _book(sale, card, schemes)
    except IntegrityError:
        return _explain(sale)


# --- before the card ----------------------------------------------------------------------------------------
def _schemes(sale: Sale) -> list[Scheme]:
    """The programmes under which this shop may be paid this amount now. Raises Refused."""
    asked = sale.record
    if asked.mode != ONLINE:
        raise Refused(Code.MALFORMED_RECORD)
    every = [
        scheme
        for scheme in sale.known.schemes.values()
        if scheme.number == asked.prg or (not asked.prg and scheme.rules.cur == asked.cur)
    ]
    judged = [(scheme, _judge(sale, scheme, sale.known.facts(sale.till.shop, scheme))) for scheme in every]
    fitting = [scheme for scheme, verdict in judged if isinstance(verdict, Approval)]
    if not fitting:
        raise _refused(sale, (verdict for _scheme, verdict in judged))
    return fitting


def _judge(sale: Sale, scheme: Scheme, facts: Facts) -> Approval | Refusal:
    asked = sale.record
    wanted = Attempt(mode=ONLINE, amt=asked.amt, cur=asked.cur, prg=scheme.number, part=asked.part, card=True)
    return decide(wanted, facts, int(sale.now.timestamp()))


def _refused(sale: Sale, verdicts: Iterable[Approval | Refusal]) -> Refused:
    """Why nothing could pay; without a verdict no programme of the shop and the holder was the same."""
    none = Code.WRONG_PROGRAMME if sale.record.prg else Code.MERCHANT_NOT_IN_PROGRAMME
    refusals = [verdict for verdict in verdicts if isinstance(verdict, Refusal)]
    return Refused.because(
        max(refusals, key=lambda refusal: _FURTHEST.index(refusal.code), default=Refusal(none))
    )


def _proven(sale: Sale, text: str, pin: str | None) -> Card:
    """The card, when whoever shows it may use it. Raises Refused."""
    secret, guesses = qr.decode_card(text), Guesses(sale.till.id)
    guesses.require()
    card = Card.objects.filter(muni=sale.known.muni, secret_sha256=hashlib.sha256(secret).digest()).first()
    if card is None:
        guesses.count()
        raise Refused(Code.UNKNOWN_CARD)
    if card.revoked_at is not None:
        raise Refused(Code.PASS_REVOKED)
    if card.kind == Card.Kind.CARD:
        try:
            require_pin(card, pin)
        except Refused as refused:
            if refused.code == Code.PIN_WRONG:
                guesses.count()
            raise
    return card


# --- with the card held still -------------------------------------------------------------------------------
def _book(sale: Sale, card: Card, schemes: Sequence[Scheme]) -> Answer:
    held = Card.objects.select_for_update(no_key=True).get(pk=card.pk)
    known = answer_again(sale)  # the same sale, sent twice at one moment
    if known is not None:
        return known
    if held.revoked_at is not None:
        raise Refused(Code.PASS_REVOKED)
    if Municipality.objects.get(pk=sale.known.muni).catalogue_version != sale.known.version:
        raise BehindError
    helper = _held_helper(held)
    if helper and reach.is_over(helper, sale.now):
        raise Refused(Code.PASS_REVOKED)
    pot, approval = _choose(sale, _pots(sale, held, helper, schemes))
    kid = custody().receipt_key.kid
    _write(sale, held, pot, approval.approved, kid)
    at = int(sale.now.timestamp())
    return answer(sale, approval.approved, sale.record.amt, at, kid, pot.scheme, again=False)


def _held_helper(card: Card) -> Helper | None:
    """Whose card it is, when not the holder's; no other payment of the helper comes between."""
    if card.helper_id is None:
        return None
    return Helper.objects.select_for_update(no_key=True).get(pk=card.helper_id)


def _pots(sale: Sale, card: Card, helper: Helper | None, schemes: Sequence[Scheme]) -> list[_Pot]:
    """Each voucher that the card reaches under these programmes, judged."""
    by_row = {scheme.id: scheme for scheme in schemes}
    reached = reach.of_helper(helper, sale.now) if helper else Voucher.objects.filter(holder=card.holder_id)
    own = reached.filter(programme__in=by_row)
    vouchers = list(own.filter(pk=card.voucher_id) if card.voucher_id else own)
    cents = books.held_balances([voucher.pot for voucher in vouchers])
    spent = card.kind == Card.Kind.COUPON and Redemption.objects.filter(card=card.pk).exists()
    most = _most_cents(card, helper, sale.now)
    left = helpers.left(helper, sale.now) if helper else None
    pots = []
    for voucher in vouchers:
        scheme = by_row[voucher.programme_id]
        limits = [
            scheme.rules.ceiling,
            card.most,
            None if most is None else max(most // scheme.unit_cents, 0),
        ]
        facts = replace(
            sale.known.facts(sale.till.shop, scheme),
            issued=True,
            suspended=voucher.suspended_at is not None,
            spent=spent,
            ceiling=min((limit for limit in limits if limit is not None), default=None),
            balance=min(cents[voucher.pot], cents[voucher.pot] if left is None else left)
            // scheme.unit_cents,
        )
        pots.append(_Pot(scheme, voucher, _judge(sale, scheme, facts)))
    return pots


def _most_cents(card: Card, helper: Helper | None, now: datetime) -> int | None:
    """The most that this card may pay now: what the day leaves, and a helper's one purchase."""
    today = [] if card.cap_cents is None else [card.cap_cents - _paid_today(card, now)]
    return min([*today, *([helper.per_purchase] if helper else [])], default=None)


def _paid_today(card: Card, now: datetime) -> int:
    """Cents that the card paid since midnight, less what came back of them."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    paid = Redemption.objects.filter(card=card.pk, at__gte=midnight)
    return paid.aggregate(cents=Sum((F("approved") - F("refunded")) * F("unit_cents")))["cents"] or 0


def _choose(sale: Sale, pots: Sequence[_Pot]) -> tuple[_Pot, Approval]:
    """Rule 4. Raises Refused when no pot will do."""
    good = [(pot, pot.verdict) for pot in pots if isinstance(pot.verdict, Approval)]
    if not good:
        raise _refused(sale, (pot.verdict for pot in pots))
    return min(good, key=lambda one: (-one[1].approved, one[0].scheme.rules.ends, one[0].scheme.number))


def _write(sale: Sale, card: Card, pot: _Pot, approved: int, kid: str) -> None:
    asked = sale.record
    Redemption.objects.create(
        id=sale.id,
        muni_id=sale.known.muni,
        merchant_id=sale.till.shop.id,
        till_id=sale.till.id,
        txn=sale.txn,
        once=card.kind == Card.Kind.COUPON,
        voucher=pot.voucher,
        programme_id=pot.scheme.id,
        card=card.pk,
        helper_id=card.helper_id,
        asked=asked.amt,
        approved=approved,
        unit_cents=pot.scheme.unit_cents,
        mode=Redemption.Mode.ONLINE,
        chain=sale.till.chain,
        seq=asked.seq,
        step=0,
        at=sale.now,
        record=sale.token,
        record_sha256=sale.sha256,
        receipt_kid=kid,
    )


def _explain(sale: Sale) -> Answer:
    """Say what stood in the way of the row: with the answer given before, or by raising Refused."""
    known = answer_again(sale)
    if known is not None:
        return known
    if Redemption.objects.filter(till=sale.till.id, chain=sale.till.chain, seq=sale.record.seq).exists():
        raise Refused(Code.CHAIN_FORK)
    raise Refused(Code.TXN_IN_PROGRESS)  # what stood in the way has gone meanwhile
