"""The books for other programs: beancount, and CSV. Nobody's name is in them; a pot goes by its account id.

Everything is read in one state of the database and written as it is read, so a large town needs no memory.
"""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from django.db import connection, transaction
from django.db.models import Max, Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from ledger import books
from ledger.bank.pain001 import euros
from ledger.models import DEBIT_SIDE, Account, Batch, Code, Kind, Transfer

_KINDS = {kind.value: kind.name for kind in Kind}
_CODES = {code.value: code.name for code in Code}


@contextmanager
def _one_state() -> Iterator[None]:
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def write(muni: int, folder: Path) -> None:
    """Write `books.beancount`, `accounts.csv`, `transfers.csv` and `batches.csv` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _one_state():
        with (folder / "books.beancount").open("w") as file:
            file.writelines(_beancount(muni))
        for name, rows in {"accounts": _accounts, "transfers": _transfers, "batches": _batches}.items():
            with (folder / f"{name}.csv").open("w", newline="") as file:
                _table(file, rows(muni))


def _pieces(accounts: QuerySet[Account]) -> Iterator[list[Account]]:
    rows = accounts.iterator(2_000)
    while some := list(islice(rows, books.CHUNK)):
        yield some


def _table(file: TextIO, rows: Iterable[tuple[object, ...]]) -> None:
    csv.writer(file, lineterminator="\n").writerows(rows)


# --- beancount ----------------------------------------------------------------------------------------------
def _beancount(muni: int) -> Iterator[str]:
    last = Transfer.objects.filter(muni=muni).aggregate(last=Max("posted_at"))["last"]
    yield f'option "title" "Meedoen gm{muni:04d}"\noption "operating_currency" "EUR"\n'
    if last is None:
        return
    evening = timezone.localdate(last) + timedelta(days=1)  # a balance counts from the morning of its day
    yield from map(_opened, _by_age(muni).iterator(2_000))
    yield from map(_entry, _posted(muni).iterator(2_000))
    for some in _pieces(_by_age(muni)):
        held = books.balances([account.id for account in some])
        yield from (_balance(account, held[account.id], evening) for account in some)


def _by_age(muni: int) -> QuerySet[Account]:
    """Accounts that something was posted to, with the moment of the first."""
    first = partial(_first, muni)
    return (
        Account.objects.filter(muni=muni)
        .annotate(debited=first("debit"), credited=first("credit"))
        .exclude(debited=None, credited=None)
        .order_by("id")
    )


def _first(muni: int, end: str) -> Subquery:
    rows = Transfer.objects.filter(**{end: OuterRef("pk")}, muni=muni).order_by().values(end)
    return Subquery(rows.annotate(first=Min("posted_at")).values("first"))


def _posted(muni: int) -> QuerySet[Transfer]:
    return Transfer.objects.filter(muni=muni).select_related("debit", "credit").order_by("seq")


def _name(account: Account) -> str:
    """What beancount calls an account: its kind, code, fund and id."""
    cost = account.code in (Code.GUARANTEE, Code.WRITE_OFF)
    root = "Expenses" if cost else "Assets" if account.code in DEBIT_SIDE else "Liabilities"
    fund = f":F{account.fund}" if account.fund else ""
    return f"{root}:C{account.code}{fund}:A{account.id}"


def _opened(account: Account) -> str:
    moments = (account.debited, account.credited)  # type: ignore[attr-defined]  # annotated
    first = min(moment for moment in moments if moment)
    return f"{timezone.localdate(first)} open {_name(account)} EUR\n"


def _entry(transfer: Transfer) -> str:
    amount = euros(transfer.amount)
    return (
        f'\n{timezone.localdate(transfer.posted_at)} * "{_KINDS[transfer.kind]}" ^{transfer.id}\n'
        f"  seq: {transfer.seq}\n  effective: {timezone.localdate(transfer.effective_at)}\n"
        f"  {_name(transfer.debit)}  {amount} EUR\n  {_name(transfer.credit)}  -{amount} EUR\n"
    )


def _balance(account: Account, held: int, on: date) -> str:
    cents = held if account.side == "D" else -held
    closed = f"{on} close {_name(account)}\n" if account.closed_at else ""
    return f"\n{on} balance {_name(account)}  {euros(cents)} ~ 0.00 EUR\n{closed}"


# --- CSV: amounts in cents ----------------------------------------------------------------------------------
def _accounts(muni: int) -> Iterator[tuple[object, ...]]:
    yield ("id", "code", "name", "fund", "grant_batch", "balance", "closed_at")
    for some in _pieces(Account.objects.filter(muni=muni).order_by("id")):
        held = books.balances([account.id for account in some])
        for a in some:
            yield (a.id, a.code, _CODES[a.code], a.fund, a.grant_batch, held[a.id], _moment(a.closed_at))


def _transfers(muni: int) -> Iterator[tuple[object, ...]]:
    yield (
        "seq", "id", "kind", "debit", "credit", "amount", "reverses", "effective_at", "posted_at", "batch",
    )  # fmt: skip
    for t in Transfer.objects.filter(muni=muni).select_related("item__batch").order_by("seq").iterator(2_000):
        batch = t.item.batch.no if hasattr(t, "item") else None
        moments = (_moment(t.effective_at), _moment(t.posted_at))
        yield (
            t.seq, t.id, _KINDS[t.kind], t.debit_id, t.credit_id, t.amount, t.reverses_id, *moments, batch,
        )  # fmt: skip


def _batches(muni: int) -> Iterator[tuple[object, ...]]:
    yield ("no", "leaf", "from_at", "to_at", "payments", "tx_root", "status")
    for b in Batch.objects.filter(muni=muni).select_related("entry").order_by("no").iterator(2_000):
        root = bytes(b.tx_root).hex()
        yield (b.no, b.entry.idx, _moment(b.from_at), _moment(b.to_at), b.n, root, b.status)


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
