"""A look for what must never be public: bank accounts, citizen numbers, addresses, names."""

from collections.abc import Iterator

from ledger.audit import personal
from ledger.audit.case import Case
from ledger.audit.check import Note


def public_bytes(case: Case) -> Iterator[str | Note]:
    """No leaf, note or readable addendum holds personal data. What was found is not repeated here."""
    log = case.view()
    for index, kinds in log.private.items():
        yield f"Leaf {index} holds {' and '.join(kinds)}."
    for kind in personal.find(log.signed.text.encode(), case.names):
        yield f"The checkpoint holds {kind}."
    for name, raw in log.addenda.items():
        if raw and raw.isascii():  # hashes are not text
            yield from (f"The addendum {name[:16]} holds {kind}." for kind in personal.find(raw, case.names))
    if case.names:
        yield Note(f"{len(case.names)} names were looked for.")
    if case.names_too_short:
        yield Note(
            f"{case.names_too_short} names are one word, or in other letters: nobody looked for those."
        )
