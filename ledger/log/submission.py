"""What a log posts to a witness's /add-checkpoint (C2SP tlog-witness).

old <size>
<base64 hash of the consistency proof>   (0 to 63 of these)

<the checkpoint, a signed note>
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.log import LogError, checkpoint, merkle, note

MAX_PROOF = 63


class SubmissionError(LogError):
    """The body is not an add-checkpoint request."""


@dataclass(frozen=True)
class Submission:
    """A checkpoint and the proof that it extends the first `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: note.Note

    def encode(self) -> bytes:
        """The body of the request."""
        hashes = "".join(base64.b64encode(step).decode() + "\n" for step in self.proof)
        return f"old {self.old}\n{hashes}\n".encode() + self.note.encode()


def build(old: int, proof: Sequence[bytes], signed: note.Note) -> bytes:
    """The body that asks a witness who stands at `old` leaves to sign `signed`."""
    return Submission(old, tuple(proof), signed).encode()


def parse(body: bytes) -> Submission:
    """Read a request's body. Raises SubmissionError."""
    head, gap, signed = body.partition(b"\n\n")
    try:
        first, *hashes = head.decode("latin-1").split("\n")
        proof = tuple(note.decode_base64(line) for line in hashes)
        if not gap or not first.startswith("old ") or len(proof) > MAX_PROOF:
            raise SubmissionError("A request is an old size, at most 63 hashes and a note.")
        if any(len(step) != merkle.HASH_BYTES for step in proof):
            raise SubmissionError("A hash in the request is not 32 bytes.")
        old = checkpoint.read_size(first.removeprefix("old "))
        return Submission(old, proof, note.Note.parse(signed))
    except (note.NoteError, checkpoint.CheckpointError) as error:
        raise SubmissionError(f"The request cannot be read: {error}") from error
