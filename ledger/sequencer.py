"""The sequencer: entries become tiles, tiles become a signed checkpoint, witnesses sign it too.

1. Publish: files first, then the signer's own memory, then the signature, then the checkpoint's row. A
   file that exists with other bytes stops everything: nothing published is ever changed. A signer that
   starts, or lost its memory, first asks the witnesses how far it went (`recall`).
2. Cosign: each witness is asked at the same time, and none can hold up the others for long.
3. What `/checkpoint` serves is the last state that has the policy's quorum, so that a reader never sees one
   that no witness has seen. While there is none, it serves the last signed one.
4. Each step looks in the tables and on disk for what is not done yet, so any of them may be cut off and
   run again, by anyone, at any time.

C2SP tlog-tiles, tlog-checkpoint, tlog-witness, tlog-policy; docs/spec/07-log.md and 08-witness.md.
"""

import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ledger import crash, custody, leaves, recall
from ledger.books import locked
from ledger.log import LogError, checkpoint, durable, note, policy, receipt, submission, tiles
from ledger.models import Addendum, Batch, BatchItem, Checkpoint, Cosignature, Log

_log = logging.getLogger(__name__)


class PublishedOtherwise(Exception):  # noqa: N818 - it says what is the matter
    """Something that was published would have to change. Nothing is signed until somebody has looked."""


def folder(log: Log) -> Path:
    """Where the files of a log stand."""
    return Path(settings.LOG_DIR) / f"gm{log.muni:04d}" / log.name


def fetch(log: Log) -> tiles.Fetch:
    """A reader of the log's files."""
    return lambda path: (folder(log) / path).read_bytes()


def trusted() -> policy.Policy | None:
    """The policy, when the municipality has one."""
    try:
        return policy.parse(Path(settings.POLICY_FILE).read_text())
    except FileNotFoundError:
        return None


# --- publish ------------------------------------------------------------------------------------------------
def publish(log: Log, now: datetime) -> Checkpoint | None:
    """Publish and sign the entries that no checkpoint covers. None when there are none.

    Raises PublishedOtherwise or custody.SignerRefuses; then nothing was signed.
    """
    newest = log.checkpoints.order_by("-size").values_list("size", flat=True).first() or 0
    if not log.entries.filter(idx__gte=newest).exists():
        return None
    recall.before_signing(log, newest, fetch(log), trusted())
    with locked(log.muni):
        last = log.checkpoints.order_by("-size").first()
        size = last.size if last else 0
        added = _leaves(log, size)
        if not added:
            return None
        crash.here("publish.lock")
        update = tiles.append(fetch(log), size, added)
        _write_addenda(log, size)
        for path, data in update.files:
            _write_once(folder(log) / path, data)
            crash.here("publish.tile")
        grown = checkpoint.Checkpoint(log.origin, update.size, update.root)
        _check_extends(log, last, update.size)
        crash.here("publish.beforesign")
        signed = custody.sign(grown, int(now.timestamp()))
        crash.here("publish.signed")
        row = Checkpoint.objects.create(
            log=log, size=grown.size, root=grown.root, note=signed.encode().decode(), published_at=now
        )
        _advance(log, grown.size, Batch.Status.SEALED, Batch.Status.LOGGED)
    crash.here("publish.committed")
    return row


def _leaves(log: Log, size: int) -> list[bytes]:
    rows = log.entries.filter(idx__gte=size).order_by("idx")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def _write_addenda(log: Log, size: int) -> None:
    for batch in Batch.objects.filter(_stands_in(log, idx__gte=size)).distinct():
        found = commitments_of(batch)
        _write_addendum(log, found.addendum_hash(), found.addendum())
    new = Q(entry__log=log, entry__idx__gte=size)
    for row in Addendum.objects.filter(new | Q(entry__copies__log=log, entry__copies__idx__gte=size)):
        _write_addendum(log, row.sha256, bytes(row.data))


def _write_addendum(log: Log, name: str, data: bytes) -> None:
    _write_once(folder(log) / receipt.addendum_path(name), data)


def _stands_in(log: Log, **where: int) -> Q:
    """Batches whose leaf, or a copy of it, is in this log at such a place."""
    copied = {f"entry__copies__{name}": value for name, value in where.items()}
    own = {f"entry__{name}": value for name, value in where.items()}
    return Q(entry__log=log, **own) | Q(entry__copies__log=log, **copied)


def commitments_of(batch: Batch) -> receipt.Commitments:
    """The commitments of a batch, in their order."""
    rows = BatchItem.objects.filter(batch=batch, pos__isnull=False).order_by("pos")
    values = rows.values_list("commitment", flat=True)
    return receipt.Commitments(tuple(bytes(value) for value in values if value is not None))


def _write_once(path: Path, data: bytes) -> None:
    if not path.exists():
        crash.here("publish.midwrite")
        durable.write(path, data)
    elif path.read_bytes() != data:
        raise PublishedOtherwise(f"{path} was published with other bytes.")


def _check_extends(log: Log, last: Checkpoint | None, size: int) -> None:
    """The new tree must begin with all that was published and all that was signed."""
    signed = custody.signed(log.origin)
    known = [(signed.size, signed.root)] if signed else []
    known += [(last.size, bytes(last.root))] if last else []
    for old, root in known:
        if old > size:
            raise custody.SignerRefuses(f"{log.origin}: {old} leaves were signed, these are {size}.")
        if old and tiles.Tree(fetch(log), size).range_hash(0, old) != root:
            raise PublishedOtherwise(f"{log.origin}: the first {old} leaves are not those that were signed.")


