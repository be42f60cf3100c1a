"""The summary of a log, without reading all of it each time.

Leaves never change, so a summary only grows. This process keeps the newest that it made; the cache hands it
to the other processes, and to this one after a restart. What neither has is read from the table.
"""

from collections.abc import Iterator
from copy import deepcopy
from hashlib import sha256
from threading import Lock

from django.core.cache import cache

from ledger.log import entry
from ledger.models import Checkpoint, Fund, Log
from ledger.showcase.summary import Summary

FORM = 2  # one more whenever Summary gets another shape: an old one in the cache is then not found
DAY = 86_400
_kept: dict[str, Summary] = {}
_lock = Lock()


def summary(log: Log, size: int) -> Summary:
    """The first `size` leaves, added up. A summary that was handed out never changes."""
    with _lock:
        found = _kept.get(log.vkey)
        if found is None or found.size != size:
            found = _kept[log.vkey] = _grown(log, size, found)
        return found


def keep_up(muni: int) -> None:
    """Add up what is new, so that no reader has to wait for it."""
    newest = Checkpoint.objects.filter(log__muni=muni).order_by("-log", "-size").select_related("log")
    if last := newest.first():
        summary(last.log, last.size)


def _grown(log: Log, size: int, kept: Summary | None) -> Summary:
    key = f"log-summary:{FORM}:{sha256(log.vkey.encode()).hexdigest()}"  # a log started over has another key
    known = [one for one in (kept, cache.get(key)) if one is not None and one.size <= size]
    found = deepcopy(max(known, key=lambda one: one.size)) if known else Summary()
    if found.size < size:
        for _, raw in leaves(log, found.size, size):
            found.add(raw)
        cache.set(key, found, 30 * DAY)
    return found


def leaves(log: Log, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The leaves from index `start` up to `end`, with their indexes, without keeping them all in memory."""
    rows = log.entries.filter(idx__gte=start, idx__lt=end).order_by("idx").values_list("idx", "leaf")
    return ((idx, bytes(leaf)) for idx, leaf in rows.iterator(chunk_size=1000))


def some(log: Log, places: list[int]) -> list[tuple[int, entry.Leaf]]:
    """The leaves at these indexes, the newest first."""
    rows = log.entries.filter(idx__in=places).order_by("-idx").values_list("idx", "leaf")
    return [(idx, entry.parse(bytes(leaf))) for idx, leaf in rows]


def fund_names(muni: int) -> dict[str, tuple[str, str]]:
    """What each fund is called, in Dutch and English."""
    return {str(fund.number): (fund.name, fund.name_en) for fund in Fund.objects.filter(muni=muni)}
