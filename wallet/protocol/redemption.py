"""The rules of a redemption: one pure function, `decide`, for the server and (its twin) for the till.

It judges what signatures have already vouched for, in this order; the first rule that is broken answers.

 1. pass_expired: the pass has ended. No leeway, for the scale is days.
 2. unknown_pass, pass_revoked, voucher_suspended: the issuer must have issued it and not taken it back.
 3. wrong_audience: a bound presentation is for one shop.
 4. proof_stale, proof_from_future: an open one is fresh for -60/+120 s online, -120/+180 s offline;
    a bound one while the shop's own question is at most 180 s old (the clock of the phone does not count).
 5. wrong_programme, amount_invalid (another unit), merchant_not_in_programme, category_not_allowed,
    voucher_not_started, voucher_ended: the rules of the programme and the dates of the voucher.
 6. already_redeemed: a pass is spent once (the reserve pass once for each proof).
 7. amount_invalid, amount_over_max: 0 < amount <= max of the proof, the ceiling of the programme,
    and `bound_above` when the presentation is open.
 8. offline only: card_online_only (but for a signed card), offline_not_allowed, over_offline_limit.
 9. insufficient_balance: the whole amount, or with `part` what is left.

A fact that is None is not known here and its rule is not asked. So the server calls `decide` twice with
the same attempt: before its one database statement, without the voucher; and afterwards, with everything,
to explain why the statement wrote nothing. Spec 05.
"""

from __future__ import annotations

from dataclasses import dataclass

from wallet.protocol.presentation import Presentation
from wallet.protocol.refusals import Code, Refusal

ONLINE = "on"
OFFLINE = "off"
EARLY_SECONDS = {ONLINE: 60, OFFLINE: 120}
LATE_SECONDS = {ONLINE: 120, OFFLINE: 180}
QUESTION_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the till asks and what the presentation says. Amounts in the programme's units, times in epoch s.

    `mode` is "on" or "off"; `prg` is the programme the till names, `pass_prg` the one in the pass; `merchant`
    is the shop a bound presentation was made for, None when open; `asked_at` is when a till showed the
    question that this one answers, None on the server. A printed card has `card` true and nothing of a pass;
    a signed one has the `pass_prg` and `exp` of its pass, and as `ofl` what this till may still take of it
    today.
    """

    mode: str
    amt: int
    cur: str
    prg: int
    part: bool
    card: bool = False
    pass_prg: int = 0
    exp: int = 0
    ofl: int = 0
    once: bool = True
    kb_iat: int = 0
    max: int = 0
    merchant: int | None = None
    asked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the shop, the programme and the voucher. None means: not known here.

    An empty `categories` admits every shop of the programme. `joined` says that the shop takes part in it.
    """

    merchant: int
    joined: bool
    category: str
    prg: int
    cur: str
    starts: int
    ends: int
    categories: tuple[str, ...]
    floor: int
    bound_above: int | None = None
    ceiling: int | None = None
    issued: bool | None = None
    revoked: bool | None = None
    suspended: bool | None = None
    valid_from: int | None = None
    valid_until: int | None = None
    spent: bool | None = None
    balance: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Yes: `approved` units are paid, `rest` units of the amount are left to pay in another way."""

    approved: int
    rest: int


def attempt(
    presented: Presentation,
    *,
    mode: str,
    amt: int,
    cur: str,
    prg: int,
    part: bool,
    asked_at: int | None = None,
) -> Attempt:
    """Put a checked presentation and the till's question side by side."""
    pass_, proof = presented.pass_, presented.proof
    return Attempt(
        mode=mode,
        amt=amt,
        cur=cur,
        prg=prg,
        part=part,
        pass_prg=pass_.prg,
        exp=pass_.exp,
        ofl=pass_.ofl,
        once=pass_.once,
        kb_iat=proof.iat,
        max=proof.max,
        merchant=proof.merchant,
        asked_at=asked_at,
    )


def decide(attempt: Attempt, facts: Facts, now: int) -> Approval | Refusal:
    """Judge an attempt at `now` (epoch seconds) by the rules above, in their order."""
    for rule in _RULES:
        refusal = rule(attempt, facts, now)
        if refusal is not None:
            return refusal
    return _settle(attempt, facts)


