"""Paying the shops: a batch becomes a file for the bank, and a second person releases it.

The rules are the ledger's (docs/spec/10-bank.md). Here they get names of shops, words, and a trail.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from ledger import api as ledger
from wallet.models import Merchant, Municipality, OverrideRequest, Staff
from wallet.services import overrides, publiclog, trail
from wallet.services.refused import Refused
from wallet.services.trail import Verb


@dataclass(frozen=True)
class Batch:
    """A batch as finance sees it. `due` is what it made due to shops, in cents.

    `unpaid` are shops that the bank refused, or sent money back from.
    """

    no: int
    sealed_at: datetime
    n: int
    due: int
    status: str
    file: ledger.PainFile | None
    unpaid: int

    @property
    def step(self) -> str:
        """What has to happen now: wait, export, release or bank; else how it ended."""
        if self.file and not self.file.released_at:
            return "release"
        steps = {"sealed": "wait", "logged": "wait", "witnessed": "export", "exported": "bank"}
        return steps.get(self.status) or self._end

    @property
    def _end(self) -> str:
        """`empty` had nothing to pay; what `no file` gave shops went with another batch, or waits."""
        if not self.file:
            return "no file" if self.due else "empty"
        if self.unpaid:
            return "unpaid"
        return "paid" if self.file.size else "let pass"


@dataclass(frozen=True)
class Line:
    """What one shop gets: `amount` in cents, the part of earlier batches included; `status` of its payout."""

    shop: Merchant | None
    amount: int
    carried: int
    iban: str
    status: str


def batches(muni: Municipality) -> QuerySet[ledger.Batch]:
    """Every batch, newest first; `told` says how some of them stand."""
    return ledger.Batch.objects.filter(muni=muni.pk).select_related("pain_file").order_by("-no")


def told(muni: Municipality, rows: Sequence[ledger.Batch]) -> list[Batch]:
    """These batches as finance sees them, in two queries."""
    due = ledger.made_due(muni.pk, [row.no for row in rows])
    unpaid = _unpaid(rows)
    return [
        Batch(
            row.no,
            row.sealed_at,
            row.n,
            due[row.no],
            row.status,
            getattr(row, "pain_file", None),
            unpaid[row.pk],
        )
        for row in rows
    ]


def _unpaid(rows: Sequence[ledger.Batch]) -> Counter[int]:
    """Payments of these batches that did not arrive, by the batch's id."""
    ended = [ledger.Payout.Status.FAILED, ledger.Payout.Status.RETURNED]
    failed = ledger.Payout.objects.filter(batch__in=[row.pk for row in rows], status__in=ended)
    return Counter(dict(failed.values_list("batch").annotate(Count("pk"))))


def batch(muni: Municipality, no: int) -> Batch | None:
    """One batch."""
    found = told(muni, list(batches(muni).filter(no=no)))
    return found[0] if found else None


def count_to_make(muni: Municipality) -> int:
    """How many batches can be paid, and have no file yet."""
    return batches(muni).filter(status=ledger.Batch.Status.WITNESSED).count()


def count_to_send(muni: Municipality, staff: Staff) -> int:
    """How many files wait for this person to send them: somebody else made them."""
    made = ledger.PainFile.objects.filter(muni=muni.pk, released_at=None)
    return made.exclude(exported_by=staff.actor).count()


def made_by(staff: Staff, batch: Batch) -> bool:
    """Did this person make the batch's file?"""
    return batch.file is not None and batch.file.exported_by == staff.actor


def lines(muni: Municipality, file: ledger.PainFile) -> list[Line]:
    """What each shop of a file gets, by name."""
    payouts = list(file.payouts.select_related("account"))
    shops = shops_of(muni, [payout.payee for payout in payouts])
    found = [
        Line(shops.get(one.payee), one.amount, one.carried, one.account.iban, one.status) for one in payouts
    ]
    return sorted(found, key=lambda line: line.shop.name if line.shop else "")


