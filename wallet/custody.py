"""Where the issuer's private keys live: PEM files (mode 0600) under `settings.KEYS_DIR`.

1. One file a key, `<use>-<day>.pem`; the newest of a use signs, all of a use verify.
2. Uses: `pass`, `status` and `receipt` stand in the JWK set; `bundle` and `bundle-next` are pinned by tills.
3. A missing key is made on first use, by one process only. No key is in settings or in the database.
4. The kid of a pass key is 4 characters, so a new one is drawn again until it differs from all others.

Another key store is another class with these properties. Spec 02.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path

from django.conf import settings

from wallet.protocol.keyring import USES, IssuerKey, Keyring, keyring
from wallet.protocol.signing import Jwk, PrivateKey

DAY = 86_400
LIFE_DAYS = {"pass": 90 + 21, "status": 365, "receipt": 3650}  # a pass key outlives its last pass


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A private key, its name in tokens, and since when it may be used (epoch seconds)."""

    kid: str
    private: PrivateKey
    since: int


class Custody:
    """The issuer's keys in one folder, loaded once."""

    def __init__(self, folder: Path, iss: str) -> None:
        self._folder = folder
        self._iss = iss

    @cached_property
    def pass_key(self) -> HeldKey:
        """The key that signs passes."""
        return self._held("pass")[-1]

    @cached_property
    def status_key(self) -> HeldKey:
        """The key that signs status lists."""
        return self._held("status")[-1]

    @cached_property
    def receipt_key(self) -> HeldKey:
        """The key that signs receipts."""
        return self._held("receipt")[-1]

    @cached_property
    def bundle_key(self) -> HeldKey:
        """The key that signs the bundles of tills."""
        return self._held("bundle")[-1]

    @cached_property
    def bundle_pins(self) -> list[Jwk]:
        """The public bundle keys that a till pins at enrolment: the one in use and the next."""
        return [held.private.public.jwk for held in self.bundle_keys]

    @property
    def bundle_keys(self) -> list[HeldKey]:
        """The bundle key in use and the next."""
        return [self.bundle_key, self._held("bundle-next")[-1]]

    @cached_property
    def public(self) -> list[IssuerKey]:
        """The keys of the JWK set."""
        return [self._issuer_key(use, held) for use in USES for held in self._held(use)]

    @cached_property
    def ring(self) -> Keyring:
        """The keys of the JWK set, by kid."""
        return keyring(self.public)

    @cached_property
    def receipt_keys(self) -> dict[str, PrivateKey]:
        """Every receipt key by its kid: a stored answer is given again as it was signed at first."""
        return {held.kid: held.private for held in self._held("receipt")}

    def _issuer_key(self, use: str, held: HeldKey) -> IssuerKey:
        until = held.since + LIFE_DAYS[use] * DAY
        return IssuerKey(held.kid, self._iss, use, held.private.public, held.since, until)

    def _held(self, use: str) -> list[HeldKey]:
        paths = self._paths(use)
        if not paths:
            with self._locked():
                paths = self._paths(use) or [self._make(use)]
        return [_load(use, path) for path in paths]

    def _paths(self, use: str) -> list[Path]:
        return sorted(self._folder.glob(f"{use}-[0-9]*.pem"))

    def _make(self, use: str) -> Path:
        """Draw a key and write it whole, so that no process ever reads half a file."""
        taken = {_kid("pass", _read(path)) for path in self._paths("pass")}
        key = PrivateKey.generate()
        while _kid("pass", key) in taken:
            key = PrivateKey.generate()
        path = self._folder / f"{use}-{datetime.now(UTC):%Y%m%d}.pem"
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(key.pem())
            file.flush()
            os.fsync(file.fileno())
        return draft.rename(path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _read(path: Path) -> PrivateKey:
    return PrivateKey.from_pem(path.read_bytes())


def _kid(use: str, key: PrivateKey) -> str:
    return key.public.short_kid if use == "pass" else key.public.thumbprint


def _load(use: str, path: Path) -> HeldKey:
    key = _read(path)
    day = datetime.strptime(path.stem.rpartition("-")[2], "%Y%m%d").replace(tzinfo=UTC)
    return HeldKey(_kid(use, key), key, int(day.timestamp()))


@lru_cache(maxsize=4)
def _custody(folder: Path, iss: str) -> Custody:
    return Custody(folder, iss)


def custody() -> Custody:
    """The custody that the settings name."""
    return _custody(settings.KEYS_DIR, settings.ISSUER)
