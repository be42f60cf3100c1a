"""The desk's trail: who looked up or did what to whom, and why. Lines are added, never changed.

A line says that something changed, or that somebody looked: what is done a second time adds none.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from django.db.models import Model, QuerySet

from wallet.models import (
    Branch,
    BudgetDecision,
    Case,
    DeskEvent,
    Device,
    GrantBatch,
    Helper,
    Holder,
    Merchant,
    OverrideRequest,
    Programme,
    Staff,
    Till,
    Voucher,
)

# What a line can be about, with the nouns that its name needs.
_ROWS: dict[str, QuerySet[Any]] = {
    "holder": Holder.objects.all(),
    "device": Device.objects.select_related("holder", "helper"),
    "helper": Helper.objects.select_related("holder"),
    "voucher": Voucher.objects.select_related("holder", "programme"),
    "grantbatch": GrantBatch.objects.select_related("programme"),
    "programme": Programme.objects.all(),
    "budgetdecision": BudgetDecision.objects.select_related("programme"),
    "overriderequest": OverrideRequest.objects.all(),
    "merchant": Merchant.objects.all(),
    "branch": Branch.objects.select_related("merchant"),
    "case": Case.objects.select_related("till__branch__merchant"),
    "till": Till.objects.select_related("branch__merchant"),
}


class Verb(StrEnum):
    """What a person at the desk can do; the words for it are the desk's own."""

    SEARCHED = "searched"
    OPENED = "opened"
    HOLDER_ADDED = "holder added"
    HOLDER_MOVED = "holder moved"
    ADDRESS_CHANGED = "address changed"
    ERASURE_ASKED = "erasure asked"
    ERASURE_APPROVED = "erasure approved"
    ERASURE_REFUSED = "erasure refused"
    HOLDER_ERASED = "holder erased"
    VOUCHER_ADDED = "voucher added"
    TOPPED_UP = "topped up"
    APPROVED = "approved"
    REFUSED = "refused"
    TOOK_BACK = "took back"
    LETTER_PRINTED = "letter printed"
    CARD_MADE = "card made"
    CARD_PIN = "card pin"
    CARD_UNLOCKED = "card unlocked"
    CARD_BLOCKED = "card blocked"
    COUPONS_MADE = "coupons made"
    COUPON_SHEETS = "coupon sheets"
    COUPONS_BLOCKED = "coupons blocked"
    PHONE_BLOCKED = "phone blocked"
    PHONE_LOST = "phone lost"
    HELPER_ADDED = "helper added"
    HELPER_STOPPED = "helper stopped"
    PROGRAMME_ADDED = "programme added"
    BUDGET_PROPOSED = "budget proposed"
    BUDGET_APPROVED = "budget approved"
    BUDGET_REFUSED = "budget refused"
    PAYMENT_MADE = "payment made"
    PAYMENT_RELEASED = "payment released"
    OVERRIDE_ASKED = "override asked"
    OVERRIDE_APPROVED = "override approved"
    OVERRIDE_REFUSED = "override refused"
    BANK_FILE_READ = "bank file read"
    LINE_CLEARED = "line cleared"
    CLOSE_ASKED = "close asked"
    CLOSED = "closed"
    CLOSE_REFUSED = "close refused"
    CARRY_ASKED = "carry asked"
    CARRIED = "carried"
    CARRY_REFUSED = "carry refused"
    CASE_ASKED = "case asked"
    CASE_CLOSED = "case closed"
    MERCHANT_ADDED = "merchant added"
    ACCOUNT_PROPOSED = "account proposed"
    ACCOUNT_APPROVED = "account approved"
    ACCOUNT_REFUSED = "account refused"
    BRANCH_ADDED = "branch added"
    TILL_ADDED = "till added"
    TILL_CODE_SHOWN = "till code shown"
    TILL_SUSPENDED = "till suspended"
    TILL_RESUMED = "till resumed"


@dataclass(frozen=True)
class Text:
    """What is no noun of the desk's own: a search, a batch by its number, a file or line of the bank."""

    kind: Literal["search", "batch", "bankfile", "bankline"]
    what: str


def record(*, staff: Staff, verb: Verb, subject: Model | Text, reason: str = "", now: datetime) -> None:
    """Add one line. `subject` is what it was done to, or what was searched for."""
    if staff.muni_id is None:
        raise ValueError("staff of no municipality does nothing at a desk")
    kind, what = (
        (subject.kind, subject.what)
        if isinstance(subject, Text)
        else ((subject._meta.object_name or "").lower(), str(subject.pk))
    )
    DeskEvent.objects.create(
        muni_id=staff.muni_id,
        staff=staff,
        verb=verb,
        subject_type=kind,
        subject_id=what[:40],
        reason=reason[:200],
        at=now,
    )


def subjects(events: Iterable[DeskEvent]) -> dict[tuple[str, str], Model]:
    """What lines are about, by their type and id: one query for each type among them."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for event in events:
        wanted[event.subject_type].add(event.subject_id)
    rows = {kind: _ROWS[kind].filter(pk__in=ids) for kind, ids in wanted.items() if kind in _ROWS}
    return {(kind, str(row.pk)): row for kind, found in rows.items() for row in found}


def why(subject: Model, verb: Verb) -> str:
    """The reason that somebody gave when they last did this to it; empty when nobody did."""
    about = DeskEvent.objects.filter(
        subject_type=(subject._meta.object_name or "").lower(), subject_id=str(subject.pk), verb=verb
    )
    return about.order_by("-at").values_list("reason", flat=True).first() or ""
