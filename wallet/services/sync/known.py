"""All that the database knows about the records of one piece: a fixed number of queries, however many.

Locks are taken in one order, so that two uploads never wait for each other: the till, payments that are to be
undone, pots by their number. What was spent is read once the pots are held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid5

from ledger import api as books
from wallet.models import IssuedPass, Redemption, SignedCard, TillRecord
from wallet.protocol.redemption import Facts
from wallet.protocol.signing import sha256
from wallet.protocol.strict import compact
from wallet.services.catalogue import Catalogue, Scheme, Shop
from wallet.services.sale import number_of
from wallet.services.sync.lines import VOID, Line


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that was issued, with its voucher. `revoked` is when it or its phone was taken back.

    `helper` is the mandate when it is on a helper's phone, `card` the card of a signed one.
    """

    jti: str
    holder_key: str
    voucher: UUID
    pot: int
    revoked: datetime | None
    online_only: datetime | None
    on_hold: bool
    helper: UUID | None
    card: UUID | None = None


@dataclass
class Known:
    """What is known, and what becomes known while records are judged one after another.

    `left` are the cents in each pot that is held; `spent` are the payments with each pass, first to last.
    """

    catalogue: Catalogue
    shop: Shop
    passes: dict[str, Pass] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    spent: dict[str, list[Redemption]] = field(default_factory=lambda: defaultdict(list))
    sales: dict[UUID, Redemption] = field(default_factory=dict)
    voided: set[UUID] = field(default_factory=set)
    _facts: dict[int, Facts] = field(default_factory=dict)

    @property
    def muni(self) -> int:
        """The municipality's number."""
        return self.catalogue.muni

    def scheme(self, prg: int) -> Scheme | None:
        """A programme by its number."""
        return self.catalogue.schemes.get(prg)

    def owner(self, line: Line) -> Pass | None:
        """The pass that was shown, when it was issued as it was shown."""
        found = self.passes.get(line.pass_jti or "")
        if found is None or line.shown is None:
            return None
        return found if sha256(compact(line.shown.holder)) == found.holder_key else None

    def facts(self, scheme: Scheme) -> Facts:
        """What `decide` wants to know of this shop under a programme; made once for all records."""
        if scheme.number not in self._facts:
            self._facts[scheme.number] = self.catalogue.facts(self.shop, scheme)
        return self._facts[scheme.number]

    def paid(self, row: Redemption, jti: str | None) -> None:
        """From now on this payment is known."""
        self.sales[row.txn] = row
        if jti:
            self.spent[jti].append(row)

    def paid_of(self, txn: UUID) -> int:
        """The units that are paid of a sale."""
        rows = (self.sales.get(txn), self.sales.get(rest_of(txn)))
        return sum(row.approved for row in rows if row is not None)

    def redemption_id(self, txn: UUID) -> UUID:
        """The payment's number, and its transfer's: one sale of one shop has one."""
        return number_of(self.muni, self.shop.number, txn)


@lru_cache(maxsize=1024)
def rest_of(txn: UUID) -> UUID:
    """The number under which the rest of a sale is paid that was approved online for less."""
    return uuid5(txn, "rest")


def gather(catalogue: Catalogue, till: UUID, lines: Sequence[Line]) -> Known:
    """Ask the database about these lines of a till, and hold their pots."""
    shop = catalogue.tills[str(till)].shop
    known = Known(catalogue, shop)
    sales = [line for line in lines if line.is_sale]
    if not sales:
        return known
    jtis = sorted({jti for line in sales if (jti := line.pass_jti)})
    known.voided = _voided(till, sales, lines)
    known.passes = _passes(catalogue.muni, jtis)
    if any(line.signed for line in sales):
        known.passes |= _signed(catalogue.muni, jtis)
    known.left = books.held_balances({one.pot for one in known.passes.values()})
    for row in _spendings(jtis):
        known.spent[str(row.issued_pass_id)].append(row)
    for jti, row, record in _other_spendings(jtis):
        if row.card is None or record not in known.voided:  # a void of this piece gives the card's day back
            known.spent[jti].append(row)
    for rows in known.spent.values():
        rows.sort(key=lambda row: row.at)
    known.sales = {row.txn: row for row in _sales(shop, sales)}
    return known


def _voided(till: UUID, sales: Sequence[Line], lines: Sequence[Line]) -> set[UUID]:
    """The records of sales that their till took back again before the server knew of them."""
    kept = TillRecord.objects.filter(till=till, ref__among=[line.jti for line in sales], mode=VOID)
    own = {UUID(line.record.ref) for line in lines if line.record.mode == VOID and line.record.ref}
    return own | {ref for ref in kept.values_list("ref", flat=True) if ref}


def _passes(muni: int, jtis: Sequence[str]) -> dict[str, Pass]:
    rows = IssuedPass.objects.filter(pk__among=jtis, muni=muni).values_list(
        "jti",
        "holder_key",
        "voucher",
        "voucher__pot",
        "revoked_at",
        "device__revoked_at",
        "online_only_at",
        "voucher__suspended_at",
        "device__helper",
    )
    return {
        jti: Pass(
            jti, key, voucher, pot, min(filter(None, ends), default=None), online, hold is not None, helper
        )
        for jti, key, voucher, pot, *ends, online, hold, helper in rows
    }


def _signed(muni: int, jtis: Sequence[str]) -> dict[str, Pass]:
    """The signed cards among them."""
    rows = SignedCard.objects.filter(pk__in=jtis, muni=muni).values_list(
        "jti",
        "holder_key",
        "voucher",
        "voucher__pot",
        "revoked_at",
        "card__revoked_at",
        "voucher__suspended_at",
        "card",
    )
    return {
        jti: Pass(
            jti, key, voucher, pot, min(filter(None, ends), default=None), None, hold is not None, None, card
        )
        for jti, key, voucher, pot, *ends, hold, card in rows
    }


_SPENDING = ("id", "merchant", "issued_pass", "txn", "at", "mode", "approved", "unit_cents", "step", "record")


def _spendings(jtis: Sequence[str]) -> Iterable[Redemption]:
    """Two indexes hold them: those that a pass was spent by for good, and those of the reserve pass."""
    named = Redemption.objects.filter(issued_pass__pk__among=jtis).only(*_SPENDING)
    return named.filter(once=True).union(named.filter(once=False), all=True)


def _other_spendings(jtis: Sequence[str]) -> Iterable[tuple[str, Redemption, UUID]]:
    """Payments with a pass whose rows do not name it, each with the number of its record.

    The pass was spent before, was never issued, or is that of a card.
    """
    rows = TillRecord.objects.filter(pass_jti__among=jtis, redemption__isnull=False).select_related(
        "redemption"
    )
    return [(row.pass_jti, row.redemption, row.jti) for row in rows if row.pass_jti and row.redemption]


def _sales(shop: Shop, sales: Sequence[Line]) -> Iterable[Redemption]:
    txns = [line.txn for line in sales]
    asked = [*txns, *map(rest_of, txns)]
    return Redemption.objects.filter(txn__among=asked, merchant=shop.id)
