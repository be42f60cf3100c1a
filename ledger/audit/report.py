"""What the auditor says: sentences for people, JSON for programs; the page for a councillor is in `page`."""

from dataclasses import dataclass
from functools import cached_property

from ledger.audit import ed25519
from ledger.audit.case import Case
from ledger.audit.check import Result
from ledger.audit.view import View
from ledger.log import LogError

_MONEY = {
    "budgets": "not yet given to holders",
    "pots": "holders can still spend",
    "owed": "owed to shops",
    "paid": "paid to shops",
    "closed": "went back to the council",
}


@dataclass(frozen=True)
class Report:
    """The results of one audit, and the case that they are about."""

    results: list[Result]
    case: Case

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not any(result.findings for result in self.results)

    @cached_property
    def cosigned(self) -> dict[str, int]:
        """Epoch seconds of each verified cosignature, by the witness's name in the policy."""
        if self.case.log is None:
            return {}
        try:
            return self.case.trusted.cosigned(self.case.log.signed, ed25519.verify)
        except LogError:  # a false line: A8 names it
            return {}

    @cached_property
    def money(self) -> dict[str, int]:
        """Where the money is, in cents; empty without a log."""
        return money(self.case.log) if self.case.log else {}

    def text(self) -> str:
        """The report for people."""
        lines = [*self._head(), *(line for result in self.results for line in _lines(result))]
        if self.ok and self.money:
            lines += [f"  {euros(self.money[key]):>18}  {words}" for key, words in _MONEY.items()]
        count = sum(len(result.findings) for result in self.results)
        skipped = [result.id for result in self.results if result.skipped]
        rest = f" Not done: {', '.join(skipped)}." if skipped else ""
        verdict = (
            "In order: everything that was checked fits." if self.ok else f"NOT in order: {count} found."
        )
        return "\n".join([*lines, f"{verdict}{rest}"]) + "\n"

    def _head(self) -> list[str]:
        log = self.case.log
        if log is None:
            return []
        head = log.head
        return [
            f"Log {head.origin}: {head.size} leaves, root {head.root.hex()[:16]}",
            f"Cosigned by: {', '.join(sorted(self.cosigned)) or 'nobody'}",
        ]

    def json(self) -> dict[str, object]:
        """The report for programs; see spec 09-audit."""
        head = self.case.log.head if self.case.log else None
        return {
            "ok": self.ok,
            "log": {
                "origin": head.origin if head else "",
                "size": head.size if head else 0,
                "root": head.root.hex() if head else "",
            },
            "cosigned": self.cosigned,
            "totals": self.money,
            "checks": [_json(result) for result in self.results],
        }


def euros(cents: int) -> str:
    """An amount of cents as "€ 1.234,56"."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{'- ' if cents < 0 else ''}€ {grouped},{rest:02d}"


def money(log: View) -> dict[str, int]:
    """Where the money is after the last leaf with sums, in cents.

    `allocated` is what the log opened with and what was added since; it is the sum of the other five, less
    what the guarantee has advanced.
    """
    start = standing = log.start
    allocated = sum(held.budget + held.pots for held in start.funds) + start.payable - start.guarantee
    paid = closed = 0
    for leaf in log.sums.values():
        standing = standing.after(leaf)
        paid += leaf.payable.paid - leaf.payable.returned
        closed += leaf.bank.closed
        allocated += leaf.bank.allocated
    return {
        "allocated": allocated,
        "budgets": sum(held.budget for held in standing.funds),
        "pots": sum(held.pots for held in standing.funds),
        "owed": standing.payable,
        "paid": paid,
        "closed": closed,
        "advanced": standing.guarantee,
    }


def status(result: Result) -> str:
    """failed, skipped or ok; what was found was looked at."""
    return "failed" if result.findings else "skipped" if result.skipped else "ok"


def _lines(result: Result) -> list[str]:
    mark = {"ok": "ok      ", "failed": "FOUND   ", "skipped": "not done"}[status(result)]
    why = f" ({result.skipped})" if result.skipped else ""
    return [
        f"{result.id:<4}{mark}  {result.title}{why}",
        *(f"      - {finding}" for finding in result.findings),
        *(f"        {note}" for note in result.notes),
        *(f"        In part: {reason}." for reason in result.not_done),
    ]


def _json(result: Result) -> dict[str, object]:
    return {
        "id": result.id,
        "title": result.title,
        "status": status(result),
        "findings": result.findings,
        "notes": result.notes,
        "not_done": result.not_done,
        "why_skipped": result.skipped,
    }
