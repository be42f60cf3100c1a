"""ES256 (RFC 7518 §3.4) in one place: the only file here that imports `jwt` or `cryptography`.

1. One algorithm, ES256. The header is compared as an exact dict, so no token chooses how it is checked.
2. Signatures are deterministic (RFC 6979): the same claims and key give the same bytes, on a retry too.
3. A public JWK has exactly crv, kty, x and y, and lies on P-256. All else, also a private one, is `BadKey`.
4. A token is ASCII, three segments of canonical base64url, canonical JSON inside, and at most 4 kB.
5. Both (r, s) and (r, n-s) verify: uniqueness rests on `jti`, never on the text of a token.
6. There is no clock here: who reads a token checks its times with its own `now`.

PyJWT leaves 1, 3 and the JSON half of 4 to its callers; they are closed here and nowhere else. Spec 02.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TypedDict

import jwt
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from jwt.algorithms import ECAlgorithm
from jwt.utils import der_to_raw_signature

from wallet.protocol.strict import Claims, Malformed, b64, compact, read_json, unb64

MAX_TOKEN_BYTES = 4096
SIGNATURE_BYTES = 64
POINT_BYTES = 33

Header = dict[str, object]


class Jwk(TypedDict):
    """A public P-256 key (RFC 7517), members in this order; x and y are base64url of 32 bytes."""

    crv: str
    kty: str
    x: str
    y: str


class BadKey(Malformed):
    """The key is not a public P-256 key written as this protocol does."""


class BadSignature(ValueError):  # noqa: N818 - it names what was found, as all refusals do
    """The token reads well, but this key did not sign it."""


class DeterministicES256(ECAlgorithm):
    """PyJWT's ES256 with the nonce of RFC 6979, so that signing twice gives the same bytes."""

    def sign(self, msg: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
        """Sign `msg`; answers r‖s, 64 bytes."""
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("only cryptography's private keys sign")
        return der_to_raw_signature(key.sign(msg, _SIGN), key.curve)


_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_VERIFY = ec.ECDSA(hashes.SHA256())
_SIGN = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_ES256 = DeterministicES256(ECAlgorithm.SHA256, ec.SECP256R1)
_JWS = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm("ES256", _ES256)


class PublicKey:
    """A public P-256 key, loaded once."""

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        self._key = key

    @classmethod
    def from_jwk(cls, jwk: object) -> PublicKey:
        """Read a JWK of exactly {crv, kty, x, y}, in any order. Raises BadKey."""
        if not isinstance(jwk, dict) or jwk.keys() != {"crv", "kty", "x", "y"}:
            raise BadKey("a public JWK has exactly crv, kty, x and y")
        if jwk["crv"] != "P-256" or jwk["kty"] != "EC":
            raise BadKey("not a P-256 key")
        try:
            return cls._from_point(b"\x04" + unb64(jwk["x"], 32) + unb64(jwk["y"], 32))
        except BadKey:
            raise
        except Malformed as error:
            raise BadKey("x and y are base64url of 32 bytes") from error

    @classmethod
    def from_compressed(cls, point: bytes) -> PublicKey:
        """Read a compressed point of 33 bytes (SEC 1 §2.3.4). Raises BadKey."""
        if len(point) != POINT_BYTES or point[0] not in (2, 3):
            raise BadKey("not a compressed point")
        return cls._from_point(point)

    @classmethod
    def _from_point(cls, point: bytes) -> PublicKey:
        try:
            return cls(ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point))
        except ValueError as error:
            raise BadKey("the point is not on P-256") from error

    @cached_property
    def jwk(self) -> Jwk:
        """The key as a JWK, members in alphabetical order."""
        point = self._encode(serialization.PublicFormat.UncompressedPoint)
        return {"crv": "P-256", "kty": "EC", "x": b64(point[1:33]), "y": b64(point[33:])}

    @cached_property
    def compressed(self) -> bytes:
        """The key as a compressed point, 33 bytes."""
        return self._encode(serialization.PublicFormat.CompressedPoint)

    @cached_property
    def thumbprint(self) -> str:
        """The RFC 7638 thumbprint, base64url of SHA-256: the kid of every key but a pass key."""
        return b64(self._digest())

    @property
    def short_kid(self) -> str:
        """The kid of a pass key: the first 3 bytes of the thumbprint as 4 characters."""
        return b64(self._digest()[:3])

    def _digest(self) -> bytes:
        return hashlib.sha256(compact(self.jwk)).digest()

    def _encode(self, form: serialization.PublicFormat) -> bytes:
        return self._key.public_bytes(serialization.Encoding.X962, form)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Say whether this key made the 64-byte `signature` (r‖s) over `message`.

        Not by PyJWT, which spends a tenth on turning the two numbers into text and back.
        """
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), message, _VERIFY)
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """A private P-256 key, loaded once. It has no repr of its own: nothing prints it by accident."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        if not isinstance(key.curve, ec.SECP256R1):
            raise BadKey("not a P-256 key")
        self._key = key

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new key."""
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def from_pem(cls, pem: bytes) -> PrivateKey:
        """Read an unencrypted PKCS #8 PEM. Raises BadKey."""
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise BadKey("not a private key in PEM") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise BadKey("not a P-256 key")
        return cls(key)

    @classmethod
    def from_scalar(cls, scalar: int) -> PrivateKey:
        """Make the key of a known secret number: for published test vectors only."""
        return cls(ec.derive_private_key(scalar, _CURVE))

    def pem(self) -> bytes:
        """Write the key as an unencrypted PKCS #8 PEM."""
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._key.private_bytes(encoding, form, serialization.NoEncryption())

    @cached_property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self._key.public_key())


