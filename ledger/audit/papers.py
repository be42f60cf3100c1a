"""A payment's papers: the till's record, the pass, and the phone's proof; each signed (specs 02 and 03).

1. `read` judges all that needs no arithmetic of curves: forms, who is named, hashes, amounts.
2. What has to be verified comes back as signatures, so that a caller may verify all of them or a sample.
3. The short symbol (VP2) holds the proof alone; the pass is then the one that was issued under its number.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from ledger.audit import es256
from ledger.audit.es256 import PaperError

STEP_SECONDS = 30
EARLY_SECONDS, LATE_SECONDS = 120, 180  # of a till without a connection
_BASE45 = {letter: value for value, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")}


@dataclass(frozen=True)
class IssuerKey:
    """A public key of the issuer; `nbf` and `exp` in epoch seconds, `thumbprint` in hex."""

    kid: str
    use: str
    public: bytes
    nbf: int
    exp: int
    thumbprint: str


Issuer = dict[str, IssuerKey]


@dataclass(frozen=True)
class Signature:
    """A signature that has to be verified, and whose it should be."""

    whose: str
    public: bytes
    message: bytes
    signature: bytes


@dataclass(frozen=True)
class Payment:
    """What the database says of a payment. Amounts are in the programme's units, `step` is its half minute.

    `till_key` is the till's JWK; None when the till had another key then, which is not kept. `jti` and
    `pass_token` are None for a payment by the guarantee alone; `decided`: a person let it be paid.
    """

    till: str
    till_key: Mapping[str, str] | None
    merchant: int
    txn: str
    jti: str | None
    once: bool
    programme: int
    mode: str
    decided: bool
    asked: int
    approved: int
    seq: int
    step: int
    record: str
    pass_token: str | None


def issuer_keys(raw: bytes) -> Issuer:
    """Read a JWK set as `/.well-known/jwks.json` serves it (spec 02, section 2). Raises PaperError."""
    try:
        return {key["kid"]: _issuer_key(key) for key in json.loads(raw)["keys"]}
    except (ValueError, KeyError, TypeError) as error:
        raise PaperError("The file with the issuer's keys is not a set of public keys.") from error


def _issuer_key(key: dict[str, Any]) -> IssuerKey:
    thumbprint = es256.thumbprint(key["x"], key["y"]).hex()
    public = es256.point(key["x"], key["y"])
    return IssuerKey(key["kid"], key["vp_use"], public, int(key["nbf"]), int(key["exp"]), thumbprint)


def record(
    text: str, key: Mapping[str, str] | None, modes: tuple[str, ...]
) -> tuple[Mapping[str, Any], list[Signature]]:
    """A till's record (spec 03, section 4), and its signature when the key is known. Raises PaperError."""
    token = es256.read(text)
    kid = es256.b64(es256.thumbprint(key["x"], key["y"])) if key else token.header.get("kid")
    if token.header != {"alg": "ES256", "kid": kid, "typ": "vprec+jwt"}:
        raise PaperError("the record names another key than its till's")
    if token.claims.get("mode") not in modes:
        raise PaperError("the record is of another kind")
    if key is None:
        return token.claims, []
    public = es256.point(key["x"], key["y"])
    return token.claims, [Signature("the till", public, token.signed, token.signature)]


def read(paid: Payment, issuer: Issuer) -> list[Signature]:
    """The signatures of a payment whose papers fit the books. Raises PaperError when they do not.

    Of one that a person let be paid there is the till's alone: the others were not right, or came late.
    """
    claims, by_till = record(paid.record, paid.till_key, (paid.mode,))
    told = (claims.get("iss"), claims.get("amt"), claims.get("seq"))
    if told != (f"till:{paid.till}", paid.asked, paid.seq) or paid.txn not in numbers(claims, paid.mode):
        raise PaperError("the till's record says something else than the books")
    if paid.decided:
        return by_till
    pass_text, proof = _presentation(str(claims.get("pres", "")), paid)
    pass_claims, by_issuer = _pass(pass_text, paid, issuer)
    if paid.mode == "off":
        _fresh(claims, es256.read(proof).claims)
    return [*by_till, by_issuer, _proof(proof, pass_text, pass_claims, paid)]


