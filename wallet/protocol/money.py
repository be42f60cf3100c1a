"""Amounts: whole numbers of one unit, cents (`EUR`) or tickets (`TKT`). Never a float. Spec 01."""

from __future__ import annotations

import re

from wallet.protocol.strict import U24

EUR = "EUR"
TKT = "TKT"
UNITS = (EUR, TKT)
MAX_AMOUNT = U24

_EUROS = re.compile(r"(0|[1-9][0-9]{0,5})(?:[.,]([0-9]{2}))?")
_TICKETS = re.compile(r"0|[1-9][0-9]{0,5}")


class NotAnAmount(ValueError):  # noqa: N818 - it names what was found, as all refusals do
    """The text or number is not an amount of this unit."""


def require_amount(value: object) -> int:
    """Answer `value` if it is a whole number from 1 to MAX_AMOUNT; raises NotAnAmount."""
    if type(value) is not int or not 1 <= value <= MAX_AMOUNT:
        raise NotAnAmount("an amount is a whole number above zero")
    return value


def parse(text: str, cur: str) -> int:
    """Read what a person typed: `12`, `12,50` or `12.50` euro, or a number of tickets. Raises NotAnAmount.

    No sign, no thousands mark, two decimals or none: an amount has one reading or it is not read.
    """
    found = (_EUROS if cur == EUR else _TICKETS).fullmatch(text.strip())
    if cur not in UNITS or not found:
        raise NotAnAmount("not an amount of this unit")
    amount = int(found[1]) * 100 + int(found[2] or 0) if cur == EUR else int(found[0])
    return require_amount(amount)


def format_amount(amount: int, cur: str) -> str:
    """Write an amount as shops in the Netherlands do: `€ 12,50` (no-break space), or a number of tickets."""
    if cur == TKT:
        return str(amount)
    euros, cents = divmod(abs(amount), 100)
    sign = "\u2212\u00a0" if amount < 0 else ""
    return f"{sign}€\u00a0{euros:,}".replace(",", ".") + f",{cents:02d}"
