"""A town with a bank: shops with approved accounts, two people, and a bank that answers as it is told."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from ledger import api
from ledger.api import BankFileError, Code, payees, reconcile
from ledger.bank import camt053, pain001, pain002
from ledger.models import PainFile, PayeeAccount, Payout
from tests.ledger.conftest import MUNI, NOON, Town

OWN = "NL02ABNA0123456789"
CITY = "NL91ABNA0417164300"
IBANS = ("NL58ABNA0000000001", "NL31ABNA0000000002", "NL04ABNA0000000003")
ONE, TWO = "staff:1", "staff:2"


def party(shop: int) -> UUID:
    """The payee of a shop of the town."""
    return api.merchant_party(MUNI, str(shop))


def give_account(shop: int, iban: str = "", now=NOON - timedelta(days=30)) -> PayeeAccount:  # type: ignore[no-untyped-def]
    """An account that two people agreed on and that has rested."""
    made = payees.propose(MUNI, party(shop), f"Winkel {shop}", iban or IBANS[shop], ONE, now)
    return payees.approve(made, TWO, now)


def open_three_shops(town: Town) -> None:
    """A third shop, and an account for each."""
    town.open(pots=0, shops=1)
    for shop in range(3):
        give_account(shop)


class Bank:
    """Keeps an account and writes its statements."""

    def __init__(self, form: str = "camt.053.001.08") -> None:
        self.form = form
        self.balance = 0
        self.number = 0
        self.refs = 0

    def line(self, amount: int, **says: object) -> camt053.Line:
        """A line; below zero it goes out."""
        self.refs += 1
        return camt053.Line(
            ref=says.pop("ref", f"R{self.refs}"),  # type: ignore[arg-type]
            booked_on=says.pop("on", date(2026, 6, 2)),  # type: ignore[arg-type]
            credit=amount > 0,
            amount=abs(amount),
            **says,  # type: ignore[arg-type]
        )

    def statement(self, *lines: camt053.Line, on: date = date(2026, 6, 2)) -> bytes:
        """The next statement, with these lines."""
        self.number += 1
        opening, self.balance = self.balance, self.balance + sum(line.moved for line in lines)
        said = camt053.Statement(f"S{self.number}", self.number, OWN, on, opening, self.balance, tuple(lines))
        return camt053.write(camt053.Statements(self.form, f"M{self.number}", (said,)))

    def paid(self, payout: Payout, **says: object) -> camt053.Line:
        """The debit of a payout."""
        return self.line(-payout.amount, end_to_end=payout.id.hex, **says)

    def sent_back(self, payout: Payout, code: str = "AC04") -> camt053.Line:
        """The credit that sends a payout back."""
        return self.line(payout.amount, end_to_end=payout.id.hex, return_code=code)


def refusal(file: PainFile, *payouts: Payout, reason: str = "AC01") -> bytes:
    """The bank's first answer: it refuses these."""
    rejects = [pain002.Reject(payout.id.hex, reason) for payout in payouts]
    return pain002.write(pain001.read(api.payouts.data(file)), f"A{file.msg_id}", NOON, rejects)


def take(data: bytes, name: str = "file.xml", now=NOON) -> reconcile.Imported:  # type: ignore[no-untyped-def]
    """Read a file of the bank."""
    return reconcile.import_file(MUNI, name, data, ONE, now)


def take_all(files: list[bytes]) -> set[str]:
    """Read files in this order, and again what must wait for others; why any was refused meanwhile."""
    codes, waiting = set(), files
    while waiting:
        refusals = [(data, _refusal_of(data)) for data in waiting]
        codes |= {code for _, code in refusals if code}
        left = [data for data, code in refusals if code and code != "read_before"]
        assert len(left) < len(waiting)
        waiting = left
    return codes


def _refusal_of(data: bytes) -> str:
    """Why a file was refused, "" when it was taken."""
    try:
        take(data)
    except BankFileError as error:
        return error.code
    return ""


def refused(data: bytes) -> BankFileError:
    """The refusal of a file; fails when it is taken."""
    try:
        take(data)
    except BankFileError as error:
        return error
    raise AssertionError("The file was taken.")


def held(town: Town, code: Code, shop: int | None = None) -> int:
    """Cents of an account."""
    return town.balance(town.account(code, **({} if shop is None else {"party": party(shop)})))
