"""Every kind of token fed to every reader: only the diagonal passes. And every known trick of JWTs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.protocol.conftest import HOLDER, ISS, ISSUER, NOW, TILL, issuer_key
from wallet.protocol import bundle, dpop, keyproof, keyring, pass_, presentation, receipt, record, statuslist
from wallet.protocol.keyring import Keyring
from wallet.protocol.pass_ import Pass
from wallet.protocol.record import Record
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import BadKey, BadSignature, PrivateKey, PublicKey, header, peek, sign, verify
from wallet.protocol.strict import Malformed, b64, compact, unb64

CARD_KEY = PrivateKey.generate()
UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
KEY = ISSUER  # one key for every kind, so that only the rules tell the kinds apart
ONE_PASS = Pass(
    ISS, KEY.public.short_kid, 1799971200, 1801180800, "AAECAwQFBgcICQoL", KEY.public.jwk, 7, 5, 12, 0, True
)


ONE_CARD = replace(ONE_PASS, kid=CARD_KEY.public.short_kid, ofl=500, once=False)


def a_record() -> Record:
    prev = record.first_prev("7", "nonce")
    return Record("7", ISS, NOW, UUID, UUID, "on", 1250, "EUR", 12, False, 1, prev, NOW, pres="x~y")


def tokens() -> dict[str, str]:
    token = pass_.issue(ONE_PASS, KEY)
    slip = receipt.Receipt(ISS, "m:204", NOW, UUID, UUID, "approved", 1250, "EUR", 12)
    return {
        "pass": token,
        "card": pass_.issue(ONE_CARD, CARD_KEY, card=True),
        "kb": presentation.present(token, presentation.open_proof(NOW, 2500), KEY).partition("~")[2],
        "record": record.write(a_record(), KEY),
        "receipt": receipt.write(slip, KEY),
        "dpop": dpop.write(KEY, "0123456789abcdef", "POST", ISS + "/x", NOW, "n"),
        "keyproof": keyproof.write(KEY, ISS, NOW, "n"),
        "status": statuslist.write(statuslist.StatusList(ISS + "/status/7", NOW, NOW + 1, 600, b"\0"), KEY),
        "bundle": bundle.write(
            bundle.Bundle(ISS, NOW, NOW + 1, {"keys": []}, [], [], [], [KEY.public.jwk] * 2), KEY
        ),
    }


def readers() -> dict[str, Callable[[str], Any]]:
    of_cards = issuer_key(kid=CARD_KEY.public.short_kid, public=CARD_KEY.public, vp_use="card")
    ring = keyring.keyring([issuer_key(), issuer_key(kid=KEY.public.thumbprint, vp_use="receipt"), of_cards])
    token = pass_.issue(ONE_PASS, KEY)
    return {
        "pass": lambda text: pass_.check(text, ring),
        "card": lambda text: pass_.check(text, ring, card=True),
        "kb": lambda text: presentation.check(f"{token}~{text}", ring),
        "record": lambda text: record.check(text, lambda till: KEY.public, ISS),
        "receipt": lambda text: receipt.check(text, KEY.public),
        "dpop": lambda text: dpop.check(
            text, "POST", ISS + "/x", lambda nonce: True, Code.WALLET_AUTH_FAILED
        ),
        "keyproof": lambda text: keyproof.check(text, ISS, lambda nonce: True),
        "status": lambda text: statuslist.check(text, KEY.public, ISS + "/status/7"),
        "bundle": lambda text: bundle.check(text, KEY.public),
    }


KINDS = list(tokens())
REFUSALS = (Refused, Malformed, BadSignature)


@pytest.mark.parametrize("reader", KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_threat_token_type_confusion(kind: str, reader: str) -> None:
    if kind == reader:
        readers()[reader](tokens()[kind])
    else:
        with pytest.raises(REFUSALS):
            readers()[reader](tokens()[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_tampered_token_of_any_kind_is_refused(kind: str) -> None:
    head, body, signature = tokens()[kind].split(".")
    spoiled = unb64(signature)[:-1] + bytes([unb64(signature)[-1] ^ 1])
    for text in (
        f"{head}.{body}.{b64(spoiled)}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.",
        f"{head}.{body}.{signature}=",
        f"{head}..{signature}",
        "",
        "é.é.é",
    ):
        with pytest.raises(REFUSALS):
            readers()[kind](text)


def forged(head: dict[str, Any], key: PrivateKey = KEY, body: bytes | None = None) -> str:
    """A token with any header and body, rightly signed with ES256."""
    payload = compact(ONE_PASS.claims()) if body is None else body
    text = f"{b64(json.dumps(head, separators=(',', ':')).encode())}.{b64(payload)}"
    signature = _raw_sign(text.encode(), key)
    return f"{text}.{b64(signature)}"


def _raw_sign(message: bytes, key: PrivateKey) -> bytes:
    from wallet.protocol import signing

    return signing._ES256.sign(message, key._key)


GOOD = {"alg": "ES256", "kid": KEY.public.short_kid, "typ": "vpass+sd-jwt"}


def test_the_forger_of_this_file_can_make_a_good_token(ring: Keyring) -> None:
    assert pass_.check(forged(GOOD), ring) == ONE_PASS


@pytest.mark.parametrize(
    "head",
    [
        {**GOOD, "alg": "none"},
        {**GOOD, "alg": "ES384"},
        {**GOOD, "alg": "HS256"},
        {**GOOD, "typ": "JWT"},
        {**GOOD, "typ": "vpass+SD-JWT"},
        {"alg": "ES256", "kid": KEY.public.short_kid},
        {**GOOD, "jwk": HOLDER.public.jwk},
        {**GOOD, "jku": "https://evil.example/jwks.json"},
        {**GOOD, "crit": ["exp"]},
        {**GOOD, "kid": "../../etc/passwd"},
        {**GOOD, "kid": KEY.public.short_kid + "\x00"},
        {**GOOD, "kid": [KEY.public.short_kid]},
        {**GOOD, "kid": None},
        {"alg": "ES256", "typ": "vpass+sd-jwt"},
    ],
    ids=str,
)
def test_a_header_of_any_other_shape_is_refused(head: dict[str, Any], ring: Keyring) -> None:
    with pytest.raises(Refused):
        pass_.check(forged(head), ring)


def test_alg_none_without_a_signature_is_refused(ring: Keyring) -> None:
    text = forged({**GOOD, "alg": "none"}).rpartition(".")[0] + "."
    with pytest.raises(Refused):
        pass_.check(text, ring)


def test_hs256_with_the_public_key_as_its_secret_is_refused(ring: Keyring) -> None:
    text = forged({**GOOD, "alg": "HS256"}).rpartition(".")[0]
    for secret in (KEY.public.compressed, json.dumps(KEY.public.jwk).encode()):
        with pytest.raises(Refused):
            pass_.check(f"{text}.{b64(hmac.digest(secret, text.encode(), 'sha256'))}", ring)


def test_a_real_es384_token_is_refused(ring: Keyring) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    text = jwt.encode(ONE_PASS.claims(), key, "ES384", headers={"kid": GOOD["kid"], "typ": GOOD["typ"]})
    with pytest.raises(Refused):
        pass_.check(text, ring)


CLAIMS = ONE_PASS.claims()


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "name": "x"},
        {name: value for name, value in CLAIMS.items() if name != "ofl"},
        dict(reversed(CLAIMS.items())),
        {**CLAIMS, "prg": True},
        {**CLAIMS, "prg": 12.0},
        {**CLAIMS, "prg": "12"},
        {**CLAIMS, "prg": 0},
        {**CLAIMS, "ofl": -1},
        {**CLAIMS, "once": 1},
        {**CLAIMS, "ofl": 500, "once": False},
        {**CLAIMS, "aud": "vp:till "},
        {**CLAIMS, "iat": CLAIMS["iat"] + 1},
        {**CLAIMS, "exp": CLAIMS["iat"]},
        {**CLAIMS, "jti": CLAIMS["jti"] + "A"},
        {**CLAIMS, "cnf": {"jwk": {**KEY.public.jwk, "d": "x"}}},
        {**CLAIMS, "cnf": {"jwk": dict(reversed(KEY.public.jwk.items()))}},
        {**CLAIMS, "status": {"status_list": {"idx": 5, "uri": "https://evil.example/status/7"}}},
        {**CLAIMS, "status": {"status_list": {"idx": 5, "uri": ISS + "/status/07"}}},
        [CLAIMS],
    ],
    ids=str,
)
def test_a_pass_with_other_claims_is_refused_although_the_issuer_signed_it(
    claims: Any, ring: Keyring
) -> None:
    with pytest.raises(Refused) as refused:
        pass_.check(forged(GOOD, body=json.dumps(claims, separators=(",", ":")).encode()), ring)
    assert refused.value.code == Code.MALFORMED_QR


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(CLAIMS).encode(),
        compact(CLAIMS).replace(b'"prg":12', b'"prg":12,"prg":12'),
        compact(CLAIMS).replace(b'"prg":12', b'"prg":1.2e1'),
        compact(CLAIMS).replace(b'"prg":12', b'"prg":NaN'),
        compact(CLAIMS) + b"\n",
        compact(CLAIMS).replace(b"vp:till", "vp:tíll".encode()),
        b"[" * 2000,
        b"",
    ],
)
def test_json_that_is_not_written_canonically_is_refused(body: bytes, ring: Keyring) -> None:
    with pytest.raises(Refused) as refused:
        pass_.check(forged(GOOD, body=body), ring)
    assert refused.value.code == Code.MALFORMED_QR


def test_a_token_above_four_kilobytes_is_refused() -> None:
    long = sign({"a": "x" * 4000}, KEY, header("t"))
    with pytest.raises(Malformed):
        verify(long, KEY.public, header("t"))
    assert verify(long, KEY.public, header("t"), max_bytes=8192) == {"a": "x" * 4000}


def test_the_key_must_be_known_and_meant_for_passes(pass_token: str) -> None:
    for ring, code in (
        ({}, Code.UNKNOWN_KEY),
        (keyring.keyring([issuer_key(vp_use="status")]), Code.UNKNOWN_KEY),
        (keyring.keyring([issuer_key(iss="https://other.example")]), Code.UNKNOWN_KEY),
        (keyring.keyring([issuer_key()], bad_kids=[KEY.public.short_kid]), Code.KEY_COMPROMISED),
        (keyring.keyring([issuer_key(public=HOLDER.public)]), Code.BAD_SIGNATURE),
    ):
        with pytest.raises(Refused) as refused:
            pass_.check(pass_token, ring)
        assert refused.value.code == code


def test_a_pass_without_a_proof_is_bad_proof(pass_token: str, ring: Keyring) -> None:
    for text in (pass_token, pass_token + "~", pass_token + "~~", pass_token + "~x"):
        with pytest.raises(Refused) as refused:
            presentation.check(text, ring)
        assert refused.value.code == Code.BAD_PROOF


def test_a_proof_of_another_pass_is_a_mismatch(a_pass: Pass, presented: str, ring: Keyring) -> None:
    other = pass_.issue(replace(a_pass, jti="BBECAwQFBgcICQoL"), ISSUER)
    with pytest.raises(Refused) as refused:
        presentation.check(f"{other}~{presented.partition('~')[2]}", ring)
    assert refused.value.code == Code.PROOF_MISMATCH


@pytest.mark.parametrize(
    "change",
    [
        {"iat": 1800000121},
        {"nonce": "60000005"},
        {"nonce": "060000004"},
        {"aud": "vp:m:204"},
        {"aud": "vp:m:0", "nonce": "AAECAwQFBgc"},
        {"aud": "vp:m:0204", "nonce": "AAECAwQFBgc"},
        {"aud": "vp:m:4294967296", "nonce": "AAECAwQFBgc"},
        {"aud": "vp:204", "nonce": "AAECAwQFBgc"},
        {"aud": "204204", "nonce": "AAECAwQFBgc"},
        {"max": 0},
        {"max": 1 << 24},
        {"max": True},
        {"sd_hash": "x"},
    ],
    ids=str,
)
def test_a_proof_of_any_other_shape_is_bad_proof(
    change: dict[str, Any], pass_token: str, ring: Keyring
) -> None:
    claims = presentation.open_proof(NOW, 2500).claims(pass_token) | change
    with pytest.raises(Refused) as refused:
        presentation.check(f"{pass_token}~{sign(claims, HOLDER, presentation.HEADER)}", ring)
    assert refused.value.code == Code.BAD_PROOF


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def twin(token: str) -> str:
    """The malleable twin (r, n - s) of a token."""
    message, _, signature = token.rpartition(".")
    raw = unb64(signature)
    other = ORDER - int.from_bytes(raw[32:], "big")
    return f"{message}.{b64(raw[:32] + other.to_bytes(32, 'big'))}"


def test_the_twin_of_a_proof_verifies_so_only_jti_tells_a_second_use(presented: str, ring: Keyring) -> None:
    token, _, proof = presented.partition("~")
    found = presentation.check(f"{token}~{twin(proof)}", ring)
    assert found.text != presented
    assert found.pass_.jti == presentation.check(presented, ring).pass_.jti


def test_the_twin_of_a_pass_breaks_the_hash_of_its_proof(presented: str, ring: Keyring) -> None:
    token, _, proof = presented.partition("~")
    with pytest.raises(Refused) as refused:
        presentation.check(f"{twin(token)}~{proof}", ring)
    assert refused.value.code == Code.PROOF_MISMATCH


def test_a_non_canonical_base64url_tail_is_refused(presented: str, ring: Keyring) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(presented[-1])
    text = presented[:-1] + alphabet[last ^ 1]
    assert base64.urlsafe_b64decode(text[-86:] + "==") == base64.urlsafe_b64decode(presented[-86:] + "==")
    with pytest.raises(Refused):
        presentation.check(text, ring)


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AAAA"},
        {"use": "sig"},
        {"kid": "x"},
        {"crv": "P-384"},
        {"kty": "RSA"},
        {"x": "AAAA"},
        {"x": b64(b"\x01" * 32)},
        {"y": b64(b"\xff" * 32)},
        {"x": 5},
        {"x": "AhfmF_C2RDkoJ4-WmZ5pojpPLBUr321s32bluAKC1O0="},
    ],
    ids=str,
)
def test_a_jwk_of_any_other_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadKey):
        PublicKey.from_jwk({**ISSUER.public.jwk, **change})


@pytest.mark.parametrize("jwk", [None, [], "x", {}, {"crv": "P-256", "kty": "EC", "x": "AAAA"}], ids=str)
def test_what_is_no_jwk_is_refused(jwk: object) -> None:
    with pytest.raises(BadKey):
        PublicKey.from_jwk(jwk)


def test_a_key_goes_round_by_jwk_point_and_pem() -> None:
    public = ISSUER.public
    assert PublicKey.from_jwk(dict(reversed(public.jwk.items()))).compressed == public.compressed
    assert PublicKey.from_compressed(public.compressed).jwk == public.jwk
    assert PrivateKey.from_pem(ISSUER.pem()).public.jwk == public.jwk
    for point in (b"", public.compressed[:-1], b"\x04" + public.compressed[1:], b"\x02" + b"\xff" * 32):
        with pytest.raises(BadKey):
            PublicKey.from_compressed(point)
    for pem in (b"", b"x", ISSUER.pem()[:60]):
        with pytest.raises(BadKey):
            PrivateKey.from_pem(pem)


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    jwk = ISSUER.public.jwk
    text = json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()
    assert unb64(ISSUER.public.thumbprint) == hashlib.sha256(text).digest()
    assert ISSUER.public.thumbprint.startswith(ISSUER.public.short_kid)


def test_a_private_key_does_not_print_itself() -> None:
    assert "1111" not in repr(ISSUER)
    assert not isinstance(ISSUER, ec.EllipticCurvePrivateKey)
    assert isinstance(ISSUER._key, ec.EllipticCurvePrivateKey)


def test_peek_reads_without_a_key() -> None:
    assert peek(sign({"a": 1}, TILL, header("t", "k"))) == (header("t", "k"), {"a": 1})


def test_a_holder_key_off_the_curve_is_bad_proof_although_the_issuer_signed_it(ring: Keyring) -> None:
    jwk = {**KEY.public.jwk, "y": KEY.public.jwk["x"]}
    token = forged(GOOD, body=compact({**CLAIMS, "cnf": {"jwk": jwk}}))
    with pytest.raises(Refused) as refused:
        presentation.check(f"{token}~x", ring)
    assert refused.value.code == Code.BAD_PROOF


def test_only_private_keys_of_p_256_sign() -> None:
    from wallet.protocol import signing

    with pytest.raises(TypeError):
        signing._ES256.sign(b"x", KEY.public._key)
    other = ec.generate_private_key(ec.SECP384R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for pem in (other.private_bytes(*form), ed25519.Ed25519PrivateKey.generate().private_bytes(*form)):
        with pytest.raises(BadKey):
            PrivateKey.from_pem(pem)
