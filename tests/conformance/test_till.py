"""A till: its papers, sales online, retries, voids and refunds. Specs 03, 04 and 05."""

from __future__ import annotations

import time
import uuid

from tests.actors import Answer, HeldPass, Phone, Till
from tests.conformance.conftest import Programme
from tests.conformance.wire import ReadingWire
from wallet.protocol import bundle, receipt
from wallet.protocol.keyring import Keyring
from wallet.protocol.signing import PublicKey, peek


def new_pass(phone: Phone, programme: Programme) -> HeldPass:
    """A pass that was never shown."""
    if not any(held.claims["prg"] == programme.prg for held in phone.passes):
        assert phone.refill(programme.prg, 8).status == 201
    return phone.take(programme.prg)


def sold(phone: Phone, till: Till, programme: Programme) -> Answer:
    """A sale of the suite's usual amount."""
    shown = new_pass(phone, programme).show(time.time(), programme.sale)
    return till.redeem(shown, programme.sale, programme.prg, cur=programme.cur)


def test_the_bundle_is_signed_by_the_first_pin(till: Till) -> None:
    answer = till.call("GET", "/api/v1/tills/bundle")
    pins = [PublicKey.from_jwk(jwk) for jwk in till.welcome["bundle_keys"]]  # type: ignore[attr-defined]
    read = bundle.check(answer.body["bundle"], pins[0])
    assert read.pins == [pin.jwk for pin in pins]
    assert read.exp - read.iat == 7 * 86_400 and abs(read.iat - answer.body["server_time"]) < 60
    assert {key.vp_use for key in read.keyring().values()} == {"pass", "status", "receipt", "card"}
    assert till.wire.call("GET", "/api/v1/tills/bundle").code == "till_auth_failed"


def test_a_sale_is_booked_once_and_both_get_a_receipt(
    phone: Phone, till: Till, programme: Programme, ring: Keyring
) -> None:
    before = phone.refresh()
    pot = phone.voucher(programme.prg)["balance"]
    shown = new_pass(phone, programme).show(time.time(), programme.sale)
    token = till.sale(shown, programme.sale, programme.prg, cur=programme.cur)
    first, again = till.send(token), till.send(token)
    assert (first.status, again.status, again.body) == (201, 200, first.body)
    assert (first.body["approved"], first.body["rest"], first.body["result"]) == (
        programme.sale,
        0,
        "approved",
    )
    mine = _receipt(first.body["receipt"], ring)
    assert (mine.aud, mine.jti, mine.txn) == (f"m:{till.merchant}", first.body["id"], first.body["txn"])
    assert (mine.amt, mine.cur, mine.prg, mine.bal) == (programme.sale, programme.cur, programme.prg, None)
    after = phone.refresh()
    assert phone.voucher(programme.prg)["balance"] == pot - programme.sale
    assert len(after["activity"]) == min(len(before["activity"]) + 1, len(after["activity"]))
    told = next(one for one in after["activity"] if one["id"] == first.body["id"])
    theirs = _receipt(told["receipt"], ring)
    assert (told["amount"], theirs.aud, theirs.amt) == (-programme.sale, "w", programme.sale)


def _receipt(token: str, ring: Keyring) -> receipt.Receipt:
    key = ring[str(peek(token)[0]["kid"])]
    assert key.vp_use == "receipt"
    return receipt.check(token, key.public)


def test_a_number_names_one_sale(phone: Phone, till: Till, programme: Programme) -> None:
    first, second = (new_pass(phone, programme) for _ in "ab")
    txn = str(uuid.uuid4())
    usual = {"prg": programme.prg, "cur": programme.cur, "txn": txn}
    assert till.redeem(first.show(time.time(), programme.sale), programme.sale, **usual).status == 201
    other = till.redeem(second.show(time.time(), programme.sale), programme.sale, **usual)
    assert (other.status, other.code) == (422, "idempotency_mismatch")
    token = till.sale(second.show(time.time(), 1), 1, programme.prg, cur=programme.cur)
    assert till.send(token, str(uuid.uuid4())).code == "idempotency_mismatch"
    assert till.send(token).status == 201


def test_short_and_bound_codes_are_taken_too(phone: Phone, till: Till, programme: Programme) -> None:
    short = new_pass(phone, programme).short_symbol(time.time(), programme.sale)
    answer = till.redeem(short, programme.sale, 0, cur=programme.cur)
    assert answer.status == 201, answer
    answered = new_pass(phone, programme).answer(time.time() + 900, 1, till.merchant, "AAECAwQFBgc")
    assert till.redeem(answered, 1, programme.prg, cur=programme.cur).status == 201


def test_a_whole_symbol_is_rebuilt_to_what_was_signed(phone: Phone, till: Till, programme: Programme) -> None:
    held = new_pass(phone, programme)
    now = time.time()
    rebuilt = till.scan(held.symbol(now, programme.sale))
    assert rebuilt.startswith(held.token + "~")
    assert till.redeem(rebuilt, programme.sale, programme.prg, cur=programme.cur).status == 201


def test_a_sale_is_undone_once(phone: Phone, till: Till, programme: Programme) -> None:
    payment = sold(phone, till, programme).body["id"]
    token = till.sign(till.draft(programme.sale, programme.prg, cur=programme.cur, mode="void", ref=payment))
    first, again = till.resend("void", payment, token), till.resend("void", payment, token)
    if first.code != "refund_window_closed":  # sealed in a batch meanwhile
        assert (first.status, again.status, first.body) == (201, 200, again.body)
        assert first.body["refunded"] == programme.sale
        other = till.give_back("void", payment, programme.sale, programme.prg, cur=programme.cur)
        assert other.code == "already_voided"


def test_what_is_given_back_is_at_most_what_was_paid(phone: Phone, till: Till, programme: Programme) -> None:
    payment = sold(phone, till, programme).body["id"]
    given = till.give_back("refunds", payment, programme.sale, programme.prg, cur=programme.cur)
    assert (given.status, given.body["refunded"]) == (201, programme.sale)
    more = till.give_back("refunds", payment, 1, programme.prg, cur=programme.cur)
    assert (more.status, more.code, more.body["facts"]) == (422, "refund_exceeds", {"left": 0})


def test_the_log_proves_a_payment_or_says_when(
    wire: ReadingWire, phone: Phone, till: Till, programme: Programme
) -> None:
    payment = sold(phone, till, programme).body["id"]
    for who, side in ((phone, "wallet"), (till, "tills")):
        answer = who.call("GET", f"/api/v1/{side}/proofs/{payment}")
        assert answer.status == 200 or answer.body["facts"]["next_at"] > 0
        unknown = who.call("GET", f"/api/v1/{side}/proofs/{uuid.uuid4()}")
        assert (unknown.status, unknown.code) == (404, "unknown_redemption")
    assert set(till.call("POST", "/api/v1/tills/logged", {"payments": [payment]}).body["logged"]) <= {payment}
