"""Records, receipts, calls, key proofs, lists and bundles: what is refused, and as what."""

from __future__ import annotations

import base64
import subprocess
import sys
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.conftest import HOLDER, ISS, ISSUER, NOW, TILL, issuer_key
from wallet.protocol import (
    base45,
    bundle,
    dpop,
    keyproof,
    keyring,
    pass_,
    presentation,
    qr,
    receipt,
    record,
    statuslist,
    terms,
)
from wallet.protocol.keyring import Keyring
from wallet.protocol.presentation import open_proof
from wallet.protocol.receipt import Receipt
from wallet.protocol.record import Record
from wallet.protocol.redemption import attempt
from wallet.protocol.refusals import Code, Refusal, Refused
from wallet.protocol.signing import BadKey, PrivateKey, PublicKey, header, peek, sign
from wallet.protocol.strict import Malformed, b64

UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
FIRST = Record(
    till="7",
    aud=ISS,
    iat=NOW,
    jti=UUID,
    txn=UUID,
    mode="on",
    amt=1250,
    cur="EUR",
    prg=12,
    part=False,
    seq=1,
    prev=record.first_prev("7", "nonce"),
    bnd=NOW - 60,
    pres="a~b",
)


def till_key(till: str) -> PublicKey | None:
    return TILL.public if till == "7" else None


@pytest.mark.parametrize(
    "new",
    [
        FIRST,
        replace(FIRST, mode="off", stl=NOW - 600),
        replace(FIRST, pres=None, card="VPC1:AAAA"),
        replace(FIRST, mode="void", pres=None, ref=UUID),
        replace(FIRST, mode="refund", pres=None, ref=UUID, amt=100),
        replace(FIRST, prg=0, pres="VP2:AB"),
    ],
    ids=lambda new: new.mode,
)
def test_a_record_is_written_and_read(new: Record) -> None:
    assert record.check(record.write(new, TILL), till_key, ISS) == new


def test_records_are_chained() -> None:
    token = record.write(FIRST, TILL)
    second = replace(FIRST, seq=2, prev=record.chain_hash(token))
    assert record.check(record.write(second, TILL), till_key, ISS).prev != FIRST.prev
    assert record.first_prev("7", "nonce") != record.first_prev("8", "nonce")


@pytest.mark.parametrize(
    "new",
    [
        replace(FIRST, pres=None),
        replace(FIRST, card="VPC1:AAAA"),
        replace(FIRST, pres=None, ref=UUID),
        replace(FIRST, mode="void"),
        replace(FIRST, mode="off"),
        replace(FIRST, stl=NOW),
        replace(FIRST, mode="maybe"),
        replace(FIRST, amt=-1),
        replace(FIRST, amt=1 << 24),
        replace(FIRST, seq=0),
        replace(FIRST, txn=UUID.upper()),
        replace(FIRST, prev="AAAA"),
        replace(FIRST, pres="x" * 2049),
        replace(FIRST, prg=0),
        replace(FIRST, prg=0, pres="VP1:AB"),
        replace(FIRST, prg=0, pres="VP2:AB", mode="off", stl=NOW),
        replace(FIRST, prg=0, pres=None, card="VPC2:AB", mode="off", stl=NOW),
        replace(FIRST, pres=None, card="x" * 241),
        replace(FIRST, prg=0, pres=None, ref=UUID, mode="void"),
        replace(FIRST, prg=1 << 16),
    ],
)
def test_a_record_out_of_shape_is_neither_written_nor_read(new: Record) -> None:
    with pytest.raises(Malformed):
        record.write(new, TILL)
    token = sign(new.claims(), TILL, header(record.TYP, TILL.public.thumbprint))
    with pytest.raises(Refused) as refused:
        record.check(token, till_key, ISS)
    assert refused.value.code == Code.MALFORMED_RECORD


