"""Status lists: which passes count no longer, for tills that judge without asking.

1. One list for the passes of one week, numbered by the week. A pass has a random place in it.
2. A place is 1 when a till offline must not take its pass: it was withdrawn or spent, or the balance no
   longer covers its offline limit. Nothing says which of these, or whose pass it is.
3. A list lives as long as its passes: three weeks from the Monday of its own week.
4. A signed list is made anew at most once a minute, and each till may keep it for ten.
"""

from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q

from wallet.custody import custody
from wallet.models import IssuedPass
from wallet.protocol import pass_, statuslist

PLACES = 1 << 20
TTL_SECONDS = 600
EXPIRES_SECONDS = 172_800
MADE_ANEW_SECONDS = 60
LIVES_WEEKS = 3
_FIRST_MONDAY = 4 * pass_.DAY


def number_of(now: datetime) -> int:
    """The list of the passes that are issued at `now`."""
    return (pass_.week_start(int(now.timestamp())) - _FIRST_MONDAY) // pass_.WEEK


def uri(number: int) -> str:
    """Where a list stands; also what it calls itself."""
    return f"{settings.ISSUER}/status/{number}"


def living(now: datetime) -> list[int]:
    """The lists whose passes may still be presented at `now`."""
    newest = number_of(now)
    return list(range(newest - LIVES_WEEKS + 1, newest + 1))


def token(muni: int, number: int, now: datetime) -> str | None:
    """The signed list; None when there is no such list at `now`."""
    if number not in living(now):
        return None
    key = f"status:{muni}:{number}:{int(now.timestamp()) // MADE_ANEW_SECONDS}"
    return str(cache.get_or_set(key, lambda: _make(muni, number, now), MADE_ANEW_SECONDS))


def _make(muni: int, number: int, now: datetime) -> str:
    made = int(now.timestamp())
    new = statuslist.StatusList(
        uri(number), made, made + EXPIRES_SECONDS, TTL_SECONDS, statuslist.fill(PLACES, _ended(muni, number))
    )
    return statuslist.write(new, custody().status_key.private)


def _ended(muni: int, number: int) -> list[int]:
    ended = Q(revoked_at__isnull=False) | Q(online_only_at__isnull=False)
    ended |= Q(once=True, redemptions__once=True)
    passes = IssuedPass.objects.filter(ended, muni_id=muni, list_number=number)
    return list(passes.values_list("list_index", flat=True).distinct())


def expires(issued: datetime, ends: int) -> datetime:
    """When a pass made at `issued` ends: 21 days after its Monday, or with its programme (epoch seconds)."""
    week = pass_.week_start(int(issued.timestamp()))
    last_day = -(-ends // pass_.DAY) * pass_.DAY
    return datetime.fromtimestamp(min(week + LIVES_WEEKS * pass_.WEEK, last_day), UTC)
