"""Paying the payees of a batch: one file for the bank, made once, released by a second person.

1. No euro leaves before it is witnessed: a checkpoint with the policy's quorum covers the batch's leaf, or
   two people let it pass and that stands in the log (`override_for`).
2. Each payee gets all that is due to it, except what batches after this one put there: those wait for their
   own witnesses. Who has no usable account is left as it is, and named.
3. The file is not kept: it is made from the rows, and must have the hash that they hold. Making it again
   posts nothing.
4. Making a file and releasing it are one transaction each. The file is on disk before its release commits:
   cut off between the two, it is released again with the same bytes, and the bank knows its MsgId.

docs/spec/10-bank.md has the formats; kinds SENT and the rest are in docs/spec/06-books.md.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.utils import timezone

from ledger import books, crash, leaves, overrides, payees, sequencer, standing, transit
from ledger.bank import pain001
from ledger.log import durable, entry
from ledger.models import Account, Batch, Code, Override, PainFile, PayeeAccount, Payout

_PAID = (Batch.Status.EXPORTED, Batch.Status.BOOKED)


class PayoutRefused(Exception):  # noqa: N818 - it says what happened
    """This file is not made, or not released. Nothing changed."""


class NotWitnessed(PayoutRefused):
    """The witnesses have not signed the batch yet."""


class SamePerson(PayoutRefused):
    """Who made the file does not release it."""


class NoBank(PayoutRefused):
    """The settings do not say from which account to pay."""


class PayoutBroken(Exception):  # noqa: N818 - it says what is the matter
    """The sums do not agree, or a file would not be the one that was made. Nothing goes out."""


@dataclass(frozen=True)
class Export:
    """What was made: `file` and its bytes, None and b"" when there was nothing to pay.

    `left_out` are the payees without a usable account, with the cents that stay due to them.
    """

    file: PainFile | None
    data: bytes
    left_out: dict[UUID, int]


@dataclass(frozen=True)
class _Due:
    """What a payee gets now, and the part of it that this batch put there (cents)."""

    amount: int
    own: int


# --- export -------------------------------------------------------------------------------------------------
def export(muni: int, batch_no: int, actor: str, now: datetime, override: Override | None = None) -> Export:
    """Make the file of a batch: SENT, the rows, the public leaf, all in one. Made before, it is made again.

    An override counts only where the quorum is missing. With nothing to pay the batch is booked. Raises
    NotWitnessed, NoBank, LogClosed, Batch.DoesNotExist; PayoutBroken or an error of the books when sums do
    not agree.
    """
    with books.locked(muni):
        batch = Batch.objects.select_related("entry__log").get(muni=muni, no=batch_no)
        made = PainFile.objects.filter(batch=batch).first()
        if made:
            return Export(made, data(made), _left_out(muni, batch, now))
        if batch.status == Batch.Status.BOOKED:
            return Export(None, b"", _left_out(muni, batch, now))
        size, excuse = _let_through(batch, override)
        due = _due(muni, batch)
        found = payees.usable(muni, due, now)
        left_out = {payee: line.amount for payee, line in due.items() if payee not in found}
        paid = {payee: line for payee, line in due.items() if payee in found}
        if not paid:
            _advance(batch, Batch.Status.BOOKED)
            return Export(None, b"", left_out)
        file, written = _make(batch, paid, found, size, excuse, actor, now)
        crash.here("export.beforecommit")
    return Export(file, written, left_out)


def override_for(batch_no: int) -> str:
    """What an override must name to let a batch be paid without its witnesses."""
    return f"payout/{batch_no}"


def _let_through(batch: Batch, override: Override | None) -> tuple[int | None, Override | None]:
    """The size of the witnessed state that covers the batch, or what lets it pass without one."""
    row = sequencer.covering(batch)
    if row:
        return row.size, None
    if not overrides.lets_pass(override, batch.muni, override_for(batch.no)):
        raise NotWitnessed(f"Batch {batch.no} waits for its witnesses.")
    return None, override


def _due(muni: int, batch: Batch) -> dict[UUID, _Due]:
    """What is due to each payee by batches up to this one, above zero."""
    rows = Account.objects.filter(muni=muni, code=Code.MERCHANT_DUE, balance__gt=0)
    accounts = list(rows.values_list("id", "party", "balance").order_by("party"))
    later = Batch.objects.filter(muni=muni, no__gt=batch.no).exclude(status__in=_PAID)
    waiting = standing.made_due_to(muni, later.values_list("no", flat=True))
    own = standing.made_due_to(muni, [batch.no])
    lines = {
        party: _Due((balance or 0) - waiting[account], own[account])
        for account, party, balance in accounts
        if party
    }
    return {party: line for party, line in lines.items() if line.amount > 0}


def _left_out(muni: int, batch: Batch, now: datetime) -> dict[UUID, int]:
    due = _due(muni, batch)
    found = payees.usable(muni, due, now)
    return {payee: line.amount for payee, line in due.items() if payee not in found}


def _make(
    batch: Batch,
    due: Mapping[UUID, _Due],
    accounts: Mapping[UUID, PayeeAccount],
    size: int | None,
    override: Override | None,
    actor: str,
    now: datetime,
) -> tuple[PainFile, bytes]:
    own = _own_account()
    payouts = [
        Payout(
            id=uuid5(NAMESPACE_URL, f"meedoen:payout:{batch.muni}:{batch.no}:{payee}"),
            muni=batch.muni,
            batch=batch,
            payee=payee,
            account=accounts[payee],
            amount=line.amount,
            carried=max(0, line.amount - line.own),
        )
        for payee, line in due.items()
    ]
    file = PainFile(
        muni=batch.muni,
        batch=batch,
        msg_id=f"GM{batch.muni:04d}-B{batch.no:06d}-1",
        form=settings.BANK_FORM,
        debtor_iban=own,
        debtor_name=settings.BANK_NAME,
        execute_on=timezone.localdate(now),
        n=len(payouts),
        total=sum(payout.amount for payout in payouts),
        size=size,
        override=override,
        exported_by=actor,
        exported_at=now,
    )
    written = pain001.write(_order(file, payouts))
    file.sha256 = hashlib.sha256(written).digest()
    file.save(force_insert=True)
    for payout in payouts:
        payout.file = file
    Payout.objects.bulk_create(payouts, batch_size=books.CHUNK)
    _send(file, payouts, actor, now)
    _tell(file, batch.no)
    _advance(batch, Batch.Status.EXPORTED)
    return file, written


def _own_account() -> str:
    if not (settings.BANK_IBAN and settings.BANK_NAME):
        raise NoBank("BANK_IBAN and BANK_NAME are not set.")
    try:
        return payees.check_iban(settings.BANK_IBAN)
    except payees.WrongIban as error:
        raise NoBank("BANK_IBAN is no account in SEPA.") from error


def _send(file: PainFile, payouts: Sequence[Payout], actor: str, now: datetime) -> None:
    """Post SENT for each payout. Raises PayoutBroken unless that is the file's sum (I11)."""
    postings = transit.sent(payouts, actor, file.msg_id, now)
    new = books.post(file.muni, postings)
    if new != file.n or sum(one.amount for one in postings) != file.total:
        raise PayoutBroken(f"{file.msg_id}: what was posted is not what the file says.")


