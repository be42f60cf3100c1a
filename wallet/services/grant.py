"""Top-ups: from one caseworker's decision to money in pots. The rules, in order:

1. A top-up is a whole number of the programme's units, above zero, under a programme that has not ended, for
   holders that were not erased, and the programme's fund can pay it.
2. Above the municipality's four-eyes limit another person approves. Nobody approves their own; the database
   says so too.
3. Booking moves fund -> distribution -> pots in the ledger, each line once. A stopped booking goes on. What
   is for a pot that was closed meanwhile goes back to the fund, and its line says so.
4. Taking back is a counter-booking, down to what is left: what is spent stays spent.
5. A voucher of a programme with a most per person is never given more in all; the database says so too. What
   was taken back or refused does not count.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import GrantBatch, GrantLine, IssuedPass, Programme, Staff, Voucher
from wallet.protocol.money import EUR, MAX_AMOUNT, format_amount
from wallet.services import issue, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

logger = logging.getLogger(__name__)

BOOKED_AT_ONCE = (
    1_000  # lines; a longer batch is booked by its own page, which shows how far it is, or by `resume`
)


@dataclass(frozen=True)
class Preview:
    """What a top-up would do. `before` and `after` in the programme's units, `left_in_fund` in cents."""

    before: int
    after: int
    left_in_fund: int
    four_eyes: bool


@dataclass(frozen=True)
class Share:
    """One holder's part of a batch: `amount` in the programme's units; `row` as in the file, 1 for one."""

    row: int
    voucher: Voucher
    amount: int


def preview(*, voucher: Voucher, amount: int) -> Preview:
    """What topping up `voucher` by `amount` units would do; changes nothing."""
    programme = voucher.programme
    cents = books.balances([voucher.pot, programme.fund])
    before = cents[voucher.pot] // programme.unit_cents
    return Preview(before, before + amount, cents[programme.fund], needs_four_eyes(programme, amount))


def needs_four_eyes(programme: Programme, amount: int) -> bool:
    """Does a grant of `amount` units, all lines together, need a second person?"""
    return amount * programme.unit_cents > programme.muni.four_eyes_above


def top_up(
    *,
    voucher: Voucher,
    amount: int,
    reason: str,
    decision_ref: str,
    staff: Staff,
    now: datetime,
    batch_id: UUID | None = None,
) -> GrantBatch:
    """Grant `amount` units to one voucher; booked at once, or waiting for another person. Raises Refused.

    With a `batch_id` that is known already, answers what was made of it: a form sent twice counts once.
    """
    share = Share(1, voucher, amount)
    known = _made_before(batch_id, share, staff)
    if known:
        return known
    try:
        return decide(
            programme=voucher.programme,
            shares=[share],
            reason=reason,
            decision_ref=decision_ref,
            staff=staff,
            now=now,
            batch_id=batch_id,
        )
    except IntegrityError as error:  # the same form, or another one, at the same moment
        known = _made_before(batch_id, share, staff)
        if known is None:
            raise as_refusal(error) from error
        return known


def _made_before(batch_id: UUID | None, share: Share, staff: Staff) -> GrantBatch | None:
    """The batch that this very form made already. Raises Refused when it made another one."""
    known = GrantBatch.objects.filter(pk=batch_id).first() if batch_id else None
    if known is None:
        return None
    same = known.lines.filter(voucher=share.voucher, amount=share.amount).exists()
    if not same or known.made_by_id != staff.pk:
        raise Refused(_("This form was used already. Start a new top-up at the holder's page."))
    return known


@dataclass(frozen=True)
class File:
    """Where a batch came from."""

    name: str
    sha256: str


@transaction.atomic
def decide(
    *,
    programme: Programme,
    shares: Sequence[Share],
    reason: str,
    decision_ref: str,
    staff: Staff,
    now: datetime,
    file: File | None = None,
    batch_id: UUID | None = None,
) -> GrantBatch:
    """Write down one decision over one programme and book it if nobody else has to look. Raises Refused."""
    amount = sum(share.amount for share in shares)
    _check(programme, shares, now)
    _check_persons(programme, shares)
    four_eyes = needs_four_eyes(programme, amount)
    batch = GrantBatch.objects.create(
        id=batch_id or uuid4(),
        muni_id=programme.muni_id,
        programme=programme,
        lines_count=len(shares),
        total_cents=amount * programme.unit_cents,
        decision_ref=decision_ref,
        reason=reason,
        made_by=staff,
        four_eyes=four_eyes,
        status=GrantBatch.Status.WAITING if four_eyes else GrantBatch.Status.BOOKING,
        file_name=file.name[-120:] if file else "",
        file_sha256=file.sha256 if file else "",
        made_at=now,
    )
    lines = [
        GrantLine(batch=batch, row=share.row, voucher=share.voucher, amount=share.amount)
        for share in sorted(shares, key=lambda share: share.voucher.pk)  # two batches lock in one order
    ]
    GrantLine.objects.bulk_create(lines, batch_size=1_000)
    _require_present(batch)
    trail.record(staff=staff, verb=Verb.TOPPED_UP, subject=batch, reason=reason, now=now)
    _book_if_small(batch, now)
    return batch


