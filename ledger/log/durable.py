"""Files that are whole, and on disk: what must be remembered after a power cut."""

import os
import secrets
from pathlib import Path


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a whole file in place, on disk before this returns; readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    _fill(temporary, data, mode)
    temporary.rename(path)
    _sync_folder(path.parent)


def create(path: Path, data: bytes, mode: int) -> None:
    """The same where nothing was before. Raises FileExistsError."""
    _fill(path, data, mode)
    _sync_folder(path.parent)


def _fill(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
