"""The presentation: `<pass>~<kb-jwt>`, an SD-JWT with key binding and no disclosures (RFC 9901).

1. The phone's proof has header {alg, typ: kb+jwt} and claims iat, aud, nonce, sd_hash, max, in this order.
2. iat is the last half minute: 30 * floor(T / 30).
3. Open: aud `vp:any`, nonce is the decimal number of that half minute. Any shop may take it.
4. Bound: aud `vp:m:<merchant>`, nonce is the 8 bytes that the shop showed. Only that shop may take it.
5. sd_hash is the SHA-256 of `<pass>~`: a proof belongs to one pass.
6. A pass without a proof is `bad_proof`, never an older format.

Whether iat is fresh and the shop the right one is `redemption.decide`'s to say. Spec 03.
"""

from __future__ import annotations

from dataclasses import dataclass

from wallet.protocol import pass_
from wallet.protocol.keyring import Keyring
from wallet.protocol.pass_ import Pass
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import BadSignature, PrivateKey, header, sha256, sign, verify
from wallet.protocol.strict import U24, U32, Claims, Malformed, encoded, expect, number, text, unb64, whole

TYP = "kb+jwt"
OPEN = "vp:any"
MERCHANT = "vp:m:"
STEP_SECONDS = 30
NONCE_BYTES = 8
STEP_MAX = U32 // STEP_SECONDS

_SHAPE = {
    "iat": whole(0, STEP_MAX * STEP_SECONDS),
    "aud": text(6, 15),
    "nonce": text(1, 11),
    "sd_hash": encoded(32),
    "max": whole(1, U24),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the phone's proof says. `max` is in the programme's units; `merchant` is None when open."""

    iat: int
    max: int
    merchant: int | None = None
    nonce: str | None = None

    @property
    def step(self) -> int:
        """The number of the half minute."""
        return self.iat // STEP_SECONDS

    @property
    def aud(self) -> str:
        """Who may take it: `vp:any` or `vp:m:<merchant>`."""
        return OPEN if self.merchant is None else f"{MERCHANT}{self.merchant}"

    def claims(self, pass_token: str) -> Claims:
        """Write the claims in their order."""
        nonce = str(self.step) if self.nonce is None else self.nonce
        return {
            "iat": self.iat,
            "aud": self.aud,
            "nonce": nonce,
            "sd_hash": sd_hash(pass_token),
            "max": self.max,
        }


@dataclass(frozen=True, slots=True)
class Presentation:
    """A presentation whose two signatures were checked. `text` is `<pass>~<kb-jwt>`."""

    text: str
    pass_: Pass
    proof: Proof


HEADER = header(TYP)


def sd_hash(pass_token: str) -> str:
    """The hash that ties a proof to its pass (RFC 9901 §4.3.1)."""
    return sha256(f"{pass_token}~".encode("ascii"))


def open_proof(now: int, most: int) -> Proof:
    """Make the proof for any shop, for at most `most` units, at `now` (epoch seconds)."""
    return Proof(now - now % STEP_SECONDS, most)


def bound_proof(now: int, amount: int, merchant: int, nonce: str) -> Proof:
    """Make the proof for one shop's question: `nonce` is base64url of the 8 bytes that the shop showed."""
    return Proof(now - now % STEP_SECONDS, amount, merchant, nonce)


def present(pass_token: str, proof: Proof, key: PrivateKey) -> str:
    """Sign a proof and join it to its pass. The phone does this; here it serves tests and the demo."""
    return f"{pass_token}~{sign(proof.claims(pass_token), key, HEADER)}"


def check(text: str, ring: Keyring) -> Presentation:
    """Check both signatures and that they belong together; dates, shop and money are judged later.

    Raises Refused: malformed_qr, unknown_key, key_compromised, bad_signature, bad_proof, proof_mismatch.
    """
    pass_token, mark, kb_token = text.partition("~")
    found = pass_.check(pass_token, ring)
    if not mark or not kb_token:
        raise Refused(Code.BAD_PROOF)
    try:
        claims = verify(kb_token, pass_.holder_key(found), HEADER)
        proof = read_proof(claims)
    except (BadSignature, Malformed) as error:
        raise Refused(Code.BAD_PROOF) from error
    if claims["sd_hash"] != sd_hash(pass_token):
        raise Refused(Code.PROOF_MISMATCH)
    return Presentation(text, found, proof)


def read_proof(claims: Claims) -> Proof:
    """Read the claims of a proof, open or bound. Raises Malformed."""
    expect(claims, _SHAPE)
    iat, aud, nonce = claims["iat"], claims["aud"], claims["nonce"]
    if iat % STEP_SECONDS:
        raise Malformed("iat is not a half minute")
    if aud == OPEN:
        if nonce != str(iat // STEP_SECONDS):
            raise Malformed("the nonce is not the number of the half minute")
        return Proof(iat, claims["max"])
    unb64(nonce, NONCE_BYTES)
    return Proof(iat, claims["max"], _merchant(aud), nonce)


def _merchant(aud: str) -> int:
    merchant = number(aud.removeprefix(MERCHANT))
    if not aud.startswith(MERCHANT) or not 1 <= merchant <= U32:
        raise Malformed("not an audience of this protocol")
    return merchant
