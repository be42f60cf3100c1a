"""The issuer's private keys, as the services see them.

1. A key is published before its first use and kept after it: the newest that has begun signs, all verify.
2. Uses: `pass`, `status`, `receipt` and `card` stand in the JWK set; tills pin `bundle` and `bundle-next`.
3. Keys change under a running process, by another one: `custody()` looks whether they did, once a second.
4. Where they are kept is one class, named by `settings.CUSTODY`: a `KeyStore`. Ours keeps files (folder.py).

Which key comes and goes when: services/keys.py. Spec 02.
"""

import time
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from wallet.protocol.keyring import USES, IssuerKey, Keyring, keyring
from wallet.protocol.signing import Jwk, PrivateKey, PublicKey

DAY = 86_400
PERIOD_DAYS = {"pass": 90, "status": 365, "receipt": 365, "card": 365, "bundle": 365}  # it signs so long
# And what it signed lives so long after.
TAIL_DAYS = {"pass": 21, "status": 8, "receipt": 3650, "card": 366}
STORED = (*USES, "bundle", "bundle-next")
SHORT = ("pass", "card")  # their kid is 4 characters, for it stands in a QR code
LOOK_SECONDS = 1.0
RACY_SECONDS = 2.0  # a store that changed less than this before it was read is read again


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A private key, its name in tokens, and since when it may sign (epoch seconds)."""

    use: str
    kid: str
    private: PrivateKey
    since: int


@dataclass(frozen=True, slots=True)
class GoneKey:
    """What is remembered of a key that signs no more since `at` (epoch seconds): `stolen`, or used up."""

    use: str
    kid: str
    public: PublicKey
    since: int
    at: int
    stolen: bool


class KeyStore(Protocol):
    """Where keys are kept. Each call is done whole or not at all, also when two processes make it at once."""

    def version(self) -> int:
        """A number that changes with the keys: the time of the last change, in nanoseconds. Cheap."""
        ...

    def read(self) -> tuple[list[HeldKey], list[GoneKey]]:
        """All keys, those of a use in the order of their days; a use that has none gets one first."""
        ...

    def add(self, use: str, day: date, besides: str = "") -> None:
        """Make a key that signs from `day` on, unless one other than `besides` is of that day or later."""
        ...

    def move(self, kid: str, use: str, day: date) -> None:
        """Give a key another use and first day; nothing when there is no such key."""
        ...

    def drop(self, kid: str, at: int, *, stolen: bool) -> None:
        """Forget a private key and remember that it is gone since `at`; nothing when it is not there."""
        ...


class Custody:
    """The keys as they were at one moment."""

    def __init__(self, held: list[HeldKey], gone: list[GoneKey], iss: str) -> None:
        self.held = held
        self.gone = gone
        self._iss = iss

    def of(self, use: str) -> list[HeldKey]:
        """The keys of a use, in the order of their days."""
        return self._of[use]

    @cached_property
    def _of(self) -> dict[str, list[HeldKey]]:
        return {use: [key for key in self.held if key.use == use] for use in STORED}

    def signing(self, use: str, now: float) -> HeldKey:
        """The key that signs at `now` (epoch seconds): the newest that has begun, else the first to come."""
        keys = self.of(use)
        return next((key for key in reversed(keys) if key.since <= now), keys[0])

    @property
    def pass_key(self) -> HeldKey:
        """The key that signs passes now."""
        return self.signing("pass", time.time())

    @property
    def status_key(self) -> HeldKey:
        """The key that signs status lists now."""
        return self.signing("status", time.time())

    @property
    def receipt_key(self) -> HeldKey:
        """The key that signs receipts now."""
        return self.signing("receipt", time.time())

    @property
    def bundle_key(self) -> HeldKey:
        """The key that signs the bundles of tills."""
        return self.of("bundle")[-1]

    @cached_property
    def bundle_pins(self) -> list[Jwk]:
        """The public bundle keys that a till pins: the one in use and the next."""
        return [held.private.public.jwk for held in self.bundle_keys]

    @property
    def bundle_keys(self) -> list[HeldKey]:
        """The bundle key in use and the next."""
        return [self.bundle_key, self.of("bundle-next")[-1]]

    @cached_property
    def public(self) -> list[IssuerKey]:
        """The public halves of all keys that are held, but those of bundles."""
        return [self._issuer_key(held) for use in USES for held in self.of(use)]

    def published(self, now: float) -> list[IssuerKey]:
        """The keys of the JWK set at `now` (epoch seconds): nothing that one of the others signed lives."""
        return [key for key in self.public if key.exp > now]

    @cached_property
    def withdrawn(self) -> list[IssuerKey]:
        """The stolen keys, marked as bad: a reader calls a key that is not there only `unknown_key`."""
        return [self._stolen(key, bad=True) for key in self.gone if key.stolen and key.use in USES]

    @cached_property
    def ring(self) -> Keyring:
        """Every key that may have signed something, by kid; the stolen ones marked."""
        return keyring([*self.public, *self.withdrawn])

    def ring_at(self, then: float) -> Keyring:
        """The ring as a bundle of `then` (epoch seconds) had it: what was stolen later is good in it."""
        gone = [key for key in self.gone if key.stolen and key.use in USES]
        if all(key.at <= then for key in gone):
            return self.ring
        return keyring([*self.public, *(self._stolen(key, bad=key.at <= then) for key in gone)])

    @cached_property
    def receipt_keys(self) -> dict[str, PrivateKey]:
        """Every receipt key by its kid: a stored answer is given again as it was signed at first."""
        return {held.kid: held.private for held in self.of("receipt")}

    def receipt_signer(self, kid: str) -> PrivateKey:
        """The key that signed a receipt; the one in use when that one is gone."""
        return self.receipt_keys.get(kid) or self.receipt_key.private

    def _stolen(self, key: GoneKey, *, bad: bool) -> IssuerKey:
        return IssuerKey(
            key.kid, self._iss, key.use, key.public, key.since, _end(key.use, key.since), bad=bad
        )

    def _issuer_key(self, held: HeldKey) -> IssuerKey:
        later = [key.since for key in self.of(held.use) if key.since > held.since]
        until = max(_end(held.use, held.since), _tail(held.use, min(later, default=0)))
        return IssuerKey(held.kid, self._iss, held.use, held.private.public, held.since, until)


def _end(use: str, since: int) -> int:
    """When the last thing that a key signed is over, if its successor came in time."""
    return _tail(use, since + PERIOD_DAYS[use] * DAY)


def _tail(use: str, until: int) -> int:
    return until + TAIL_DAYS[use] * DAY


class _Reader:
    """Keeps what it read last, and looks now and then whether that is still so."""

    def __init__(self, store: KeyStore, iss: str) -> None:
        self.store = store
        self._iss = iss
        self._read: Custody | None = None
        self._version = -1
        self.looked = 0.0  # by the monotonic clock

    def current(self) -> Custody:
        """The keys as they are now."""
        now = time.monotonic()
        if self._read and now - self.looked < LOOK_SECONDS:
            return self._read
        self.looked, version = now, self.store.version()
        if self._read is None or version != self._version:
            self._read = Custody(*self.store.read(), self._iss)
            # A file system's clock is coarse: a second change may bear the time of the first.
            settled = time.time() - version / 1e9 > RACY_SECONDS
            self._version = version if settled else -1
        return self._read


@lru_cache(maxsize=4)
def _reader(kind: str, folder: Path, iss: str) -> _Reader:
    store: KeyStore = import_string(kind)(folder)
    return _Reader(store, iss)


def _current() -> _Reader:
    return _reader(settings.CUSTODY, settings.KEYS_DIR, settings.ISSUER)


def custody() -> Custody:
    """The keys as they are now, of the store that the settings name."""
    return _current().current()


def key_store() -> KeyStore:
    """The store that the settings name, to change keys in. This process sees the change at once."""
    reader = _current()
    reader.looked = 0.0
    return reader.store
