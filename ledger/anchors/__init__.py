"""Anchors: a checkpoint's hash, kept where neither the log nor its witnesses can change it (spec 12).

1. One file for each kind: rfc3161 (a time-stamping authority), evm (a contract on a chain).
2. A token proves that a checkpoint existed at a time. Anybody verifies it who knows whom to believe: the
   authority's root certificates, or the contract and a node of the chain.
3. Their packages are optional (requirements-anchors.txt): a kind is imported when it is asked for.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol

from ledger.log import LogError, checkpoint

KINDS = ("rfc3161", "evm")
INDEX = "anchors/index"
MAX_ANCHORS = 10_000  # in one log
Options = Mapping[str, str]


class AnchorError(LogError):
    """A checkpoint could not be anchored, or a token does not prove it."""


class UndecidedError(AnchorError):
    """It cannot be said here whether a token holds: an option, a package or the chain is out of reach."""


class NotInstalledError(UndecidedError):
    """The optional package of this kind is missing."""


class Anchor(Protocol):
    """One place to carry checkpoints to. `text` is a checkpoint's text: three lines."""

    def anchor(self, text: bytes) -> bytes:
        """The token that proves that `text` exists now. Raises AnchorError."""

    def verify(self, token: bytes, text: bytes) -> int:
        """Since when `text` is proved to exist (epoch seconds). Raises AnchorError, also UndecidedError."""


def open_anchor(kind: str, options: Options) -> Anchor:
    """The anchor of a kind. Raises NotInstalledError, or UndecidedError on an option that cannot be used.

    Options: `tsa_url` (to anchor) and `tsa_roots` (file, PEM) for rfc3161; `evm_url`, `evm_contract` and
    `evm_key_file` (to anchor) for evm.
    """
    if kind not in KINDS:
        raise AnchorError(f"{kind} is not a kind of anchor: {', '.join(KINDS)}.")
    try:
        module = import_module(f"{__name__}.{kind}")
    except ModuleNotFoundError as error:
        raise NotInstalledError(
            f"Anchors of kind {kind} need the package {error.name}: install requirements-anchors.txt."
        ) from error
    found: Anchor = module.connect(options)
    return found


def path(size: int, kind: str) -> str:
    """Where the log's folder has the token for the checkpoint of `size` leaves."""
    return f"anchors/{size}.{kind}"


def index(anchored: list[tuple[int, str]]) -> bytes:
    """The list of what was anchored: one size and kind a line, in order."""
    return "".join(f"{size} {kind}\n" for size, kind in sorted(anchored)).encode()


def parse_index(raw: bytes) -> list[tuple[int, str]]:
    """Sizes and kinds of a log's list; kinds that are not known here are kept. Raises AnchorError."""
    try:
        lines = [line.split(" ") for line in raw.decode("ascii").splitlines()]
        if len(lines) > MAX_ANCHORS:
            raise AnchorError(f"it has more than {MAX_ANCHORS} lines.")
        return [(checkpoint.read_size(size), kind) for size, kind in lines]
    except (ValueError, LogError) as error:
        raise AnchorError(f"The list of anchors cannot be read: {error}") from error
