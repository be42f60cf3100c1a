"""Leaves about anything but money in a batch: top-ups, rules, keys, people who were forgotten.

Each is written once: what it speaks of is its source, and a source has one leaf. Every function but
`grants` takes the lock itself.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from ledger import leaves
from ledger.books import CHUNK, locked
from ledger.log import entry, note
from ledger.models import Code, Erasure, Kind, Log, LogEntry, Transfer

NOTHING = hashlib.sha256(b"").hexdigest()
GRANT_TAG = b"vpl/grant/1\0"


# --- top-ups ------------------------------------------------------------------------------------------------
def grants(log: Log, waiting: Iterable[Transfer]) -> None:
    """A leaf for each grant batch that was finished and is large enough not to point at people.

    Call it inside the seal, with the transfers that it seals.
    """
    ways = {t.debit_id for t in waiting if t.kind == Kind.GRANT and t.debit.code == Code.DISTRIBUTION}
    accounts = sorted(ways)
    for start in range(0, len(accounts), CHUNK):
        _grants(log, accounts[start : start + CHUNK])


def _grants(log: Log, accounts: list[int]) -> None:
    moved = Transfer.objects.filter(kind=Kind.GRANT)
    rows = moved.filter(debit__in=accounts).values("debit").annotate(pots=Count("seq"), total=Sum("amount"))
    large = {row["debit"]: row for row in rows if row["pots"] >= settings.SEAL_MINIMUM}
    for first in moved.filter(credit__in=list(large)).select_related("credit").order_by("seq"):
        row = large[first.credit_id]
        if row["total"] == first.amount and first.credit.grant_batch:
            _grant(log, first, first.credit.grant_batch, row["pots"])


def _grant(log: Log, first: Transfer, batch: UUID, pots: int) -> None:
    leaf = entry.Grant(
        muni=log.muni,
        fund=str(first.credit.fund),
        batch=hashlib.sha256(GRANT_TAG + batch.bytes).hexdigest()[:32],
        n=pots,
        total=first.amount,
        decision=hashlib.sha256(first.ref_id.encode()).hexdigest(),
        four_eyes=first.ref_type == "decision/four-eyes",
    )
    leaves.append(log, leaf, f"grant:{batch}")


# --- rules --------------------------------------------------------------------------------------------------
def rules(log: Log, of_schemes: str | None = None) -> None:
    """A leaf when the policy, the posting rules or the schemes' rules (their SHA-256, hex) changed."""
    last = _last_rules(LogEntry.objects.filter(log__muni=log.muni))
    now = entry.Rules(
        muni=log.muni,
        rules=of_schemes or (last.rules if last else NOTHING),
        policy=_policy_hash(),
        chart=leaves.chart_hash(),
        release=settings.RELEASE,
    )
    if _last_rules(log.entries.all()) == now:
        return
    with locked(log.muni):
        if _last_rules(log.entries.all()) != now:
            leaves.append(log, now, f"policy:{log.origin}:{log.entries.count()}")


def _last_rules(rows: QuerySet[LogEntry]) -> entry.Rules | None:
    raw = rows.filter(source__startswith="policy:").order_by("-id").values_list("leaf", flat=True).first()
    leaf = entry.parse(bytes(raw)) if raw else None
    return leaf if isinstance(leaf, entry.Rules) else None


def _policy_hash() -> str:
    try:
        return hashlib.sha256(Path(settings.POLICY_FILE).read_bytes()).hexdigest()
    except FileNotFoundError:
        return NOTHING


# --- keys ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class KeyEvent:
    """A key that came (add), went (retire) or was stolen (compromised); times in epoch seconds.

    `thumbprint` is the SHA-256 (hex) of the public key: RFC 7638 of a JWK, or of a vkey's key material.
    """

    use: str
    kid: str
    thumbprint: str
    nbf: int
    exp: int
    action: str = "add"


def keys(log: Log, events: Iterable[KeyEvent]) -> int:
    """A leaf for each event that has none yet; how many events there are. Raises EntryError, LogClosed."""
    wanted = {f"key:{e.use}:{e.kid}:{e.action}": entry.Key(muni=log.muni, **vars(e)) for e in events}
    _tell(log, wanted)
    return len(wanted)


def _tell(log: Log, wanted: Mapping[str, entry.Leaf]) -> None:
    """Add the leaves, by source, that the log has not; the lock is taken only when there is one."""
    known = LogEntry.objects.filter(log__muni=log.muni, source__in=wanted)
    if known.values("source").distinct().count() < len(wanted):
        with locked(log.muni):
            for source, leaf in wanted.items():
                leaves.append(log, leaf, source)


def log_keys(vkeys: Iterable[str], nbf: int, exp: int) -> list[KeyEvent]:
    """The events of a log's own new keys."""
    found = [note.VerifierKey.parse(vkey) for vkey in vkeys]
    return [KeyEvent("log", key.key_id.hex(), _thumbprint(key), nbf, exp) for key in found]


def stolen(vkeys: Iterable[str], now: int) -> list[KeyEvent]:
    """The events that say that a log's keys cannot be believed from `now` (epoch seconds) on."""
    return [replace(event, action="compromised") for event in log_keys(vkeys, 0, now)]


def _thumbprint(key: note.VerifierKey) -> str:
    return hashlib.sha256(bytes([key.algorithm]) + key.public).hexdigest()


# --- people -------------------------------------------------------------------------------------------------
def erasures(log: Log, now: datetime) -> None:
    """A leaf for each past month that has none: how many people the database counted as forgotten in it."""
    start = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    gone = Erasure.objects.filter(muni=log.muni, at__lt=start).annotate(month=TruncMonth("at"))
    counts = gone.values_list("month").annotate(n=Count("id")).order_by("month")
    told = [entry.Erasure(log.muni, f"{month:%Y-%m}", n) for month, n in counts]
    _tell(log, {f"erasure:{log.muni}:{leaf.month}": leaf for leaf in told})
