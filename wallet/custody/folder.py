"""Keys as files in one folder (mode 0700), each readable by its owner alone (mode 0400).

1. `<use>-<day>.pem` is a key that signs from that day on (UTC); `-1`, `-2` … after the day tells apart those
   of one day.
2. `<the same>.withdrawn` and `.retired` hold what is remembered of a key that is gone: its public half, when
   it went, and nothing secret.
3. Every change is made under a lock and ends with one rename, so no process reads half of it.
4. A key file that others may read is refused: it must be believed to be stolen.
5. The kid of a key of passes or cards is 4 characters, so a new key is made again until it differs from all
   others.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from wallet.custody import SHORT, STORED, GoneKey, HeldKey
from wallet.protocol.signing import PrivateKey, PublicKey

_NAME = re.compile(r"([a-z-]+)-(\d{8})(?:-(\d+))?\.(pem|withdrawn|retired)")


class KeysReadableByOthersError(Exception):
    """A key's file, or the folder, can be read by other users of the machine."""


class KeyFolder:
    """A key store in a folder. Spec 02; `docs/OPERATING.md` tells an operator about it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def version(self) -> int:
        """When a file was last made, renamed or removed in the folder (nanoseconds)."""
        try:
            return self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def read(self) -> tuple[list[HeldKey], list[GoneKey]]:
        """All keys; a missing one is made, by one process only. Raises KeysReadableByOthersError."""
        with self._locked():
            self._finish()
            for use in STORED:
                if not self._paths(use, "pem"):
                    self._make(use, datetime.now(UTC).date())
            gone = [
                _read_gone(use, path) for use in STORED for path in self._paths(use, "withdrawn", "retired")
            ]
            return self._held(), gone

    def add(self, use: str, day: date, besides: str = "") -> None:
        """Make a key that signs from `day` on, unless one other than `besides` is of that day or later."""
        with self._locked():
            other = [path for path in self._paths(use, "pem") if _kid(use, _read(path)) != besides]
            if all(_day(path) < day for path in other):
                self._make(use, day)

    def move(self, kid: str, use: str, day: date) -> None:
        """Give a key another use and first day; nothing when there is no such key."""
        with self._locked():
            path = self._find(kid)
            if path:
                path.rename(self._free(use, day))

    def drop(self, kid: str, at: int, *, stolen: bool) -> None:
        """Remember that a key is gone since `at` (epoch seconds), then remove its file."""
        with self._locked():
            path = self._find(kid)
            if path:
                kept = {"kid": kid, "jwk": _read(path).public.jwk, "at": at}
                self._write(
                    path.with_suffix(".withdrawn" if stolen else ".retired"), json.dumps(kept).encode()
                )
                path.unlink()

    def _finish(self) -> None:
        """Remove the private half of keys whose dropping stopped half way."""
        for use in STORED:
            gone = {path.stem for path in self._paths(use, "withdrawn", "retired")}
            for path in self._paths(use, "pem"):
                if path.stem in gone:
                    path.unlink()

    def _held(self) -> list[HeldKey]:
        paths = [(use, path) for use in STORED for path in self._paths(use, "pem")]
        held = [(use, path, _read(path)) for use, path in paths]
        return [HeldKey(use, _kid(use, key), key, _since(path)) for use, path, key in held]

    def _find(self, kid: str) -> Path | None:
        known = [(use, path) for use in STORED for path in self._paths(use, "pem")]
        return next((path for use, path in known if _kid(use, _read(path)) == kid), None)

    def _paths(self, use: str, *endings: str) -> list[Path]:
        found = [(path, _NAME.fullmatch(path.name)) for path in self._folder.iterdir()]
        own = [
            (name[2], int(name[3] or 0), path)
            for path, name in found
            if name and name[1] == use and name[4] in endings
        ]
        return [path for _day, _nth, path in sorted(own)]

    def _make(self, use: str, day: date) -> None:
        taken = {_kid(short, _read(path)) for short in SHORT for path in self._paths(short, "pem")}
        taken |= {
            _read_gone(short, path).kid
            for short in SHORT
            for path in self._paths(short, "withdrawn", "retired")
        }
        key = PrivateKey.generate()
        while _kid("pass", key) in taken:
            key = PrivateKey.generate()
        self._write(self._free(use, day), key.pem())

    def _free(self, use: str, day: date) -> Path:
        """A name that no key of this day has or had."""
        stem = f"{use}-{day:%Y%m%d}"
        taken = {path.stem for path in self._folder.iterdir()}
        nth = next(n for n in range(len(taken) + 1) if (f"{stem}-{n}" if n else stem) not in taken)
        return self._folder / (f"{stem}-{nth}.pem" if nth else f"{stem}.pem")

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file whole, so that no process ever reads half of it."""
        draft = path.with_name(f"{path.name}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o400), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _require_private(self._folder)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _require_private(path: Path) -> None:
    """Raises KeysReadableByOthersError."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        allowed = "0700" if path.is_dir() else "0400"
        raise KeysReadableByOthersError(
            f"{path} has mode {mode:04o}: other users can read the keys. If they are trusted, set it to "
            f"{allowed}; if not, withdraw the keys (docs/OPERATING.md, “A stolen key”)."
        )


def _read(path: Path) -> PrivateKey:
    _require_private(path)
    return PrivateKey.from_pem(path.read_bytes())


def _read_gone(use: str, path: Path) -> GoneKey:
    kept = json.loads(path.read_bytes())
    stolen = path.suffix == ".withdrawn"
    return GoneKey(use, kept["kid"], PublicKey.from_jwk(kept["jwk"]), _since(path), kept["at"], stolen)


def _kid(use: str, key: PrivateKey) -> str:
    return key.public.short_kid if use in SHORT else key.public.thumbprint


def _day(path: Path) -> date:
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ValueError(f"{path} is not named as a key is")
    return datetime.strptime(found[2], "%Y%m%d").replace(tzinfo=UTC).date()


def _since(path: Path) -> int:
    day = _day(path)
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
