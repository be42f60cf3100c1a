"""Looks at proof of cover: what all holders can spend, under one root, and the money that stands behind it."""

from collections.abc import Iterator

from ledger.audit.case import Case
from ledger.log import entry


def covered(case: Case) -> Iterator[str]:
    """Each proof adds up, every euro that is owed is there, and the bank's word is one that the log has."""
    log, last = case.view(), ("", 0)
    statements: dict[str, int] = {}
    for index, leaf in log.leaves.items():
        if isinstance(leaf, entry.Recon):
            statements[leaf.statement] = leaf.closing
        elif isinstance(leaf, entry.Cover):
            yield from (f"Leaf {index}: {sentence}" for sentence in leaf.sums())
            if leaf.gap < 0:
                yield f"Leaf {index}: on {leaf.date} {-leaf.gap} cents were missing."
            if (leaf.date, leaf.no) <= last:
                yield f"Leaf {index}: the proof of {leaf.date} is older than the one before it."
            last = (leaf.date, leaf.no)
            if statements and leaf.statement and leaf.statement not in statements:
                yield f"Leaf {index}: the proof of {leaf.date} rests on a bank statement that the log does not have."