@pytest.mark.parametrize("new", [replace(FIRST, till="8"), replace(FIRST, aud="https://other.example")])
def test_a_record_of_another_till_or_for_another_issuer_is_refused(new: Record) -> None:
    with pytest.raises(Refused) as refused:
        record.check(record.write(new, TILL), till_key, ISS)
    assert refused.value.code == Code.TILL_AUTH_FAILED


def test_a_record_signed_by_another_key_is_refused() -> None:
    token = sign(FIRST.claims(), HOLDER, header(record.TYP, TILL.public.thumbprint))
    with pytest.raises(Refused) as refused:
        record.check(token, till_key, ISS)
    assert refused.value.code == Code.TILL_AUTH_FAILED


SLIP = Receipt(ISS, receipt.for_merchant(204), NOW, UUID, UUID, "approved", 1250, "EUR", 12)


def test_a_receipt_is_written_the_same_twice_and_read() -> None:
    assert receipt.write(SLIP, ISSUER) == receipt.write(SLIP, ISSUER)
    assert receipt.check(receipt.write(SLIP, ISSUER), ISSUER.public) == SLIP
    own = replace(SLIP, aud=receipt.WALLET, bal=3750)
    assert receipt.check(receipt.write(own, ISSUER), ISSUER.public) == own


@pytest.mark.parametrize("new", [replace(SLIP, bal=3750), replace(SLIP, res="no"), replace(SLIP, aud="x")])
def test_no_receipt_tells_a_shop_the_balance_or_anything_else(new: Receipt) -> None:
    with pytest.raises(Malformed):
        receipt.write(new, ISSUER)


URL = ISS + "/api/v1/wallet/state"


def call(token: str, method: str = "GET", url: str = URL) -> dpop.Proof:
    return dpop.check(token, method, url, lambda nonce: nonce == "fresh", Code.WALLET_AUTH_FAILED)


def test_a_call_names_its_caller() -> None:
    proof = call(dpop.write(HOLDER, "0123456789abcdef", "GET", URL, 0, "fresh"))
    assert proof == dpop.Proof(HOLDER.public.jwk, HOLDER.public.thumbprint, "0123456789abcdef", "fresh")


@pytest.mark.parametrize("nonce", [None, "old"])
def test_a_call_without_a_fresh_nonce_is_told_to_use_one(nonce: str | None) -> None:
    with pytest.raises(Refused) as refused:
        call(dpop.write(HOLDER, "0123456789abcdef", "GET", URL, NOW, nonce))
    assert refused.value.code == Code.USE_DPOP_NONCE


def dpop_with(jwk: object, **claims: Any) -> str:
    whole = {"jti": "0123456789abcdef", "htm": "GET", "htu": URL, "iat": NOW, "nonce": "fresh"}
    return sign({**whole, **claims}, HOLDER, {**header(dpop.TYP), "jwk": jwk})


@pytest.mark.parametrize(
    "token",
    [
        dpop.write(HOLDER, "0123456789abcdef", "POST", URL, NOW, "fresh"),
        dpop.write(HOLDER, "0123456789abcdef", "GET", URL + "?x=1", NOW, "fresh"),
        dpop_with(HOLDER.public.jwk, jti="short"),
        dpop_with(HOLDER.public.jwk, ath="x"),
        dpop_with({**HOLDER.public.jwk, "d": "AAAA"}),
        dpop_with(ISSUER.public.jwk),
        dpop_with(None),
        "",
    ],
)
def test_a_call_that_is_not_its_own_is_refused(token: str) -> None:
    with pytest.raises(Refused) as refused:
        call(token)
    assert refused.value.code == Code.WALLET_AUTH_FAILED


def test_the_members_of_a_callers_jwk_may_stand_in_any_order() -> None:
    assert call(dpop_with(dict(reversed(HOLDER.public.jwk.items())))).thumbprint == HOLDER.public.thumbprint


