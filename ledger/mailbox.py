"""The folders that the bank's software shares with us: BANK_DIR/out to the bank, BANK_DIR/in from it.

1. A file in `in` is read and moved to `done`, or to `refused` with a text beside it that says why.
2. One that comes before its predecessor stays and waits; a text beside it says for what.
3. Who puts a file there gives it its name when it is whole: names that start with a dot or end in .part are
   left alone. Cut off at any moment, the next round goes on: the same bytes are never taken twice.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from ledger import reconcile
from ledger.bank import xml
from ledger.bank.refusals import BankFileError
from ledger.log import durable

ACTOR = "bank folder"
_WAITS = ("not_next", "not_first")
_log = logging.getLogger(__name__)


def collect(muni: int, now: datetime) -> list[reconcile.Imported]:
    """Read what came from the bank; what was taken, in order. Safe to run at any time, by anyone."""
    taken: list[reconcile.Imported] = []
    before = -1
    while before < len(taken):  # one file may be what another waits for
        before = len(taken)
        taken += [done for path in _waiting() if (done := _try(muni, path, now))]
    return taken


def _waiting() -> Iterator[Path]:
    folder = Path(settings.BANK_DIR) / "in"
    if folder.is_dir():
        names = sorted(path for path in folder.iterdir() if path.is_file())
        yield from (p for p in names if not p.name.startswith(".") and p.suffix not in (".part", ".txt"))


def _try(muni: int, path: Path, now: datetime) -> reconcile.Imported | None:
    """Take one file. What goes wrong with it is told, and holds up no other; it is tried again next time."""
    try:
        return _take(muni, path, now)
    except Exception:
        if path.exists():  # else another process took it at this moment
            _log.exception("A file of the bank could not be taken: %s", path.name)
        return None


def _take(muni: int, path: Path, now: datetime) -> reconcile.Imported | None:
    try:
        done = reconcile.import_file(muni, path.name, _read(path), ACTOR, now)
    except BankFileError as error:
        _set_aside(path, error)
        return None
    _move(path, "done")
    return done


def _read(path: Path) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    with path.open("rb") as file:
        return file.read(xml.MAX_BYTES + 1)


def _set_aside(path: Path, error: BankFileError) -> None:
    if error.code == "read_before":  # taken, and cut off before it was moved
        _move(path, "done")
        return
    why = f"{path.name}\n\nNederlands: {error.text('nl')}\n\nEnglish: {error.text('en')}\n".encode()
    if error.code in _WAITS:
        note = path.with_name(f"{path.name}.txt")
        if not note.exists() or note.read_bytes() != why:
            durable.write(note, why)
        return
    _log.warning("A file of the bank is refused: %s", error.code)
    moved = _move(path, "refused")
    durable.write(moved.with_name(f"{moved.name}.txt"), why)


def _move(path: Path, folder: str) -> Path:
    """Put a file away under its name, or the next that is free."""
    place = path.parents[1] / folder
    place.mkdir(parents=True, exist_ok=True)
    target, nth = place / path.name, 1
    while target.exists():
        nth += 1
        target = place / f"{path.stem}-{nth}{path.suffix}"
    path.rename(target)
    path.with_name(f"{path.name}.txt").unlink(missing_ok=True)
    return target
