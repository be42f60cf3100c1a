"""Who stands at the door: a phone or a till, by the key that signed this very call (DPoP, RFC 9449).

1. The proof is for this method, this URL and a nonce that we made less than five minutes ago.
2. A proof is used once: its key and jti are remembered while its nonce lives.
3. Five wrong codes from one address, or for one code, and nobody there tries again for a quarter of an hour.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request

from wallet.models import Device, Till
from wallet.protocol import dpop
from wallet.protocol.dpop import Proof
from wallet.protocol.refusals import Code, Refused
from wallet.services import codes, nonces

TRIES = 5
TRIES_SECONDS = 900


def proof(request: Request, failure: Code, now: datetime) -> Proof:
    """The checked DPoP proof of a call. Raises Refused: `failure` or use_dpop_nonce."""
    url = request.build_absolute_uri(request.path)
    token = request.META.get("HTTP_DPOP", "")
    checked = dpop.check(token, request.method or "", url, nonces.checker(now), failure)
    seen = hashlib.sha256(f"{checked.thumbprint}.{checked.jti}".encode()).hexdigest()
    if not cache.add(f"dpop:{seen}", 1, nonces.LIFE_SECONDS + 1):
        # A cache in a database that is away says "not added" as well; then nobody was here before.
        raise Refused(failure if cache.get(f"dpop:{seen}") else Code.UNAVAILABLE)
    return checked


def device(request: Request, now: datetime) -> Device:
    """The phone that calls. Raises Refused: wallet_auth_failed or use_dpop_nonce."""
    checked = proof(request, Code.WALLET_AUTH_FAILED, now)
    enrolled = Device.objects.select_related("holder", "helper")
    found = enrolled.filter(thumbprint=checked.thumbprint, revoked_at=None).first()
    if found is None:
        raise Refused(Code.WALLET_AUTH_FAILED)
    return found


def till(request: Request, now: datetime, *, stopped: bool = False) -> Till:
    """The till that calls; with `stopped` also one that is switched off.

    Raises Refused: till_auth_failed, till_suspended or use_dpop_nonce.
    """
    checked = proof(request, Code.TILL_AUTH_FAILED, now)
    found = Till.objects.select_related("branch__merchant").filter(thumbprint=checked.thumbprint).first()
    if found is None:
        raise Refused(Code.TILL_AUTH_FAILED)
    if not stopped and (found.suspended_at or found.branch.merchant.suspended_at):
        raise Refused(Code.TILL_SUSPENDED)
    return found


class Tries:
    """The tries at one-time codes that are left to one address, and for one code."""

    def __init__(self, request: Request, code: str) -> None:
        address = request.META.get(settings.CLIENT_ADDRESS, "")
        digest = codes.digest(code)
        who = [f"address:{address}", *([f"code:{digest.hex()}"] if digest else [])]
        self._keys = [f"tries:{hashlib.sha256(key.encode()).hexdigest()}" for key in who]

    def spend(self) -> None:
        """Take a try before looking at the code. Raises Refused(rate_limited) when there is none left."""
        if any(cache.get(key, 0) >= TRIES for key in self._keys):
            raise Refused(Code.RATE_LIMITED)
        for key in self._keys:
            cache.add(key, 0, TRIES_SECONDS)
            try:
                cache.incr(key)
            except ValueError:  # at this very instant a right code gave its try back
                cache.set(key, 1, TRIES_SECONDS)
            cache.touch(key, TRIES_SECONDS)  # some caches forget the time when they count

    def give_back(self) -> None:
        """The code was right: it was no guess."""
        cache.delete_many(self._keys)
