"""Threats of spec 13 to passes and proofs: pictures of them, forgeries, twins. Through the till's door."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from ledger.models import Transfer
from tests.actors import Answer, HeldPass, Till
from tests.protocol.test_confusion import twin
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.protocol import pass_, presentation, signing
from wallet.protocol.strict import b64, compact

pytestmark = pytest.mark.django_db


def now() -> float:
    return timezone.now().timestamp()


def refused(answer: Answer, status: int, code: str) -> bool:
    return (answer.status, answer.code) == (status, code)


def test_threat_screenshot_reused_later(town: Town, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, used = town.passes(count=2)
    pictures = [one.symbol(now(), 5_000) for one in (kept, used)]
    shown = presentation.open_proof(int(now()), 1).iat
    assert till.redeem(till.scan(pictures[1]), 100, CLOTHES).status == 201
    before = snapshot()

    def seconds_old(seconds: int) -> None:
        then = datetime.fromtimestamp(shown + seconds, tz=UTC)
        monkeypatch.setattr(timezone, "now", lambda: then)

    seconds_old(40)
    assert refused(till.redeem(till.scan(pictures[1]), 100, CLOTHES), 409, "already_redeemed")
    seconds_old(121)
    assert refused(till.redeem(till.scan(pictures[0]), 100, CLOTHES), 422, "proof_stale")
    assert snapshot() == before
    seconds_old(120)
    assert till.redeem(till.scan(pictures[0]), 100, CLOTHES).status == 201


@pytest.mark.django_db(transaction=True)
def test_threat_live_relay(real_town: Town) -> None:
    held, bound = real_town.passes(count=2)
    tills = [real_town.till(), real_town.till(real_town.other_till_row)]
    picture = held.symbol(now(), 5_000)
    tokens = [till.sale(till.scan(picture), 1_000, CLOTHES) for till in tills]
    answers = at_once([lambda t=till, r=token: t.send(r) for till, token in zip(tills, tokens, strict=True)])
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert {answer.code for answer in answers} == {None, "already_redeemed"}
    assert real_town.balance() == 14_000
    assert real_town.owed() + real_town.owed(real_town.other_shop) == 1_000
    here, elsewhere = tills
    answered = bound.answer(now(), 700, here.merchant, "AAECAwQFBgc")
    assert refused(elsewhere.redeem(answered, 700, CLOTHES), 422, "wrong_audience")
    assert refused(here.redeem(answered, 701, CLOTHES), 422, "amount_over_max")
    assert here.redeem(answered, 700, CLOTHES).status == 201
    assert Transfer.objects.filter(kind=5).count() == 2


# --- forged passes ------------------------------------------------------------------------------------------
def headers_of_a_forger(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Headers that a careless reader of tokens might believe."""
    yield {**good, "alg": "none"}
    yield {**good, "alg": "ES384"}
    yield {**good, "typ": "kb+jwt"}
    yield {**good, "typ": "JWT"}
    yield {**good, "jwk": signing.PrivateKey.generate().public.jwk}
    yield {**good, "jku": "https://evil.example/jwks.json"}
    for kid in ("../../etc/passwd", good["kid"] + "\x00", "' OR 1=1 --", "", [good["kid"]], None):
        yield {**good, "kid": kid}


def forgeries(held: HeldPass) -> Iterator[str]:
    """Passes that nobody issued: the claims of a real one under another header, algorithm or key."""
    key = custody().pass_key
    read = held._read()
    good, claims = dict(read.header()), read.claims()

    def text(head: dict[str, Any]) -> str:
        return f"{b64(json.dumps(head, separators=(',', ':')).encode())}.{b64(compact(claims))}"

    def signed(message: str) -> str:
        return f"{message}.{b64(signing._ES256.sign(message.encode(), key.private._key))}"

    assert pass_.check(signed(text(good)), custody().ring) == read  # else the forger could not do his work
    yield from (signed(text(head)) for head in headers_of_a_forger(good))
    yield text({**good, "alg": "none"}) + "."
    shared = text({**good, "alg": "HS256"})
    for secret in (key.private.public.compressed, json.dumps(key.private.public.jwk).encode()):
        yield f"{shared}.{b64(hmac.digest(secret, shared.encode(), 'sha256'))}"
    longer = ec.generate_private_key(ec.SECP384R1())
    yield jwt.encode(claims, longer, "ES384", headers={"kid": good["kid"], "typ": good["typ"]})
    yield pass_.issue(read, signing.PrivateKey.generate())


def test_threat_forged_pass(town: Town, till: Till, held: HeldPass) -> None:
    before = snapshot()
    proof = presentation.open_proof(int(now()), 5_000)
    made = list(forgeries(held))
    assert len(made) == 17
    for token in made:
        answer = till.redeem(presentation.present(token, proof, held.key), 100, CLOTHES)
        assert answer.code in {"malformed_qr", "unknown_key", "bad_signature"}, (token, answer)
    stolen = custody().pass_key.private
    never = pass_.issue(replace(held._read(), jti="AAAAAAAAAAAAAAAA"), stolen)
    assert refused(
        till.redeem(presentation.present(never, proof, held.key), 100, CLOTHES), 404, "unknown_pass"
    )
    thief = signing.PrivateKey.generate()
    mine = pass_.issue(replace(held._read(), holder=thief.public.jwk), stolen)
    assert refused(till.redeem(presentation.present(mine, proof, thief), 100, CLOTHES), 404, "unknown_pass")
    assert snapshot() == before


def test_threat_signature_malleability(town: Town, till: Till, held: HeldPass) -> None:
    shown = held.show(now(), 5_000)
    token, _, proof = shown.partition("~")
    assert refused(till.redeem(f"{twin(token)}~{proof}", 100, CLOTHES), 422, "proof_mismatch")
    assert till.redeem(shown, 100, CLOTHES).status == 201
    before = snapshot()
    assert refused(till.redeem(f"{token}~{twin(proof)}", 100, CLOTHES), 409, "already_redeemed")
    assert snapshot() == before
