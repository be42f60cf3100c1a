"""Keys come, sign and go by the calendar, and at once when one was stolen. Time is an argument throughout."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api
from ledger.log import entry
from ledger.models import LogEntry
from tests.worlds import CLOTHES, Town
from wallet.custody import custody, key_store
from wallet.models import IssuedPass
from wallet.protocol import bundle, keyring, pass_, receipt, statuslist
from wallet.protocol.refusals import Refused
from wallet.protocol.signing import PublicKey, peek
from wallet.services import keys, status
from wallet.services.bundle import make_bundle
from wallet.tasks import rotate_keys

DAYS = timedelta(days=1)


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> None:
    """Keys and a log of the test's own."""
    settings.KEYS_DIR, settings.LOG_DIR, settings.SIGNER_DIR = (
        tmp_path / n for n in ("keys", "log", "signer")
    )
    settings.POLICY_FILE = tmp_path / "policy.txt"


def begin(use: str = "pass") -> datetime:
    """The day from which the first key of a use signs."""
    return datetime.fromtimestamp(custody().of(use)[0].since, UTC)


def jwks(now: datetime) -> set[str]:
    """The kids of the JWK set."""
    return {key.kid for key in custody().published(now.timestamp())}


def a_bundle(town: Town, now: datetime) -> bundle.Bundle:
    """What a till is told at `now`."""
    return bundle.check(make_bundle(town.till_row, now), custody().bundle_key.private.public)


def pass_by(kid: str, now: datetime) -> str:
    """A pass that this key signs at `now`."""
    held = next(key for key in custody().held if key.kid == kid)
    monday = pass_.week_start(int(now.timestamp()))
    new = pass_.Pass(
        iss="http://localhost:8000", kid=kid, iat=monday, exp=monday + 21 * pass_.DAY, jti="AAECAwQFBgcICQoL",
        holder=custody().bundle_pins[0], list_no=7, idx=1, prg=12, ofl=500, once=True,
    )  # fmt: skip
    return pass_.issue(new, held.private)


def test_threat_rotation(town: Town) -> None:
    start, old = begin(), custody().pass_key.kid
    keys.rotate(start + 77 * DAYS)
    assert len(custody().of("pass")) == 1  # not yet
    keys.rotate(start + 78 * DAYS)
    keys.rotate(start + 79 * DAYS)  # twice changes nothing
    coming = custody().of("pass")[-1]
    first_use = datetime.fromtimestamp(coming.since, UTC)
    assert first_use == start + 90 * DAYS and len(custody().of("pass")) == 2
    # Published eight days before it signs: the oldest bundle that a till may hold then knows it.
    assert coming.kid in jwks(first_use - 8 * DAYS)
    assert custody().signing("pass", first_use.timestamp() - 1).kid == old
    assert custody().signing("pass", first_use.timestamp()).kid == coming.kid
    told = a_bundle(town, first_use - 8 * DAYS)
    assert told.exp < first_use.timestamp()
    held = a_bundle(town, first_use - timedelta(days=6, hours=23))
    assert held.exp > first_use.timestamp()
    assert pass_.check(pass_by(coming.kid, first_use), held.keyring()).kid == coming.kid
    # The old key's last pass is of the day before, and lives for three weeks.
    last = pass_by(old, first_use - DAYS)
    assert pass_.check(last, a_bundle(town, first_use + 20 * DAYS).keyring()).kid == old
    gone = first_use + 21 * DAYS
    keys.rotate(gone)
    assert old not in jwks(gone) and coming.kid in jwks(gone)
    with pytest.raises(Refused, match="unknown_key"):
        pass_.check(last, a_bundle(town, gone).keyring())
    assert old in custody().ring  # a till that was offline may hand in a payment late
    keys.rotate(gone + 8 * DAYS)
    assert old not in custody().ring
    assert [(key.kid, key.stolen) for key in custody().gone] == [(old, False)]


