"""What a witness answers to /add-checkpoint (C2SP tlog-witness), in this order.

1. The body is a request in the right form, or 400.
2. The origin is one that this witness watches, or 404.
3. A key that is trusted for the origin signed the note, and no line of such a key is false, or 403.
4. The old size is not above the new one, or 400.
5. The old size is the size that was cosigned last, or 409 with that size.
6. The proof leads from the cosigned root to the new root, or 422.
7. The new state is on disk before the cosignature leaves; who comes second starts again at 5.

A note that the log signed and that fails 5 or 6 is kept, unless it is the one that was cosigned last: it may
prove that the log lied. A refusal alone proves nothing: nobody signs the old size and the proof, so strangers
can send junk with a note that is public. What proves it is a second note: `Store.contradictions`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.log import LogError, checkpoint, merkle, note, submission
from ledger.witness.store import State, Store

TrustedLogs = Mapping[str, Sequence[note.VerifierKey]]


class RefusedError(LogError):
    """Do not cosign. `status` is the HTTP status; the text goes to the log's operator."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """An HTTP answer without the HTTP; `origin` is the watched log that it is about, if any."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    origin: str = ""


@dataclass(frozen=True)
class Witness:
    """The rules, with the witness's key, the logs it watches and its memory."""

    key: note.SignerKey
    logs: TrustedLogs
    store: Store

    def add_checkpoint(self, body: bytes, now: int) -> Answer:
        """Answer one request at `now` (epoch seconds)."""
        try:
            asked = submission.parse(body)
            new = checkpoint.parse(asked.note.text)
        except LogError as error:
            return _plain(400, str(error))
        if new.origin not in self.logs:
            return _plain(404, "This witness does not watch that log.")
        try:
            signed = self._signed_by_log(new.origin, asked.note)
        except RefusedError as refused:
            answer = _plain(refused.status, str(refused))
        else:
            answer = self._judge(asked, new, signed, now)
        return replace(answer, origin=new.origin)

    def latest(self, origin_hash: str) -> Answer:
        """The newest cosigned checkpoint of the log with this SHA-256 (hex) of its origin."""
        stored = self.store.latest(origin_hash)
        return Answer(200, stored) if stored else _plain(404, "No checkpoint of that log was cosigned.")

    def _signed_by_log(self, origin: str, signed: note.Note) -> note.Note:
        """The note with the log's own lines alone: lines of others may say anything."""
        try:
            lines = [note.find(signed, key) for key in self.logs[origin]]
        except note.BadSignatureError as error:
            raise RefusedError(403, str(error)) from error
        trusted = [line for line in lines if line]
        if not trusted:
            raise RefusedError(403, "No key that is trusted for this log signed the checkpoint.")
        return note.Note(signed.text, tuple(trusted))

    def _judge(
        self, asked: submission.Submission, new: checkpoint.Checkpoint, signed: note.Note, now: int
    ) -> Answer:
        known = self.store.state(new.origin)
        try:
            _check_growth(asked, known, new)
        except RefusedError as refused:
            if refused.status != 400 and State(new.size, new.root) != known:
                self.store.keep(new.origin, refused.status, signed, now)
            return _plain(refused.status, str(refused))
        cosignature = note.cosign(signed.text, self.key, now)
        if self.store.move(known, new, signed.add(cosignature), now):
            return Answer(200, cosignature.line().encode())
        return self._judge(asked, new, signed, now)  # another request was first: judge again


def _check_growth(asked: submission.Submission, known: State, new: checkpoint.Checkpoint) -> None:
    if asked.old > new.size:
        raise RefusedError(400, "The old size is above the size of the checkpoint.")
    if asked.old != known.size:
        raise RefusedError(409, str(known.size))
    if new.size == 0 and new.root != merkle.EMPTY_ROOT:
        raise RefusedError(422, "A log of no leaves has the root of no leaves.")
    try:
        merkle.verify_consistency(known.size, known.root, new.size, new.root, asked.proof)
    except merkle.ProofError as error:
        raise RefusedError(422, str(error)) from error


def _plain(status: int, text: str) -> Answer:
    kind = "text/x.tlog.size" if status == 409 else "text/plain; charset=utf-8"
    return Answer(status, f"{text}\n".encode(), kind)
