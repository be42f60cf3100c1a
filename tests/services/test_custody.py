"""The issuer's keys: made once, readable by their owner only, and never lost by a new one."""

from __future__ import annotations

import stat
from pathlib import Path

from wallet.custody import Custody
from wallet.protocol.signing import PrivateKey

ISS = "https://issuer.example"


def test_a_missing_key_is_made_once_and_found_by_every_process(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = Custody(folder, ISS)
    kids = [first.pass_key.kid, first.status_key.kid, first.receipt_key.kid, first.bundle_key.kid]
    second = Custody(folder, ISS)
    assert [second.pass_key.kid, second.status_key.kid, second.receipt_key.kid, second.bundle_key.kid] == kids
    assert len(set(kids)) == 4 and len(kids[0]) == 4


def test_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    Custody(folder, ISS).bundle_pins  # noqa: B018 - makes two
    files = list(folder.glob("*.pem"))
    assert len(files) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_newest_key_signs_and_the_older_ones_still_verify(tmp_path: Path) -> None:
    old = Custody(tmp_path, ISS).receipt_key
    newer = PrivateKey.generate()
    (tmp_path / "receipt-29990101.pem").write_bytes(newer.pem())
    custody = Custody(tmp_path, ISS)
    assert custody.receipt_key.kid == newer.public.thumbprint
    assert custody.receipt_keys.keys() == {old.kid, newer.public.thumbprint}
    assert old.kid in custody.ring and custody.ring[old.kid].vp_use == "receipt"


def test_the_bundle_keys_are_pinned_not_published(tmp_path: Path) -> None:
    custody = Custody(tmp_path, ISS)
    assert [key.vp_use for key in custody.public] == ["pass", "status", "receipt"]
    assert custody.bundle_pins[0] == custody.bundle_key.private.public.jwk
    assert custody.bundle_pins[0] != custody.bundle_pins[1]
