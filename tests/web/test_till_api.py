"""The till's door: the shapes of its calls, and what is refused before any rule is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api as books
from ledger.log import note, policy, receipt
from ledger.models import Cosignature
from tests.actors import Till
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.protocol import bundle

pytestmark = pytest.mark.django_db
REDEMPTIONS = "/api/v1/redemptions"


@pytest.fixture
def till(town: Town) -> Till:
    return town.till()


def test_enrolling_answers_all_that_a_till_begins_with(town: Town) -> None:
    from wallet.services import enrol

    answer = Till(town.wire()).enrol(enrol.make_till_code(town.till_row, timezone.now()))
    assert set(answer.body) == {
        "till",
        "name",
        "merchant",
        "enrol_nonce",
        "bundle",
        "bundle_keys",
        "server_time",
    }
    assert answer.headers["DPoP-Nonce"] and answer.headers["Cache-Control"] == "no-store"


def test_the_bundle_is_fetched_again_with_the_tills_own_key(till: Till) -> None:
    answer = till.call("GET", "/api/v1/tills/bundle")
    assert answer.status == 200 and set(answer.body) == {"bundle", "server_time"}
    told = bundle.check(answer.body["bundle"], custody().bundle_key.private.public)
    assert told.exp - told.iat == 7 * 86_400
    assert till.wire.call("GET", "/api/v1/tills/bundle").code == "till_auth_failed"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'"record"',
        b"{}",
        b'{"record": 1}',
        b'{"record": null}',
        b'{"record": "x", "more": 1}',
        b'{"record": "x", "pin": 1234}',
    ],
)
def test_a_body_of_another_shape_changes_nothing(till: Till, body: bytes) -> None:
    before = snapshot()
    answer = till.wire.call("POST", REDEMPTIONS, body, {"Idempotency-Key": "x"})
    assert (answer.status, answer.code) == (400, "malformed_request")
    assert snapshot() == before


@pytest.mark.parametrize("record", ["", "x", "a.b.c", "é", "A" * 5000, "eyJhbGciOiJub25lIn0.e30."])
def test_a_record_that_is_no_token_changes_nothing(till: Till, record: str) -> None:
    before = snapshot()
    answer = till.wire.call("POST", REDEMPTIONS, {"record": record}, {"Idempotency-Key": "x"})
    assert (answer.status, answer.code) == (400, "malformed_record")
    assert snapshot() == before


def test_a_record_signed_by_another_till_is_refused(town: Town, till: Till) -> None:
    [held] = town.passes()
    other = town.till(town.other_till_row)
    token = other.sale(held.show(till.clock(), 500), 500, CLOTHES, till=till.id)
    before = snapshot()
    assert till.send(token).code == "till_auth_failed"
    spoiled = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert other.send(spoiled).code == "till_auth_failed"
    assert snapshot() == before


@pytest.fixture
def witnessed(settings: Settings, tmp_path: Path) -> Callable[[], None]:
    """Call it to seal what waits, with a witness that signs at once."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.POLICY_FILE = tmp_path / "policy.txt"
    witness = note.SignerKey.from_seed("one.example", note.COSIGNATURE_V1, bytes(32))

    def settle() -> None:
        now = timezone.now()
        log = books.setup_log(14, now)
        lines = [f"log {log.vkey}", f"witness one {witness.verifier}", "quorum one", ""]
        settings.POLICY_FILE.write_text("\n".join(lines))
        books.settle(14, now, force=True)
        signed = log.checkpoints.order_by("-size").first()
        assert signed
        text = note.Note.parse(signed.note.encode()).text
        line = note.cosign(text, witness, int(now.timestamp())).line().rstrip("\n")
        Cosignature.objects.create(checkpoint=signed, witness="one", line=line)
        books.settle(14, now)

    return settle


def paid(town: Town, till: Till) -> str:
    """A payment to this till's shop."""
    [held] = town.passes()
    return str(till.redeem(held.show(till.clock(), 500), 500, CLOTHES).body["id"])


def asked(till: Till, *payments: str) -> Any:
    """What the till is told of these payments."""
    return till.call("POST", "/api/v1/tills/logged", {"payments": list(payments)}).body