def shops_of(muni: Municipality, payees: Iterable[UUID]) -> dict[UUID, Merchant]:
    """The shops that these payees are."""
    wanted = set(payees)
    own = {
        ledger.merchant_party(muni.pk, str(shop.number)): shop for shop in Merchant.objects.filter(muni=muni)
    }
    return {payee: shop for payee, shop in own.items() if payee in wanted}


@dataclass(frozen=True)
class Exported:
    """What making a file did: the file, None when there was nothing to pay, and who was left out (cents)."""

    file: ledger.PainFile | None
    left_out: list[tuple[Merchant | None, int]]


@transaction.atomic
def export(*, muni: Municipality, no: int, staff: Staff, now: datetime) -> Exported:
    """Make the payment file of a batch; made before, it is the same one. Raises Refused."""
    let_pass = overrides.approved(muni, ledger.payouts.override_for(no))
    try:
        with publiclog.needed():
            done = ledger.payouts.export(muni.pk, no, staff.actor, now, let_pass)
    except ledger.payouts.NotWitnessed as error:
        raise Refused(
            _("The witnesses have not signed this batch yet. Wait, or ask another person to let it pass.")
        ) from error
    except ledger.payouts.NoBank as error:
        raise Refused(
            _("The account to pay from is not set. Ask your administrator to set BANK_IBAN and BANK_NAME.")
        ) from error
    if done.file and done.file.exported_at == now:
        trail.record(staff=staff, verb=Verb.PAYMENT_MADE, subject=trail.Text("batch", f"{no}"), now=now)
    shops = shops_of(muni, done.left_out)
    return Exported(done.file, [(shops.get(payee), cents) for payee, cents in done.left_out.items()])


@transaction.atomic
def release(*, muni: Municipality, no: int, staff: Staff, now: datetime) -> None:
    """Send the file of a batch to the bank. Raises Refused."""
    file = ledger.PainFile.objects.filter(muni=muni.pk, batch__no=no).first()
    if file is None:
        raise Refused(_("This batch has no payment file yet. Make it first."))
    try:
        released = ledger.payouts.release(file, staff.actor, now)
    except ledger.payouts.SamePerson as error:
        raise Refused(_("You made this file yourself. Another person sends it to the bank.")) from error
    if released.released_at == now:
        trail.record(staff=staff, verb=Verb.PAYMENT_RELEASED, subject=trail.Text("batch", f"{no}"), now=now)


def ask_override(*, muni: Municipality, no: int, reason: str, staff: Staff, now: datetime) -> None:
    """Ask another person to let a batch be paid without its witnesses. Raises Refused."""
    require_unwitnessed(muni, no)
    what = ledger.payouts.override_for(no)
    overrides.ask(muni=muni, what=what, code="no-quorum", reason=reason, staff=staff, now=now)


def require_unwitnessed(muni: Municipality, no: int) -> None:
    """Raises Refused unless the batch still waits for its witnesses: else there is nothing to let pass."""
    found = batch(muni, no)
    if found is None or found.step != "wait":
        raise Refused(_("This batch no longer waits for witnesses. Nothing was changed."))


@dataclass(frozen=True)
class Position:
    """Where the shops' money is, in cents; `bank` is the bank's own word, None before the first one."""

    bank: int | None
    due: int
    in_transit: int
    open_in: int
    open_out: int


def position(muni: Municipality) -> Position:
    """What finance looks at first."""
    statement = ledger.last_statement(muni.pk)
    sums = ledger.code_balances(
        muni.pk,
        [ledger.Code.MERCHANT_DUE, ledger.Code.IN_TRANSIT, ledger.Code.UNIDENTIFIED, ledger.Code.SUSPENSE],
    )
    return Position(
        bank=statement.closing if statement else None,
        due=sums[ledger.Code.MERCHANT_DUE],
        in_transit=sums[ledger.Code.IN_TRANSIT],
        open_in=sums[ledger.Code.UNIDENTIFIED],
        open_out=sums[ledger.Code.SUSPENSE],
    )


def override_of(muni: Municipality, no: int) -> OverrideRequest | None:
    """What was asked to let this batch be paid without its witnesses."""
    return overrides.asked(muni, ledger.payouts.override_for(no))
