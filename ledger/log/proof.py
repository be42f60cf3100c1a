"""Proofs that stand on their own (C2SP tlog-proof): an index, a path and a checkpoint.

    c2sp.org/tlog-proof@v1
    extra <base64>            (left out when there is none)
    index <decimal>
    <base64 hash>             (leaf side first, one per line)

    <the checkpoint, a signed note>

`extra` is not covered by any signature: what it says must be proved by the path itself.
"""

import base64
from dataclasses import dataclass

from ledger.log import LogError, checkpoint, merkle, note, policy

HEADER = "c2sp.org/tlog-proof@v1"


class ProofFormatError(LogError):
    """The text is not a proof in this format."""


@dataclass(frozen=True)
class Proof:
    """Leaf `index` with its `path` to the root of the checkpoint in `note`."""

    index: int
    path: tuple[bytes, ...]
    note: note.Note
    extra: bytes = b""

    def text(self) -> str:
        """The proof as it is stored and sent."""
        extra = [f"extra {base64.b64encode(self.extra).decode()}"] if self.extra else []
        hashes = [base64.b64encode(step).decode() for step in self.path]
        head = [HEADER, *extra, f"index {self.index}", *hashes, "", ""]
        return "\n".join(head) + self.note.encode().decode()


def parse(text: str) -> Proof:
    """Read a proof; nothing is verified yet. Raises ProofFormatError."""
    head, gap, signed = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines.pop(0) != HEADER:
        raise ProofFormatError(f"A proof starts with the line {HEADER}.")
    try:
        extra = _extra(lines)
        if not lines or not lines[0].startswith("index "):
            raise ProofFormatError("A proof names the index of its leaf.")
        index = checkpoint.read_size(lines.pop(0).removeprefix("index "))
        path = tuple(note.decode_base64(line) for line in lines)
        return Proof(index, path, note.Note.parse(signed.encode()), extra)
    except (note.NoteError, checkpoint.CheckpointError, UnicodeEncodeError) as error:
        raise ProofFormatError(f"The proof cannot be read: {error}") from error


def _extra(lines: list[str]) -> bytes:
    if not lines or not lines[0].startswith("extra "):
        return b""
    extra = note.decode_base64(lines.pop(0).removeprefix("extra "))
    if not extra:
        raise ProofFormatError("An extra line without data is left out.")
    return extra


def verify(
    proof: Proof,
    leaf_hash: bytes,
    trusted: policy.Policy,
    ed25519: note.Ed25519Verify = note.ed25519_verify,
) -> policy.Verdict:
    """Who vouches that a leaf with hash `leaf_hash` stands in the log.

    Raises policy.NotTrustedError or note.BadSignatureError when the checkpoint is not to be believed,
    merkle.ProofError when the leaf is not in it.
    """
    verdict = trusted.check(proof.note, ed25519)
    found = verdict.checkpoint
    merkle.verify_inclusion(leaf_hash, proof.index, found.size, proof.path, found.root)
    return verdict
