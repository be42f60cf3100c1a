"""A look in numbers, for Prometheus. What was never there has no number."""

from collections import Counter

from ledger.log import entry
from ledger.log.prometheus import Metric, text
from ledger.monitor.alarms import KINDS, Alarm, age_of_day, last_batch, last_cover, unpaid
from ledger.monitor.look import Look

_PREFIX = "meedoen_monitor_"


def page(seen: Look | None, found: list[Alarm], now: int) -> str:
    """The page for Prometheus; without a look only that there was none."""
    up = _gauge("up", "The log could be looked at.", float(seen is not None))
    return text([up, *(_numbers(seen, found, now) if seen else [])])


def _numbers(seen: Look, found: list[Alarm], now: int) -> list[Metric]:
    counted, batch, cover = Counter(alarm.kind for alarm in found), last_batch(seen), last_cover(seen)
    waiting = unpaid(seen)
    overrides = sum(isinstance(leaf, entry.Override) for leaf in seen.leaves.values())
    return [
        Metric(
            f"{_PREFIX}alarms", "gauge", "What is the matter.", [({"kind": k}, counted[k]) for k in KINDS]
        ),
        _gauge("size", "Leaves of the log.", seen.head.size),
        _gauge("quorum", "Enough witnesses signed the checkpoint.", float(seen.quorum)),
        _gauge(
            "checkpoint_age_seconds",
            "Since a witness signed it.",
            now - seen.signed_at if seen.signed_at else None,
        ),
        _witnesses("size", "Leaves that a witness signed last.", seen),
        _witnesses("lag_seconds", "How far it is behind the log.", seen),
        _gauge(
            "batch_age_seconds", "Since its last day was over.", _age(batch.to_day if batch else None, now)
        ),
        _gauge("cover_age_seconds", "Since its day was over.", _age(cover.date if cover else None, now)),
        _gauge("cover_gap_cents", "What is there minus what is owed.", cover.gap if cover else None),
        _gauge("unpaid_batches", "Batches that were not paid.", len(waiting)),
        _gauge(
            "unpaid_age_seconds",
            "Since the oldest of them was over.",
            _age(waiting[0].to_day if waiting else None, now),
        ),
        _gauge("overrides", "Leaves that say that a rule was passed over.", overrides),
    ]


def _gauge(name: str, words: str, value: float | None) -> Metric:
    return Metric(_PREFIX + name, "gauge", words, [] if value is None else [({}, value)])


def _witnesses(what: str, words: str, seen: Look) -> Metric:
    values = {
        name: float(w.size if what == "size" else max(0, seen.signed_at - w.at) * (w.size < seen.head.size))
        for name, w in sorted(seen.witnesses.items())
        if not w.problem
    }
    samples = [({"witness": name}, value) for name, value in values.items()]
    return Metric(f"{_PREFIX}witness_{what}", "gauge", words, samples)


def _age(day: str | None, now: int) -> float | None:
    return age_of_day(day, now) if day else None