def _tell(file: PainFile, batch_no: int) -> None:
    leaf = entry.Payout(
        muni=file.muni,
        batch=batch_no,
        n=file.n,
        total=file.total,
        file=bytes(file.sha256).hex(),
        size=file.size or 0,
    )
    leaves.append(leaves.require_open(file.muni), leaf, f"payout:{file.muni}:{batch_no}")


def _advance(batch: Batch, status: Batch.Status) -> None:
    batch.status = status
    batch.save(update_fields=["status"])


# --- the file -----------------------------------------------------------------------------------------------
def data(file: PainFile) -> bytes:
    """The bytes of a file, made from its rows. Raises PayoutBroken when they are not those that were made."""
    written = pain001.write(_order(file, file.payouts.select_related("account")))
    if hashlib.sha256(written).digest() != bytes(file.sha256):
        raise PayoutBroken(f"{file.msg_id} is not the file that was made.")
    return written


def _order(file: PainFile, payouts: Iterable[Payout]) -> pain001.Order:
    return pain001.Order(
        form=file.form,
        msg_id=file.msg_id,
        created_at=file.batch.sealed_at,
        execute_on=file.execute_on,
        debtor_name=file.debtor_name,
        debtor_iban=file.debtor_iban,
        text=f"gm{file.muni:04d} batch {file.batch.no}",
        payments=tuple(
            pain001.Payment(payout.id.hex, payout.amount, payout.account.name, payout.account.iban)
            for payout in sorted(payouts, key=lambda payout: payout.id.hex)
        ),
    )


def release(file: PainFile, actor: str, now: datetime) -> PainFile:
    """Put the file where the bank gets it (BANK_DIR/out). Released before, nothing happens.

    Raises SamePerson or PayoutBroken.
    """
    if actor == file.exported_by:
        raise SamePerson("Another person releases the file.")
    with books.locked(file.muni):
        row = PainFile.objects.get(pk=file.pk)
        if row.released_at:
            return row
        row.released_by, row.released_at = actor, now
        row.save(update_fields=["released_by", "released_at"])
        durable.write(Path(settings.BANK_DIR) / "out" / f"{row.msg_id}.xml", data(row), 0o640)
        crash.here("release.beforecommit")
    return row
