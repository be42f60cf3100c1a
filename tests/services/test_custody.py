"""Keys as files: made once, readable by their owner only, and read anew when another process changed them."""

from __future__ import annotations

import os
import stat
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from wallet import custody as keeping
from wallet.custody import DAY, GoneKey, HeldKey, custody
from wallet.custody.folder import KeyFolder, KeysReadableByOthersError
from wallet.protocol.signing import PrivateKey, PublicKey, header, sign, verify

USES = ["pass", "status", "receipt", "card", "bundle", "bundle-next"]


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of keys of the test's own."""
    settings.KEYS_DIR = tmp_path / "keys"
    return tmp_path / "keys"


def test_a_missing_key_is_made_once_and_found_by_every_process(folder: Path) -> None:
    first, _ = KeyFolder(folder).read()
    second, _ = KeyFolder(folder).read()
    assert [key.use for key in first] == USES
    assert [key.kid for key in second] == [key.kid for key in first]
    assert len({key.kid for key in first}) == 6 and len(first[0].kid) == 4


def test_only_their_owner_reads_them(folder: Path) -> None:
    KeyFolder(folder).read()
    files = list(folder.glob("*.pem"))
    assert len(files) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o400}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path, loose in ((files[0], 0o440), (folder, 0o750)):
        before = path.stat().st_mode
        path.chmod(loose)
        with pytest.raises(KeysReadableByOthersError, match="other users can read"):
            KeyFolder(folder).read()
        path.chmod(before)


def test_the_newest_that_has_begun_signs_and_the_older_ones_still_verify(folder: Path) -> None:
    old = custody().receipt_key
    keeping.key_store().add("receipt", date(2999, 1, 1))
    coming = custody().of("receipt")[-1]
    assert custody().receipt_key.kid == old.kid != coming.kid
    assert custody().signing("receipt", coming.since).kid == coming.kid
    assert custody().signing("receipt", 0).kid == old.kid
    assert custody().receipt_keys.keys() == {old.kid, coming.kid}
    assert custody().ring[coming.kid].vp_use == "receipt"


def test_the_bundle_keys_are_pinned_not_published(folder: Path) -> None:
    assert [key.vp_use for key in custody().public] == ["pass", "status", "receipt", "card"]
    assert custody().bundle_pins[0] == custody().bundle_key.private.public.jwk != custody().bundle_pins[1]


def test_a_change_is_seen_at_once_and_the_files_are_read_only_then(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 0)
    before = custody()
    long_ago = time.time() - 60
    os.utime(folder, (long_ago, long_ago))  # a folder that has been still for a while
    still = custody()
    assert still is not before and custody() is still
    KeyFolder(folder).add("pass", date(2999, 1, 1))  # by another process
    assert len(custody().of("pass")) == 2
    monkeypatch.setattr(keeping, "LOOK_SECONDS", 3600)
    known = custody()
    KeyFolder(folder).add("pass", date(2999, 1, 2))
    assert custody() is known  # until it looks again
    keeping.key_store()
    assert len(custody().of("pass")) == 3


def test_a_name_that_a_key_had_is_not_given_again_and_a_drop_that_stopped_is_finished(folder: Path) -> None:
    store, today = KeyFolder(folder), date(2027, 1, 1)
    store.add("pass", today)
    kid = store.read()[0][0].kid
    pem = (folder / "pass-20270101.pem").read_bytes()
    store.drop(kid, 1_800_000_000, stolen=True)
    (folder / "pass-20270101.pem").write_bytes(pem)  # as if it was killed before the last step
    (folder / "pass-20270101.pem").chmod(0o400)
    held, (gone,) = store.read()
    assert kid not in {key.kid for key in held} and not (folder / "pass-20270101.pem").exists()
    assert (gone.kid, gone.at, gone.stolen, gone.use) == (kid, 1_800_000_000, True, "pass")
    assert b"PRIVATE" not in (folder / "pass-20270101.withdrawn").read_bytes()
    store.add("pass", today)
    assert (folder / "pass-20270101-1.pem").exists()


class TokenKey(ec.EllipticCurvePrivateKey):
    """A key that never leaves its device: what a PKCS#11 store gives. The device here is made of software."""

    def __init__(self) -> None:
        self._device = ec.generate_private_key(ec.SECP256R1())
        self.asked = 0

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Ask the device; a PKCS#11 device answers r‖s, which is written as DER here."""
        self.asked += 1
        return self._device.sign(data, ec.ECDSA(hashes.SHA256()))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """What the device tells anyone."""
        return self._device.public_key()

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """256."""
        return 256

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> bytes:
        """Not what it is for."""
        raise NotImplementedError

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        """Nobody gets these."""
        raise NotImplementedError

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> bytes:
        """Nobody gets these."""
        raise NotImplementedError

    def __copy__(self) -> TokenKey:
        raise NotImplementedError

    def __deepcopy__(self, memo: dict[int, Any]) -> TokenKey:
        raise NotImplementedError


class TokenStore(KeyFolder):
    """The smallest other store: its keys are in a device, and do not change."""

    device = TokenKey()

    def version(self) -> int:
        """Nothing changes."""
        return 1

    def read(self) -> tuple[list[HeldKey], list[GoneKey]]:
        """One key for everything, which no real store does."""
        key = PrivateKey(self.device)
        return [HeldKey(use, key.public.thumbprint + use[:1], key, 20_000 * DAY) for use in USES], []


def test_another_store_is_one_class_and_one_setting(folder: Path, settings: Settings) -> None:
    settings.CUSTODY = f"{__name__}.TokenStore"
    key = custody().pass_key.private
    assert not folder.exists()
    token = sign({"a": 1}, key, header("vpass+sd-jwt", "kid"))
    assert TokenStore.device.asked == 1
    assert verify(token, PublicKey.from_jwk(custody().bundle_pins[0]), header("vpass+sd-jwt", "kid"))
