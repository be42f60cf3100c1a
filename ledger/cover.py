"""Proof of cover: once a day, and when somebody asks, all pots go under one root in the public log.

1. One statement reads everything, so a payment that commits meanwhile is in all of it or in none. Payments do
   not wait (on SQLite they do: it has one writer).
2. Leaf, lines and tiles are one transaction. The same day's proof is made once, whoever asks how often;
   `again` makes one more.
3. Lines and tiles of older days are taken away; the leaf stays.

docs/spec/11-cover.md has the tree, what the leaf says, and how to check it.
"""

import logging
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ledger import books, commitments, leaves
from ledger.log import cover, entry
from ledger.models import (
    KEEP_DAYS,
    BankStatement,
    Code,
    CoverLine,
    CoverProof,
    CoverTile,
    Log,
    Transfer,
)

LATE = timedelta(hours=26)
CHUNK = 1000  # rows a statement
_log = logging.getLogger(__name__)

# Unguarded accounts carry no balance: theirs is the last snapshot and what waits in the outbox.
_EVERYTHING = """
SELECT 'pot' AS what, id, code, fund, party, balance FROM ledger_account
 WHERE muni = %s AND code IN (2100, 2150) AND balance > 0
UNION ALL
SELECT 'code', 0, code, 0, NULL, CAST(sum(balance) AS bigint) FROM ledger_account
 WHERE muni = %s AND code IN (2000, 2050, 2210) GROUP BY code
UNION ALL
SELECT 'code', 0, a.code, 0, NULL, CAST(sum(s.balance) AS bigint)
  FROM ledger_account a JOIN ledger_snapshot s ON s.account_id = a.id
 WHERE a.muni = %s AND NOT a.guard
   AND s.batch_id = (SELECT max(batch_id) FROM ledger_snapshot WHERE account_id = a.id) GROUP BY a.code
UNION ALL
SELECT 'code', 0, a.code, 0, NULL, CAST(sum(
         CASE WHEN (x.sign = 1) = (a.side = 'C') THEN t.amount ELSE -t.amount END) AS bigint)
  FROM ledger_outbox o JOIN ledger_transfer t ON t.seq = o.transfer_seq
 CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) x
  JOIN ledger_account a ON a.id = CASE x.sign WHEN 1 THEN t.credit_id ELSE t.debit_id END
 WHERE o.muni = %s AND NOT a.guard GROUP BY a.code
UNION ALL
SELECT 'bank', id, 0, 0, NULL, closing FROM ledger_bank_statement WHERE id IN (
  SELECT max(id) FROM ledger_bank_statement WHERE muni = %s GROUP BY iban)
UNION ALL
SELECT 'horizon', 0, 0, 0, NULL, coalesce(max(seq), 0) FROM ledger_transfer
"""


@dataclass(frozen=True)
class _Pot:
    account: int
    code: int
    fund: int
    party: UUID
    balance: int


@dataclass
class _Moment:
    """What the books and the bank say at one moment: pots, cents per code, closing balance per statement."""

    pots: list[_Pot] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    statements: dict[int, int] = field(default_factory=dict)
    horizon: int = 0


@dataclass(frozen=True)
class CoverState:
    """The last proof: its day and moment (None before the first), its gap in cents, and if it is late."""

    day: date | None
    at: datetime | None
    gap: int
    late: bool

    @property
    def missing(self) -> int:
        """How much is missing, in cents; 0 when every euro is there."""
        return max(-self.gap, 0)

    @property
    def good(self) -> bool:
        """Is every euro there, and was that shown in time?"""
        return self.gap >= 0 and not self.late


def prove(log: Log, now: datetime, again: bool = False) -> CoverProof:
    """The proof of today, made when it is not there; `again`: one more. Raises cover.CoverError.

    A negative gap is proved like any other, and logged as an error.
    """
    with books.locked(log.muni):
        day = timezone.localdate(now)
        last = CoverProof.objects.filter(muni=log.muni, day=day).order_by("-no").first()
        if last and not again:
            return last
        proof = _prove(log, day, last.no + 1 if last else 1, now)
        _prune(log.muni, day)
    if proof.gap < 0:
        _log.error("Municipality %s is not covered: %s cents are missing.", log.muni, -proof.gap)
    return proof


def _prove(log: Log, day: date, no: int, now: datetime) -> CoverProof:
    moment = _read(log.muni)
    tree, lines = _tree(log.muni, day, no, moment.pots)
    leaf = _leaf(log, no, now, moment, tree)
    proof = CoverProof.objects.create(
        muni=log.muni,
        day=day,
        no=no,
        at=now,
        horizon=moment.horizon,
        gap=leaf.gap,
        entry=leaves.append(log, leaf, source(log.muni, day, no)),
    )
    CoverLine.objects.bulk_create(
        (CoverLine(proof=proof, account_id=pot, places=places) for pot, places in lines), batch_size=CHUNK
    )
    CoverTile.objects.bulk_create(
        (CoverTile(proof=proof, level=level, n=n, nodes=nodes) for level, n, nodes in tree.tiles()),
        batch_size=CHUNK,
    )
    return proof


