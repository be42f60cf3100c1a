"""How amounts, days and months are written: the same amount in each language, days in the reader's own."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format


def euro(cents: int) -> str:
    """An amount as it stands on every receipt: `€ 1.234,50`."""
    sign = "\u2212\u00a0" if cents < 0 else ""
    return f"{sign}€\u00a0{Decimal(abs(cents)) / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def count(number: int) -> str:
    """A count, in groups of three: `18.402`."""
    return f"{number:,}".replace(",", ".")


def day(text: str) -> str:
    """`2026-11-24` as `24 november 2026`."""
    return date_format(date.fromisoformat(text), "j F Y")


def month(text: str) -> str:
    """`2026-11` as `november 2026`."""
    return date_format(date.fromisoformat(f"{text}-01"), "F Y")


def moment(at: datetime) -> str:
    """A moment by the clock here: `24 november 2026, 10:12`."""
    return date_format(timezone.localtime(at), "j F Y, H:i")


def moment_of(seconds: int) -> str:
    """A moment given in epoch seconds."""
    return moment(datetime.fromtimestamp(seconds, UTC))