def _advance(log: Log, size: int, old: Batch.Status, new: Batch.Status) -> None:
    rows = Batch.objects.filter(_stands_in(log, idx__lt=size), status=old)
    Batch.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(status=new)


# --- cosign -------------------------------------------------------------------------------------------------
def cosign(log: Log) -> bool:
    """Ask the witnesses who have not signed the last checkpoint. Does it have the quorum now?"""
    row, trust = log.checkpoints.order_by("-size").first(), trusted()
    if row is None or trust is None:
        return False
    if not has_quorum(trust, row):
        _keep(log, row, _ask(log, row, trust))
        crash.here("cosign.kept")
    if not has_quorum(trust, row):
        return False
    with locked(log.muni):
        _advance(log, row.size, Batch.Status.LOGGED, Batch.Status.WITNESSED)
    return True


def full_note(row: Checkpoint) -> note.Note:
    """A checkpoint's note with every cosignature that it has."""
    found = note.Note.parse(row.note.encode())
    return found.add(*(note.Signature.parse(line) for line in _lines(row)))


def _lines(row: Checkpoint) -> list[str]:
    return list(row.cosignatures.order_by("witness").values_list("line", flat=True))


def has_quorum(trust: policy.Policy, row: Checkpoint) -> bool:
    """Does the policy believe this checkpoint?"""
    try:
        trust.check(full_note(row))
    except policy.NotTrustedError:
        return False
    return True


def _ask(log: Log, row: Checkpoint, trust: policy.Policy) -> dict[str, str]:
    """New signature lines, by witness. A witness that is away or unwilling is left out and logged."""
    known = set(row.cosignatures.values_list("witness", flat=True))
    asked = {
        name: url for name, url in recall.addresses().items() if name in trust.witnesses and name not in known
    }
    if not asked:
        return {}
    # The pool's threads read files only: a database connection belongs to one thread.
    tree, own = tiles.Tree(fetch(log), row.size), note.Note.parse(row.note.encode())
    sizes = {name: _last_size(log, name, row.size) for name in asked}
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        answers = {
            name: pool.submit(_ask_one, url, sizes[name], tree, own, trust.witnesses[name])
            for name, url in asked.items()
        }
    found: dict[str, str] = {}
    for name, answer in answers.items():
        try:
            found[name] = answer.result()
        except (OSError, LogError, ValueError) as error:
            _log.warning("Witness %s did not sign %s %s: %s", name, log.origin, row.size, error)
    return found


def _last_size(log: Log, witness: str, below: int) -> int:
    rows = Cosignature.objects.filter(checkpoint__log=log, checkpoint__size__lt=below, witness=witness)
    return rows.order_by("-checkpoint__size").values_list("checkpoint__size", flat=True).first() or 0


def _ask_one(url: str, old: int, tree: tiles.Tree, own: note.Note, witness: policy.Source) -> str:
    """One witness's line under the note. It may know another size than we think; then its own is used."""
    try:
        answer = _post(url, old, tree, own)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 409:
                raise
            answer = _post(url, checkpoint.read_size(error.read(20).decode().strip()), tree, own)
    lines = note.parse_lines(answer.decode())
    line = note.find(note.Note(own.text, lines), witness.key)
    if line is None:
        raise note.NoteError(f"The answer holds no signature of {witness.key.name}.")
    if line.timestamp > timezone.now().timestamp() + policy.AHEAD_SECONDS:
        raise note.NoteError(f"{witness.key.name} signed with a time that is yet to come.")
    return line.line().rstrip("\n")


def _post(url: str, old: int, tree: tiles.Tree, own: note.Note) -> bytes:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url} is not a web address.")
    if old > tree.size:
        raise ValueError(f"The witness has seen {old} leaves, and we have {tree.size}: is this an old copy?")
    body = submission.build(old, tree.consistency_proof(old), own)
    request = urllib.request.Request(f"{url}/add-checkpoint", body, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=recall.WITNESS_SECONDS) as answer:  # noqa: S310
        data: bytes = answer.read(note.MAX_NOTE_BYTES)
        return data


def _keep(log: Log, row: Checkpoint, found: Mapping[str, str]) -> None:
    with locked(log.muni):
        known = set(row.cosignatures.values_list("witness", flat=True))
        Cosignature.objects.bulk_create(
            Cosignature(checkpoint=row, witness=name, line=line)
            for name, line in found.items()
            if name not in known
        )


# --- serve --------------------------------------------------------------------------------------------------
def witnessed(log: Log, size: int = 0) -> Checkpoint | None:
    """The last checkpoint with the quorum, if it covers `size` leaves."""
    trust = trusted()
    if trust is None:
        return None
    rows = log.checkpoints.filter(size__gte=size, cosignatures__isnull=False).distinct().order_by("-size")
    return next((row for row in rows.iterator(chunk_size=10) if has_quorum(trust, row)), None)


def covering(batch: Batch) -> Checkpoint | None:
    """The last checkpoint with the quorum that covers this batch's leaf, wherever it stands now."""
    row = leaves.place(batch.entry)
    return witnessed(row.log, row.idx + 1)


def serve_checkpoint(log: Log) -> None:
    """Bring `/checkpoint` up to date."""
    if _served(log) == _to_serve(log):
        return
    with locked(log.muni):  # so that an older one never replaces a newer one
        data = _to_serve(log)
        crash.here("serve.beforewrite")
        durable.write(folder(log) / "checkpoint", data)


def _to_serve(log: Log) -> bytes:
    row = witnessed(log) or log.checkpoints.order_by("-size").first()
    return full_note(row).encode() if row else b""


def _served(log: Log) -> bytes:
    try:
        return fetch(log)("checkpoint")
    except FileNotFoundError:
        return b""