def test_a_rotation_that_comes_late_still_overlaps(town: Town) -> None:
    start, old = begin(), custody().pass_key.kid
    late = start + 200 * DAYS
    assert custody().signing("pass", late.timestamp()).kid == old
    keys.rotate(late)
    coming = custody().of("pass")[-1]
    assert coming.since - late.timestamp() >= 8 * 86_400
    assert old in custody().ring
    keys.rotate(late)
    assert custody().signing("pass", coming.since).kid == coming.kid
    assert custody().ring[old].exp == coming.since + 21 * 86_400  # what it signed since is honoured as well


def test_old_receipts_verify_for_years(town: Town) -> None:
    start, old = begin("receipt"), custody().receipt_key.kid
    for year in range(1, 4):
        keys.rotate(start + (365 * year - 12) * DAYS)
        keys.rotate(start + 365 * year * DAYS)
    later = start + 365 * 4 * DAYS
    assert custody().signing("receipt", later.timestamp()).kid != old
    assert old in jwks(later) and old in custody().receipt_keys


def test_the_next_bundle_key_takes_over_and_a_till_with_the_old_pins_follows(town: Town) -> None:
    pins = custody().bundle_pins
    start = begin("bundle")
    keys.rotate(start + 364 * DAYS)
    assert custody().bundle_pins == pins
    later = start + 365 * DAYS
    keys.rotate(later)
    keys.rotate(later)
    current, following = custody().bundle_pins
    assert current == pins[1] and following not in pins and len(custody().of("bundle")) == 1
    told = bundle.check(make_bundle(town.till_row, later), PublicKey.from_jwk(pins[1]))
    assert told.pins == [current, following]
    call_command("keys", "promote-bundle", stdout=StringIO())
    assert custody().bundle_pins[0] == following


def test_threat_key_compromise(town: Town, client: Client) -> None:
    api.setup_log(14, timezone.now())
    phone = town.phone()
    phone.refill(CLOTHES, 2)
    held, spare = phone.passes
    stolen = custody().pass_key.kid
    assert held._read().kid == stolen
    offline = a_bundle(town, timezone.now())
    out = StringIO()
    call_command("keys", "compromise", stolen, stdout=out)
    call_command("keys", "compromise", stolen, stdout=StringIO())
    assert "2 passes are withdrawn" in out.getvalue() and "stolen" in out.getvalue()
    # A till that has not heard of it still believes: a week at most, an hour when it is online.
    assert pass_.check(held.token, offline.keyring()).kid == stolen
    told = a_bundle(town, timezone.now())
    assert told.bad_kids == [stolen]
    with pytest.raises(Refused, match="key_compromised"):
        pass_.check(held.token, told.keyring())
    published = json.loads(client.get("/.well-known/jwks.json").content)
    assert stolen not in {key["kid"] for key in published["keys"]}
    assert custody().pass_key.kid in {key["kid"] for key in published["keys"]}
    # Who judges what a till took before that goes by what the till could know.
    at = custody().gone[0].at
    assert pass_.check(held.token, custody().ring_at(at - 1)).kid == stolen
    with pytest.raises(Refused, match="key_compromised"):
        pass_.check(held.token, custody().ring_at(at))
    # Online it is refused, also for a jti that was issued; the phone asks for others and is served.
    assert town.till().redeem(held.show(phone.clock(), 500), 500, CLOTHES).code == "key_compromised"
    assert set(phone.refresh()["revoked"]) == {held.claims["jti"], spare.claims["jti"]}
    assert phone.refill(CLOTHES, 1).status == 201
    fresh = phone.passes[-1]
    assert fresh._read().kid == custody().pass_key.kid != stolen
    assert town.till().redeem(fresh.show(phone.clock(), 500), 500, CLOTHES).status == 201
    leaves = [
        entry.parse(bytes(raw)) for raw in LogEntry.objects.order_by("id").values_list("leaf", flat=True)
    ]
    said = [leaf for leaf in leaves if isinstance(leaf, entry.Key) and leaf.kid == stolen]
    assert [leaf.action for leaf in said] == ["add", "compromised"] and said[1].exp > 0
    until = datetime.fromtimestamp(custody().withdrawn[0].exp, UTC)
    assert a_bundle(town, until).bad_kids == []  # no pass of it can be alive


