"""Letting phones and tills in. The rules, in order:

1. A code comes from the desk, works for seven days and binds one key, once. A new code ends the one before.
2. The key is a public P-256 key that nobody used before; its owner signs the call with it (DPoP).
3. A holder has one phone, and so has each helper: enrolling another revokes the one before and its passes.
4. A phone's code lets a second key in within a quarter of an hour, in the place of the first: what a browser
   keeps is not there for the app that it puts on the home screen.
5. A till has one key: enrolling again replaces it and starts a new chain of records.
6. The same key with the same code again is a retry after a lost answer, and gets that answer.

Any other code that is wrong, used or too old is `unknown_code`, so that a guess learns nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from wallet.custody import custody
from wallet.models import ActivationCode, BlockCode, Device, Helper, Holder, IssuedPass, Till, TillCode
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import BadKey, Jwk, PublicKey
from wallet.protocol.strict import b64
from wallet.services import bundle, catalogue, codes, reach

T = TypeVar("T", ActivationCode, TillCode)
U = TypeVar("U", Device, Till)
AGAIN_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a till gets to begin with. `bundle_keys` are pinned: they sign every later bundle."""

    till: Till
    bundle: str
    bundle_keys: list[Jwk]


@transaction.atomic
def make_activation_code(holder: Holder, now: datetime, helper: Helper | None = None) -> str:
    """Make a code for a holder's phone, or its helper's, in two blocks. The older ones stop working."""
    end_codes(holder, helper, now)
    return _make(ActivationCode, now, holder=holder, helper=helper)


def end_codes(holder: Holder, helper: Helper | None, now: datetime) -> None:
    """No code that was given out before lets a phone in any more."""
    holder.codes.filter(helper=helper, expires_at__gt=now).update(expires_at=now)


@transaction.atomic
def make_block_code(holder: Holder, now: datetime, helper: Helper | None = None) -> str:
    """Make the code that blocks this phone, in two blocks. The one before stops working."""
    holder.block_codes.filter(helper=helper, used_at=None, ended_at=None).update(ended_at=now)
    code = codes.draw()
    BlockCode.objects.create(digest=codes.digest(code), holder=holder, helper=helper, made_at=now)
    return code


@transaction.atomic
def make_till_code(till: Till, now: datetime) -> str:
    """Make a code for a till, in two blocks. Older codes of this till stop working."""
    till.codes.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    return _make(TillCode, now, till=till)


def _make(kind: type[ActivationCode] | type[TillCode], now: datetime, **whose: Any) -> str:
    code = codes.draw()
    until = now + timedelta(days=codes.LIFE_DAYS)
    kind.objects.create(digest=codes.digest(code), made_at=now, expires_at=until, **whose)
    return code


@transaction.atomic
def enrol_device(*, code: str, jwk: object, thumbprint: str, now: datetime) -> Device:
    """Bind a phone's key to the holder of `code`. `thumbprint` is the key that signed the call.

    Raises Refused: bad_proof (the key is not right or not new) or unknown_code.
    """
    key = _proven(jwk, thumbprint)
    known = Device.objects.filter(thumbprint=thumbprint).first()
    if known:
        return _again(known, known.revoked_at is None and _was_used(known.codes, code))
    used = _use(ActivationCode, code, now)
    if used.helper and reach.is_over(used.helper, now):
        raise Refused(Code.UNKNOWN_CODE)
    holder = hold_still(used.holder_id)
    revoke_all(holder.devices.filter(helper=used.helper_id), now)
    device = Device.objects.create(
        muni_id=holder.muni_id,
        holder=holder,
        helper=used.helper,
        thumbprint=thumbprint,
        jwk=key.jwk,
        enrolled_at=now,
    )
    ActivationCode.objects.filter(pk=used.pk).update(device=device)
    return device


def hold_still(holder: UUID) -> Holder:
    """In a transaction: no phone of this holder comes in or is blocked before its end."""
    return Holder.objects.select_for_update(no_key=True).get(pk=holder)


def revoke_all(devices: QuerySet[Device], now: datetime) -> None:
    """Take back the right of these phones to call, and every pass on them.

    The phones first: a refill holds its phone's row, so its passes are there to be taken back, or never come.
    """
    known = list(devices.select_for_update(no_key=True).values_list("pk", flat=True))
    Device.objects.filter(pk__in=known, revoked_at=None).update(revoked_at=now)
    IssuedPass.objects.filter(device__in=known, revoked_at=None, expires_at__gt=now).update(revoked_at=now)


@transaction.atomic
def enrol_till(*, code: str, jwk: object, thumbprint: str, name: str, now: datetime) -> Welcome:
    """Bind a tablet's key to the till of `code`; `name`, if any, is what the shop calls it.

    Raises Refused: bad_proof, unknown_code or till_suspended.
    """
    key = _proven(jwk, thumbprint)
    known = Till.objects.filter(thumbprint=thumbprint).first()
    if known:
        return _welcome(_again(known, _was_used(known.codes, code)), now)
    till = _use(TillCode, code, now).till
    till.thumbprint, till.jwk = thumbprint, dict(key.jwk)
    till.enrol_nonce, till.enrolled_at = b64(secrets.token_bytes(16)), now
    till.chain, till.acked_seq = till.chain + 1, 0
    till.name = name or till.name
    till.save()
    catalogue.changed(till.muni_id)
    return _welcome(till, now)


def _welcome(till: Till, now: datetime) -> Welcome:
    if till.suspended_at or till.branch.merchant.suspended_at:
        raise Refused(Code.TILL_SUSPENDED)
    return Welcome(till, bundle.make_bundle(till, now), custody().bundle_pins)


def _was_used(of: Any, code: str) -> bool:
    """Say whether `code` is the last one that let this phone or till in."""
    last = of.exclude(used_at=None).order_by("-used_at").first()
    return last is not None and bytes(last.digest) == codes.digest(code)


def _again(known: U, same: bool) -> U:
    """The one that is in already, if the call is the one that let it in. Raises Refused(bad_proof)."""
    if not same:
        raise Refused(Code.BAD_PROOF)
    return known


def _proven(jwk: object, thumbprint: str) -> PublicKey:
    try:
        key = PublicKey.from_jwk(jwk)
    except BadKey as error:
        raise Refused(Code.BAD_PROOF) from error
    if key.thumbprint != thumbprint:
        raise Refused(Code.BAD_PROOF)
    return key


def _use(kind: type[T], code: str, now: datetime) -> T:
    """Use up a code: of two calls at once, one gets it. Raises Refused(unknown_code)."""
    digest = codes.digest(code)
    living = kind.objects.filter(digest=digest, expires_at__gt=now)
    if digest is None or not (living.filter(used_at=None).update(used_at=now) or _use_again(digest, now)):
        raise Refused(Code.UNKNOWN_CODE)
    return kind.objects.get(digest=digest)


def _use_again(digest: bytes, now: datetime) -> int:
    """A phone's code, shortly after its first use and once only. How many were used: 1 or 0."""
    lately = ActivationCode.objects.filter(digest=digest, expires_at__gt=now, used_at__gt=now - AGAIN_WITHIN)
    return lately.filter(again_at=None).update(again_at=now)
