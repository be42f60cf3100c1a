"""The known answers that TypeScript reads too."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

import pytest

from tests.protocol.conftest import HOLDER, ISS, ISSUER, vectors
from tests.vectors import make
from wallet.protocol import base45, keyring, pass_, presentation, qr, statuslist
from wallet.protocol.keyring import Keyring
from wallet.protocol.pass_ import Pass
from wallet.protocol.presentation import Proof
from wallet.protocol.redemption import Attempt, Facts, decide
from wallet.protocol.refusals import MEANINGS, Code, Refused
from wallet.protocol.strict import Malformed


def named(cases: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.get("name", case.get("text")))


@named(vectors("base45")["good"])
def test_base45_is_written_and_read(case: dict[str, str]) -> None:
    assert base45.encode(bytes.fromhex(case["hex"])) == case["text"]
    assert base45.decode(case["text"]).hex() == case["hex"]


@named(vectors("base45")["refused"])
def test_base45_that_nothing_writes_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        base45.decode(case["text"])


SHOWN = vectors("presentation")["cases"]


@named(SHOWN)
def test_a_symbol_rebuilds_the_very_bytes_that_were_signed(case: dict[str, Any]) -> None:
    text = qr.decode(case["qr"]).rebuild(ISS)
    assert text == case["canonical"]
    assert len(text) == case["canonical_length"]
    assert hashlib.sha256(text.encode()).hexdigest() == case["canonical_sha256"]


@named(SHOWN)
def test_a_presentation_says_what_was_put_in(case: dict[str, Any], ring: Keyring) -> None:
    found = presentation.check(case["canonical"], ring)
    assert asdict(found.pass_) == case["pass"]
    assert asdict(found.proof) == case["proof"]
    assert qr.encode(found.pass_, found.proof, case["canonical"]) == case["qr"]


@named([case for case in SHOWN if case["deterministic"]])
def test_signing_again_gives_the_same_bytes(case: dict[str, Any]) -> None:
    token = pass_.issue(Pass(**case["pass"]), ISSUER)
    assert presentation.present(token, Proof(**case["proof"]), HOLDER) == case["canonical"]


@named([case for case in SHOWN if case["vp2"]])
def test_the_short_symbol_rebuilds_the_same_presentation(case: dict[str, Any]) -> None:
    token = case["canonical"].partition("~")[0]
    short = qr.decode_short(case["vp2"])
    assert short.jti == case["pass"]["jti"]
    assert short.rebuild(token) == case["canonical"]


def test_the_worked_example_of_spec_03_stands() -> None:
    first = SHOWN[0]
    assert first["canonical_length"] == 929
    assert first["canonical_sha256"] == "004637146c2a9f7fe20dd13b8d42b033197a574b8a0a6fd44552b805d1955871"
    assert first["sd_hash"] == "BUrkk7KL7bBmxvFRdDpyV2zhLUQF76K0EXoR6VWNm24"
    assert len(first["qr"]) == 301


@named(vectors("qr")["refused"])
def test_a_symbol_that_nothing_writes_is_refused(case: dict[str, str], ring: Keyring) -> None:
    with pytest.raises(Refused) as refused:
        presentation.check(qr.decode(case["text"]).rebuild(ISS), ring)
    assert refused.value.code == case["code"]


@named(vectors("qr")["questions"])
def test_a_question_is_written_and_read(case: dict[str, Any]) -> None:
    question = qr.Question(**case["question"])
    assert qr.encode_question(question) == case["text"]
    assert qr.decode_question(case["text"]) == question


@named(vectors("qr")["cards"])
def test_a_card_is_written_and_read(case: dict[str, str]) -> None:
    assert qr.encode_card(bytes.fromhex(case["card"])) == case["text"]
    assert qr.decode_card(case["text"]).hex() == case["card"]


SIGNED_CARDS = vectors("qr")["signed_cards"]


@named(SIGNED_CARDS)
def test_a_signed_card_is_written_and_read(case: dict[str, Any], card_ring: Keyring, ring: Keyring) -> None:
    assert qr.decode_signed_card(case["text"]).rebuild_pass(ISS) == case["token"]
    found = pass_.check(case["token"], card_ring, card=True)
    assert asdict(found) == case["pass"]
    assert qr.encode_signed_card(found, case["token"]) == case["text"]
    for other in (ring, card_ring):  # what is on a card is no phone's pass, whatever signed it
        with pytest.raises(Refused):
            pass_.check(case["token"], other)
    with pytest.raises(Refused) as refused:  # nor does a key of passes sign cards
        pass_.check(case["token"], ring, card=True)
    assert refused.value.code == Code.UNKNOWN_KEY


@named(vectors("qr")["refused_cards"])
def test_a_card_that_nothing_writes_is_refused(case: dict[str, str], card_ring: Keyring) -> None:
    with pytest.raises(Refused) as refused:
        if case["text"].startswith("VPC1:"):
            qr.decode_card(case["text"])
        pass_.check(qr.decode_signed_card(case["text"]).rebuild_pass(ISS), card_ring, card=True)
    assert refused.value.code == case["code"]


def test_every_wrong_bit_of_a_signed_card_is_refused(card_ring: Keyring) -> None:
    data = base45.decode(SIGNED_CARDS[0]["text"][5:])
    assert (len(data), len(SIGNED_CARDS[0]["text"])) == (127, 196)
    for bit in range(len(data) * 8):
        wrong = bytearray(data)
        wrong[bit // 8] ^= 1 << bit % 8
        text = "VPC2:" + base45.encode(bytes(wrong))
        with pytest.raises(Refused):
            pass_.check(qr.decode_signed_card(text).rebuild_pass(ISS), card_ring, card=True)


@named(vectors("decide")["cases"])
def test_decide(case: dict[str, Any]) -> None:
    facts = {**case["facts"], "categories": tuple(case["facts"]["categories"])}
    answer = decide(Attempt(**case["attempt"]), Facts(**facts), case["now"])
    assert asdict(answer) == case["expect"]


def test_every_rule_of_a_redemption_has_a_case() -> None:
    codes = {case["expect"].get("code") for case in vectors("decide")["cases"]}
    by_signature_or_text = {
        Code.MALFORMED_QR,
        Code.UNSUPPORTED_VERSION,
        Code.BAD_SIGNATURE,
        Code.UNKNOWN_KEY,
        Code.KEY_COMPROMISED,
        Code.BAD_PROOF,
        Code.PROOF_MISMATCH,
    }
    by_the_till_alone = {
        Code.LIST_STALE,
        Code.BUNDLE_EXPIRED,
        Code.TILL_OFFLINE_QUOTA,
        Code.TILL_CLOCK_INVALID,
    }
    local = {code for code, meaning in MEANINGS.items() if meaning.local}
    assert local - by_signature_or_text - by_the_till_alone <= codes


def test_the_table_of_refusals_is_the_published_one() -> None:
    rows = {
        row["code"]: (row["status"], row["retry"], row["local"]) for row in vectors("refusals")["refusals"]
    }
    assert rows == {code: (m.status, m.retry, m.local) for code, m in MEANINGS.items()}
    assert set(MEANINGS) == set(Code)


@named(vectors("statuslist")["good"])
def test_a_status_list_is_read(case: dict[str, Any]) -> None:
    bits = statuslist.unpack(case["lst"])
    found = statuslist.StatusList("", 0, 0, 1, bits)
    assert bits.hex() == case["bits"]
    assert [place for place in range(len(bits) * 8) if found.withdrawn(place)] == case["withdrawn"]
    assert statuslist.fill(len(bits) * 8, case["withdrawn"]) == bits


@named(vectors("statuslist")["refused"])
def test_a_status_list_that_is_not_whole_is_refused(case: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        statuslist.unpack(case["lst"])


def test_the_keyring_of_the_vectors_is_the_test_issuer(ring: Keyring) -> None:
    issuer = vectors("presentation")["issuer"]
    assert keyring.find(ring, issuer["kid"], "pass").public.jwk == issuer["jwk"]


@pytest.mark.parametrize("name", [name for name in make.FILES if name != "statuslist"])
def test_the_published_answers_are_those_that_their_maker_writes(name: str) -> None:
    """Not the status lists: another build of zlib may compress to other bytes."""
    assert json.loads(json.dumps(make.FILES[name]())) == vectors(name)
