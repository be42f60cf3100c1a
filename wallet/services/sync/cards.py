"""Signed cards that were taken without a connection. Pure, as `judge` is.

1. At one till a card pays at most its limit on one day; of more the shop bears the rest. A day is that of the
   town's clocks.
2. pass_revoked: the list that the till had to hold said that the card was withdrawn.
3. Else the shop is paid. The pot pays what it has, and all tills together no more than the limit on one day;
   the guarantee pays the rest, for paper can be copied. It pays all of a card that was never issued
   (`issuer_key_leaked`), was withdrawn before the sale, or whose voucher is on hold.
4. Two tills on one day: a case (`card_two_tills`), for a person to look at.
5. After 72 hours the guarantee pays for nothing: late_record.

Any other card needs a connection: `card_online_only`.
"""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from wallet.models import Redemption
from wallet.protocol.redemption import OFFLINE, Attempt
from wallet.protocol.refusals import Code
from wallet.services.catalogue import Scheme
from wallet.services.sync.known import Known
from wallet.services.sync.lines import Line
from wallet.services.sync.verdict import LEAKED, TWO_TILLS, Outcome, Payment, Verdict, rejected


def attempt(line: Line, known: Known) -> Attempt:
    """What the till asked, and what this card may still pay there today."""
    asked, signed = line.record, line.signed
    if signed is None:
        raise ValueError("no signed card was shown")
    taken = sum(row.approved - row.refunded for row in _today(line, known) if _till(row) == asked.till)
    return Attempt(
        mode=OFFLINE,
        amt=asked.amt,
        cur=asked.cur,
        prg=asked.prg,
        part=asked.part,
        card=True,
        pass_prg=signed.prg,
        exp=signed.exp,
        ofl=max(signed.ofl - taken, 0),
        once=False,
    )


def who_pays(
    line: Line, known: Known, scheme: Scheme, asked: int, sale: Redemption | None, waived: frozenset[str]
) -> Verdict:
    """Rules 2 to 5, for `asked` units."""
    owner, paid = known.owner(line), sale.approved if sale else 0
    if owner and owner.revoked and owner.revoked <= line.told:
        return rejected(line, Code.PASS_REVOKED, paid)
    gone = owner is None or owner.on_hold or (owner.revoked is not None and owner.revoked <= line.iat)
    pot = 0
    if owner is not None and not gone:
        pot = min(asked, _left_today(line, known, scheme), known.left[owner.pot] // scheme.unit_cents)
    if pot < asked and line.is_late and Code.LATE_RECORD not in waived:
        late = rejected(line, Code.LATE_RECORD, paid)
        return late if owner else replace(late, case=LEAKED)
    others = [row for row in _today(line, known) if _till(row) != line.record.till]
    payment = Payment(
        asked,
        pot,
        owner=owner if pot else None,
        rest=sale is not None,
        card=owner.card if owner else None,
    )
    return Verdict(
        Outcome.ACCEPTED if pot == asked else Outcome.ACCEPTED_PROGRAMME,
        payment=payment,
        first=others[0] if others else None,
        case=LEAKED if owner is None else TWO_TILLS if others else "",
    )


def _today(line: Line, known: Known) -> list[Redemption]:
    """The payments with this card on the day of the sale, wherever they were."""
    day = timezone.localdate(line.iat)
    rows = known.spent[line.pass_jti or ""]
    return [row for row in rows if row.taken_at and timezone.localdate(row.taken_at) == day]


def _left_today(line: Line, known: Known, scheme: Scheme) -> int:
    """The units that the pot may still pay for this card on that day."""
    cents = sum(
        max((row.approved - row.refunded) * row.unit_cents - row.guaranteed, 0) for row in _today(line, known)
    )
    limit = line.signed.ofl if line.signed else 0
    return max(limit - -(-cents // scheme.unit_cents), 0)


def _till(row: Redemption) -> str:
    return str(row.till_id)
