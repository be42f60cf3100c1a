"""Shards: a log per municipality and budget year, with keys of its own, going on from the one before.

1. At the first round of a new year (Amsterdam time) the old log gets its last leaf, `close`, and takes no
   more. When witnesses have cosigned that, the new log opens: its first leaf names that state. Until then
   payments go on and batches wait.
2. When a log's key was stolen, the log is given up as it is. The new one goes on from the last state that
   witnesses saw, and what they did not see there is copied to it.
3. Batches count on across logs, and proofs of old payments keep working: nothing of an old log changes.

docs/spec/07-log.md, section 8.
"""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ledger import announce, custody, leaves, sequencer, totals
from ledger.books import locked
from ledger.log import entry, state
from ledger.models import Batch, Checkpoint, Log, shard_name


class CannotContinue(Exception):  # noqa: N818 - it says what is the matter
    """There is no state from which a new log could go on."""


def origin_of(muni: int, year: int, part: int = 1) -> str:
    """The origin of a municipality's log: its address without the scheme."""
    host = settings.BASE_URL.partition("://")[2].rstrip("/")
    return f"{host}/log/gm{muni:04d}/{shard_name(year, part)}"


def setup(muni: int, now: datetime) -> Log:
    """The municipality's newest log; the first one is made, with its keys, when there is none."""
    found = leaves.newest_log(muni)
    if found:
        return found
    with locked(muni):
        year = timezone.localdate(now).year
        return leaves.newest_log(muni) or _open(muni, year, now, entry.Open(muni, year, leaves.chart_hash()))


def roll(log: Log, now: datetime) -> Log:
    """Close the log of a year that is over, and open the next once witnesses have seen the end of it.

    `log` is the newest one. Answers the newest one after this, which may still be closed.
    """
    if not log.closed and timezone.localdate(now).year > log.year:
        close(log)
    if not log.closed:
        return log
    finish(log, now)
    end = _last_state(log)
    if end is None or end.size < log.entries.count():
        return log
    return _continue(log, end, now)


def close(log: Log) -> None:
    """Write the last leaf: all that was not shown. It takes no more after this."""
    with locked(log.muni):
        if Log.objects.filter(pk=log.pk, closed=True).exists():
            return
        last = Batch.objects.filter(muni=log.muni).order_by("-no").first()
        standing = totals.read_after(last)
        leaf = entry.Close(
            log.muni, log.year, last.no if last else 0, **state.lines_of(totals.rest(standing))
        )
        leaves.append(log, leaf, f"close:{log.origin}")
        _close_row(log)


def finish(log: Log, now: datetime) -> tuple[Checkpoint | None, bool]:
    """Publish what is not published, ask the witnesses, serve. What was published; has it the quorum?"""
    published = sequencer.publish(log, now)
    witnessed = sequencer.cosign(log)
    sequencer.serve_checkpoint(log)
    return published, witnessed


def give_up(log: Log, now: datetime) -> Log:
    """A log whose key was stolen: a new one goes on from the last state that witnesses saw.

    For a log of an earlier year it is enough to say so in the open one. Raises CannotContinue.
    """
    stolen = announce.stolen(log.vkeys, int(now.timestamp()))
    with locked(log.muni):
        open_ = leaves.open_log(log.muni)
        if open_ is None:
            raise CannotContinue(
                f"{log.origin} is being closed. Run `manage.py settle` until the next is open."
            )
        if open_.pk != log.pk:
            announce.keys(open_, stolen)
            return open_
        good = _last_state(log)
        if good is None:
            raise CannotContinue(f"{log.origin} was never published: nobody can have believed it.")
        _close_row(log)
        new = _continue(log, good, now)
        announce.keys(new, stolen)
        for row in (
            log.entries.filter(idx__gte=good.size).exclude(source__startswith="policy:").order_by("idx")
        ):
            leaves.place_last(new, bytes(row.leaf), row.source, copy_of=row.copy_of or row)
        return new


def prepare(log: Log) -> str:
    """Make the keys of next year's log before there is one, so that partners can be told. Its origin."""
    origin = origin_of(log.muni, log.year + 1)
    custody.make_log_keys(origin)
    return origin


def for_partners(origin: str) -> str:
    """What witnesses put in their settings and everybody in the policy, for one log."""
    first, *more = (str(key) for key in custody.make_log_keys(origin))
    address = f"{urlsplit(settings.BASE_URL).scheme}://{origin}"
    policy = "\n".join(f"log {key} {address}" for key in (first, *more))
    return (
        f"For each witness (python -m ledger.witness add-log SETTINGS KEY):\n{first}\n\n"
        f"For the policy file, beside the lines of the logs before:\n{policy}\n"
    )


def _close_row(log: Log) -> None:
    Log.objects.filter(pk=log.pk).update(closed=True)
    log.closed = True


def _last_state(log: Log) -> Checkpoint | None:
    """The last state with the quorum; the last signed one where no policy says whom to believe."""
    if sequencer.trusted() is None:
        return log.checkpoints.order_by("-size").first()
    return sequencer.witnessed(log)


def _continue(old: Log, end: Checkpoint, now: datetime) -> Log:
    """A new log that goes on from a state of the old one."""
    with locked(old.muni):
        newest = leaves.newest_log(old.muni)
        if newest and newest.pk != old.pk:
            return newest
        year = max(timezone.localdate(now).year, old.year)
        no, standing = _at(old, end.size)
        first = entry.Open(
            muni=old.muni,
            year=year,
            chart=leaves.chart_hash(),
            prev=entry.Previous(old.origin, end.size, bytes(end.root).hex()),
            last_batch=no,
            state=standing,
        )
        return _open(old.muni, year, now, first)


def _at(log: Log, size: int) -> tuple[int, state.Standing]:
    """The last batch within the first `size` leaves of a log, and where all stood in public there."""
    closing = log.entries.filter(idx__lt=size, source__startswith="close:").exists()
    here = Q(entry__log=log, entry__idx__lt=size) | Q(entry__copies__log=log, entry__copies__idx__lt=size)
    last = Batch.objects.filter(here).order_by("-no").first()
    if last:
        found = totals.State.read(last.totals)
        return last.no, found.truth if closing else found.public
    opened = entry.parse(bytes(log.entries.get(idx=0).leaf))
    if isinstance(opened, entry.Open) and opened.state:
        return opened.last_batch or 0, opened.state
    return 0, state.Standing()


def _open(muni: int, year: int, now: datetime, first: entry.Open) -> Log:
    part = Log.objects.filter(muni=muni, year=year).count() + 1
    origin = origin_of(muni, year, part)
    vkeys = [str(key) for key in custody.make_log_keys(origin)]
    log = Log.objects.create(
        muni=muni, year=year, part=part, origin=origin, vkey=vkeys[0], quantum_vkey="".join(vkeys[1:2])
    )
    leaves.append(log, first, f"open:{origin}")
    ends = timezone.make_aware(datetime(year + 1, 2, 1))
    announce.keys(log, announce.log_keys(vkeys, int(now.timestamp()), int(ends.timestamp())))
    return log
