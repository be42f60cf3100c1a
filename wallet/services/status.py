"""Status lists: which passes count no longer, for tills that judge without asking.

1. One list for the passes of one week, numbered by the week. A pass has a random place in it.
2. A place is 1 when a till offline must not take its pass: it was withdrawn or spent, or the balance no
   longer covers its offline limit. Nothing says which of these, or whose pass it is.
3. A list lives as long as its passes: three weeks from the Monday of its own week. Signed cards have a list
   for the year in which they were made, which lives until the end of the next.
4. Every two minutes the rounds sign all living lists anew and keep them; a request gets what was kept. A
   change is in the next ones: it is never held back to hide it. Each till may keep a list for ten minutes.
5. Ten minutes without that is an alarm, for who runs the site. A request that finds such a list makes it
   anew, so that a site without a worker serves lists too.
"""

import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Min, Q

from wallet.custody import custody
from wallet.models import IssuedPass, SignedCard, StatusListToken
from wallet.protocol import pass_, statuslist

PLACES = 1 << 20
TTL_SECONDS = 600
EXPIRES_SECONDS = 172_800
LATE = timedelta(minutes=10)
LIVES_WEEKS = 3
CARDS_LIVE = timedelta(days=365)
_FIRST_OF_CARDS, _FIRST_YEAR = 60_000, 2000  # no week has such a number before the year 3119
_FIRST_MONDAY = 4 * pass_.DAY

logger = logging.getLogger(__name__)


def number_of(now: datetime) -> int:
    """The list of the passes that are issued at `now`."""
    return (pass_.week_start(int(now.timestamp())) - _FIRST_MONDAY) // pass_.WEEK


def number_of_cards(now: datetime) -> int:
    """The list of the signed cards that are made at `now`."""
    return _FIRST_OF_CARDS + now.astimezone(UTC).year - _FIRST_YEAR


def uri(number: int) -> str:
    """Where a list stands; also what it calls itself."""
    return f"{settings.ISSUER}/status/{number}"


def living(now: datetime) -> list[int]:
    """The lists whose passes may still be presented at `now`."""
    newest, cards = number_of(now), number_of_cards(now)
    return [*range(newest - LIVES_WEEKS + 1, newest + 1), cards - 1, cards]


def publish(muni: int, now: datetime) -> None:
    """Sign every living list anew, and keep it. The rounds' work; says it when they come late."""
    age = late(muni, now)
    if age is not None and StatusListToken.objects.filter(muni=muni, published_at__isnull=False).exists():
        logger.error("Status lists of municipality %s were %s minutes old.", muni, age // 60)
    for number in living(now):
        _keep(muni, number, now, published_at=now)


def token(muni: int, number: int, now: datetime) -> str | None:
    """The signed list that was published last; None when there is no such list at `now`."""
    if number not in living(now):
        return None
    known = StatusListToken.objects.filter(muni=muni, number=number).first()
    if known and now - known.made_at <= LATE:
        return known.token
    if known:
        logger.error("Status list %s of municipality %s is late: nobody publishes it.", number, muni)
    return _keep(muni, number, now)


def late(muni: int, now: datetime) -> int | None:
    """How many seconds ago the rounds published the living lists, when that is too long ago; else None.

    A list that was never published is missed since its first pass.
    """
    kept = StatusListToken.objects.filter(muni=muni, number__in=living(now))
    since = {number: at for number, at in kept.values_list("number", "published_at") if at}
    missed = {"muni": muni, "list_number__in": set(living(now)) - since.keys()}
    for rows in (IssuedPass.objects.filter(**missed), SignedCard.objects.filter(**missed)):
        since |= dict(rows.values_list("list_number").annotate(first=Min("issued_at")))
    oldest = min(since.values(), default=now)
    return int((now - oldest).total_seconds()) if now - oldest > LATE else None


def _keep(muni: int, number: int, now: datetime, **more: datetime) -> str:
    made = _make(muni, number, now)
    values = {"token": made, "made_at": now, **more}
    StatusListToken.objects.update_or_create(muni_id=muni, number=number, defaults=values)
    return made


def _make(muni: int, number: int, now: datetime) -> str:
    made = int(now.timestamp())
    new = statuslist.StatusList(
        uri(number), made, made + EXPIRES_SECONDS, TTL_SECONDS, statuslist.fill(PLACES, _ended(muni, number))
    )
    return statuslist.write(new, custody().signing("status", made).private)


def _ended(muni: int, number: int) -> list[int]:
    if number >= _FIRST_OF_CARDS:
        gone = Q(revoked_at__isnull=False) | Q(card__revoked_at__isnull=False)
        cards = SignedCard.objects.filter(gone, muni_id=muni, list_number=number)
        return list(cards.values_list("list_index", flat=True))
    ended = Q(revoked_at__isnull=False) | Q(online_only_at__isnull=False)
    ended |= Q(once=True, redemptions__once=True)
    passes = IssuedPass.objects.filter(ended, muni_id=muni, list_number=number)
    return list(passes.values_list("list_index", flat=True).distinct())


def expires(issued: datetime, ends: int) -> datetime:
    """When a pass made at `issued` ends: 21 days after its Monday, or with its programme (epoch seconds)."""
    return _end(issued, timedelta(weeks=LIVES_WEEKS), ends)


def card_expires(issued: datetime, ends: int) -> datetime:
    """When a signed card made at `issued` ends: a year after its Monday, or with its programme (epoch s)."""
    return _end(issued, CARDS_LIVE, ends)


def _end(issued: datetime, lives: timedelta, ends: int) -> datetime:
    week = pass_.week_start(int(issued.timestamp()))
    last_day = -(-ends // pass_.DAY) * pass_.DAY
    return datetime.fromtimestamp(min(week + int(lives.total_seconds()), last_day), UTC)