def _check(programme: Programme, shares: Sequence[Share], now: datetime) -> None:
    """Rule 1. Raises Refused."""
    if not shares or any(not 1 <= share.amount <= MAX_AMOUNT for share in shares):
        raise Refused(_("Write an amount above zero."), "amount")
    if programme.ends < timezone.localdate(now):
        raise Refused(_("This programme has ended. Choose another programme."))
    words = over_fund(programme, sum(share.amount for share in shares))
    if words:
        raise Refused(words, "amount")


def _check_persons(programme: Programme, shares: Sequence[Share]) -> None:
    """Rule 5. Raises Refused."""
    if programme.per_person is None:
        return
    given = given_to(programme)
    for share in shares:
        words = over_person(programme, given.get(share.voucher.holder_id, 0), share.amount)
        if words:
            raise Refused(words, "amount")


def given_to(programme: Programme) -> dict[UUID, int]:
    """What each holder was given under a programme in all, in units, less what was taken back or refused."""
    lines = GrantLine.objects.filter(voucher__programme=programme)
    lines = lines.exclude(batch__status=GrantBatch.Status.REFUSED)
    stays = F("amount") - Coalesce(F("taken_back"), 0)
    return dict(lines.values_list("voucher__holder_id").annotate(units=Sum(stays)))


def over_person(programme: Programme, given: int, amount: int) -> str:
    """The words for `amount` more units for a holder who was given so many; none when it fits."""
    most = programme.per_person
    if most is None or given + amount <= most:
        return ""
    if given >= most:
        words = _("One person can get %(most)s. This holder was given %(given)s already.")
    else:
        words = _("One person can get %(most)s. This holder was given %(given)s. Give at most %(room)s.")
    cur = programme.currency
    return words % {
        "most": format_amount(most, cur),
        "given": format_amount(given, cur),
        "room": format_amount(most - given, cur),
    }


def as_refusal(error: IntegrityError) -> Exception:
    """What the database refused, as words when it was the most per person; else the error itself."""
    if "grant_per_person" in str(error):
        return Refused(_("Somebody gave this holder something just now. Look again and try once more."))
    return error


def _require_present(batch: GrantBatch) -> None:
    """Raises Refused. After the lines are written: who erases a holder waits for them, or was first."""
    if batch.lines.filter(voucher__holder__erased_at__isnull=False).exists():
        raise Refused(_("A holder in this top-up was erased. Nothing was booked."))


def over_fund(programme: Programme, amount: int) -> str:
    """The words for `amount` units that the fund cannot pay; none when it can."""
    total, left = amount * programme.unit_cents, books.balances([programme.fund])[programme.fund]
    return over_budget(total, left) if total > left else ""


def over_budget(total: int, left: int) -> str:
    """The words for a grant that the fund cannot pay; both in cents."""
    return _(
        "This programme has %(left)s left. You want to give %(total)s. "
        "Give %(over)s less, or raise the budget."
    ) % {
        "left": format_amount(left, EUR),
        "total": format_amount(total, EUR),
        "over": format_amount(total - left, EUR),
    }


@transaction.atomic
def approve(*, batch: GrantBatch, staff: Staff, now: datetime) -> None:
    """The second pair of eyes says yes; small batches are booked at once. Raises Refused."""
    if batch.made_by_id == staff.pk:
        raise Refused(_("You made this top-up. Another person has to approve it."))
    if batch.programme.ends < timezone.localdate(now):
        raise Refused(_("This programme has ended. Choose another programme."))
    _leave_waiting(batch, GrantBatch.Status.BOOKING, staff)
    trail.record(staff=staff, verb=Verb.APPROVED, subject=batch, reason=batch.decision_ref, now=now)
    _book_if_small(batch, now)


@transaction.atomic
def refuse(*, batch: GrantBatch, staff: Staff, reason: str, now: datetime) -> None:
    """Say no, or withdraw one's own top-up before anybody approved it. Raises Refused."""
    second = None if batch.made_by_id == staff.pk else staff
    _leave_waiting(batch, GrantBatch.Status.REFUSED, second)
    trail.record(staff=staff, verb=Verb.REFUSED, subject=batch, reason=reason, now=now)


def _leave_waiting(batch: GrantBatch, status: GrantBatch.Status, second: Staff | None) -> None:
    """Move a waiting batch on; two people who press at once cannot both succeed."""
    waiting = GrantBatch.objects.filter(pk=batch.pk, status=GrantBatch.Status.WAITING)
    if waiting.update(status=status, approved_by=second) != 1:
        raise Refused(_("Somebody already decided about this top-up. Open it again to see what was decided."))
    batch.refresh_from_db()


def _book_if_small(batch: GrantBatch, now: datetime) -> None:
    if batch.status == GrantBatch.Status.BOOKING and batch.lines_count <= BOOKED_AT_ONCE:
        book(batch=batch, now=now)