def source(muni: int, day: date, no: int) -> str:
    """What the leaf of a proof speaks of, as the log knows it."""
    return f"cover:{muni}:{day}" if no == 1 else f"cover:{muni}:{day}:{no}"


def _read(muni: int) -> _Moment:
    found = _Moment()
    with connection.cursor() as cursor:
        cursor.execute(_EVERYTHING, [muni] * 5)
        for what, id_, code, fund, party, cents in cursor.fetchall():
            if what == "pot":
                found.pots.append(_Pot(id_, code, fund, _uuid(party), cents))
            elif what == "code":
                found.codes[code] += cents
            elif what == "bank":
                found.statements[id_] = cents
            else:
                found.horizon = cents
    return found


def _uuid(party: UUID | str) -> UUID:
    return party if isinstance(party, UUID) else UUID(party)


def _tree(
    muni: int, day: date, no: int, pots: Sequence[_Pot]
) -> tuple[cover.Tree, list[tuple[int, list[int]]]]:
    """The tree over all pots, and of each pot the account and the places of its parts."""
    keys = commitments.make_keys(muni, {pot.party for pot in pots})
    nodes: list[bytes] = []
    counts = []
    for pot in pots:
        amounts = cover.cut(pot.balance, secrets.randbelow)
        for part, amount in enumerate(amounts):
            named = cover.name(muni, day.isoformat(), no, pot.code, pot.fund, str(pot.party), part)
            committed = cover.commitment(named, cover.salt(keys[pot.party], named))
            nodes.append(cover.leaf(amount, committed))
        counts.append(len(amounts))
    tree = cover.Tree.of(nodes, secrets.token_bytes)
    places = iter(tree.places)
    lines = [
        (pot.account, [next(places) for _ in range(count)]) for pot, count in zip(pots, counts, strict=True)
    ]
    return tree, lines


def _leaf(log: Log, no: int, now: datetime, moment: _Moment, tree: cover.Tree) -> entry.Cover:
    codes = moment.codes
    closing, statement = _bank(moment)
    pots = cover.total(tree.root)
    budget = codes[Code.FUND] + codes[Code.DISTRIBUTION]
    payable = codes[Code.MERCHANT_OPEN] + codes[Code.MERCHANT_DUE]
    losses = codes[Code.GUARANTEE] + codes[Code.WRITE_OFF]
    other = codes[Code.IN_TRANSIT] + codes[Code.UNIDENTIFIED]
    owed = pots + payable + other + max(budget - losses, 0)
    return entry.Cover(
        muni=log.muni,
        date=timezone.localdate(now).isoformat(),
        no=no,
        at=int(now.timestamp()),
        pots_total=pots,
        sum_root=tree.root[8:].hex(),
        padded=tree.padded,
        fund_total=budget,
        payable_total=payable,
        in_transit=codes[Code.IN_TRANSIT],
        unidentified=codes[Code.UNIDENTIFIED],
        losses=losses,
        receivable=codes[Code.RECEIVABLE],
        bank_closing=closing,
        statement=statement,
        gap=closing + codes[Code.RECEIVABLE] - owed,
    )


def _bank(moment: _Moment) -> tuple[int, str]:
    """What the bank says there is, and the hash of the newest file in which it says so."""
    if not moment.statements:
        return moment.codes[Code.BANK], ""
    newest = BankStatement.objects.select_related("file").get(id=max(moment.statements))
    return sum(moment.statements.values()), bytes(newest.file.sha256).hex()


def _prune(muni: int, day: date) -> None:
    old = list(
        CoverProof.objects.filter(muni=muni, day__lte=day - timedelta(days=KEEP_DAYS)).values_list(
            "id", flat=True
        )
    )
    CoverLine.objects.filter(proof__in=old).delete()
    CoverTile.objects.filter(proof__in=old).delete()


# --- when ---------------------------------------------------------------------------------------------------
def is_due(muni: int, now: datetime) -> bool:
    """Is it past COVER_HOUR (local time), and today not proved yet?"""
    local = timezone.localtime(now)
    made = CoverProof.objects.filter(muni=muni, day=local.date()).exists()
    return local.hour >= settings.COVER_HOUR and not made


def state(muni: int, now: datetime) -> CoverState:
    """How the municipality stands. Without any proof it is late as soon as its books are older than that."""
    last = CoverProof.objects.filter(muni=muni).order_by("-at").first()
    if last is None:
        late = Transfer.objects.filter(muni=muni, posted_at__lt=now - LATE).exists()
        return CoverState(None, None, 0, late)
    return CoverState(last.day, last.at, last.gap, now - last.at > LATE)