def test_a_shop_gets_the_proof_of_its_own_payments(
    town: Town, till: Till, witnessed: Callable[[], None], settings: Settings
) -> None:
    payment = paid(town, till)
    early = till.call("GET", f"/api/v1/tills/proofs/{payment}")
    assert (early.status, early.code, early.body["retry"]) == (409, "not_logged_yet", True)
    told = asked(till, payment)
    assert told["logged"] == [] and told["next_at"] > told["server_time"]
    witnessed()
    assert asked(till, payment)["logged"] == [payment]
    answer = till.call("GET", f"/api/v1/tills/proofs/{payment}")
    given = receipt.parse(json.dumps(answer.body))
    trusted = policy.parse(settings.POLICY_FILE.read_text())
    found = receipt.verify_receipt(
        given.canonical, given.salt, given.inner_path, given.tlog_proof, trusted
    ).said
    assert (found.amount, found.kind) == (500, "redeem")
    back = till.give_back("refunds", payment, 200, CLOTHES).body["id"]
    assert till.call("GET", f"/api/v1/tills/proofs/{back}").code == "not_logged_yet"


def test_a_shop_gets_nothing_of_another_shop(town: Town, till: Till, witnessed: Callable[[], None]) -> None:
    payment, other = paid(town, till), town.till(town.other_till_row)
    witnessed()
    answer = other.call("GET", f"/api/v1/tills/proofs/{payment}")
    assert (answer.status, answer.code) == (404, "unknown_redemption")
    assert asked(other, payment)["logged"] == []
    assert till.wire.call("GET", f"/api/v1/tills/proofs/{payment}").code == "till_auth_failed"
    assert till.call("GET", f"/api/v1/tills/proofs/{uuid4()}").code == "unknown_redemption"


def test_a_shop_gets_the_proof_of_what_a_batch_pays_it(
    town: Town, till: Till, witnessed: Callable[[], None], settings: Settings
) -> None:
    payment, where = paid(town, till), "/api/v1/tills/proofs/batches/1"
    till.give_back("refunds", payment, 200, CLOTHES)
    assert till.call("GET", where).code == "unknown_redemption"
    books.setup_log(14, timezone.now())
    books.settle(14, timezone.now(), force=True)
    early = till.call("GET", where)
    assert (early.status, early.code, early.body["retry"]) == (409, "not_logged_yet", True)
    witnessed()
    given = receipt.parse(json.dumps(till.call("GET", where).body))
    own = str(books.merchant_party(14, str(town.shop.number)))
    trusted = policy.parse(settings.POLICY_FILE.read_text())
    found = receipt.verify_line(given, own, trusted).said
    assert (found.batch, found.amount) == (1, 300)
    batch = json.loads(till.call("GET", f"/api/v1/tills/proofs/{payment}").body["canonical"])["batch"]
    assert batch == found.batch
    other = town.till(town.other_till_row)
    for who, path in ((other, where), (till, where[:-1] + "2"), (till, where + "0" * 30)):
        answer = who.call("GET", path)
        assert (answer.status, answer.code) == (404, "unknown_redemption")
    assert till.wire.call("GET", where).code == "till_auth_failed"


@pytest.mark.parametrize("payments", [None, "x", ["x"], [str(uuid4())] * 501])
def test_a_question_of_another_shape_is_refused(till: Till, payments: Any) -> None:
    answer = till.call("POST", "/api/v1/tills/logged", {"payments": payments})
    assert (answer.status, answer.code) == (400, "malformed_request")


def test_a_void_or_refund_of_another_shape_changes_nothing(till: Till) -> None:
    number = "11111111-1111-4111-8111-111111111111"
    before = snapshot()
    for verb in ("void", "refunds"):
        bodies: list[Any] = [{}, {"record": {}}, [], {"record": ""}]
        for body in bodies:
            answer = till.wire.call("POST", f"{REDEMPTIONS}/{number}/{verb}", body)
            assert (answer.status, answer.code) == (400, "malformed_request"), body
        token = till.sign(till.draft(1, CLOTHES, mode="void" if verb == "void" else "refund", ref=number))
        assert till.resend(verb, number, token).code == "unknown_redemption"
    assert snapshot() == before


def test_there_is_no_address_for_what_is_not_there(till: Till) -> None:
    for path in ("/api/v1/tills/record", "/api/v1/", "/api/v1/redemptions/1/void", "/api/v1/redemptions/"):
        answer = till.wire.call("POST", path, {})
        assert (answer.status, answer.code) == (404, "malformed_request"), path


def test_a_redemption_opens_no_session_and_carries_the_headers_of_the_api(town: Town, till: Till) -> None:
    [held] = town.passes()
    answer = till.redeem(held.show(till.clock(), 500), 500, CLOTHES)
    assert (answer.headers["API-Version"], answer.headers["X-Content-Type-Options"]) == ("1", "nosniff")
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers
