"""Others agree: foreign verifiers read our tokens, a foreign decoder reads our symbols."""

from __future__ import annotations

import hashlib
import io
import random
from typing import Any

import ecdsa
import jwt
import pytest
import qrcode
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from ecdsa.util import sigdecode_string, sigencode_string
from jwcrypto import jwk as foreign_jwk
from jwcrypto import jws as foreign_jws
from PIL import Image
from sd_jwt.verifier import SDJWTVerifier

from tests.protocol.conftest import HOLDER, ISS, ISSUER, NOW, vectors
from wallet.protocol import presentation, qr, record
from wallet.protocol.keyring import Keyring
from wallet.protocol.presentation import Presentation
from wallet.protocol.signing import PrivateKey, PublicKey, header, peek, sign, verify
from wallet.protocol.strict import b64, unb64

CURVE = ecdsa.NIST256p


def foreign_public(key: PublicKey) -> ecdsa.VerifyingKey:
    return ecdsa.VerifyingKey.from_string(key.compressed, curve=CURVE)


@pytest.mark.parametrize("case", vectors("presentation")["cases"], ids=lambda case: case["name"])
def test_sd_jwt_verifies_our_presentations(case: dict[str, Any]) -> None:
    issuer = foreign_jwk.JWK(**ISSUER.public.jwk)
    _, claims = peek(case["canonical"].partition("~")[2])
    verifier = SDJWTVerifier(
        case["canonical"], lambda issuer_, header_: issuer, claims["aud"], claims["nonce"]
    )
    payload = verifier.get_verified_payload()
    assert payload["jti"] == case["pass"]["jti"]
    assert payload["prg"] == case["pass"]["prg"]


def test_sd_jwt_refuses_our_presentation_for_another_audience(presented: str) -> None:
    issuer = foreign_jwk.JWK(**ISSUER.public.jwk)
    with pytest.raises(ValueError, match="audience"):
        SDJWTVerifier(presented, lambda issuer_, header_: issuer, "vp:m:1", "60000004")


def test_jwcrypto_verifies_our_tokens(presented: str) -> None:
    token, _, proof = presented.partition("~")
    for text, key in ((token, ISSUER), (proof, HOLDER)):
        found = foreign_jws.JWS()
        found.deserialize(text, foreign_jwk.JWK(**key.public.jwk))
        assert found.is_valid
        assert foreign_jwk.JWK(**key.public.jwk).thumbprint() == key.public.thumbprint


def test_pyjwt_alone_verifies_our_tokens(pass_token: str) -> None:
    key = jwt.PyJWK.from_dict({**ISSUER.public.jwk, "alg": "ES256"})
    claims = jwt.decode(
        pass_token, key, ["ES256"], audience="vp:till", options={"verify_exp": False, "verify_iat": False}
    )
    assert claims["prg"] == 12


def test_ecdsa_agrees_on_a_thousand_signatures() -> None:
    chance = random.Random(7515)
    for _ in range(50):
        key = PrivateKey.generate()
        other = foreign_public(key.public)
        for _ in range(20):
            text = sign({"n": chance.getrandbits(50)}, key, header("t"))
            message, _, signature = text.rpartition(".")
            raw = unb64(signature)
            assert other.verify(raw, message.encode(), hashlib.sha256, sigdecode=sigdecode_string)
            assert key.public.verifies(message.encode(), raw)
            wrong = raw[:63] + bytes([raw[63] ^ 1])
            assert not key.public.verifies(message.encode(), wrong)
            with pytest.raises(ecdsa.BadSignatureError):
                other.verify(wrong, message.encode(), hashlib.sha256, sigdecode=sigdecode_string)


def test_we_verify_what_ecdsa_signed_and_it_signs_the_same_bytes() -> None:
    chance = random.Random(6979)
    for scalar in (1, int("11" * 32, 16), int("22" * 32, 16)):
        other = ecdsa.SigningKey.from_secret_exponent(scalar, CURVE)
        key = PrivateKey.from_scalar(scalar)
        for _ in range(20):
            text = sign({"n": chance.getrandbits(50)}, key, header("t"))
            message, _, signature = text.rpartition(".")
            same = other.sign_deterministic(message.encode(), hashlib.sha256, sigencode=sigencode_string)
            assert b64(same) == signature
            fresh = other.sign(message.encode(), hashfunc=hashlib.sha256, sigencode=sigencode_string)
            assert key.public.verifies(message.encode(), fresh)


def test_rfc_6979_a_2_5_sample() -> None:
    key = PrivateKey.from_scalar(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)
    from wallet.protocol.signing import _SIGN

    r, s = decode_dss_signature(key._key.sign(b"sample", _SIGN))
    assert r == 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    assert s == 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


def test_rfc_7515_a_3_signature() -> None:
    key = PublicKey.from_jwk(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    )
    message = (
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    )
    signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    assert key.verifies(message.encode(), unb64(signature))
    assert not key.verifies(message.encode() + b"A", unb64(signature))


def test_a_token_signed_by_jwcrypto_is_read(pass_token: str) -> None:
    private = foreign_jwk.JWK.from_pem(ISSUER.pem())
    made = foreign_jws.JWS(b'{"a":1}')
    made.add_signature(private, None, '{"alg":"ES256","typ":"t"}')
    assert verify(made.serialize(compact=True), ISSUER.public, header("t")) == {"a": 1}


def drawn(text: str) -> tuple[int, str]:
    """Draw a symbol with `qrcode` at level M; answer its modules and what zxing reads."""
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=4, border=4)
    symbol.add_data(qrcode.util.QRData(text, mode=qrcode.util.MODE_ALPHA_NUM))
    symbol.make(fit=True)
    picture = io.BytesIO()
    symbol.make_image().save(picture)
    found = zxingcpp.read_barcodes(Image.open(picture).convert("L"))
    return symbol.modules_count, found[0].text


def test_zxing_reads_every_symbol_at_its_promised_size(presented: str, bound: str, ring: Keyring) -> None:
    shown: Presentation = presentation.check(presented, ring)
    answer: Presentation = presentation.check(bound, ring)
    question = qr.encode_question(qr.Question(204, 4500, "AAECAwQFBgc", NOW))
    short = qr.encode_short(shown.pass_.jti, shown.proof, presented.partition("~")[2])
    for text, modules in (
        (qr.encode(shown.pass_, shown.proof, presented), 57),
        (qr.encode(answer.pass_, answer.proof, bound), 61),
        (short, 41),
        (question, 25),
        (qr.encode_card(bytes(range(16))), 25),
    ):
        assert drawn(text) == (modules, text)


def test_what_zxing_reads_verifies(presented: str, ring: Keyring) -> None:
    shown = presentation.check(presented, ring)
    _, text = drawn(qr.encode(shown.pass_, shown.proof, presented))
    assert presentation.check(qr.decode(text).rebuild(ISS), ring) == shown


def test_a_record_of_a_till_is_a_plain_jws_to_others() -> None:
    till = PrivateKey.generate()
    uuid = "01890a5d-ac96-774b-bcce-b302099a8057"
    prev = record.first_prev("7", "n")
    new = record.Record("7", ISS, NOW, uuid, uuid, "on", 5, "EUR", 12, False, 1, prev, NOW, pres="x")
    found = foreign_jws.JWS()
    found.deserialize(record.write(new, till), foreign_jwk.JWK(**till.public.jwk))
    assert found.is_valid
