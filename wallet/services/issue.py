"""Issuing passes. The rules, in order:

1. The phone is not blocked meanwhile; it reaches the voucher, which is not on hold, and its programme runs.
2. Each pass has a key of its own, shown by a proof and never used before.
3. The offline limits of a voucher's living passes never add up to more than its balance; each is one of a few
   round amounts and at most the programme's floor, so that a limit points at nobody. Each phone that reaches
   the voucher has an equal share of the balance, in whole smallest limits, that no other takes; what is left
   over is for who asks. On a helper's phone they stay within the mandate as well.
4. Every pass of a week starts on its Monday and has a random place in that week's status list.
5. With `reserve`, the last pass may be spent more than once, online only.
6. A voucher whose passes were spent twice in two sales of the last 90 days gets passes that are good online
   only: what can be lost stays bounded, and it goes on paying.
7. A phone holds a few dozen living passes of a voucher at most.

Spec 02.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum

from ledger import api as books
from wallet.custody import custody
from wallet.models import Case, Device, IssuedPass, Redemption, Voucher
from wallet.protocol import keyproof, pass_
from wallet.protocol.pass_ import Pass
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import PublicKey
from wallet.protocol.strict import b64
from wallet.services import catalogue, helpers, nonces, reach, status

BUCKETS = {"EUR": (1500, 1000, 500), "TKT": (3, 2, 1)}  # units, largest first
LIVING_AT_MOST = 40
CASES_AT_MOST, CASES_DAYS = 2, 90


@transaction.atomic
def issue_passes(
    *, device: Device, voucher: UUID, proofs: Sequence[str], reserve: bool, now: datetime
) -> list[str]:
    """Answer one pass for each proof, in their order; with `reserve` the last is the reserve pass.

    Raises Refused: unknown_voucher, voucher_suspended, voucher_not_started, voucher_ended, bad_proof,
    use_dpop_nonce or rate_limited.
    """
    keys = _new_keys(proofs, now)
    _hold_still(device)
    given = _reached_voucher(device, voucher, now)
    room = LIVING_AT_MOST - living(given, now).filter(device=device).count()
    if len(keys) > room:
        raise Refused(Code.RATE_LIMITED)
    ordinary = len(keys) - reserve
    limits = _limits(given, device, ordinary, now) + [0] * reserve
    places = _places(given.muni_id, status.number_of(now), len(keys))
    issued = [
        _issue(given, device, key, limit, place, now, once=nth < ordinary)
        for nth, (key, limit, place) in enumerate(zip(keys, limits, places, strict=True))
    ]
    IssuedPass.objects.bulk_create(issued)
    return [one.token for one in issued]


def living(voucher: Voucher, now: datetime) -> QuerySet[IssuedPass]:
    """The passes of a voucher that can still be spent, also without a connection."""
    return spendable(voucher.passes.all(), now)


def spendable(passes: QuerySet[IssuedPass], now: datetime) -> QuerySet[IssuedPass]:
    """Those of these passes that can still be spent, also without a connection."""
    spent = Exists(Redemption.objects.filter(issued_pass=OuterRef("pk"), once=True))
    return passes.filter(~spent, revoked_at=None, online_only_at=None, expires_at__gt=now)


def _new_keys(proofs: Sequence[str], now: datetime) -> list[PublicKey]:
    fresh = nonces.checker(now)
    keys = [keyproof.check(proof, settings.ISSUER, fresh) for proof in proofs]
    names = {key.thumbprint for key in keys}
    if len(names) != len(keys) or IssuedPass.objects.filter(holder_key__in=names).exists():
        raise Refused(Code.BAD_PROOF)
    return keys


def _hold_still(device: Device) -> None:
    """Whoever blocks this phone waits for its new passes, to take them back too. Raises Refused."""
    held = Device.objects.select_for_update(no_key=True).filter(pk=device.pk, revoked_at=None)
    if not held.values_list("pk", flat=True):
        raise Refused(Code.WALLET_AUTH_FAILED)


def _reached_voucher(device: Device, voucher: UUID, now: datetime) -> Voucher:
    found = reach.of(device, now).filter(pk=voucher).select_related("programme", "holder").first()
    if found is None:
        raise Refused(Code.UNKNOWN_VOUCHER)
    if found.suspended_at:
        raise Refused(Code.VOUCHER_SUSPENDED)
    starts, ends = catalogue.period(found.programme)
    if now.timestamp() < starts:
        raise Refused(Code.VOUCHER_NOT_STARTED, starts=starts)
    if now.timestamp() >= ends:
        raise Refused(Code.VOUCHER_ENDED, ended=ends)
    return found


def _limits(voucher: Voucher, device: Device, count: int, now: datetime) -> list[int]:
    """Offline limits in units for `count` new passes, the largest first."""
    if _spent_twice(voucher, now):
        return [0] * count
    programme, helper = voucher.programme, device.helper
    floor, promise = programme.floor, None
    if helper:  # its row before the pot's, as a payment does
        floor = min(floor, helper.per_purchase // programme.unit_cents)
        promise = helpers.left_to_promise(helper, now) // programme.unit_cents
    balance = books.held_balances([voucher.pot])[voucher.pot] // programme.unit_cents
    left = _left_to_carry(voucher, device, balance, now)
    left = left if promise is None else min(left, promise)
    limits = []
    for _ in range(count):
        most = min(left, floor)
        limits.append(next((bucket for bucket in BUCKETS[programme.currency] if bucket <= most), 0))
        left -= limits[-1]
    return limits


def _left_to_carry(voucher: Voucher, device: Device, balance: int, now: datetime) -> int:
    """Units that new passes on this phone may carry: neither promised before nor another phone's share."""
    carried = dict(living(voucher, now).values_list("device").annotate(sum=Sum("ofl")))
    programme, phones = voucher.programme, reach.phones(voucher, now)
    share, least = balance // len(phones.keys() | {device.pk}), BUCKETS[programme.currency][-1]
    kept = 0
    for phone, month in phones.items():
        most = share if month is None else min(share, month // programme.unit_cents)
        if phone != device.pk:
            kept += max(most // least * least - carried.get(phone, 0), 0)
    return balance - sum(carried.values()) - kept


def _spent_twice(voucher: Voucher, now: datetime) -> bool:
    since = now - timedelta(days=CASES_DAYS)
    cases = Case.objects.filter(voucher=voucher, code="double_spend", opened_at__gt=since)
    return cases.count() >= CASES_AT_MOST


def _places(muni: int, number: int, count: int) -> list[int]:
    """Random free places in a status list."""
    found: set[int] = set()
    while len(found) < count:
        drawn = {secrets.randbelow(status.PLACES) for _ in range(count - len(found))}
        taken = IssuedPass.objects.filter(muni_id=muni, list_number=number, list_index__in=drawn)
        found |= drawn - set(taken.values_list("list_index", flat=True))
    return list(found)


def _issue(
    voucher: Voucher,
    device: Device,
    key: PublicKey,
    ofl: int,
    place: int,
    now: datetime,
    *,
    once: bool,
) -> IssuedPass:
    signer = custody().signing("pass", now.timestamp())
    expires = status.expires(now, catalogue.period(voucher.programme)[1])
    new = Pass(
        iss=settings.ISSUER,
        kid=signer.kid,
        iat=pass_.week_start(int(now.timestamp())),
        exp=int(expires.timestamp()),
        jti=b64(secrets.token_bytes(pass_.JTI_BYTES)),
        holder=key.jwk,
        list_no=status.number_of(now),
        idx=place,
        prg=voucher.programme.number,
        ofl=ofl,
        once=once,
    )
    return IssuedPass(
        jti=new.jti,
        muni_id=voucher.muni_id,
        voucher=voucher,
        device=device,
        holder_key=key.thumbprint,
        token=pass_.issue(new, signer.private),
        list_number=new.list_no,
        list_index=place,
        ofl=ofl,
        once=once,
        issued_at=now.astimezone(UTC),
        expires_at=expires,
    )
