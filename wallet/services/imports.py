"""Top-ups from a CSV file: first a dry run that names each bad row, then one decision. The rules, in order:

1. The file is UTF-8 (with or without a byte order mark), at most FILE_BYTES, and was not imported
   before under the same programme.
2. Its first row names the columns, split by `;` or `,`. Two are needed: the holder's number and the amount.
   Other columns are left alone.
3. Each row names a known holder, once, and an amount above zero: `12`, `12,50` or `12.50` euro, or whole
   tickets.
4. The whole is within the programme's budget, and no holder gets more than one person may.
5. One bad row stops the file. Booking reads the file again: what was true at the dry run may not be now.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger import api as books
from wallet.models import GrantBatch, Holder, Programme, Staff, Voucher
from wallet.protocol import money
from wallet.services import grant, holders
from wallet.services.refused import Refused

FILE_BYTES = 1_000_000
ROWS_AT_MOST = 20_000
QUOTED = 40  # characters of a cell that an error repeats
NUMBER = ("nummer", "number", "pasnummer", "pass number")
AMOUNT = ("bedrag", "amount", "aantal", "tickets")


@dataclass(frozen=True)
class Problem:
    """One thing to fix. `row` counts as the spreadsheet does (1 is the header); None is the whole file."""

    row: int | None
    column: str
    message: str


@dataclass(frozen=True)
class Good:
    """A row that can be booked; `amount` in the programme's units."""

    row: int
    holder: Holder
    amount: int


@dataclass
class Report:
    """What a dry run found. It changed nothing."""

    programme: Programme
    file_name: str
    sha256: str
    delimiter: str = ";"
    header: list[str] = field(default_factory=list)
    rows: dict[int, list[str]] = field(default_factory=dict)
    good: list[Good] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    new_vouchers: int = 0
    left_in_fund: int = 0

    @property
    def total(self) -> int:
        """Sum of the good rows, in the programme's units."""
        return sum(row.amount for row in self.good)

    @property
    def total_cents(self) -> int:
        """Sum of the good rows, in cents."""
        return self.total * self.programme.unit_cents

    @property
    def bookable(self) -> bool:
        """Is there something to book, and nothing to fix?"""
        return bool(self.good) and not self.problems

    @property
    def four_eyes(self) -> bool:
        """Will another person have to approve it?"""
        return grant.needs_four_eyes(self.programme, self.total)

    @property
    def confirmation(self) -> str:
        """What a person types to book it: the number of rows."""
        return str(len(self.good))


def dry_run(data: bytes, programme: Programme, now: datetime, file_name: str = "") -> Report:
    """Read a file as if to book it, and say what is wrong with it, row by row. Changes nothing."""
    report = Report(programme, file_name, hashlib.sha256(data).hexdigest())
    try:
        _check_file(report, data, now)
        _read_rows(report, data.decode("utf-8-sig"))
    except Refused as refused:
        report.problems.append(Problem(None, refused.field or "", str(refused.message)))
        return report
    _judge_rows(report)
    _judge_total(report)
    report.problems.sort(key=lambda problem: problem.row or 0)
    return report


