"""The codes on a card for a shop without a connection (VPC2). The rules:

1. Each voucher of the holder whose programme allows it (`card_ofl`) gets one, with the card and for it alone.
   A helper's card has none: nobody could keep it within the mandate.
2. It is a pass for more than once with an offline limit, signed by a key for cards only. It can prove
   nothing: the private half of its key is thrown away. So it can be copied, and the guarantee bears copies.
3. It lives for a year at most, and ends with its card. Its place in the year's status list is random.
4. The desk is told a month ahead that one ends while its programme goes on, or that its key was stolen: a new
   card has a new one.

Spec 02 and 05, decision 0027.
"""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Min, Q, QuerySet, Window
from django.db.models.functions import Coalesce
from django.utils import timezone

from wallet.custody import custody
from wallet.models import Card, Municipality, SignedCard, Voucher
from wallet.protocol import pass_, qr
from wallet.protocol.pass_ import Pass
from wallet.protocol.signing import PrivateKey
from wallet.protocol.strict import b64
from wallet.services import catalogue, status

REMINDED = timedelta(days=30)


def sign(card: Card, now: datetime) -> list[SignedCard]:
    """Make those of a new card, programme by programme."""
    if card.helper_id is not None:
        return []
    vouchers = Voucher.objects.filter(
        holder=card.holder_id, suspended_at=None, programme__card_ofl__gt=0
    ).select_related("programme")
    made = [
        _make(card, voucher, now)
        for voucher in vouchers.order_by("programme__number")
        if catalogue.period(voucher.programme)[1] > now.timestamp()
    ]
    return SignedCard.objects.bulk_create(made)


def text_of(signed: SignedCard) -> str:
    """Its QR text."""
    read = pass_.check(signed.token, custody().ring, card=True)
    return qr.encode_signed_card(read, signed.token)


def with_ending(cards: QuerySet[Card], now: datetime) -> QuerySet[Card, Card]:
    """These cards, each with `code_ends`: when the first of its codes ends, or ended.

    None when none ends within a month, or when a new card would have no such code either.
    """
    goes_on = Q(
        signed__voucher__suspended_at=None,
        signed__voucher__programme__ends__gte=timezone.localdate(now),
        signed__expires_at__date__lte=F("signed__voucher__programme__ends"),
    )
    soon = Q(signed__expires_at__lte=now + REMINDED) | Q(signed__revoked_at__isnull=False)
    first = Min(Coalesce("signed__revoked_at", "signed__expires_at"), filter=goes_on & soon)
    return cards.annotate(code_ends=first)


def count_ending(muni: Municipality, now: datetime) -> tuple[int, UUID | None]:
    """How many cards in use have a code that ends soon or has ended, and the holder of the first to end."""
    in_use = Card.objects.filter(muni=muni, kind=Card.Kind.CARD, revoked_at=None, holder__erased_at=None)
    ending = with_ending(in_use, now).exclude(Q(code_ends=None)).annotate(n=Window(Count("*")))
    return ending.order_by("code_ends", "pk").values_list("n", "holder").first() or (0, None)


def _make(card: Card, voucher: Voucher, now: datetime) -> SignedCard:
    signer, key = custody().signing("card", now.timestamp()), PrivateKey.generate().public
    expires = status.card_expires(now, catalogue.period(voucher.programme)[1])
    new = Pass(
        iss=settings.ISSUER,
        kid=signer.kid,
        iat=pass_.week_start(int(now.timestamp())),
        exp=int(expires.timestamp()),
        jti=b64(secrets.token_bytes(pass_.JTI_BYTES)),
        holder=key.jwk,
        list_no=status.number_of_cards(now),
        idx=_place(card.muni_id, status.number_of_cards(now)),
        prg=voucher.programme.number,
        ofl=voucher.programme.card_ofl,
        once=False,
    )
    return SignedCard(
        jti=new.jti,
        muni_id=card.muni_id,
        card=card,
        voucher=voucher,
        holder_key=key.thumbprint,
        token=pass_.issue(new, signer.private, card=True),
        list_number=new.list_no,
        list_index=new.idx,
        ofl=new.ofl,
        issued_at=now.astimezone(UTC),
        expires_at=expires,
    )


def _place(muni: int, number: int) -> int:
    """A random free place in a status list."""
    taken = SignedCard.objects.filter(muni_id=muni, list_number=number)
    while taken.filter(list_index=(place := secrets.randbelow(status.PLACES))).exists():
        pass
    return place
