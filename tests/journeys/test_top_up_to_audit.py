"""The journey of one euro: topped up at the desk, paid by phone, settled, proven, audited by a stranger."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actors import Phone, Till
from tests.journeys.conftest import CLOTHES
from tests.running import Running, wait_until

pytestmark = pytest.mark.xdist_group("town")

LOGGED_WITHIN = 60  # seconds; batches are sealed every two, and beat rings every ten


def proof_of(phone: Phone, redemption: str) -> dict[str, object] | None:
    """The proof of a payment, once it is in the log."""
    answer = phone.call("GET", f"/api/v1/wallet/proofs/{redemption}")
    assert answer.status == 200 or answer.code == "not_logged_yet"
    return dict(answer.body) if answer.status == 200 else None


def test_a_payment_can_be_proven_to_a_stranger(
    new_phone: Callable[[], Phone],
    till: Till,
    audit: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    phone = new_phone()
    before = phone.voucher(CLOTHES)["balance"]
    assert phone.refill(CLOTHES, 2).status == 201

    shown = phone.take(CLOTHES).symbol(time.time(), 2_500)
    paid = till.redeem(till.scan(shown), 1_995, CLOTHES)
    assert (paid.status, paid.body["result"], paid.body["approved"]) == (201, "approved", 1_995)

    assert phone.refresh()["vouchers"]
    assert phone.voucher(CLOTHES)["balance"] == before - 1_995
    assert phone.state["activity"][0]["id"] == paid.body["id"]

    proof = wait_until(lambda: proof_of(phone, paid.body["id"]), LOGGED_WITHIN)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(proof))
    found = audit("--receipt", receipt)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "R   ok" in found.stdout

    canonical = json.loads(str(proof["canonical"]))
    assert canonical["amount"] == 1_995
    assert wait_until(lambda: phone.refresh()["activity"][0]["logged"], LOGGED_WITHIN)


def test_the_auditor_names_a_receipt_that_was_changed(
    new_phone: Callable[[], Phone],
    till: Till,
    audit: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    phone = new_phone()
    phone.refill(CLOTHES, 1)
    paid = till.redeem(till.scan(phone.take(CLOTHES).symbol(time.time(), 900)), 900, CLOTHES)
    proof = wait_until(lambda: proof_of(phone, paid.body["id"]), LOGGED_WITHIN)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps({**proof, "canonical": str(proof["canonical"]).replace("900", "800")}))
    found = audit("--receipt", receipt)
    assert found.returncode == 1
    assert "R   FOUND" in found.stdout


def test_nothing_that_points_at_a_person_is_in_the_public_log_or_in_the_processes_lines(
    town: Running,
) -> None:
    names = [row.split(",")[1] for row in HOLDERS.read_text().splitlines()[1:]]
    public = b"".join(path.read_bytes() for path in (town.var / "log").rglob("*") if path.is_file())
    said = town.log.read_text()
    assert '"POST /add-checkpoint' not in said  # nor does anything push the welcome out of sight
    assert [name for name in names if name.encode() in public or name in said] == []
    assert "VP1:" not in said
    assert "eyJ" not in said  # the first letters of every token


HOLDERS = Path(__file__).resolve().parents[2] / "wallet/management/demo/holders.csv"
