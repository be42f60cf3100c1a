"""DPoP proofs (RFC 9449): each call of a phone or till is signed by its own key.

1. Header {alg, jwk, typ: dpop+jwt}; claims jti, htm, htu, iat and, but for the very first call, nonce.
2. htm and htu are the method and the URL (without query) of this very call.
3. Freshness rests on the server's nonce, never on the clock of the phone: iat is not judged.
4. The caller remembers each (thumbprint, jti) while its nonce lives, and refuses a second use.

Spec 04.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import (
    BadSignature,
    Header,
    Jwk,
    PrivateKey,
    PublicKey,
    header,
    peek,
    sign,
    verify,
)
from wallet.protocol.strict import U32, Claims, Malformed, Shape, expect, text, whole

TYP = "dpop+jwt"

_SHAPE: Shape = {"jti": text(16, 64), "htm": text(3, 7), "htu": text(1, 512), "iat": whole(0, U32)}
_NONCE: Shape = {"nonce": text(1, 256)}


@dataclass(frozen=True, slots=True)
class Proof:
    """A checked proof: whose key it is (`jwk`, RFC 7638 `thumbprint`) and the number of this call (`jti`)."""

    jwk: Jwk
    thumbprint: str
    jti: str
    nonce: str


def write(key: PrivateKey, jti: str, method: str, url: str, iat: int, nonce: str | None = None) -> str:
    """Make a proof for one call, as a phone or till does."""
    claims: Claims = {"jti": jti, "htm": method, "htu": url, "iat": iat}
    return sign(claims if nonce is None else {**claims, "nonce": nonce}, key, _header(key.public))


def check(token: str, method: str, url: str, nonce_ok: Callable[[str], bool], failure: Code) -> Proof:
    """Check the proof of one call; `nonce_ok` says whether a nonce is one of ours and still fresh.

    Raises Refused with `failure` (wallet_auth_failed or till_auth_failed), or use_dpop_nonce when all is
    right but the nonce is missing or old.
    """
    try:
        key, claims = _verified(token)
    except (Malformed, BadSignature) as error:
        raise Refused(failure) from error
    if claims["htm"] != method or claims["htu"] != url:
        raise Refused(failure)
    nonce = claims.get("nonce")
    if nonce is None or not nonce_ok(nonce):
        raise Refused(Code.USE_DPOP_NONCE)
    return Proof(key.jwk, key.thumbprint, claims["jti"], nonce)


def _verified(token: str) -> tuple[PublicKey, Claims]:
    found, _ = peek(token)
    key = PublicKey.from_jwk(found.get("jwk"))
    claims = verify(token, key, _header(key))
    expect(claims, {**_SHAPE, **(_NONCE if "nonce" in claims else {})}, in_order=False)
    return key, claims


def _header(key: PublicKey) -> Header:
    return {**header(TYP), "jwk": key.jwk}
