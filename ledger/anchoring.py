"""Anchoring: now and then the last witnessed checkpoint is carried outside, and the proof published.

1. Every kind in ANCHORS, when its last anchor of the log is older than ANCHOR_EVERY seconds and the log grew.
2. A kind that does not answer is logged and asked again next time. Nothing waits for an anchor.
3. The row comes before the files; each round writes the files that are not there yet.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from ledger import anchors, sequencer
from ledger.books import locked
from ledger.log import durable
from ledger.models import Anchor, Checkpoint, Log

_log = logging.getLogger(__name__)


def kinds() -> list[str]:
    """The kinds that the setting names."""
    return [kind for kind in settings.ANCHORS.split(",") if kind]


def options() -> anchors.Options:
    """What the settings say for all kinds."""
    return {
        "tsa_url": settings.TSA_URL,
        "tsa_roots": settings.TSA_ROOTS,
        "evm_url": settings.EVM_URL,
        "evm_contract": settings.EVM_CONTRACT,
        "evm_key_file": settings.EVM_KEY_FILE,
    }


def anchor(muni: int, now: datetime) -> list[Anchor]:
    """Anchor what is due in each log of a municipality, and publish it. What was anchored now."""
    made = []
    for log in Log.objects.filter(muni=muni):
        row = sequencer.witnessed(log) if kinds() else None
        due = [kind for kind in kinds() if row and _is_due(row, kind, now)]
        made += [one for kind in due if row and (one := _anchor(row, kind, now))]
        _publish(log)
    return made


def _is_due(row: Checkpoint, kind: str, now: datetime) -> bool:
    last = Anchor.objects.filter(log=row.log, kind=kind).order_by("-size").first()
    if last is None:
        return True
    return row.size > last.size and now - last.made_at >= timedelta(seconds=settings.ANCHOR_EVERY)


def _anchor(row: Checkpoint, kind: str, now: datetime) -> Anchor | None:
    text = sequencer.full_note(row).text.encode()
    try:
        token = anchors.open_anchor(kind, options()).anchor(text)
    except anchors.AnchorError as error:
        _log.warning("%s %s was not anchored by %s: %s", row.log.origin, row.size, kind, error)
        return None
    with locked(row.log.muni):  # somebody else may have been first
        known = Anchor.objects.filter(log=row.log, size=row.size, kind=kind).exists()
        return (
            None
            if known
            else Anchor.objects.create(log=row.log, size=row.size, kind=kind, token=token, made_at=now)
        )


def _publish(log: Log) -> None:
    rows, folder = list(Anchor.objects.filter(log=log)), sequencer.folder(log)
    for row in rows:
        file = folder / anchors.path(row.size, row.kind)
        if not file.exists():
            durable.write(file, bytes(row.token))
    listed = folder / anchors.INDEX
    data = anchors.index([(row.size, row.kind) for row in rows])
    if rows and (not listed.exists() or listed.read_bytes() != data):
        durable.write(listed, data)