def book(*, batch: GrantBatch, now: datetime) -> None:
    """Post the lines of an approved batch. May run twice, and goes on where it stopped. Raises Refused.

    A line whose pot was closed meanwhile is missed: nothing of it was given.
    """
    if batch.status == GrantBatch.Status.BOOKED:
        return
    if batch.status != GrantBatch.Status.BOOKING:
        raise Refused(_("This top-up is not approved yet."))
    unit = batch.programme.unit_cents
    lines = batch.lines.order_by("row").values_list("voucher__pot", "amount")
    try:
        closed = books.grant(
            muni=batch.muni_id,
            batch=batch.pk,
            fund=batch.programme.number,
            lines=[(pot, amount * unit) for pot, amount in lines],
            decision_ref=batch.decision_ref,
            actor=batch.made_by.actor,
            reason=batch.reason,
            four_eyes=batch.four_eyes,
            now=now,
        )
    except books.Overdrawn as error:
        left = books.balances([batch.programme.fund])[batch.programme.fund]
        raise Refused(over_budget(batch.total_cents, left)) from error
    except books.PostingRefused as error:
        raise Refused(_("This programme is closed. The top-up cannot be booked.")) from error
    with transaction.atomic():
        missed = batch.lines.filter(voucher__pot__in=closed, missed_at=None)
        missed.update(missed_at=now, taken_back=F("amount"))
        booking = GrantBatch.objects.filter(pk=batch.pk, status=GrantBatch.Status.BOOKING)
        booking.update(status=GrantBatch.Status.BOOKED, booked_at=now)
    batch.refresh_from_db()


def resume(muni: int, now: datetime) -> int:
    """Book every approved batch that is not booked yet, whoever left it. Answers how many are now."""
    waiting = GrantBatch.objects.filter(muni=muni, status=GrantBatch.Status.BOOKING)
    booked = 0
    for batch in waiting.select_related("programme", "made_by").order_by("made_at"):
        try:
            book(batch=batch, now=now)
            booked += 1
        except Refused as refused:  # the fund is short: its page says so, and a person decides
            logger.warning("Grant batch %s is not booked: %s", batch.pk, refused)
    return booked


def booked_cents(batch: GrantBatch) -> int:
    """How much of a batch is in its pots by now, in cents: what it does not have to give out any more."""
    if batch.status == GrantBatch.Status.BOOKED:
        return batch.total_cents - missed(batch).cents
    if batch.status != GrantBatch.Status.BOOKING:
        return 0
    account = books.open_account(
        muni=batch.muni_id, code=books.Code.DISTRIBUTION, fund=batch.programme.number, grant_batch=batch.pk
    )
    to_give = books.balances([account])[account]
    return batch.total_cents - to_give if to_give else 0


@dataclass(frozen=True)
class Missed:
    """What a batch did not give, as vouchers were closed: lines, and cents that went back to the fund."""

    lines: int
    cents: int


def missed(batch: GrantBatch) -> Missed:
    """What a booked batch did not give."""
    found = batch.lines.filter(missed_at__isnull=False).aggregate(lines=Count("pk"), units=Sum("amount"))
    return Missed(found["lines"], (found["units"] or 0) * batch.programme.unit_cents)


@transaction.atomic
def undo_line(*, line: GrantLine, staff: Staff, reason: str, now: datetime) -> int:
    """Take back one line, down to what is left. Answers the units taken back. Raises Refused."""
    open_line = GrantLine.objects.filter(
        pk=line.pk, undone_at=None, missed_at=None, batch__status=GrantBatch.Status.BOOKED
    )
    if open_line.update(undone_at=now) != 1:
        raise Refused(_("This top-up was already taken back, or is not booked."))
    voucher, programme = line.voucher, line.batch.programme
    units = min(line.amount, books.balances([voucher.pot])[voucher.pot] // programme.unit_cents)
    if units == 0:
        raise Refused(_("Nothing is left of it to take back. It is already spent."))
    correction = books.Posting(
        id=uuid5(line.batch_id, f"undo:{line.pk}"),
        kind=books.Kind.CORRECT,
        debit=voucher.pot,
        credit=programme.fund,
        amount=units * programme.unit_cents,
        ref_type="grant",
        ref_id=str(line.batch_id),
        actor=staff.actor,
        reason=reason,
        effective_at=now,
    )
    try:
        books.post(line.batch.muni_id, [correction])
        _take_back_promises(voucher, programme.unit_cents, now)
        GrantLine.objects.filter(pk=line.pk).update(taken_back=units)
    except books.Overdrawn as error:
        raise Refused(_("The balance changed just now. Look again and try once more.")) from error
    trail.record(staff=staff, verb=Verb.TOOK_BACK, subject=line.batch, reason=reason, now=now)
    return units


def _take_back_promises(voucher: Voucher, unit_cents: int, now: datetime) -> None:
    """Make passes good online only until the offline limits fit in what is left, the smallest kept."""
    room = books.balances([voucher.pot])[voucher.pot] // unit_cents
    for one in issue.living(voucher, now).filter(ofl__gt=0).order_by("ofl", "jti"):
        room -= one.ofl
        if room < 0:
            IssuedPass.objects.filter(pk=one.pk).update(online_only_at=now)
