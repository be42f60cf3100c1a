"""The month and the year: what keeps a month open, and giving back what is left of a programme.

The rules are the ledger's. Closing a programme takes two people; the database says so too. That the programme
carried its part of the guarantee's cost is asked here: the books do not know whose part a cost is.
"""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import api as ledger
from wallet.models import Municipality, Programme, Staff, YearClose
from wallet.services import decisions, guarantee, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb

StillOpen = ledger.StillOpen
MONTHS = 3


@dataclass(frozen=True)
class Month:
    """A month that is over, and what keeps it open: nothing when it can be closed."""

    first: date
    still_open: Sequence[StillOpen]


def months(muni: Municipality, now: datetime) -> list[Month]:
    """The last months that are over, the newest first."""
    found, first = [], timezone.localdate(now).replace(day=1)
    for _nth in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(Month(first, ledger.still_open(muni.pk, first)))
    return found


@dataclass(frozen=True)
class Ended:
    """A programme that is over: cents left in its fund, and what was asked or decided about closing it."""

    programme: Programme
    left: int
    close: YearClose | None


def ended(muni: Municipality, now: datetime) -> list[Ended]:
    """Programmes whose last day and days of grace are over."""
    today = timezone.localdate(now)
    rows = [
        row
        for row in Programme.objects.filter(muni=muni, ends__lt=today)
        if ledger.is_over(row.ends, row.grace_days, now)
    ]
    closes = {
        row.programme_id: row
        for row in YearClose.objects.filter(programme__in=rows).exclude(status=YearClose.Status.REFUSED)
    }
    left = ledger.balances([row.fund for row in rows])
    return [Ended(row, left[row.fund], closes.get(row.pk)) for row in rows]


def waiting(muni: Municipality) -> QuerySet[YearClose]:
    """What was asked and waits for a second person."""
    return YearClose.objects.filter(muni=muni, status=YearClose.Status.WAITING)


@transaction.atomic
def ask(*, programme: Programme, staff: Staff, now: datetime) -> YearClose:
    """Ask another person to close a programme. Asked again by the same person, it is the same request.

    Raises Refused.
    """
    known = YearClose.objects.filter(programme=programme).exclude(status=YearClose.Status.REFUSED).first()
    if known and known.made_by_id == staff.pk:
        return known
    guarantee.require_carried(programme, now)
    try:
        with transaction.atomic():
            made = YearClose.objects.create(
                muni=programme.muni, programme=programme, made_by=staff, made_at=now
            )
    except IntegrityError as error:
        raise Refused(
            _("Somebody asked for this already. Open the page again to decide about it.")
        ) from error
    trail.record(staff=staff, verb=Verb.CLOSE_ASKED, subject=programme, now=now)
    return made


@transaction.atomic
def approve(*, close: YearClose, staff: Staff, now: datetime) -> int:
    """Another person agrees: what is left goes back, and the fund takes nothing more. Answers the cents.

    Raises Refused; then nothing has changed.
    """
    decisions.approve(close, staff, now)
    guarantee.require_carried(close.programme, now)
    try:
        cents = ledger.close_year(
            muni=close.muni_id,
            fund=close.programme.number,
            made_by=close.made_by.actor,
            approved_by=staff.actor,
            now=now,
        )
    except ledger.FundNotOver as error:
        words = _(
            "This programme is not finished: money is on passes or waits for its batch. Try again tomorrow."
        )
        raise Refused(words) from error
    close.returned = cents
    close.save(update_fields=["returned"])
    trail.record(staff=staff, verb=Verb.CLOSED, subject=close.programme, now=now)
    return cents


@transaction.atomic
def refuse(*, close: YearClose, staff: Staff, now: datetime) -> None:
    """Another person says no, or whoever asked withdraws it. Raises Refused."""
    decisions.refuse(close, staff, now)
    trail.record(staff=staff, verb=Verb.CLOSE_REFUSED, subject=close.programme, now=now)


def exported(muni: Municipality) -> bytes:
    """The books as a ZIP file: for beancount, and as tables. Nobody's name is in them."""
    archive = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip_:
        ledger.export_books(muni.pk, Path(folder))
        for file in sorted(Path(folder).iterdir()):
            zip_.write(file, file.name)
    return archive.getvalue()
