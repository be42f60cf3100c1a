"""camt.053: the statements of an account, from an opening balance to a closing one.

1. Opening + the booked lines = closing, or the statement is not taken.
2. An entry with details that add up to it is a line for each of them; one without is one line. An entry for
   a whole payment file may name only that file (`batch_ref`, its PmtInfId).
3. A return is a credit with a reason (RtrInf), such as AC04.
4. Versions differ in small things (a party's name stands one step deeper since .08); both ways are read.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from xml.etree import ElementTree as ET

from ledger.bank import pain001, xml

FORMS = ("camt.053.001.02", "camt.053.001.08")
_NO_REFERENCE = ("", "NONREF", "NOTPROVIDED", "NOT PROVIDED")
_NAME = 140
_TEXT = 500


@dataclass(frozen=True)
class Line:
    """One movement: `amount` in cents, above zero; `credit`: it came in. `line` is where the file says so."""

    ref: str
    booked_on: date
    credit: bool
    amount: int
    end_to_end: str = ""
    batch_ref: str = ""
    other_iban: str = ""
    other_name: str = ""
    text: str = ""
    return_code: str = ""
    line: int = 0

    @property
    def moved(self) -> int:
        """Cents with a sign: plus when it came in."""
        return self.amount if self.credit else -self.amount


@dataclass(frozen=True)
class Statement:
    """One statement; `opening` and `closing` in cents, below zero when the account is overdrawn."""

    id: str
    number: int | None
    iban: str
    on: date
    opening: int
    closing: int
    lines: tuple[Line, ...]
    line: int = 0
    iban_line: int = 0
    opening_line: int = 0


@dataclass(frozen=True)
class Statements:
    """One file, with statements in its order."""

    form: str
    id: str
    statements: tuple[Statement, ...]


# --- read ---------------------------------------------------------------------------------------------------
def read(root: xml.Element, form: str) -> Statements:
    """Read a file of statements. Raises BankFileError."""
    message = root.one("BkToCstmrStmt")
    _require_whole(message, "GrpHdr/MsgPgntn")
    found = list(message.all("Stmt")) or [message.one("Stmt")]
    return Statements(form, message.need("GrpHdr/MsgId"), tuple(_statement(one) for one in found))


def _require_whole(found: xml.Element, pages: str) -> None:
    last = found.first(f"{pages}/LastPgInd")
    if last and last.text in ("false", "0"):
        last.refuse("one_page")


def _statement(found: xml.Element) -> Statement:
    _require_whole(found, "StmtPgntn")
    id, account = found.need("Id"), found.one("Acct/Id/IBAN")
    opening, closing = _balance(found, "OPBD", "PRCD"), _balance(found, "CLBD")
    statement = Statement(
        id=id,
        number=_number(found),
        iban=account.short(34),
        on=closing.one("Dt").day(),
        opening=_signed(opening),
        closing=_signed(closing),
        lines=_name_lines(id, [one for entry in found.all("Ntry") for one in _entry(entry, account.text)]),
        line=found.line,
        iban_line=account.line,
        opening_line=opening.one("Amt").line,
    )
    _require_sum(statement, closing.one("Amt"))
    return statement


def _require_sum(statement: Statement, closing: xml.Element) -> None:
    moved = sum(line.moved for line in statement.lines)
    if statement.opening + moved != statement.closing:
        closing.refuse(
            "does_not_add_up",
            opening=pain001.euros(statement.opening),
            moved=pain001.euros(moved),
            closing=pain001.euros(statement.closing),
        )


def _balance(found: xml.Element, *codes: str) -> xml.Element:
    balances = [b for code in codes for b in found.all("Bal") if b.say("Tp/CdOrPrtry/Cd") == code]
    if not balances:
        found.refuse("missing_balance", kind=codes[0])
    return balances[0]


def _signed(balance: xml.Element) -> int:
    cents = balance.one("Amt").cents(xml.MAX_BALANCE)
    return cents if _is_credit(balance) else -cents


def _is_credit(element: xml.Element) -> bool:
    found = element.one("CdtDbtInd")
    if found.text not in ("CRDT", "DBIT"):
        found.refuse("wrong_value", found=found.text[:30])
    return found.text == "CRDT"


def _number(found: xml.Element) -> int | None:
    element = found.first("ElctrncSeqNb") or found.first("LglSeqNb")
    if element is None:
        return None
    if not (element.text.isascii() and element.text.isdigit() and len(element.text) <= 18):
        element.refuse("wrong_value", found=element.text[:30])
    return int(element.text)


def _entry(entry: xml.Element, own: str) -> Iterator[Line]:
    """The lines of a booked entry; one that is only announced has none."""
    if (entry.say("Sts/Cd") or entry.say("Sts")) != "BOOK":
        return
    amount = entry.one("Amt").cents()
    if not amount:
        return
    whole = Line(
        ref=entry.say("AcctSvcrRef"),
        booked_on=entry.one("BookgDt").day(),
        credit=_is_credit(entry),
        amount=amount,
        batch_ref=entry.say("NtryDtls/Btch/PmtInfId"),
        text=entry.say("AddtlNtryInf", _TEXT),
        line=entry.line,
    )
    details = list(entry.all("NtryDtls/TxDtls"))
    if len(details) == 1:
        yield _detailed(whole, details[0], amount, own)
        return
    amounts = [_detail_amount(one) for one in details]
    if details and sum(amounts) == amount and all(amounts):
        for nth, (one, part) in enumerate(zip(details, amounts, strict=True), 1):
            yield _detailed(replace(whole, ref=f"{whole.ref}/{nth}"), one, part, own)
    else:
        yield whole


def _detail_amount(detail: xml.Element) -> int:
    found = detail.first("Amt") or detail.first("AmtDtls/TxAmt/Amt")
    return found.cents() if found else 0


def _detailed(line: Line, detail: xml.Element, amount: int, own: str) -> Line:
    iban, name = _other(detail, line.credit, own)
    texts = [element.short(140) for element in detail.all("RmtInf/Ustrd")]
    return replace(
        line,
        amount=amount,
        end_to_end=_given(detail.say("Refs/EndToEndId")),
        batch_ref=line.batch_ref or _given(detail.say("Refs/PmtInfId")),
        other_iban=iban,
        other_name=name,
        text=" ".join([*texts, line.text]).strip()[:_TEXT],
        return_code=detail.say("RtrInf/Rsn/Cd", 4),
        line=detail.line,
    )


def _given(text: str) -> str:
    return "" if text.upper() in _NO_REFERENCE else text


def _other(detail: xml.Element, credit: bool, own: str) -> tuple[str, str]:
    """Account and name of the other party; in a return the parties may stand as in what came back."""
    for who in ("Dbtr", "Cdtr") if credit else ("Cdtr", "Dbtr"):
        iban = detail.say(f"RltdPties/{who}Acct/Id/IBAN", 34)
        if iban and iban != own:
            party = f"RltdPties/{who}"
            return iban, detail.say(f"{party}/Pty/Nm", _NAME) or detail.say(f"{party}/Nm", _NAME)
    return "", ""


def _name_lines(id: str, lines: list[Line]) -> tuple[Line, ...]:
    """Give each line a reference of its own: the bank's, where that names one line only."""
    count = Counter(line.ref for line in lines)
    return tuple(
        line
        if count[line.ref] == 1 and line.ref.partition("/")[0].upper() not in _NO_REFERENCE
        else replace(line, ref=f"{id}/{nth}")
        for nth, line in enumerate(lines, 1)
    )


