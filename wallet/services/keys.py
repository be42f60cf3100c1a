"""The issuer's keys: when one comes, when it signs, when it goes, and what is done when it was stolen.

1. A key of passes signs for 90 days, any other for a year. A signed card lives for a year at most.
2. It is published at least eight days before its first use: longer than a till's bundle lives, so that no
   till meets a pass by a key that it never heard of.
3. It is published until the last thing that it signed is over, and kept eight days more: a till that was
   offline may hand in a payment late.
4. Tills pin two bundle keys, and each bundle says which. After a year the next takes over, and a new next is
   made: a till that was away for less than that year still knows one of them.
5. A stolen key leaves the JWK set at once, is named in every bundle, and another signs in its place. Passes
   that it signed are withdrawn, so phones ask for new ones; signed cards too: they are printed anew.
6. What comes and goes stands in the public log.

All of this may run twice, also at once. Spec 02.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from wallet.custody import DAY, PERIOD_DAYS, SHORT, Custody, HeldKey, custody, key_store
from wallet.models import IssuedPass, SignedCard
from wallet.protocol import pass_
from wallet.protocol.keyring import USES
from wallet.protocol.signing import header
from wallet.protocol.strict import b64, compact
from wallet.services import announce, status

AHEAD_DAYS = 9  # of which the first has begun: eight whole ones
PLANNED_DAYS = 12  # a new key is made so long before the old one stops; a missed day does no harm
KEPT_DAYS = 8  # after the last thing that it signed


class UnknownKeyError(LookupError):
    """No key of the issuer has this kid."""


@dataclass(frozen=True)
class Stolen:
    """What was done about a stolen key: its use, and how many passes were withdrawn."""

    use: str
    passes: int


@dataclass(frozen=True)
class Standing:
    """A key as an operator sees it. `state` is signs, comes, verifies, next, stolen or gone.

    `day` says since when; for `verifies`, until when there can be something that it signed.
    """

    use: str
    kid: str
    state: str
    day: date


def standing(now: datetime) -> Iterator[Standing]:
    """Every key, use by use."""
    known, at = custody(), now.timestamp()
    until = {key.kid: key.exp for key in known.public}
    for key in known.held:
        yield _standing(known, key, until.get(key.kid, 0), at)
    for gone in known.gone:
        yield Standing(gone.use, gone.kid, "stolen" if gone.stolen else "gone", _day(gone.at))


def _standing(known: Custody, key: HeldKey, until: int, at: float) -> Standing:
    if key.use == "bundle-next":
        return Standing("bundle", key.kid, "next", _day(key.since))
    if key == (known.bundle_key if key.use == "bundle" else known.signing(key.use, at)):
        return Standing(key.use, key.kid, "signs", _day(key.since))
    if key.since > at:
        return Standing(key.use, key.kid, "comes", _day(key.since))
    return Standing(key.use, key.kid, "verifies", _day(until))


def rotate(now: datetime, *, early: bool = False) -> None:
    """Do what is due at `now`; with `early`, plan the next key of each published use, whatever is due."""
    for use in USES:
        _plan(use, now, early=early)
        _put_away(use, now)
    if now.timestamp() >= custody().bundle_key.since + PERIOD_DAYS["bundle"] * DAY:
        promote_bundle(now)


def _plan(use: str, now: datetime, *, early: bool) -> None:
    """Publish the key that comes next, when it is time."""
    newest = custody().of(use)[-1]
    if newest.since > now.timestamp():
        return
    due = newest.since + PERIOD_DAYS[use] * DAY
    soonest = _day(now.timestamp()) + timedelta(days=AHEAD_DAYS)
    if early or now.timestamp() >= due - PLANNED_DAYS * DAY:
        key_store().add(use, soonest if early else max(_day(due), soonest))


def _put_away(use: str, now: datetime) -> None:
    """Keep no key whose last signature is of no use to anyone."""
    known, at = custody(), now.timestamp()
    signs = known.signing(use, at)
    for key in known.public:
        over = key.exp + KEPT_DAYS * DAY <= at
        if key.vp_use == use and key.nbf < signs.since and over:
            key_store().drop(key.kid, int(at), stolen=False)


def promote_bundle(now: datetime) -> None:
    """Let the next bundle key sign, and make another next one. The old one is gone at once."""
    old, following = custody().bundle_keys
    key_store().move(following.kid, "bundle", _day(now.timestamp()))
    key_store().drop(old.kid, int(now.timestamp()), stolen=False)


def compromise(kid: str, muni: int, now: datetime) -> Stolen:
    """Withdraw a stolen key and put another in its place. What was done half is done whole by a second call.

    Raises UnknownKeyError.
    """
    known = custody()
    stolen = next((key for key in known.gone if key.kid == kid and key.stolen), None)
    use = stolen.use if stolen else next((key.use for key in known.held if key.kid == kid), None)
    if use is None:
        raise UnknownKeyError(kid)
    if stolen is None:
        _replace(use, kid, now)
        key_store().drop(kid, int(now.timestamp()), stolen=True)
    passes = _withdraw_passes(use, kid, muni, now) if use in SHORT else 0
    if use in (*SHORT, "status"):
        status.publish(muni, now)
    announce.announce(muni, now)
    return Stolen(use, passes)


def _replace(use: str, kid: str, now: datetime) -> None:
    """See to it that another key signs from this very day on, before this one goes."""
    known, today = custody(), _day(now.timestamp())
    if use == "bundle":
        key_store().move(known.bundle_keys[1].kid, "bundle", today)
    elif use in USES and known.signing(use, now.timestamp()).kid == kid:
        # One that is published already is in the bundles of tills.
        coming = [key for key in known.of(use) if key.since > now.timestamp() and key.kid != kid]
        if coming:
            key_store().move(coming[0].kid, use, today)
        else:
            key_store().add(use, today, besides=kid)


def _withdraw_passes(use: str, kid: str, muni: int, now: datetime) -> int:
    """A pass says in its first part who signed it; that of a signed card too."""
    signed_by = b64(compact(header(pass_.TYP, kid))) + "."
    living = {"muni": muni, "token__startswith": signed_by, "expires_at__gt": now, "revoked_at": None}
    if use == "card":
        return SignedCard.objects.filter(**living).update(revoked_at=now)
    return IssuedPass.objects.filter(**living).update(revoked_at=now)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()
