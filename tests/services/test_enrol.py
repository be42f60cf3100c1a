"""Codes let one key in, once; a new phone or tablet takes the place of the one before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.actors import Caller, Phone, Till
from tests.services.ledgers import snapshot
from tests.together import at_once
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.models import ActivationCode, Device, IssuedPass, TillCode
from wallet.models import Till as TillRow
from wallet.protocol import bundle
from wallet.protocol.signing import PrivateKey, PublicKey
from wallet.services import codes, enrol, merchants

pytestmark = pytest.mark.django_db


def new_code(town: Town) -> str:
    return enrol.make_activation_code(town.holder, timezone.now())


def test_a_code_is_two_blocks_of_letters_that_no_eye_confuses_and_only_its_hmac_is_kept(town: Town) -> None:
    code = new_code(town)
    assert len(code) == 11 and code[5] == "-" and not set(code) & set("ILOUilou")
    stored = ActivationCode.objects.get()
    assert bytes(stored.digest) == codes.digest(code)
    assert code.replace("-", "").encode() not in bytes(stored.digest)


@pytest.mark.parametrize("typed", ["abcde-fghjk", " ABCDE FGHJK ", "ABCDEFGHJK", "abc-de-fgh-jk"])
def test_small_letters_dashes_and_spaces_do_not_matter(typed: str) -> None:
    assert codes.digest(typed) == codes.digest("ABCDE-FGHJK")


def test_what_looks_alike_reads_alike_and_anything_else_is_no_code() -> None:
    assert codes.digest("OIL00-00000") == codes.digest("01100-00000")
    assert [codes.digest(text) for text in ("", "ABCDE", "ABCDE-FGHJU", "ABCDE-FGHJK0", "ABCDÉ-FGHJK")] == [
        None
    ] * 5


def test_a_phone_is_let_in_with_its_state(town: Town) -> None:
    phone = Phone(town.wire())
    answer = phone.activate(new_code(town))
    assert answer.status == 201
    assert Device.objects.get().thumbprint == phone.key.public.thumbprint
    assert answer.body["device"] == str(Device.objects.get().pk)
    assert answer.body["state"]["holder"] == {"name": town.holder.name, "number": town.holder.number}


@pytest.mark.parametrize("code", ["AAAAA-AAAAA", "", "nonsense", "0" * 41])
def test_a_code_that_was_never_made_lets_nobody_in(town: Town, code: str) -> None:
    before = snapshot()
    answer = Phone(town.wire()).activate(code)
    assert answer.code == ("unknown_code" if 0 < len(code) <= 40 else "malformed_request")
    assert snapshot() == before


def test_a_used_an_old_and_a_replaced_code_let_nobody_in(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    used = new_code(town)
    assert [Phone(town.wire()).activate(used).status for _ in range(3)] == [201, 201, 404]
    replaced, newest = new_code(town), new_code(town)
    assert Phone(town.wire()).activate(replaced).code == "unknown_code"
    later = timezone.now() + timedelta(days=7, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert Phone(town.wire()).activate(newest).code == "unknown_code"
    assert Device.objects.count() == 2


def test_the_app_on_the_home_screen_takes_the_place_of_the_browser_for_a_quarter_of_an_hour(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, browser = new_code(town), Phone(town.wire())
    browser.activate(code)
    assert Phone(town.wire()).activate(code).status == 201
    assert browser.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert browser.activate(code).code == "bad_proof"  # its own answer is no longer true
    late = new_code(town)
    Phone(town.wire()).activate(late)
    new_code(town)  # a new letter ends the old one, also for a second time
    assert Phone(town.wire()).activate(late).code == "unknown_code"
    late = new_code(town)
    Phone(town.wire()).activate(late)
    later = timezone.now() + enrol.AGAIN_WITHIN
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert Phone(town.wire()).activate(late).code == "unknown_code"


def test_a_private_key_another_key_or_a_key_that_is_no_key_is_refused(town: Town) -> None:
    code = new_code(town)
    phone = Phone(town.wire())
    other = PrivateKey.generate().public.jwk
    off_curve = {**phone.key.public.jwk, "x": "A" * 43}
    for jwk in ({**phone.key.public.jwk, "d": "AAAA"}, other, off_curve, {}, [], "key", None):
        answer = phone.call("POST", "/api/v1/wallet/devices", {"code": code, "jwk": jwk})
        assert answer.code in ("bad_proof", "malformed_request"), answer
        cache.clear()
    assert phone.activate(code).status == 201  # the code was not used up by that


def test_a_key_is_let_in_once(town: Town) -> None:
    phone = town.phone()
    assert phone.activate(new_code(town)).code == "bad_proof"


def test_a_phone_that_missed_the_answer_asks_again_and_is_let_in_once(town: Town) -> None:
    code, phone = new_code(town), Phone(town.wire())
    first, again = phone.activate(code), phone.activate(code)
    assert (first.status, again.status) == (201, 201)
    assert again.body["device"] == first.body["device"]
    assert Device.objects.count() == 1


def test_a_till_that_missed_the_answer_asks_again_and_keeps_its_chain(town: Town) -> None:
    code, till = enrol.make_till_code(town.till_row, timezone.now()), Till(town.wire())
    first, again = till.enrol(code), till.enrol(code)
    assert (first.status, again.status) == (201, 201)
    assert again.body["enrol_nonce"] == first.body["enrol_nonce"]
    town.till_row.refresh_from_db()
    assert town.till_row.chain == 1


def test_a_second_phone_revokes_the_first_and_its_passes(town: Town) -> None:
    first = town.phone()
    first.refill(CLOTHES, 3)
    second = town.phone()
    assert first.call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"
    assert IssuedPass.objects.filter(revoked_at=None).count() == 0
    till = town.till()
    shown = first.passes[0].show(first.clock(), 1000)
    assert till.redeem(shown, 100, CLOTHES).code == "pass_revoked"
    assert second.refill(CLOTHES, 1).status == 201
    assert town.balance() == 15_000


def test_the_phone_of_one_holder_says_nothing_about_another(town: Town) -> None:
    mine, theirs = town.phone(), town.phone(town.neighbour)
    assert Device.objects.filter(revoked_at=None).count() == 2
    ids = [{voucher["id"] for voucher in phone.state["vouchers"]} for phone in (mine, theirs)]
    assert not ids[0] & ids[1]


def test_five_wrong_codes_from_one_address_close_the_door_for_a_right_one_too(town: Town) -> None:
    for nth in range(5):
        assert Phone(town.wire()).activate(f"AAAAA-AAAA{nth}").code == "unknown_code"
    right = Phone(town.wire()).activate(new_code(town))
    assert (right.status, right.code) == (429, "rate_limited")
    assert Till(town.wire()).enrol(enrol.make_till_code(town.till_row, timezone.now())).code == "rate_limited"
    assert Device.objects.count() == 0


def test_five_tries_at_one_code_close_it_for_every_address(town: Town) -> None:
    def from_address(nth: int) -> str | None:
        wire = town.wire()
        wire._client.defaults["REMOTE_ADDR"] = f"10.0.0.{nth}"
        return Phone(wire).activate("AAAAA-AAAAA").code

    assert [from_address(nth) for nth in range(6)] == ["unknown_code"] * 5 + ["rate_limited"]


def test_many_right_codes_from_one_address_are_no_guesses(town: Town) -> None:
    for _ in range(7):
        assert Phone(town.wire()).activate(new_code(town)).status == 201


def test_a_try_counts_when_a_right_code_gives_its_own_back_at_that_instant(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = cache.add
    monkeypatch.setattr(cache, "add", lambda key, *more: add(key, *more) and cache.delete(key))
    assert Phone(town.wire()).activate("AAAA-AAAA").code == "unknown_code"
    monkeypatch.undo()
    assert [Phone(town.wire()).activate("AAAA-AAAA").status for _ in range(12)][-1] == 429


# --- tills --------------------------------------------------------------------------------------------------
def test_a_till_is_let_in_with_the_bundle_and_the_keys_to_pin(town: Town) -> None:
    till = Till(town.wire())
    answer = till.enrol(enrol.make_till_code(town.till_row, timezone.now()), "Balie")
    assert answer.status == 201
    assert answer.body["merchant"] == {"number": town.shop.number, "name": town.shop.name}
    assert TillRow.objects.get(pk=till.id).name == "Balie"
    pinned = [PublicKey.from_jwk(jwk) for jwk in answer.body["bundle_keys"]]
    assert len(pinned) == 2 and pinned[0].thumbprint != pinned[1].thumbprint
    told = bundle.check(answer.body["bundle"], pinned[0])
    # Not 50, which is for sport shops.
    assert {line["prg"]: line["name_en"] for line in told.programmes} == {
        prg: f"Programme {prg}" for prg in (12, 30, 40)
    }
    assert told.keyring().keys() == custody().ring.keys()
    assert f"{told.iss}/status/" in told.lists[0]


def test_a_till_code_works_once_and_a_new_tablet_takes_the_place_of_the_old(town: Town) -> None:
    code = enrol.make_till_code(town.till_row, timezone.now())
    first = Till(town.wire())
    assert first.enrol(code).status == 201
    assert Till(town.wire()).enrol(code).code == "unknown_code"
    assert TillCode.objects.filter(used_at=None).count() == 0
    held, more = town.passes(count=2)
    assert first.redeem(held.show(first.clock(), 500), 500, CLOTHES).status == 201
    second = town.till()
    assert first.call("GET", "/api/v1/tills/bundle").code == "till_auth_failed"
    assert first.redeem(more.show(first.clock(), 500), 500, CLOTHES).code == "till_auth_failed"
    assert second.redeem(more.show(first.clock(), 500), 500, CLOTHES).status == 201


def test_a_till_that_is_switched_off_cannot_enrol_or_read_the_bundle(town: Town) -> None:
    till = town.till()
    code = enrol.make_till_code(town.till_row, timezone.now())
    town.till_row.refresh_from_db()
    merchants.suspend_till(till=town.till_row, reason="lost", staff=town.staff, now=timezone.now())
    assert till.call("GET", "/api/v1/tills/bundle").code == "till_suspended"
    assert Till(town.wire()).enrol(code).code == "till_suspended"
    assert TillCode.objects.filter(used_at=None).exists()


def test_a_phones_key_is_no_tills_key(town: Town) -> None:
    phone, till = town.phone(), town.till()
    assert Caller(town.wire(), phone.key).call("GET", "/api/v1/tills/bundle").code == "till_auth_failed"
    assert Caller(town.wire(), till.key).call("GET", "/api/v1/wallet/state").code == "wallet_auth_failed"


@pytest.mark.django_db(transaction=True)
def test_of_three_phones_that_use_one_code_at_the_same_instant_one_is_left(real_town: Town) -> None:
    code = new_code(real_town)
    phones = [Phone(real_town.wire()) for _ in range(3)]
    for phone in phones:
        phone.nonce = phone.wire.call("GET", "/api/v1/wallet/nonce").body["nonce"]
    answers = at_once([lambda p=phone: p.activate(code) for phone in phones])
    assert sorted(answer.status for answer in answers) == [201, 201, 404]
    assert (Device.objects.count(), Device.objects.filter(revoked_at=None).count()) == (2, 1)
