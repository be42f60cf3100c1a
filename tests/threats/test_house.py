"""Threats of spec 13 inside the house: what its logs say, and with what it signs."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.utils import timezone

from tests.actors import DjangoWire, HeldPass, Phone, Till
from tests.consistency.test_shape import imported, sources
from tests.worlds import CLOTHES, Town
from wallet.protocol import qr
from wallet.services import enrol

ROOT = Path(__file__).resolve().parents[2]
PIN = "714205"
CARD = qr.encode_card(bytes(range(16)))


@pytest.mark.django_db
def test_threat_leak_in_logs(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [*a_day_in_town(town), PIN, CARD, "VP1:", "VP2:", "VPC1:"]
    said = "\n".join([caplog.text, *(repr(vars(record)) for record in caplog.records)])
    assert "/api/v1/wallet/devices" in said, "nothing was heard, so nothing was tried"
    assert [secret for secret in secrets if secret in said] == []


def a_day_in_town(town: Town) -> list[str]:
    """Accepted, refused and malformed calls of every door; what no line of a log may say."""
    wire = DjangoWire(town.wire()._client)
    code = enrol.make_activation_code(town.holder, timezone.now())
    phone = Phone(wire)
    assert phone.activate("WRNGC-WRNGC").code == "unknown_code"
    assert phone.activate(code).status == 201
    assert phone.activate(code + "!").status >= 400
    assert phone.refill(CLOTHES, 4, reserve=True).status == 201
    till_code = enrol.make_till_code(town.till_row, timezone.now())
    till = Till(wire)
    assert till.enrol(till_code).status == 201
    told = sales(till, phone.passes)
    keys = [held.claims["jti"] for held in phone.passes] + [held.token[-40:] for held in phone.passes]
    proof = phone.proof("GET", "/api/v1/wallet/state")
    assert [wire.call("GET", "/api/v1/wallet/state", headers={"DPoP": proof}).status for _ in "ab"] == [
        200,
        401,
    ]
    wire.call("POST", "/api/v1/wallet/devices", b'{"code": "' + code.encode())
    codes = [code, code.replace("-", ""), till_code, till_code.replace("-", ""), "WRNGC"]
    return [*told, *keys, *codes, proof[-40:]]


def sales(till: Till, passes: list[HeldPass]) -> list[str]:
    """Sales of all endings; parts of the texts that they were made of."""
    now = timezone.now().timestamp()
    first, second, third = passes[:3]
    shown, stale = first.symbol(now, 500), second.symbol(now - 600, 500)
    statuses = [till.redeem(till.scan(text), 100, CLOTHES).status for text in (shown, shown, stale)]
    assert statuses == [201, 409, 422]
    short = third.short_symbol(now, 500)
    assert till.redeem(short, 100, CLOTHES).status == 201
    spoiled = till.scan(shown)[:-9] + "AAAAAAAAA"
    assert till.redeem(spoiled, 100, CLOTHES).code == "bad_proof"
    record = till.sale(shown, 100, CLOTHES)  # the text of a symbol where a presentation should stand
    card = till.sign(till.draft(100, CLOTHES, card=CARD, pres=None))
    for body in ({"record": record}, {"record": card, "pin": PIN}, {"record": card, "pin": int(PIN)}):
        assert till.wire.call(
            "POST", "/api/v1/redemptions", body, {"Idempotency-Key": str(uuid.uuid4())}
        ).code
    return [text[at : at + 40] for text in (shown, stale, short, spoiled, record, card) for at in (5, 60)]


SIGNERS = """
import django
django.setup()
import sys
import config.urls, config.celery, wallet.tasks, ledger.tasks
from cryptography.hazmat.primitives.asymmetric import ec
from wallet.custody import custody
from wallet.protocol.signing import PrivateKey
kept = custody()
keys = [kept.pass_key, kept.receipt_key, kept.status_key, kept.bundle_key]
keys = [key.private for key in keys] + [PrivateKey.generate(), PrivateKey.from_pem(keys[0].private.pem())]
assert all(isinstance(key._key, ec.EllipticCurvePrivateKey) for key in keys)
assert "ecdsa" not in sys.modules, "python-ecdsa is in the process that signs"
print("signed by cryptography alone")
"""


def test_threat_minerva(tmp_path: Path) -> None:
    """No process that holds a private key loads the library whose timing tells it (CVE-2024-23342)."""
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "MEEDOEN_VAR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", SIGNERS],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.returncode) == ("signed by cryptography alone\n", 0), run.stderr
    importing = {
        path.parts[-2] for path in sources("wallet", "config", "ledger") if "ecdsa" in imported(path)
    }
    assert importing <= {"audit"}