def _check_file(report: Report, data: bytes, now: datetime) -> None:
    """Rule 1. Raises Refused."""
    if not data.strip():
        raise Refused(_("This file is empty. Choose a file with rows."))
    if len(data) > FILE_BYTES:
        raise Refused(_("This file is larger than 1 MB. Split it into smaller files."))
    if report.programme.ends < timezone.localdate(now):
        raise Refused(_("This programme has ended. Choose another programme."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise Refused(
            _("This file is not UTF-8. In Excel, choose Save as and then “CSV UTF-8 (comma delimited)”.")
        )
    before = already_imported(report.programme, report.sha256)
    if before:
        raise Refused(
            _("This same file was imported on %(date)s by %(name)s. Choose another file.")
            % {
                "date": timezone.localdate(before.made_at).strftime("%d-%m-%Y"),
                "name": before.made_by.get_full_name() or before.made_by.username,
            }
        )


def already_imported(programme: Programme, sha256: str) -> GrantBatch | None:
    """The batch that this very file made, unless that was refused."""
    same = GrantBatch.objects.filter(programme=programme, file_sha256=sha256)
    return same.exclude(status=GrantBatch.Status.REFUSED).select_related("made_by").first()


def _read_rows(report: Report, text: str) -> None:
    """Rule 2: header and rows, empty rows left out. Raises Refused."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    report.delimiter = max(";,", key=first.count)
    rows = list(_numbered(text, report.delimiter))
    report.header = [name.strip() for name in rows[0][1]]
    _column(report, NUMBER)
    _column(report, AMOUNT)
    report.rows = dict(rows[1:])
    if not report.rows:
        raise Refused(_("This file has a header but no rows. Add a row for each holder."))
    if len(report.rows) > ROWS_AT_MOST:
        raise Refused(_("This file has more than 20.000 rows. Split it into smaller files."))


def _numbered(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, with their line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise Refused(
            _("Row %(row)s cannot be read. Look for a quote that is opened and not closed.")
            % {"row": reader.line_num}
        ) from error


def _column(report: Report, names: tuple[str, ...]) -> int:
    """Where the column with one of these names is. Raises Refused when it is missing or there twice."""
    places = [place for place, name in enumerate(report.header) if name.lower() in names]
    if len(places) == 1:
        return places[0]
    if places:
        raise Refused(_("The column “%(name)s” is there twice. Keep one.") % {"name": names[0]}, names[0])
    raise Refused(
        _(
            "The column “%(name)s” is missing. We found: %(found)s. "
            "Write the names of the columns in the first row, with ; or , between them."
        )
        % {"name": names[0], "found": _quoted(", ".join(report.header), 200)},
        names[0],
    )


def _judge_rows(report: Report) -> None:
    """Rule 3: every row becomes good, or gets a problem for each thing that is wrong with it."""
    number_at, amount_at = _column(report, NUMBER), _column(report, AMOUNT)
    known = _known_holders(report, number_at)
    seen: dict[str, int] = {}
    given = grant.given_to(report.programme) if report.programme.per_person else {}
    for row, cells in report.rows.items():
        if len(cells) != len(report.header):
            report.problems.append(Problem(row, "", _wrong_width(report, cells)))
            continue
        number = _digits(cells[number_at])
        wrong = _number_problem(number, known, seen.get(number))
        seen.setdefault(number, row)
        amount, wrong_amount = _amount(cells[amount_at], report.programme)
        if not wrong and not wrong_amount:
            wrong_amount = grant.over_person(report.programme, given.get(known[number].pk, 0), amount)
        if wrong:
            report.problems.append(Problem(row, report.header[number_at], wrong))
        if wrong_amount:
            report.problems.append(Problem(row, report.header[amount_at], wrong_amount))
        if not wrong and not wrong_amount:
            report.good.append(Good(row, known[number], amount))


def _digits(cell: str) -> str:
    """A pass number as people write it, `1234 5678`, without the spaces."""
    return "".join(cell.split())


def _known_holders(report: Report, number_at: int) -> dict[str, Holder]:
    numbers = {_digits(cells[number_at]) for cells in report.rows.values() if len(cells) > number_at}
    found = Holder.objects.filter(muni_id=report.programme.muni_id, number__in=numbers, erased_at=None)
    return {holder.number: holder for holder in found}


def _wrong_width(report: Report, cells: list[str]) -> str:
    return _(
        "This row has %(cells)s cells and the header has %(header)s. "
        "Is there a comma in an amount? Then use ; between the columns."
    ) % {"cells": len(cells), "header": len(report.header)}


def _number_problem(number: str, known: dict[str, Holder], seen_at: int | None) -> str:
    if not number:
        return _("The number is missing. Fill in the holder's number.")
    if number not in known:
        return _("Nobody has number %(number)s. Check the number.") % {"number": _quoted(number)}
    if seen_at is not None:
        return _("Number %(number)s is also in row %(row)s. Keep one of the two.") % {
            "number": number,
            "row": seen_at,
        }
    return ""


def _amount(cell: str, programme: Programme) -> tuple[int, str]:
    """The amount in units and no words, or 0 and what to fix."""
    text = cell.replace("\u00a0", " ").strip().removeprefix("€").strip()
    tickets = programme.kind == Programme.Kind.TICKETS
    if not text:
        return 0, _("The amount is missing. Fill in an amount.")
    if text.startswith(("-", "\u2212")):
        return 0, _("The amount is below zero. A file can only add. Take money back at the holder's page.")
    if not text.strip("0.,"):
        return 0, _("The amount is zero. Fill in an amount, or remove the row.")
    try:
        return money.parse(text, programme.currency), ""
    except money.NotAnAmount:
        if tickets:
            return 0, _("“%(text)s” is not a number of tickets. Write a whole number, such as 2.") % {
                "text": _quoted(text)
            }
        return 0, _("“%(text)s” is not an amount. Write it as 12,50 without a point for thousands.") % {
            "text": _quoted(text)
        }


def _quoted(text: str, most: int = QUOTED) -> str:
    """What a cell says; what is too long to repeat shows that it goes on, else it would be another number."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _judge_total(report: Report) -> None:
    """Rule 4, and how many holders get their first voucher of this programme."""
    fund = report.programme.fund
    report.left_in_fund = books.balances([fund])[fund]
    if report.total_cents > report.left_in_fund:
        words = grant.over_budget(report.total_cents, report.left_in_fund)
        report.problems.append(Problem(None, "", words))
    with_voucher = set(Voucher.objects.filter(programme=report.programme).values_list("holder_id", flat=True))
    report.new_vouchers = sum(row.holder.pk not in with_voucher for row in report.good)


def wrong_rows(report: Report) -> str:
    """The rows to fix as CSV, in the file's own columns with one more that says what to do."""
    words: dict[int, list[str]] = {}
    for problem in report.problems:
        if problem.row is not None:
            words.setdefault(problem.row, []).append(problem.message)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=report.delimiter)
    writer.writerow([*report.header, _("what to fix")])
    for row, messages in words.items():
        cells = (report.rows[row] + [""] * len(report.header))[: len(report.header)]
        writer.writerow(_harmless([*cells, " ".join(messages)]))
    return out.getvalue()


def _harmless(cells: Iterable[str]) -> list[str]:
    """Cells that a spreadsheet will not run as a formula."""
    return [f"'{cell}" if cell.startswith(("=", "+", "@", "\t")) else cell for cell in cells]


@transaction.atomic
def book(*, report: Report, decision_ref: str, reason: str, staff: Staff, now: datetime) -> GrantBatch:
    """Make one grant batch of a report without problems; booked now, or waiting, or long. Raises Refused."""
    if not report.bookable:
        raise Refused(_("This file has rows to fix. Nothing is booked."))
    if already_imported(report.programme, report.sha256):
        raise Refused(_("This same file is imported already. Nothing is booked twice."))
    vouchers = _vouchers(report)
    try:
        return grant.decide(
            programme=report.programme,
            shares=[grant.Share(row.row, vouchers[row.holder.pk], row.amount) for row in report.good],
            reason=reason,
            decision_ref=decision_ref,
            staff=staff,
            now=now,
            file=grant.File(report.file_name, report.sha256),
        )
    except IntegrityError as error:  # a colleague booked the same file, or gave a holder of it something
        refusal = grant.as_refusal(error)
        if isinstance(refusal, Refused):
            raise refusal from error
        raise Refused(_("This same file is imported already. Nothing is booked twice.")) from error


def _vouchers(report: Report) -> dict[UUID, Voucher]:
    """Each holder's voucher, made where there is none."""
    programme = report.programme
    existing = set(Voucher.objects.filter(programme=programme).values_list("holder_id", flat=True))
    missing = [row.holder.pk for row in report.good if row.holder.pk not in existing]
    holders.new_vouchers(programme=programme, holders=missing)
    return {voucher.holder_id: voucher for voucher in Voucher.objects.filter(programme=programme)}