def _pass_lives(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    if now >= attempt.exp and (attempt.exp or not attempt.card):
        return Refusal(Code.PASS_EXPIRED)
    return None


def _issuer_stands_by_it(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    if facts.issued is False:
        return Refusal(Code.UNKNOWN_CARD if attempt.card else Code.UNKNOWN_PASS)
    if facts.revoked:
        return Refusal(Code.PASS_REVOKED)
    if facts.suspended:
        return Refusal(Code.VOUCHER_SUSPENDED)
    return None


def _for_this_shop(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    if attempt.merchant not in (None, facts.merchant):
        return Refusal(Code.WRONG_AUDIENCE)
    return None


def _fresh(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    if attempt.card:
        return None
    if attempt.merchant is not None:
        return _question_fresh(attempt, now)
    age = now - attempt.kb_iat
    if age > LATE_SECONDS[attempt.mode]:
        return Refusal(Code.PROOF_STALE, {"minutes": _minutes(age)})
    if age < -EARLY_SECONDS[attempt.mode]:
        return Refusal(Code.PROOF_FROM_FUTURE, {"minutes": _minutes(-age)})
    return None


def _question_fresh(attempt: Attempt, now: int) -> Refusal | None:
    if attempt.asked_at is None or 0 <= now - attempt.asked_at <= QUESTION_SECONDS:
        return None
    return Refusal(Code.PROOF_STALE, {"minutes": _minutes(abs(now - attempt.asked_at))})


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)  # rounded up: 121 s is "3 minutes", never "0 minutes"


def _programme(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    of_no_programme = attempt.card and attempt.pass_prg == 0
    if attempt.prg != facts.prg or not (of_no_programme or attempt.pass_prg == facts.prg):
        return Refusal(Code.WRONG_PROGRAMME)
    if attempt.cur != facts.cur:
        return Refusal(Code.AMOUNT_INVALID)
    if not facts.joined:
        return Refusal(Code.MERCHANT_NOT_IN_PROGRAMME)
    if facts.categories and facts.category not in facts.categories:
        return Refusal(Code.CATEGORY_NOT_ALLOWED)
    return None


def _in_time(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    starts = max(facts.starts, facts.valid_from or 0)
    ends = facts.ends if facts.valid_until is None else min(facts.ends, facts.valid_until)
    if now < starts:
        return Refusal(Code.VOUCHER_NOT_STARTED, {"starts": starts})
    if now >= ends:
        return Refusal(Code.VOUCHER_ENDED, {"ended": ends})
    return None


def _unspent(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    return Refusal(Code.ALREADY_REDEEMED) if facts.spent else None


def _amount(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    if attempt.amt <= 0:
        return Refusal(Code.AMOUNT_INVALID)
    limits = [facts.ceiling]
    if not attempt.card:
        limits.append(attempt.max)
        limits.append(facts.bound_above if attempt.merchant is None else None)
    known = [limit for limit in limits if limit is not None]
    if known and attempt.amt > min(known):
        return Refusal(Code.AMOUNT_OVER_MAX, {"max": min(known)})
    return None


def _offline(attempt: Attempt, facts: Facts, now: int) -> Refusal | None:
    if attempt.mode != OFFLINE:
        return None
    if attempt.card and attempt.ofl == 0:
        return Refusal(Code.CARD_ONLINE_ONLY)
    if not attempt.card and (not attempt.once or attempt.ofl == 0):
        return Refusal(Code.OFFLINE_NOT_ALLOWED)
    limit = min(attempt.ofl, facts.floor)
    if attempt.amt > limit:
        return Refusal(Code.OVER_OFFLINE_LIMIT, {"max": limit})
    return None


_RULES = (
    _pass_lives,
    _issuer_stands_by_it,
    _for_this_shop,
    _fresh,
    _programme,
    _in_time,
    _unspent,
    _amount,
    _offline,
)


def _settle(attempt: Attempt, facts: Facts) -> Approval | Refusal:
    if facts.balance is None or facts.balance >= attempt.amt:
        return Approval(attempt.amt, 0)
    if attempt.part and facts.balance > 0:
        return Approval(facts.balance, attempt.amt - facts.balance)
    return Refusal(Code.INSUFFICIENT_BALANCE)
