"""A look at the house itself: the guards that refuse must be there, whole, as the release has them."""

from collections.abc import Iterator

from ledger.audit import manifest
from ledger.audit.case import Case


def guards(case: Case) -> Iterator[str]:
    """Triggers, functions, tables and rights are those of the release."""
    books = case.tables()
    yield from manifest.differences(books)
    if manifest.asleep(books):
        yield "Sessions begin with all triggers switched off: nothing refuses."
    if books.engine == "sqlite" and any(books.rows("SELECT 1 FROM ledger_moving")):
        yield "The mark of a transfer under way is set: balances can be changed by hand."
