"""Leaves join the log, each once: the same source never has two."""

import hashlib

from ledger.log import entry
from ledger.models import Log, LogEntry, PostingRule


def append(log: Log, leaf: entry.Leaf, source: str) -> LogEntry:
    """Add a leaf at the end of the log. Call it inside `books.locked`. Raises EntryError on a wrong leaf.

    `source` says what the leaf speaks of (such as batch:14:7); the leaf that it has already is kept as it is.
    """
    known = log.entries.filter(source=source).first()
    if known:
        return known
    last = log.entries.order_by("-idx").values_list("idx", flat=True).first()
    return LogEntry.objects.create(
        log=log, idx=0 if last is None else last + 1, leaf=entry.build(leaf), source=source
    )


def open_log(muni: int) -> Log | None:
    """The municipality's log that takes leaves now."""
    return Log.objects.filter(muni=muni, closed=False).first()


def chart_hash() -> str:
    """SHA-256 (hex) of the posting rules in force."""
    rules = sorted(PostingRule.objects.values_list("kind", "debit", "credit"))
    return hashlib.sha256("\n".join("{} {} {}".format(*rule) for rule in rules).encode()).hexdigest()
