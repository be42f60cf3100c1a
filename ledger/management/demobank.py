"""A bank for demonstrations: it answers payment files as a bank does, with refusals and returns.

1. What an account is does not change: the seed says which accounts it never heard of (refused, AC01) and
   which are closed (paid, and sent back a little later, AC04).
2. When there is too little on the account, the municipality's own money comes in first.
3. Its memory is one file. The answers are written before it, so that a bank that was stopped half way gives
   the same answers again.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from ledger.bank import camt053, pain001, pain002
from ledger.log import durable

RETURNED_AFTER = timedelta(minutes=1)
FUNDING = 2_500_000  # cents at a time
ONE_IN = 12  # accounts: one of so many is unknown, another one closed


@dataclass
class Memory:
    """What the bank remembers: cents on the account, statements, files it answered, what goes back."""

    balance: int = 0
    number: int = 0
    answered: list[str] = field(default_factory=list)
    later: list[tuple[str, str, int, str, str]] = field(default_factory=list)
    """(moment, EndToEndId, cents, IBAN, name)"""


@dataclass
class DemoBank:
    """One account at one bank, which talks through folders."""

    folder: Path
    iban: str
    funding_iban: str
    seed: int

    def round(self, now: datetime) -> int:
        """Answer what came, and write a statement when something moved; how many files were answered."""
        memory = self._remember()
        paths = sorted((self.folder / "out").glob("*.xml"))
        orders = [(path, pain001.read(path.read_bytes())) for path in paths]
        new = [order for _, order in orders if order.msg_id not in memory.answered]
        lines = [*self._returns(memory, now), *(line for one in new for line in self._pay(memory, one, now))]
        if lines:
            self._write_statement(memory, lines, now)
        durable.write(self.folder / "demo-bank.json", json.dumps(asdict(memory)).encode())
        for path, _ in orders:
            (self.folder / "sent").mkdir(exist_ok=True)
            path.rename(self.folder / "sent" / path.name)
        return len(new)

    def _remember(self) -> Memory:
        path = self.folder / "demo-bank.json"
        return Memory(**json.loads(path.read_text())) if path.exists() else Memory()

    def _fate(self, iban: str) -> str:
        """Why this account cannot be paid; "" for most."""
        drawn = hashlib.sha256(f"{self.seed}:{iban}".encode()).digest()[0] % ONE_IN
        return {0: "AC01", 1: "AC04"}.get(drawn, "")

    def _pay(self, memory: Memory, order: pain001.Order, now: datetime) -> Iterator[camt053.Line]:
        """Answer one file; the lines that its payments become."""
        fates = {payment.end_to_end: self._fate(payment.iban) for payment in order.payments}
        refused = [pain002.Reject(name, fate) for name, fate in fates.items() if fate == "AC01"]
        self._write(f"{order.msg_id}-status.xml", pain002.write(order, f"ST-{order.msg_id}", now, refused))
        memory.answered.append(order.msg_id)
        paid = [one for one in order.payments if fates[one.end_to_end] != "AC01"]
        yield from self._fund(memory, sum(one.amount for one in paid), now)
        if paid and len(memory.answered) % 2:
            yield self._line(memory, -sum(one.amount for one in paid), now, batch_ref=order.part_id)
        else:
            for one in paid:
                yield self._line(
                    memory, -one.amount, now,
                    end_to_end=one.end_to_end, other_iban=one.iban, other_name=one.name, text=order.text,
                )  # fmt: skip
        due = (now + RETURNED_AFTER).isoformat()
        memory.later += [
            (due, one.end_to_end, one.amount, one.iban, one.name) for one in paid if fates[one.end_to_end]
        ]

    def _fund(self, memory: Memory, needed: int, now: datetime) -> Iterator[camt053.Line]:
        while memory.balance < needed:
            yield self._line(
                memory, FUNDING, now,
                other_iban=self.funding_iban, other_name="Gemeente Voorbeeld (demo)", text="Budget",
            )  # fmt: skip

    def _returns(self, memory: Memory, now: datetime) -> Iterator[camt053.Line]:
        due = [one for one in memory.later if datetime.fromisoformat(one[0]) <= now]
        memory.later = [one for one in memory.later if one not in due]
        for _, end_to_end, amount, iban, name in due:
            yield self._line(
                memory, amount, now,
                end_to_end=end_to_end, other_iban=iban, other_name=name, return_code="AC04",
            )  # fmt: skip

    def _line(self, memory: Memory, cents: int, now: datetime, **says: str) -> camt053.Line:
        memory.balance += cents
        line = camt053.Line(ref="", booked_on=timezone.localdate(now), credit=cents > 0, amount=abs(cents))
        return replace(line, **says)  # type: ignore[arg-type]  # all of them are texts

    def _write_statement(self, memory: Memory, lines: list[camt053.Line], now: datetime) -> None:
        memory.number += 1
        opening = memory.balance - sum(line.moved for line in lines)
        name = f"STATEMENT-{memory.number:05d}"
        day = timezone.localdate(now)
        said = camt053.Statement(name, memory.number, self.iban, day, opening, memory.balance, tuple(lines))
        self._write(f"{name}.xml", camt053.write(camt053.Statements("camt.053.001.08", name, (said,))))

    def _write(self, name: str, data: bytes) -> None:
        durable.write(self.folder / "in" / name, data)