def test_a_key_proof_answers_its_key() -> None:
    token = keyproof.write(HOLDER, ISS, NOW, "fresh")
    assert keyproof.check(token, ISS, lambda nonce: nonce == "fresh").jwk == HOLDER.public.jwk
    for text, aud, code in (
        (token, "https://other.example", Code.BAD_PROOF),
        (keyproof.write(HOLDER, ISS, NOW, "old"), ISS, Code.USE_DPOP_NONCE),
        (
            sign(
                {"aud": ISS, "iat": NOW, "nonce": "fresh"},
                HOLDER,
                {**header(keyproof.TYP), "jwk": {**HOLDER.public.jwk, "d": "AAAA"}},
            ),
            ISS,
            Code.BAD_PROOF,
        ),
    ):
        with pytest.raises(Refused) as refused:
            keyproof.check(text, aud, lambda nonce: nonce == "fresh")
        assert refused.value.code == code


def test_a_status_list_is_written_and_read() -> None:
    uri = ISS + "/status/7"
    new = statuslist.StatusList(uri, NOW, NOW + 172_800, 600, statuslist.fill(1000, [3, 999]))
    found = statuslist.check(statuslist.write(new, ISSUER), ISSUER.public, uri)
    assert found == new
    assert [found.withdrawn(idx) for idx in (3, 4, 999, 1000, -1)] == [True, False, True, True, True]
    with pytest.raises(Malformed):
        statuslist.check(statuslist.write(new, ISSUER), ISSUER.public, ISS + "/status/8")
    with pytest.raises(Malformed):
        statuslist.fill(8, [8])


def test_a_decompression_bomb_is_refused_without_unpacking_it() -> None:
    packer = zlib.compressobj(1)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1 << 8)) + packer.flush()
    assert len(bomb) < 2 << 20
    tracemalloc.start()
    with pytest.raises(Malformed):
        statuslist.unpack(base64.urlsafe_b64encode(bomb).rstrip(b"=").decode())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_bundle_is_written_and_read() -> None:
    rules = terms.Rules(
        cur="EUR", starts=0, ends=9, categories=(), floor=1500, bound_above=None, ceiling=None
    )
    new = bundle.Bundle(
        iss=ISS,
        iat=NOW,
        exp=NOW + bundle.LIFE_SECONDS,
        jwks=keyring.to_jwks([issuer_key()]),
        bad_kids=[ISSUER.public.short_kid],
        lists=[ISS + "/status/7"],
        programmes=[bundle.programme(12, "Één rondje zwemmen", "One swim", rules)],
        pins=[TILL.public.jwk, ISSUER.public.jwk],
    )
    token = bundle.write(new, TILL)
    assert token.isascii()
    assert bundle.check(token, TILL.public) == new
    with pytest.raises(Refused) as refused:
        keyring.find(new.keyring(), ISSUER.public.short_kid, "pass")
    assert refused.value.code == Code.KEY_COMPROMISED
    with pytest.raises(Malformed):
        bundle.programme(0, "x", "x", rules)
    for pins in ([TILL.public.jwk], [TILL.public.jwk, {**ISSUER.public.jwk, "d": "AAAA"}]):
        with pytest.raises(Malformed):
            bundle.check(bundle.write(replace(new, pins=pins), TILL), TILL.public)


def test_a_jwk_set_goes_round() -> None:
    jwks = keyring.to_jwks([issuer_key()])
    assert keyring.to_jwks(keyring.from_jwks(jwks, ISS).values()) == jwks


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": [{}]},
        {"keys": [{**issuer_key().jwk(), "vp_use": "bundle"}]},
        {"keys": [{**issuer_key().jwk(), "d": "AAAA"}]},
        {"keys": [{**issuer_key().jwk(), "use": "enc"}]},
        {"keys": [issuer_key().jwk(), issuer_key().jwk()]},
        {"keys": 5},
    ],
    ids=["none", "empty", "use", "private", "enc", "twice", "number"],
)
def test_a_jwk_set_out_of_shape_is_refused(jwks: dict[str, Any]) -> None:
    with pytest.raises(BadKey):
        keyring.from_jwks(jwks, ISS)


