"""The phone asks where its money is, and can check the answer by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api as books
from ledger.log import cover, entry, merkle, policy, proof
from ledger.models import Log
from tests.actors import Phone
from tests.ledger.conftest import witnesses as witnesses  # noqa: PLC0414 - a fixture
from tests.worlds import CLOTHES, ZOO, Town

pytestmark = pytest.mark.django_db
COVER = "/api/v1/wallet/cover"


@pytest.fixture
def log(town: Town, settings: Settings, tmp_path: Path, witnesses: Callable[[Log], None]) -> Log:
    """A log of the test's own, with three witnesses."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.POLICY_FILE = tmp_path / "policy.txt"
    log = books.setup_log(settings.MUNICIPALITY, timezone.now())
    witnesses(log)
    return log


def publish(settings: Settings) -> None:
    books.prove_cover(settings.MUNICIPALITY, timezone.now(), again=True)
    books.settle(settings.MUNICIPALITY, timezone.now())


def test_a_holder_finds_all_of_its_money(town: Town, log: Log, settings: Settings) -> None:
    phone = town.phone()
    publish(settings)
    phone.refill(CLOTHES, 1)
    till = town.till()
    paid = till.redeem(phone.take(CLOTHES).show(till.clock(), 500), 500, CLOTHES).body
    told = phone.call("GET", COVER).body
    assert set(told) == {"party", "tlog_proof", "pots"}
    outer = proof.parse(told["tlog_proof"])
    trust = policy.parse(settings.POLICY_FILE.read_text())
    proof.verify(outer, merkle.leaf_hash(outer.extra), trust)
    leaf = entry.parse(outer.extra)
    assert isinstance(leaf, entry.Cover)
    pots = {pot["voucher"]: pot for pot in told["pots"]}
    for prg in (CLOTHES, ZOO):
        voucher = phone.voucher(prg)
        pot = pots[voucher["id"]]
        for part, one in enumerate(pot["parts"]):
            named = cover.name(leaf.muni, leaf.date, leaf.no, 2100, prg, told["party"], part)
            cover.verify(leaf, named, cover.Part(one["amount"], one["salt"], tuple(one["path"])))
        then = sum(part["amount"] for part in pot["parts"])
        assert then + sum(moved["amount"] for moved in pot["since"]) == pot["balance"]
    clothes = pots[phone.voucher(CLOTHES)["id"]]
    assert clothes["since"] == [{"id": paid["id"], "amount": -500}] and clothes["balance"] == 14_500


def test_another_holder_gets_its_own_and_not_these(town: Town, log: Log, settings: Settings) -> None:
    phone, neighbour = town.phone(), town.phone(town.neighbour)
    publish(settings)
    one, other = (caller.call("GET", COVER).body for caller in (phone, neighbour))
    assert one["party"] != other["party"]
    assert {pot["voucher"] for pot in one["pots"]}.isdisjoint(pot["voucher"] for pot in other["pots"])


def test_before_the_first_proof_it_is_not_there_yet(town: Town, log: Log) -> None:
    answer = town.phone().call("GET", COVER)
    assert (answer.status, answer.code, answer.body["retry"]) == (409, "not_logged_yet", True)
    assert answer.body["facts"]["next_at"] >= int(timezone.now().timestamp()) - 1


def test_a_stranger_is_told_nothing(town: Town) -> None:
    assert Phone(town.wire()).call("GET", COVER).code == "wallet_auth_failed"
