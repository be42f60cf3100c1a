"""Leaves join the log, each once: the same source never has two.

Where a leaf stands can change once: when a log is given up, what no witness saw there is copied to the next.
"""

import hashlib

from ledger.log import entry
from ledger.models import Addendum, Log, LogEntry, PostingRule


class LogClosed(Exception):  # noqa: N818 - it says how it is
    """The log takes no leaves any more; the next one is not open yet. Ask again later."""


def append(log: Log, leaf: entry.Leaf, source: str) -> LogEntry:
    """Add a leaf at the end of the log. Call it inside `books.locked`. Raises EntryError on a wrong leaf.

    `source` says what the leaf speaks of (such as batch:14:7); the leaf that it has already, in any log of
    the municipality, is kept as it is. Raises LogClosed.
    """
    known = LogEntry.objects.filter(log__muni=log.muni, source=source).order_by("-id").first()
    return known or place_last(log, entry.build(leaf), source)


def place_last(log: Log, leaf: bytes, source: str, copy_of: LogEntry | None = None) -> LogEntry:
    """Put these bytes at the end of the log. Raises LogClosed."""
    if Log.objects.filter(pk=log.pk, closed=True).exists():
        raise LogClosed(f"{log.origin} is closed.")
    last = log.entries.order_by("-idx").values_list("idx", flat=True).first()
    idx = 0 if last is None else last + 1
    return LogEntry.objects.create(log=log, idx=idx, leaf=leaf, source=source, copy_of=copy_of)


def keep(row: LogEntry, data: bytes) -> str:
    """Keep bytes that a leaf names; answers their SHA-256 (hex)."""
    name = hashlib.sha256(data).hexdigest()
    Addendum.objects.get_or_create(entry=row, sha256=name, defaults={"data": data})
    return name


def place(row: LogEntry) -> LogEntry:
    """Where this leaf stands now: itself, or its last copy."""
    return row.copies.order_by("-id").first() or row


def open_log(muni: int) -> Log | None:
    """The municipality's log that takes leaves now."""
    return Log.objects.filter(muni=muni, closed=False).first()


def require_open(muni: int) -> Log:
    """The same, where nothing can be done without it. Raises LogClosed."""
    log = open_log(muni)
    if log is None:
        raise LogClosed(f"Municipality {muni} has no open log.")
    return log


def newest_log(muni: int) -> Log | None:
    """The municipality's last log, open or closed."""
    return Log.objects.filter(muni=muni).order_by("-id").first()


def chart_hash() -> str:
    """SHA-256 (hex) of the posting rules in force."""
    rules = sorted(PostingRule.objects.values_list("kind", "debit", "credit"))
    return hashlib.sha256("\n".join("{} {} {}".format(*rule) for rule in rules).encode()).hexdigest()