def test_no_unreadable_pass_leaves_the_house(a_pass: pass_.Pass) -> None:
    for new in (
        replace(a_pass, iat=a_pass.iat + 1),
        replace(a_pass, once=False),
        replace(a_pass, prg=0),
        replace(a_pass, idx=1 << 24),
    ):
        with pytest.raises(Malformed):
            pass_.issue(new, ISSUER)


def test_a_week_starts_on_monday() -> None:
    assert pass_.week_start(1800000125) == 1799625600  # Monday 2027-01-11 00:00 UTC
    assert pass_.week_start(1799625600) == 1799625600
    assert pass_.week_start(1799625599) == 1799625600 - pass_.WEEK


def test_a_refusal_can_be_raised_with_its_facts() -> None:
    raised = Refused.because(Refusal(Code.PROOF_STALE, {"minutes": 3}))
    assert (raised.code, raised.facts, str(raised)) == (Code.PROOF_STALE, {"minutes": 3}, "proof_stale")


FOLDER = Path(pass_.__file__).parent


def test_only_signing_imports_cryptography() -> None:
    for path in FOLDER.glob("*.py"):
        imports = [
            line for line in path.read_text().splitlines() if line.lstrip().startswith(("import", "from"))
        ]
        found = {line.split()[1].split(".")[0] for line in imports}
        assert not found & {"ecdsa", "django", "time", "random", "secrets", "celery"}, path.name
        if path.name != "signing.py":
            assert not found & {"jwt", "cryptography"}, path.name


def test_the_whole_package_loads_without_ecdsa_or_django() -> None:
    names = ", ".join(
        f"wallet.protocol.{path.stem}" for path in FOLDER.glob("*.py") if path.stem != "__init__"
    )
    script = f"import {names}, sys; print({{'ecdsa', 'django', 'celery', 'redis'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_record_is_of_a_till() -> None:
    token = sign({**FIRST.claims(), "iss": "shop:7"}, TILL, header(record.TYP, TILL.public.thumbprint))
    with pytest.raises(Refused) as refused:
        record.check(token, till_key, ISS)
    assert refused.value.code == Code.MALFORMED_RECORD


def test_the_other_symbols_are_of_one_shape_too() -> None:
    short = base45.decode(
        qr.encode_short("AAECAwQFBgcICQoL", open_proof(NOW, 1), "." + b64(b"\x01" * 64))[4:]
    )
    with pytest.raises(Refused):
        qr.decode_short("VP2:" + base45.encode(b"\x10" + short[1:]))
    with pytest.raises(Malformed):
        qr.encode_card(bytes(15))
    with pytest.raises(Malformed):
        qr.encode_question(qr.Question(204, 1 << 24, "AAECAwQFBgc", NOW))


def test_an_attempt_is_the_tills_question_beside_the_presentation(presented: str, ring: Keyring) -> None:
    found = presentation.check(presented, ring)
    asked = attempt(found, mode="on", amt=1250, cur="EUR", prg=12, part=True)
    assert (asked.pass_prg, asked.exp, asked.ofl, asked.once) == (12, 1801180800, 1500, True)
    assert (asked.kb_iat, asked.max, asked.merchant, asked.asked_at) == (1800000120, 2500, None, None)
    assert (asked.mode, asked.amt, asked.cur, asked.prg, asked.part) == ("on", 1250, "EUR", 12, True)


def test_the_claims_of_a_call_may_stand_in_any_order() -> None:
    key = PrivateKey.generate()
    proof = dpop.write(key, "a-call-of-this-phone", "GET", "https://city.example/x", NOW, "nonce")
    found, claims = peek(proof)
    shuffled = sign(dict(reversed(claims.items())), key, found)
    url = "https://city.example/x"
    assert dpop.check(shuffled, "GET", url, lambda nonce: True, Code.WALLET_AUTH_FAILED).nonce == "nonce"
