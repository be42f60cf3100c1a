"""The bank's files in a folder of the auditor's own: what went out (pain.001) and the statements (camt.053).

They are read with the product's own readers (`ledger.bank`), which need the package `defusedxml`.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.bank import camt053, pain001


class BankFolderError(Exception):
    """The folder with bank files cannot be read."""


@dataclass
class Folder:
    """The files that were understood, by the SHA-256 (hex) of their bytes; the others by name."""

    orders: dict[str, "pain001.Order"] = field(default_factory=dict)
    statements: dict[str, "camt053.Statements"] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(folder: Path) -> Folder:
    """Read every .xml file of a folder. Raises BankFolderError."""
    try:
        from ledger.bank import camt053, forms, pain001  # noqa: PLC0415 - only who has such files needs it
        from ledger.bank.refusals import BankFileError  # noqa: PLC0415
    except ImportError as error:
        raise BankFolderError("To read the bank's files, install defusedxml.") from error
    if not folder.is_dir():
        raise BankFolderError(f"{folder} is not a folder.")
    found = Folder()
    for path in sorted(folder.rglob("*.xml")):
        data = path.read_bytes()
        name = hashlib.sha256(data).hexdigest()
        found.names[name] = path.name
        try:
            if b"CstmrCdtTrfInitn" in data:
                found.orders[name] = pain001.read(data)
            elif isinstance(said := forms.read(data), camt053.Statements):
                found.statements[name] = said
        except BankFileError as error:
            found.faults.append(f"The bank's file {path.name} cannot be read: {error}")
    return found
