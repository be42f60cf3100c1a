"""What the auditor says: sentences for people, JSON for programs."""

from dataclasses import dataclass, field

from ledger.audit.checks import Result
from ledger.audit.view import View

_TOTALS = {
    "budgets": "not yet given to holders",
    "pots": "holders can still spend",
    "owed": "owed to merchants",
    "paid": "paid to merchants",
}


@dataclass(frozen=True)
class Report:
    """The results of one audit; `totals` in cents."""

    results: list[Result]
    origin: str = ""
    size: int = 0
    root: str = ""
    cosigned: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not any(result.findings for result in self.results)

    def text(self) -> str:
        """The report for people."""
        lines = [f"Log {self.origin}: {self.size} leaves, root {self.root[:16]}"] if self.origin else []
        lines += [f"Cosigned by: {', '.join(sorted(self.cosigned)) or 'nobody'}"] if self.origin else []
        for result in self.results:
            lines += _lines(result)
        if self.ok and self.totals:
            lines += [f"  {euros(self.totals[key]):>18}  {words}" for key, words in _TOTALS.items()]
        count = sum(len(result.findings) for result in self.results)
        skipped = [result.id for result in self.results if result.skipped]
        rest = f" Not done: {', '.join(skipped)}." if skipped else ""
        if self.ok:
            return "\n".join([*lines, f"In order: everything that was checked fits.{rest}"]) + "\n"
        return "\n".join([*lines, f"NOT in order: {count} found.{rest}"]) + "\n"

    def json(self) -> dict[str, object]:
        """The report for programs; see spec 09-audit."""
        return {
            "ok": self.ok,
            "log": {"origin": self.origin, "size": self.size, "root": self.root},
            "cosigned": self.cosigned,
            "totals": self.totals,
            "checks": [_json(result) for result in self.results],
        }


def euros(cents: int) -> str:
    """An amount of cents as "€ 1.234,56"."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", ".")
    return f"{'- ' if cents < 0 else ''}€ {grouped},{rest:02d}"


def totals(view: View) -> dict[str, int]:
    """What the books say after the last leaf with sums, in cents; `paid` is counted from the log's start."""
    standing, paid = view.start, 0
    for leaf in view.sums.values():
        standing = standing.after(leaf)
        paid += leaf.payable.paid - leaf.payable.returned
    return {
        "budgets": sum(held.budget for held in standing.funds),
        "pots": sum(held.pots for held in standing.funds),
        "owed": standing.payable,
        "paid": paid,
    }


def _status(result: Result) -> str:
    return "skipped" if result.skipped else "failed" if result.findings else "ok"


def _lines(result: Result) -> list[str]:
    mark = {"ok": "ok      ", "failed": "FOUND   ", "skipped": "not done"}[_status(result)]
    why = f" ({result.skipped})" if result.skipped else ""
    return [f"{result.id:<4}{mark}  {result.title}{why}", *(f"      - {f}" for f in result.findings)]


def _json(result: Result) -> dict[str, object]:
    return {
        "id": result.id,
        "title": result.title,
        "status": _status(result),
        "findings": result.findings,
        "why_skipped": result.skipped,
    }