def numbers(claims: Mapping[str, Any], mode: str) -> list[str]:
    """The sale's own number; offline also those under which a part of it is paid later (spec 05)."""
    txn, jti = str(claims.get("txn")), str(claims.get("jti"))
    if mode == "on":
        return [txn]
    return [txn, str(uuid5(UUID(txn), "rest")), str(uuid5(UUID(jti), "after all"))]


def _fresh(claims: Mapping[str, Any], proof: Mapping[str, Any]) -> None:
    age = int(claims.get("iat", 0)) - int(proof.get("iat", 0))
    if proof.get("aud") == "vp:any" and not -EARLY_SECONDS <= age <= LATE_SECONDS:
        raise PaperError("the phone's proof was not fresh when the till took it")


def _pass(text: str, paid: Payment, issuer: Issuer) -> tuple[Mapping[str, Any], Signature]:
    token = es256.read(text)
    issued = es256.read(paid.pass_token) if paid.pass_token else token
    key = issuer.get(str(token.header.get("kid")))
    if key is None or key.use != "pass":
        raise PaperError("the pass is signed with a key that is not the issuer's")
    if token.header != {"alg": "ES256", "kid": key.kid, "typ": "vpass+sd-jwt"}:
        raise PaperError("the pass has another header than a pass has")
    if token.signed != issued.signed:
        raise PaperError("the pass is not the one that was issued under its number")
    told = (token.claims.get("jti"), token.claims.get("prg"), token.claims.get("once"))
    if told != (paid.jti or told[0], paid.programme, paid.once):
        raise PaperError("the pass is for something else than was paid with it")
    return token.claims, Signature("the issuer", key.public, token.signed, token.signature)


def _proof(text: str, pass_text: str, pass_claims: Mapping[str, Any], paid: Payment) -> Signature:
    token = es256.read(text)
    if token.header != {"alg": "ES256", "typ": "kb+jwt"}:
        raise PaperError("the phone's proof has another header than a proof has")
    claims = token.claims
    if claims.get("sd_hash") != es256.sha256(f"{pass_text}~"):
        raise PaperError("the phone's proof is of another pass")
    if claims.get("aud") not in ("vp:any", f"vp:m:{paid.merchant}"):
        raise PaperError("the phone's proof was for another shop")
    most = paid.asked if paid.mode == "on" else paid.approved
    if claims.get("iat") != paid.step * STEP_SECONDS or most > int(claims.get("max", 0)):
        raise PaperError("the phone's proof allows another time or a smaller amount")
    key = pass_claims["cnf"]["jwk"]
    return Signature("the phone", es256.point(key["x"], key["y"]), token.signed, token.signature)


def _presentation(text: str, paid: Payment) -> tuple[str, str]:
    """The pass and the proof of a presentation, both as tokens."""
    if text.startswith("VP2:") and paid.pass_token:
        return paid.pass_token, _from_short(text[4:], paid)
    pass_text, mark, proof = text.partition("~")
    if not mark or not proof:
        raise PaperError("the record holds no proof of a phone")
    return pass_text, proof


def _from_short(text: str, paid: Payment) -> str:
    """The proof of a VP2 symbol (spec 03, section 2), written out: 84 bytes say all that is in it."""
    data = base45(text)
    if len(data) != 84 or es256.b64(data[1:13]) != paid.jti:
        raise PaperError("the short code is of another pass")
    step, most = int.from_bytes(data[13:17], "big"), int.from_bytes(data[17:20], "big")
    claims = {
        "iat": step * STEP_SECONDS,
        "aud": "vp:any",
        "nonce": str(step),
        "sd_hash": es256.sha256(f"{paid.pass_token}~"),
        "max": most,
    }
    parts = [{"alg": "ES256", "typ": "kb+jwt"}, claims]
    head, body = (es256.b64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{head}.{body}.{es256.b64(data[20:])}"


def base45(text: str) -> bytes:
    """Read base45 (RFC 9285). Raises PaperError."""
    out = b""
    try:
        for at in range(0, len(text), 3):
            group = text[at : at + 3]
            value = sum(_BASE45[letter] * 45**place for place, letter in enumerate(group))
            out += value.to_bytes(len(group) - 1, "big")
    except (KeyError, OverflowError, ValueError) as error:
        raise PaperError("the short code cannot be read") from error
    return out
