"""What the bank says happened: its files become postings, each line once.

1. A file is taken whole or not at all. The same bytes, statement or line are never taken twice.
2. A statement follows the one before it: its opening is the last closing, the first one's is zero. So the
   books' bank account is the bank's own, to the cent.
3. pain.002: a refused payment is FAILED. camt.053: a debit is BOOKED, a payment sent back RETURNED, the
   municipality's own money FUNDING, all else UNMATCHED (`matching`).
4. After each file what is open is looked at again (`clearing`), so the order of files does not matter.

docs/spec/10-bank.md.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from ledger import books, clearing, crash, leaves, matching, standing, transit
from ledger.bank import camt053, forms, pain001, pain002
from ledger.bank.refusals import BankFileError
from ledger.log import entry
from ledger.matching import How
from ledger.models import (
    BankFile,
    BankLine,
    BankMatch,
    BankStatement,
    Code,
    PainFile,
)

_NO_REASON = "NARR"  # as banks say when the reason is a text


@dataclass(frozen=True)
class Imported:
    """What reading a file did, in numbers of payments and lines; `known`: statements read before."""

    form: str
    statements: int = 0
    known: int = 0
    failed: int = 0
    booked: int = 0
    returned: int = 0
    funding: int = 0
    unmatched: int = 0


def import_file(muni: int, name: str, data: bytes, actor: str, now: datetime) -> Imported:
    """Read a file of the bank and post what it says, in one transaction.

    Raises BankFileError, which says why, with line and field; then nothing changed. Its code `read_before`
    means that these very bytes were taken before.
    """
    digest = hashlib.sha256(data).digest()
    said = forms.read(data)
    with books.locked(muni):
        known = BankFile.objects.filter(muni=muni, sha256=digest).first()
        if known:
            raise BankFileError("read_before", day=timezone.localdate(known.imported_at).isoformat())
        file = BankFile(
            muni=muni, form=said.form, name=name[-200:], sha256=digest, imported_by=actor, imported_at=now
        )
        done = _take_report(file, said) if isinstance(said, pain002.Report) else _take_statements(file, said)
        clearing.again(muni, now)
        transit.finish_batches(muni)
        crash.here("import.beforecommit")
    return done


# --- pain.002 -----------------------------------------------------------------------------------------------
def _take_report(file: BankFile, said: pain002.Report) -> Imported:
    """Post FAILED for what the bank refuses and did not pay before."""
    order = PainFile.objects.filter(muni=file.muni, msg_id=said.msg_id).first()
    if order is None:
        raise BankFileError("unknown_order", said.line, "OrgnlMsgId", found=said.msg_id)
    payouts = {payout.id.hex: payout for payout in order.payouts.select_related("account")}
    reasons = dict.fromkeys(payouts, "") if said.whole else {}
    for reject in said.rejects:
        if reject.end_to_end not in payouts:
            raise BankFileError("unknown_payment", reject.line, "OrgnlEndToEndId", found=reject.end_to_end)
        reasons[reject.end_to_end] = reject.reason or said.reason or _NO_REASON
    refused = [payouts[name] for name in sorted(reasons) if payouts[name].status == transit.Status.SENT]
    at = file.imported_at
    books.post(file.muni, [transit.failed(one, reasons[one.id.hex], file.imported_by, at) for one in refused])
    file.save(force_insert=True)
    return Imported(said.form, failed=len(refused))


# --- camt.053 -----------------------------------------------------------------------------------------------
@dataclass
class _Taken:
    """A statement as it will be kept: its lines, what each of them was, and the posting of each part."""

    row: BankStatement
    matches: list[BankMatch] = field(default_factory=list)
    lines: list[BankLine] = field(default_factory=list)
    postings: list[books.Posting] = field(default_factory=list)

    def count(self, how: How) -> int:
        """How many lines, or parts of lines, were this."""
        return sum(match.how == how for match in self.matches)

    def cents(self, how: How, credit: bool) -> int:
        """What they come to."""
        return sum(one.amount for one in self.matches if one.how == how and one.line.credit == credit)


def _take_statements(file: BankFile, said: camt053.Statements) -> Imported:
    last = standing.last_statement(file.muni, _own())
    taken: list[_Taken] = []
    for statement in said.statements:
        _require_own(statement)
        if _is_known(file.muni, statement, taken):
            continue
        _require_next(statement, last)
        taken.append(_take(file, statement, taken))
        last = taken[-1].row
    file.save(force_insert=True)
    for one in taken:
        _keep_statement(file, one)
    counts = {how.value: sum(one.count(how) for one in taken) for how in How}
    known = len(said.statements) - len(taken)
    return Imported(said.form, statements=len(taken), known=known, **counts)


def _own() -> str:
    iban: str = settings.BANK_IBAN.replace(" ", "")
    return iban


def _require_own(statement: camt053.Statement) -> None:
    own = _own()
    if statement.iban != own:
        raise BankFileError(
            "other_account", statement.iban_line, "Stmt/Acct/Id/IBAN", found=statement.iban, own=own or "-"
        )


def _is_known(muni: int, statement: camt053.Statement, before: Iterable[_Taken]) -> bool:
    """Was it read before, also in this file? Raises BankFileError when it said something else then."""
    then = _then(muni, statement, before)
    if then not in (None, _says(statement, statement.lines)):
        raise BankFileError("said_otherwise", statement.line, "Stmt", statement=statement.id)
    return then is not None


_Says = tuple[int, int, list[tuple[str, bool, int, str]]]


def _then(muni: int, statement: camt053.Statement, before: Iterable[_Taken]) -> _Says | None:
    for one in before:
        if one.row.stmt_id == statement.id:
            return _says(one.row, one.lines)
    known = BankStatement.objects.filter(muni=muni, iban=statement.iban, stmt_id=statement.id).first()
    return _says(known, known.lines.order_by("pos")) if known else None


def _says(
    statement: BankStatement | camt053.Statement, lines: Iterable[BankLine] | Iterable[camt053.Line]
) -> _Says:
    said = [(line.ref, line.credit, line.amount, line.end_to_end) for line in lines]
    return statement.opening, statement.closing, said


def _require_next(statement: camt053.Statement, last: BankStatement | None) -> None:
    """Raise BankFileError unless the statement goes on where the last one ended."""
    opening = pain001.euros(statement.opening)
    if last is None:
        if statement.opening:
            raise BankFileError("not_first", statement.opening_line, "Stmt/Bal/Amt", opening=opening)
        return
    day = last.on.isoformat()
    if statement.on < last.on:
        raise BankFileError("older", statement.line, "Stmt", found=statement.on.isoformat(), day=day)
    if statement.opening != last.closing or not _counts_on(statement, last):
        closing = pain001.euros(last.closing)
        raise BankFileError(
            "not_next", statement.opening_line, "Stmt/Bal/Amt", day=day, closing=closing, opening=opening
        )


def _counts_on(statement: camt053.Statement, last: BankStatement) -> bool:
    """Numbers, where the bank gives them, count up by one, or start again in a new year."""
    if statement.number is None or last.number is None:
        return True
    restarts = statement.number == 1 and statement.on.year > last.on.year
    return restarts or statement.number == last.number + 1


def _take(file: BankFile, statement: camt053.Statement, before: Iterable[_Taken]) -> _Taken:
    """Decide what each line was; a line sees what became of those before it."""
    taken = _Taken(_row(file, statement))
    seen = {line.ref for one in before for line in one.lines}
    refs = [line.ref for line in statement.lines]
    rows = BankLine.objects.filter(muni=file.muni, iban=statement.iban, ref__in=refs)
    seen |= set(rows.values_list("ref", flat=True))
    for pos, said in enumerate(statement.lines, 1):
        if said.ref in seen:
            raise BankFileError("line_before", said.line, "Ntry/AcctSvcrRef", ref=said.ref)
        line = _line(taken.row, pos, said)
        taken.lines.append(line)
        for match in matching.decide(line):
            posting = _posting(line, match, file.imported_by)
            taken.postings.append(posting)
            taken.matches.append(
                BankMatch(
                    line=line, how=match.how, payout=match.payout, amount=match.amount, transfer=posting.id
                )
            )
    return taken


def _row(file: BankFile, statement: camt053.Statement) -> BankStatement:
    return BankStatement(
        muni=file.muni,
        iban=statement.iban,
        stmt_id=statement.id,
        number=statement.number,
        on=statement.on,
        opening=statement.opening,
        closing=statement.closing,
    )


def _line(statement: BankStatement, pos: int, said: camt053.Line) -> BankLine:
    says = {name: value for name, value in asdict(said).items() if name != "line"}
    return BankLine(muni=statement.muni, statement=statement, iban=statement.iban, pos=pos, **says)


def _posting(line: BankLine, match: matching.Match, actor: str) -> books.Posting:
    """What a line, or a part of it, does to the books; a payout takes its step."""
    at = clearing.moment(line)
    if match.payout and match.how == How.BOOKED:
        return transit.booked(match.payout, Code.BANK, actor, line.ref, at)
    if match.payout:
        return transit.returned(match.payout, Code.BANK, line.return_code, actor, at)
    return clearing.posting(line, match.how, match.amount, actor)


def _keep_statement(file: BankFile, taken: _Taken) -> None:
    taken.row.file = file
    taken.row.save(force_insert=True)
    for line in taken.lines:
        line.statement = taken.row
    BankLine.objects.bulk_create(taken.lines, batch_size=books.CHUNK)
    for match in taken.matches:
        match.line_id = match.line.pk
    BankMatch.objects.bulk_create(taken.matches, batch_size=books.CHUNK)
    books.post(file.muni, taken.postings)
    _tell(file, taken)


def _tell(file: BankFile, taken: _Taken) -> None:
    row = taken.row
    leaf = entry.Recon(
        muni=file.muni,
        date=row.on.isoformat(),
        statement=bytes(file.sha256).hex(),
        opening=row.opening,
        closing=row.closing,
        funded=taken.cents(How.FUNDING, credit=True),
        booked=taken.cents(How.BOOKED, credit=False),
        returned=taken.cents(How.RETURNED, credit=True),
        unmatched_in=taken.cents(How.UNMATCHED, credit=True),
        unmatched_out=taken.cents(How.UNMATCHED, credit=False),
    )
    leaves.append(leaves.require_open(file.muni), leaf, f"recon:{file.muni}:{row.pk}")
