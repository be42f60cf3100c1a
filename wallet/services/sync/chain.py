"""The chain of a till's records: what is known of it, what fits, and how far it is whole.

A record is known from an upload, or from the redemption that it became online.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Func

from wallet.models import Redemption, Till, TillRecord
from wallet.protocol import record
from wallet.protocol.strict import b64
from wallet.services.sync.lines import Line, again

# Written out and not a parameter: PostgreSQL then sees that the index of places is of such sales only.
ONLINE = Func(template="'on'", output_field=CharField())
# One look in the index for each: a set would be held against every record that the till ever sent.
_BY_JTI = """
SELECT known.jti, known.sha256 FROM unnest(%b::uuid[]) AS asked(jti), LATERAL (
  SELECT t.jti, t.sha256 FROM wallet_tillrecord t
   WHERE t.till_id = %b AND t.jti = asked.jti AND NOT t.fork LIMIT 1) AS known"""
GAP = "chain_gap"
FORK = "chain_fork"


@dataclass
class Chain:
    """What is known of one till's present chain, around the places of some lines.

    `links` are the hash of the record at each place and when it was made; `rows` and `sales` are what came of
    known records, by their SHA-256.
    """

    till: Till
    links: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    rows: dict[bytes, TillRecord] = field(default_factory=dict)
    sales: dict[bytes, Redemption] = field(default_factory=dict)
    jtis: dict[str, bytes] = field(default_factory=dict)
    torn: bool = False

    def knows(self, line: Line) -> bool:
        """Did this very record come in before?"""
        return line.sha256 in self.rows or line.sha256 in self.sales

    def fits(self, line: Line) -> bool:
        """Is its place free, its jti its own, and what it follows the record that is known there?"""
        seq = line.record.seq
        if self.taken(line):
            return False
        if seq == 1:
            return line.record.prev == record.first_prev(str(self.till.pk), self.till.enrol_nonce)
        follows = self.links.get(seq - 1)
        return follows is None or follows[0] == line.record.prev

    def taken(self, line: Line) -> bool:
        """Has another record its place or its jti?"""
        there = self.links.get(line.record.seq)
        if there is not None and there[0] != b64(line.sha256):
            return True
        return self.jtis.get(line.record.jti, line.sha256) != line.sha256

    def add(self, line: Line) -> None:
        """Take a record in at its place."""
        self.links[line.record.seq] = (b64(line.sha256), line.iat)
        self.jtis[line.record.jti] = line.sha256

    def before(self, line: Line) -> datetime | None:
        """When the record before it was made; None when that one is not known."""
        link = self.links.get(line.record.seq - 1)
        return link[1] if link else None

    def reach(self, lines: Iterable[Line]) -> int:
        """The highest place up to which every record is known, with these lines."""
        own = {"till": self.till, "chain": self.till.chain, "seq__gt": self.till.acked_seq}
        uploaded = TillRecord.objects.filter(**own, fork=False).values_list("seq", flat=True)
        online = Redemption.objects.filter(**own, mode=ONLINE).values_list("seq", flat=True)
        there = {*uploaded.union(online), *(line.record.seq for line in lines)}
        whole = self.till.acked_seq
        while whole + 1 in there:
            whole += 1
        return whole


def load(till: Till, lines: Sequence[Line]) -> Chain:
    """What is known at the places of these lines, and just before them. Four queries, along indexes.

    `torn`: two different records are known for one place. An offline sale is known by its own record.
    """
    chain = Chain(till)
    seqs = {line.record.seq for line in lines}
    places = seqs | {seq - 1 for seq in seqs}
    around = {"seq__gte": min(places, default=0), "seq__lte": max(places, default=0), "seq__among": places}
    own = TillRecord.objects.filter(till=till, chain=till.chain).select_related("redemption")
    for row in own.filter(fork=False, **around):
        chain.rows[bytes(row.sha256)] = row
        _link(chain, row.seq, bytes(row.sha256), row.iat)
        chain.jtis[str(row.jti)] = bytes(row.sha256)
    for row in own.filter(fork=True, sha256__among=[line.sha256 for line in lines]):
        chain.rows[bytes(row.sha256)] = row
    for jti, digest in _by_jti(till, [line.jti for line in lines]):
        chain.jtis[str(jti)] = bytes(digest)
    for sale in Redemption.objects.filter(till=till, chain=till.chain, mode=ONLINE, **around):
        chain.sales.setdefault(bytes(sale.record_sha256), sale)
        _link(chain, sale.seq, bytes(sale.record_sha256), _made(sale))
    return chain


def _by_jti(till: Till, jtis: list[UUID]) -> Iterable[tuple[UUID, Any]]:
    """The records of this till with these numbers, and their SHA-256."""
    if connection.vendor != "postgresql":
        rows = TillRecord.objects.filter(till=till, jti__among=jtis, fork=False)
        return rows.values_list("jti", "sha256")
    with connection.cursor() as cursor:
        cursor.execute(_BY_JTI, [list[Any](jtis), till.pk])
        known: list[tuple[UUID, Any]] = cursor.fetchall()
        return known


def _made(sale: Redemption) -> datetime:
    """When, by the till's clock: of a sale online only its record says so."""
    return datetime.fromtimestamp(record.read_kept(sale.record).iat, UTC)


def _link(chain: Chain, seq: int, digest: bytes, made: datetime) -> None:
    link = (b64(digest), made)
    chain.torn |= chain.links.setdefault(seq, link)[0] != link[0]


def waiting(till: Till, upto: int) -> list[Line]:
    """The sales that were held because a record before them was missing, and that follow it now."""
    rows = TillRecord.objects.filter(till=till, chain=till.chain, seq__lte=upto, code=GAP)
    return [again(row) for row in rows.filter(outcome=TillRecord.Outcome.HELD).order_by("seq")]