def test_a_stolen_key_is_followed_by_one_that_tills_know_when_there_is_one(town: Town) -> None:
    now = timezone.now()
    stolen = custody().pass_key.kid
    keys.rotate(now, early=True)
    coming = custody().of("pass")[-1].kid
    assert coming != stolen and custody().pass_key.kid == stolen
    held = a_bundle(town, now)
    assert keys.compromise(stolen, 14, now) == keys.Stolen("pass", 0)
    assert custody().pass_key.kid == coming and coming in held.keyring()
    assert keys.compromise(coming, 14, now).use == "pass"
    assert custody().pass_key.kid not in {coming, stolen}
    assert [key.kid for key in custody().withdrawn] == [stolen, coming]


def test_other_stolen_keys_are_replaced_too(town: Town) -> None:
    now = timezone.now()
    phone = town.phone()
    phone.refill(CLOTHES, 1)
    assert town.till().redeem(phone.take(CLOTHES).show(phone.clock(), 500), 500, CLOTHES).status == 201
    old_pins, status_kid, receipt_kid = (
        custody().bundle_pins,
        custody().status_key.kid,
        custody().receipt_key.kid,
    )
    for kid in (status_kid, receipt_kid, custody().bundle_key.kid):
        keys.compromise(kid, 14, now)
    assert custody().bundle_pins[0] == old_pins[1]
    token = status.token(14, status.number_of(now), now)
    assert (
        token and peek(token, statuslist.MAX_TOKEN_BYTES)[0]["kid"] == custody().status_key.kid != status_kid
    )
    # What the stolen key signed is signed again by its successor.
    told = next(row["receipt"] for row in phone.refresh()["activity"] if row["kind"] == "redemption")
    assert receipt.check(told, custody().receipt_key.private.public).amt == 500
    following = custody().bundle_keys[1].kid
    assert keys.compromise(following, 14, now).use == "bundle-next"
    assert custody().bundle_keys[1].kid != following and custody().bundle_pins[0] == old_pins[1]
    ring = keyring.keyring(custody().public)
    assert {status_kid, receipt_kid}.isdisjoint(ring)


def test_the_command_lists_every_key_and_knows_a_till_s(town: Town) -> None:
    out = StringIO()
    call_command("keys", "rotate", "--now", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["pass"] * 2 + ["status"] * 2 + ["receipt"] * 2 + [
        "card"
    ] * 2 + ["bundle"] * 2
    assert (
        sum("signs since" in line for line in lines) == 5 and sum("signs from" in line for line in lines) == 4
    )
    with pytest.raises(CommandError, match="No key is called XXXX"):
        call_command("keys", "compromise", "XXXX")
    with pytest.raises(CommandError, match="till's key"):
        call_command("keys", "compromise", town.till().key.public.thumbprint)
    rotate_keys()
    assert len(key_store().read()[0]) == 10
    assert not IssuedPass.objects.exists()


def test_what_a_till_took_before_it_could_know_is_paid(town: Town) -> None:
    phone, till = town.phone(), town.till()
    phone.refill(CLOTHES, 2)
    before, after = phone.passes
    now = int(phone.clock())
    till.bnd = now - 60
    till.sell_offline(before.show(now, 500), 500, CLOTHES)
    keys.compromise(before._read().kid, 14, timezone.now() - timedelta(seconds=30))
    till.bnd = now
    till.sell_offline(after.show(now, 500), 500, CLOTHES)
    paid, refused = till.upload().body["results"]
    assert (paid["outcome"], paid["approved"]) == ("accepted_programme", 500)
    assert (refused["outcome"], refused["code"]) == ("rejected", "key_compromised")