# --- write --------------------------------------------------------------------------------------------------
def write(said: Statements) -> bytes:
    """A file as a bank makes it; for demonstrations. A line without EndToEndId has no details."""
    root = ET.Element("Document", xmlns=pain001.NAMESPACE + said.form)
    message = ET.SubElement(root, "BkToCstmrStmt")
    made = datetime.combine(max(one.on for one in said.statements), time(18), UTC)
    pain001.add(message, "GrpHdr", {"MsgId": said.id, "CreDtTm": pain001.moment(made)})
    for statement in said.statements:
        _write_statement(message, statement, said.form, made)
    return pain001.encode(root)


def _write_statement(message: ET.Element, statement: Statement, form: str, made: datetime) -> None:
    says = {"Id": statement.id}
    if statement.number is not None:
        says["ElctrncSeqNb"] = str(statement.number)
    says |= {"CreDtTm": pain001.moment(made), "Acct/Id/IBAN": statement.iban}
    found = pain001.add(message, "Stmt", says)
    for code, cents in (("OPBD", statement.opening), ("CLBD", statement.closing)):
        balance = pain001.add(found, "Bal", {"Tp/CdOrPrtry/Cd": code})
        _write_amount(balance, abs(cents))
        pain001.add(balance, "CdtDbtInd", {}).text = "CRDT" if cents >= 0 else "DBIT"
        pain001.add(balance, "Dt", {"Dt": statement.on.isoformat()})
    for line in statement.lines:
        _write_line(found, line, form)


def _write_line(found: ET.Element, line: Line, form: str) -> None:
    entry = ET.SubElement(found, "Ntry")
    _write_amount(entry, line.amount)
    pain001.add(entry, "CdtDbtInd", {}).text = "CRDT" if line.credit else "DBIT"
    if form.endswith(".02"):
        pain001.add(entry, "Sts", {}).text = "BOOK"
    else:
        pain001.add(entry, "Sts", {"Cd": "BOOK"})
    day = {"Dt": line.booked_on.isoformat()}
    pain001.add(entry, "BookgDt", day)
    pain001.add(entry, "ValDt", day)
    if line.ref:
        pain001.add(entry, "AcctSvcrRef", {}).text = line.ref
    pain001.add(entry, "BkTxCd", {"Prtry/Cd": "NTRF"})
    details = ET.SubElement(entry, "NtryDtls")
    if line.batch_ref:
        pain001.add(details, "Btch", {"PmtInfId": line.batch_ref})
    if line.end_to_end or line.other_iban or line.text or not line.batch_ref:
        _write_details(ET.SubElement(details, "TxDtls"), line, form)


def _write_details(details: ET.Element, line: Line, form: str) -> None:
    pain001.add(details, "Refs", {"EndToEndId": line.end_to_end or "NOTPROVIDED"})
    if not form.endswith(".02"):
        _write_amount(details, line.amount)
        pain001.add(details, "CdtDbtInd", {}).text = "CRDT" if line.credit else "DBIT"
    if line.other_iban:
        who = "Dbtr" if line.credit else "Cdtr"
        name = "Nm" if form.endswith(".02") else "Pty/Nm"
        parties = ET.SubElement(details, "RltdPties")
        if line.other_name:
            pain001.add(parties, who, {name: line.other_name})
        pain001.add(parties, f"{who}Acct", {"Id/IBAN": line.other_iban})
    if line.text:
        pain001.add(details, "RmtInf", {"Ustrd": line.text})
    if line.return_code:
        pain001.add(details, "RtrInf", {"Rsn/Cd": line.return_code})


def _write_amount(above: ET.Element, cents: int) -> None:
    amount = ET.SubElement(above, "Amt", Ccy="EUR")
    amount.text = pain001.euros(cents)