Choose = Callable[[Header, Claims], tuple[PublicKey, Header]]


def sign(claims: Claims, key: PrivateKey, header: Header) -> str:
    """Sign claims as a compact JWS. Claims keep their order; header members are sorted (alg, …, typ)."""
    return _JWS.encode(compact(claims), key._key, "ES256", headers=dict(header), sort_headers=True)


def verify(token: str, key: PublicKey, header: Header, max_bytes: int = MAX_TOKEN_BYTES) -> Claims:
    """Check header and signature and answer the claims, whose members the caller still has to check.

    `header` is what the token's header must equal. Raises Malformed (text, header) or BadSignature.
    """
    return verify_by(token, lambda found, claims: (key, header), max_bytes)[1]


def verify_by(token: str, choose: Choose, max_bytes: int = MAX_TOKEN_BYTES) -> tuple[Header, Claims]:
    """Check a token whose key stands in its header or claims, and answer both.

    `choose` looks at the still unchecked header and claims and answers the key and the exact header that
    this key may have signed under. Raises what `choose` raises, Malformed or BadSignature.
    """
    found, claims = peek(token, max_bytes)
    key, wanted = choose(found, claims)
    if found != wanted:
        raise Malformed("not the header of this kind of token")
    message, _, signature = token.rpartition(".")
    if not key.verifies(message.encode("ascii"), unb64(signature)):
        raise BadSignature("this key did not sign the token")
    return found, claims


def peek(token: str, max_bytes: int = MAX_TOKEN_BYTES) -> tuple[Header, Claims]:
    """Read header and claims without checking the signature: only to find the key. Raises Malformed."""
    if not isinstance(token, str) or len(token) > max_bytes or not token.isascii():
        raise Malformed("not a token of this protocol")
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed("a token has three segments")
    return _read_header(parts[0]), read_json(unb64(parts[1]))


@lru_cache(maxsize=1024)
def _read_header(segment: str) -> Header:
    """A till, a key and a kind of token write the same header each time. Nobody changes what this answers."""
    return read_json(unb64(segment))


def join(claims: Claims, header: Header, signature: bytes) -> str:
    """Write the token that `sign` would have written, around a signature that is already there."""
    head = compact({name: header[name] for name in sorted(header)})
    return f"{b64(head)}.{b64(compact(claims))}.{b64(signature)}"


def check_signature(signature: bytes) -> bytes:
    """Answer a 64-byte signature whose r and s are in range (FIPS 186-5 §6.4.2). Raises Malformed."""
    halves = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    if len(signature) != SIGNATURE_BYTES or not all(0 < half < _ORDER for half in halves):
        raise Malformed("not an ES256 signature")
    return signature


def header(typ: str, kid: str | None = None) -> Header:
    """Make the exact header of a token type: {alg, typ} or {alg, kid, typ}."""
    return {"alg": "ES256", "typ": typ} if kid is None else {"alg": "ES256", "kid": kid, "typ": typ}


def sha256(data: bytes) -> str:
    """Write the SHA-256 of `data` as base64url (43 characters)."""
    return b64(hashlib.sha256(data).digest())


__all__ = [
    "BadKey",
    "BadSignature",
    "Header",
    "Jwk",
    "PrivateKey",
    "PublicKey",
    "check_signature",
    "header",
    "join",
    "peek",
    "sha256",
    "sign",
    "verify",
    "verify_by",
]
