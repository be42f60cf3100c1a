"""What is the matter, in sentences. Each alarm has a kind that never changes; spec 08 lists them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ledger.log import entry
from ledger.monitor.look import Look

HOUR, DAY = 3600, 86_400
KINDS = ("changed", "unreadable", "quorum", "stale", "witness", "batch", "cover", "gap", "unpaid", "override")


@dataclass(frozen=True)
class Limits:
    """How old things may be, in seconds. A day that a leaf names is over at midnight UTC."""

    checkpoint: int = 26 * HOUR
    witness: int = HOUR
    cover: int = 26 * HOUR
    batch: int = 8 * DAY
    unpaid: int = 5 * DAY
    override: int = 0
    """For how long after the first look at it an override stays an alarm."""


@dataclass(frozen=True)
class Alarm:
    """One thing that is the matter."""

    kind: str
    text: str


def alarms(seen: Look, limits: Limits, now: int) -> list[Alarm]:
    """Everything that is the matter at `now` (epoch seconds)."""
    closed = isinstance(seen.leaves.get(seen.head.size - 1), entry.Close)
    found = [Alarm("changed", text) for text in seen.contradictions]
    found += _unreadable(seen)
    found += _witnesses(seen, limits, now)
    found += [] if closed else _fresh(seen, limits, now)
    if not seen.read.gap:  # else what is newest was not seen
        found += [] if closed else _ages(seen, limits, now)
        found += _money(seen, limits, now)
    return found


def age_of_day(day: str, now: int) -> int:
    """Seconds since a day (YYYY-MM-DD) was over."""
    over = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), UTC)
    return max(0, now - int(over.timestamp()))


def last_cover(seen: Look) -> entry.Cover | None:
    """The newest proof of cover."""
    return next((leaf for leaf in _newest_first(seen) if isinstance(leaf, entry.Cover)), None)


def last_batch(seen: Look) -> entry.Batch | None:
    """The newest batch."""
    return next((leaf for leaf in _newest_first(seen) if isinstance(leaf, entry.Batch)), None)


def unpaid(seen: Look) -> list[entry.Batch]:
    """Batches with something to pay that no file to the bank was for, oldest first."""
    paid = {leaf.batch for leaf in seen.leaves.values() if isinstance(leaf, entry.Payout)}
    batches = [leaf for leaf in seen.leaves.values() if isinstance(leaf, entry.Batch)]
    return [b for b in batches if b.no not in paid and b.payable.redeemed > b.payable.refunded]


def _newest_first(seen: Look) -> Iterator[entry.Leaf]:
    return reversed(seen.leaves.values())


def _unreadable(seen: Look) -> Iterator[Alarm]:
    if seen.read.gap:
        why = str(seen.read.gap).rstrip(".")
        yield Alarm("unreadable", f"Leaves from {seen.read.size} on are not there: {why}.")
    found = seen.read.unreadable()
    if found:
        index, why = min(found.items())
        yield Alarm("unreadable", f"Leaves that cannot be read: {len(found)}. The first is {index}: {why}")


def _witnesses(seen: Look, limits: Limits, now: int) -> Iterator[Alarm]:
    if not seen.quorum:
        who = ", ".join(sorted(seen.cosigned)) or "nobody"
        yield Alarm("quorum", f"Too few witnesses signed the checkpoint: {who}.")
    for name, witness in sorted(seen.witnesses.items()):
        behind = seen.signed_at - witness.at
        if witness.problem:
            yield Alarm("witness", f"Witness {name}: {witness.problem}")
        elif witness.size < seen.head.size and behind > limits.witness:
            yield Alarm("witness", f"Witness {name} is {_words(behind)} behind, at {witness.size} leaves.")
        elif witness.size > seen.head.size and now - witness.at > limits.witness:
            yield Alarm(
                "witness", f"Witness {name} signed {witness.size} leaves; {seen.head.size} are shown."
            )


def _fresh(seen: Look, limits: Limits, now: int) -> Iterator[Alarm]:
    if seen.signed_at and now - seen.signed_at > limits.checkpoint:
        yield Alarm("stale", f"No witness signed anything for {_words(now - seen.signed_at)}.")


def _ages(seen: Look, limits: Limits, now: int) -> Iterator[Alarm]:
    batch, cover = last_batch(seen), last_cover(seen)
    if batch and (age := age_of_day(batch.to_day, now)) > limits.batch:
        yield Alarm("batch", f"The last batch, {batch.no} of {batch.to_day}, is {_words(age)} old.")
    if cover and (age := age_of_day(cover.date, now)) > limits.cover:
        yield Alarm("cover", f"The last proof of cover, of {cover.date}, is {_words(age)} old.")
    if batch and not cover:
        yield Alarm("cover", "There are payments, and never was a proof of cover.")


def _money(seen: Look, limits: Limits, now: int) -> Iterator[Alarm]:
    cover, waiting = last_cover(seen), unpaid(seen)
    if cover and cover.gap < 0:
        yield Alarm("gap", f"On {cover.date} there was {-cover.gap} cents less than is owed.")
    if waiting and (age := age_of_day(waiting[0].to_day, now)) > limits.unpaid:
        yield Alarm("unpaid", f"Batch {waiting[0].no} of {waiting[0].to_day} was not paid for {_words(age)}.")
    known = max((size for size, at in seen.before if now - at >= limits.override), default=0)
    for index, leaf in seen.leaves.items():
        if index >= known and isinstance(leaf, entry.Override):
            yield Alarm("override", f"Leaf {index}: {leaf.what} was let pass ({leaf.code}).")


def _words(seconds: int) -> str:
    return f"{seconds // DAY} days" if seconds >= 3 * DAY else f"{seconds // HOUR} hours"
