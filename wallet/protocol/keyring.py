"""The issuer's public keys, and what each may sign.

1. A key signs one thing: `vp_use` must fit the type of the token, or the key counts as unknown.
2. A withdrawn key is named as such: `key_compromised`, not `unknown_key`.

The JWK set of `GET /.well-known/jwks.json` and the key list in a till's bundle are this list. Spec 02.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import BadKey, PublicKey
from wallet.protocol.strict import U32, Malformed, exactly, expect, text, whole

USES = ("pass", "status", "receipt", "card")

_SHAPE = {
    "kty": exactly("EC"),
    "crv": exactly("P-256"),
    "x": text(43, 43),
    "y": text(43, 43),
    "kid": text(4, 43),
    "use": exactly("sig"),
    "alg": exactly("ES256"),
    "vp_use": lambda value: value in USES,
    "nbf": whole(0, U32),
    "exp": whole(0, U32),
}


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key of an issuer: `iss` is its URL, `nbf` and `exp` epoch seconds, `bad` means withdrawn."""

    kid: str
    iss: str
    vp_use: str
    public: PublicKey
    nbf: int
    exp: int
    bad: bool = False

    def jwk(self) -> dict[str, Any]:
        """Write the key as it stands in the JWK set."""
        point = self.public.jwk
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": point["x"],
            "y": point["y"],
            "kid": self.kid,
            "use": "sig",
            "alg": "ES256",
            "vp_use": self.vp_use,
            "nbf": self.nbf,
            "exp": self.exp,
        }


Keyring = Mapping[str, IssuerKey]


def keyring(keys: Iterable[IssuerKey], bad_kids: Iterable[str] = ()) -> Keyring:
    """Arrange keys by kid and mark the withdrawn ones. Raises BadKey when a kid occurs twice."""
    bad = frozenset(bad_kids)
    listed = list(keys)
    ring = {key.kid: replace(key, bad=key.bad or key.kid in bad) for key in listed}
    if len(ring) != len(listed):
        raise BadKey("two keys have the same kid")
    return ring


def to_jwks(keys: Iterable[IssuerKey]) -> dict[str, Any]:
    """Write a JWK set (RFC 7517 §5)."""
    return {"keys": [key.jwk() for key in keys]}


def from_jwks(jwks: Mapping[str, Any], iss: str, bad_kids: Iterable[str] = ()) -> Keyring:
    """Read the JWK set of issuer `iss`. Raises BadKey."""
    try:
        return keyring((_read(jwk, iss) for jwk in jwks["keys"]), bad_kids)
    except (KeyError, TypeError, Malformed) as error:
        raise BadKey("not a JWK set of this protocol") from error


def _read(jwk: dict[str, Any], iss: str) -> IssuerKey:
    expect(jwk, _SHAPE)
    public = PublicKey.from_jwk({name: jwk[name] for name in ("crv", "kty", "x", "y")})
    return IssuerKey(jwk["kid"], iss, jwk["vp_use"], public, jwk["nbf"], jwk["exp"])


def find(ring: Keyring, kid: object, vp_use: str) -> IssuerKey:
    """Find the key that may sign this kind of token. Raises Refused(unknown_key or key_compromised)."""
    key = ring.get(kid) if isinstance(kid, str) else None
    if key is None or key.vp_use != vp_use:
        raise Refused(Code.UNKNOWN_KEY)
    if key.bad:
        raise Refused(Code.KEY_COMPROMISED)
    return key
