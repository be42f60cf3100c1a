"""Key proofs (`openid4vci-proof+jwt`, OpenID4VCI 1.0 appendix F.1): the phone shows that it holds a key.

1. Header {alg, jwk, typ}; claims aud, iat, nonce. aud is the issuer's URL, nonce came from the server.
2. Each new pass needs one; the key in it becomes the holder key of that pass and of no other.
3. As with every call, freshness rests on the nonce, not on iat.

Spec 04.
"""

from __future__ import annotations

from collections.abc import Callable

from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import BadSignature, Header, PrivateKey, PublicKey, header, peek, sign, verify
from wallet.protocol.strict import U32, Malformed, Shape, expect, text, whole

TYP = "openid4vci-proof+jwt"

_SHAPE: Shape = {"aud": text(1, 200), "iat": whole(0, U32), "nonce": text(1, 256)}


def write(key: PrivateKey, aud: str, iat: int, nonce: str) -> str:
    """Make a proof of possession, as a phone does."""
    return sign({"aud": aud, "iat": iat, "nonce": nonce}, key, _header(key.public))


def check(token: str, aud: str, nonce_ok: Callable[[str], bool]) -> PublicKey:
    """Check a proof and answer its key. Raises Refused: bad_proof, or use_dpop_nonce for an old nonce."""
    try:
        found, _ = peek(token)
        key = PublicKey.from_jwk(found.get("jwk"))
        claims = verify(token, key, _header(key))
        expect(claims, _SHAPE, in_order=False)
    except (Malformed, BadSignature) as error:
        raise Refused(Code.BAD_PROOF) from error
    if claims["aud"] != aud:
        raise Refused(Code.BAD_PROOF)
    if not nonce_ok(claims["nonce"]):
        raise Refused(Code.USE_DPOP_NONCE)
    return key


def _header(key: PublicKey) -> Header:
    return {**header(TYP), "jwk": key.jwk}
