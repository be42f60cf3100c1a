"""Taking in what a till did without a connection, a piece of the upload at a time.

A piece is one transaction. It holds the till's row, so that two uploads of one till wait for each other; what
another sale changed meanwhile makes it start anew. Signatures were checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction

from wallet.models import Till, TillRecord
from wallet.services import catalogue
from wallet.services.catalogue import Catalogue
from wallet.services.sync import answers, chain, judge, known, lines, undo
from wallet.services.sync.answers import Result
from wallet.services.sync.book import SUSPENDED, Book
from wallet.services.sync.chain import FORK, GAP, Chain
from wallet.services.sync.lines import Line
from wallet.services.sync.verdict import Outcome, Verdict, held

T = TypeVar("T")
PIECE = 100  # records in one transaction: enough to be fast, few enough to hold pots briefly
AT_MOST = 500  # records in one upload
TRIES = 3


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The answers in order of seq; up to `acked_seq` every record of the till is known."""

    results: list[Result]
    acked_seq: int


def upload(*, till: Till, records: Sequence[str], now: datetime) -> Uploaded:
    """Take in a till's records. The same upload again changes nothing and gets the same answers.

    Raises Refused: malformed_record or till_auth_failed, with the `index` of the record; then nothing of the
    upload was written.
    """
    read = lines.read(till, records, now)
    results: list[Result] = []
    acked = till.acked_seq
    for start in range(0, len(read), PIECE) if read else [0]:
        some, acked = again_if_disturbed(lambda at=start: _piece(till, read[at : at + PIECE], now))  # type: ignore[misc]
        results += some
    return Uploaded(results, acked)


def again_if_disturbed(work: Callable[[], T]) -> T:
    """Do it, and once more when another sale came in between: what that one wrote is known by then."""
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic():
                return work()
        except (IntegrityError, OperationalError):
            continue
    with transaction.atomic():
        return work()


def _piece(till: Till, piece: Sequence[Line], now: datetime) -> tuple[list[Result], int]:
    catalog = catalogue.fresh(till.muni_id)
    locked = locked_till(till.pk)
    shop = catalog.tills[str(till.pk)].shop
    there = chain.load(locked, piece)
    new = [line for line in piece if not there.knows(line)]
    acked = there.reach(line for line in piece if not there.taken(line))
    waiting = chain.waiting(locked, acked) if new else []
    if waiting:
        there = chain.load(locked, [*waiting, *piece])
    targets = undo.targets(locked, shop, new)
    book = Book(locked, known.gather(catalog, till.pk, [*waiting, *new]), now)
    for line in sorted([*waiting, *new], key=lambda one: one.record.seq):
        if there.knows(line) and line.kept is None:  # twice in one upload
            continue
        there.rows[line.sha256] = _take(line, there, book, acked)
    book.write()
    undo.give_back(targets, catalog, now)
    _remember(locked, acked)
    return [_answer(line, there, catalog) for line in piece], acked


def locked_till(till: UUID) -> Till:
    """The till's row, held until the end of the transaction."""
    rows = Till.objects.select_for_update(no_key=True, of=("self",)).select_related("branch__merchant")
    return rows.get(pk=till)


def _take(line: Line, there: Chain, book: Book, acked: int) -> TillRecord:
    """Judge one record at its place, and enter what comes of it."""
    forked = line.kept is None and (there.torn or not there.fits(line))
    taken = forked and there.taken(line)
    if forked:
        _suspend(book)
    before = there.before(line)
    if not taken:
        there.add(line)
    return book.enter(line, _verdict(line, book, before, acked, forked=forked), fork=taken)


def _verdict(line: Line, book: Book, before: datetime | None, acked: int, *, forked: bool) -> Verdict:
    if not line.is_sale:
        return Verdict(Outcome.NOTED)
    if forked:
        return held(line, FORK)
    if book.till.suspended_at or book.till.branch.merchant.suspended_at:
        return held(line, SUSPENDED)
    if line.record.seq > acked:
        return Verdict(Outcome.HELD, GAP, line.record.amt)
    return judge.judge(line, book.known, before)


def _suspend(book: Book) -> None:
    """Two records in one place: this till, or a copy of it, does not go on until a person looked."""
    if book.till.suspended_at is None:
        book.till.suspended_at = book.now
        book.till.save(update_fields=["suspended_at"])
        catalogue.changed(book.till.muni_id)


def _remember(till: Till, acked: int) -> None:
    if acked != till.acked_seq:
        till.acked_seq = acked
        till.save(update_fields=["acked_seq"])


def _answer(line: Line, there: Chain, catalog: Catalogue) -> Result:
    shop = catalog.tills[str(there.till.pk)].shop
    row = there.rows.get(line.sha256)
    if row is not None:
        return answers.of_record(row, catalog, shop)
    return answers.of_sale(there.sales[line.sha256], catalog, shop)
