"""PINs of printed cards. The rules:

1. Four digits, drawn by us and printed once. Kept is only an Argon2 hash, under a secret of the server that
   no copy of the database has.
2. A try is taken before it is judged, in one statement: two tills at once never win extra ones. The right PIN
   gives all tries back; after five wrong ones the card is locked, and only the desk unlocks it.
3. A till that meets many unknown cards or wrong PINs waits a quarter of an hour.
4. A PIN is never in a record, never in a log and never in an answer.
"""

import re
import secrets
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.db.models import F
from django.utils.crypto import salted_hmac

from wallet.models import Card
from wallet.models.card import TRIES
from wallet.protocol.refusals import Code, Refused

DIGITS = 4
TILL_GUESSES = 20
TILL_SECONDS = 900
SPENT_A_TRY = frozenset({Code.PIN_WRONG, Code.CARD_LOCKED})
_EASY = frozenset({"0123", "1234", "2345", "3456", "4567", "5678", "6789", "9876", "4321"})


def draw() -> str:
    """Draw a PIN that is not among the first that a thief would try."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if pin not in _EASY and len(set(pin)) > 1:
            return pin


def is_pin(text: str) -> bool:
    """Whether a text can be a PIN at all: four to six digits."""
    return re.fullmatch(r"[0-9]{4,6}", text) is not None


def kept(card: UUID, pin: str) -> str:
    """What is kept of the PIN of a card."""
    return make_password(_peppered(card, pin))


def require_pin(card: Card, pin: str | None) -> None:
    """Demand the right PIN. Raises Refused: card_locked, pin_required or pin_wrong."""
    if card.locked:
        raise Refused(Code.CARD_LOCKED)
    if pin is None:
        raise Refused(Code.PIN_REQUIRED)
    one = Card.objects.filter(pk=card.pk)
    if not one.filter(tries__lt=TRIES).update(tries=F("tries") + 1):
        raise Refused(Code.CARD_LOCKED)
    if check_password(_peppered(card.pk, pin), card.pin):
        one.update(tries=0)
        return
    left = TRIES - one.values_list("tries", flat=True)[0]
    raise Refused(Code.PIN_WRONG, left=left) if left else Refused(Code.CARD_LOCKED)


def _peppered(card: UUID, pin: str) -> str:
    return salted_hmac("wallet.pin", f"{card.hex}:{pin}", algorithm="sha256").hexdigest()


class Guesses:
    """The unknown cards and wrong PINs that one till has left."""

    def __init__(self, till: UUID) -> None:
        self._key = f"guesses:{till.hex}"

    def require(self) -> None:
        """Raises Refused(rate_limited) when there were too many."""
        if cache.get(self._key, 0) >= TILL_GUESSES:
            raise Refused(Code.RATE_LIMITED)

    def count(self) -> None:
        """Count one."""
        cache.add(self._key, 0, TILL_SECONDS)
        cache.incr(self._key)
        cache.touch(self._key, TILL_SECONDS)  # some caches forget the time when they count
