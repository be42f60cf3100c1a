"""A small town to test in: everything in it is made by the services that the desk and the doors use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from ledger import api as books
from tests.actors import DjangoWire, HeldPass, Phone, Till
from wallet.models import Helper, Holder, Household, Merchant, Municipality, Programme, Staff, Voucher
from wallet.models import Till as TillRow
from wallet.services import budgets, enrol, grant, helpers, holders, merchants, programmes

CLOTHES, ZOO, LATER, SPORT = 12, 30, 40, 50
IBAN = "NL91ABNA0417164300"


@dataclass
class Town:
    """A municipality with one programme of each kind, a household of two, two shops and their tills."""

    muni: Municipality
    staff: Staff
    programmes: dict[int, Programme]
    holder: Holder
    neighbour: Holder
    shop: Merchant
    other_shop: Merchant
    till_row: TillRow
    other_till_row: TillRow
    spare: list[HeldPass] = field(default_factory=list)

    def wire(self) -> DjangoWire:
        """A wire of one's own: Django's client may not be shared between threads."""
        return DjangoWire(Client(raise_request_exception=True))

    def phone(self, holder: Holder | None = None, **changes: Any) -> Phone:
        """An activated phone."""
        phone = Phone(self.wire(), **changes)
        answer = phone.activate(enrol.make_activation_code(holder or self.holder, timezone.now()))
        if answer.status != 201:
            raise AssertionError(answer)
        return phone

    def child(self, born: date | None = None, cents: int = 10_000) -> Holder:
        """A child in the holder's household, with € 100 for clothes."""
        home, now = self.holder.household, timezone.now()
        born = born or timezone.localdate().replace(day=1) - timedelta(days=8 * 365)
        who = holders.new_holder(household=home, name="Kind Een", birth_date=born, staff=self.staff, now=now)
        holders.new_voucher(holder=who, programme=self.programmes[CLOTHES], staff=self.staff, now=now)
        self.top_up(cents, CLOTHES, who)
        return who

    def helper(self, **changes: Any) -> Helper:
        """Somebody who helps the holder: € 20 at a time, € 50 a month, clothes only, for a month."""
        rest: dict[str, Any] = {
            "name": "Buur Vrouw",
            "programmes": [CLOTHES],
            "per_purchase": 2_000,
            "per_month": 5_000,
            "last_day": timezone.localdate() + timedelta(days=30),
        }
        return helpers.new_helper(
            helper_id=uuid4(),
            holder=self.holder,
            mandate=helpers.Mandate(**{**rest, **changes}),
            reason="ziek",
            staff=self.staff,
            now=timezone.now(),
        )

    def helper_phone(self, helper: Helper) -> Phone:
        """An activated phone of a helper."""
        phone = Phone(self.wire())
        answer = phone.activate(enrol.make_activation_code(helper.holder, timezone.now(), helper))
        if answer.status != 201:
            raise AssertionError(answer)
        return phone

    def till(self, row: TillRow | None = None, **changes: Any) -> Till:
        """An enrolled till."""
        till = Till(self.wire(), **changes)
        answer = till.enrol(enrol.make_till_code(row or self.till_row, timezone.now()))
        if answer.status != 201:
            raise AssertionError(answer)
        return till

    def passes(self, prg: int = CLOTHES, count: int = 1, *, reserve: bool = False) -> list[HeldPass]:
        """Passes on a new phone of the holder."""
        phone = self.phone()
        answer = phone.refill(prg, count, reserve=reserve)
        if answer.status != 201:
            raise AssertionError(answer)
        return phone.passes

    def voucher(self, prg: int = CLOTHES, holder: Holder | None = None) -> Voucher:
        """A holder's voucher."""
        return Voucher.objects.get(holder=holder or self.holder, programme=self.programmes[prg])

    def balance(self, prg: int = CLOTHES, holder: Holder | None = None) -> int:
        """What the books say is in the pot, in cents."""
        pot = self.voucher(prg, holder).pot
        return books.balances([pot])[pot]

    def owed(self, shop: Merchant | None = None) -> int:
        """What the books say a shop is owed, in cents."""
        payable = (shop or self.shop).payable
        return books.balances([payable])[payable]

    def top_up(self, units: int, prg: int = CLOTHES, holder: Holder | None = None, ref: str = "") -> None:
        """Put money in a pot."""
        grant.top_up(
            voucher=self.voucher(prg, holder),
            amount=units,
            reason="test",
            decision_ref=ref or f"D-{timezone.now().isoformat()}",
            staff=self.staff,
            now=timezone.now(),
        )


def build() -> Town:
    """Build the town. € 150 for clothes, 3 tickets for the zoo; one programme later, one for sport shops."""
    now = timezone.now()
    muni = Municipality.objects.create(
        number=14, name="Teststad", phone="14 050", hours="ma-vr 9-17", address="Plein 1"
    )
    staff = Staff.objects.create(username="desk", muni=muni, role=Staff.Role.CASEWORKER)
    made = _programmes(muni, staff, now)
    household = holders.new_household(muni=muni, street="Laan 1", postcode="9711 AA", town="Teststad")
    holder, neighbour = (_holder(household, name, staff, now) for name in ("Test Een", "Test Twee"))
    for who in (holder, neighbour):
        for programme in made.values():
            holders.new_voucher(holder=who, programme=programme, staff=staff, now=now)
    shop, till_row = _shop(muni, "Test Kleding", "clothes", staff, now)
    other_shop, other_till_row = _shop(muni, "Test Winkel", "clothes", staff, now)
    town = Town(muni, staff, made, holder, neighbour, shop, other_shop, till_row, other_till_row)
    for who in (holder, neighbour):
        town.top_up(15_000, CLOTHES, who)
        town.top_up(3, ZOO, who)
        town.top_up(5_000, SPORT, who)
    return town


def _programmes(muni: Municipality, staff: Staff, now: datetime) -> dict[int, Programme]:
    today = timezone.localdate()
    rows: list[dict[str, Any]] = [
        {"number": CLOTHES, "kind": "money", "categories": [], "bound_above": 4_000},
        {
            "number": ZOO,
            "kind": "tickets",
            "unit_cents": 750,
            "floor": 2,
            "bound_above": 10,
            "max_redemption": 10,
        },
        {"number": LATER, "kind": "money", "starts": today + timedelta(days=10)},
        {"number": SPORT, "kind": "money", "categories": ["sport"]},
    ]
    return {row["number"]: _programme(muni, staff, now, today, row) for row in rows}


def _programme(
    muni: Municipality, staff: Staff, now: datetime, today: date, row: dict[str, Any]
) -> Programme:
    rest: dict[str, Any] = {
        "name": f"Regeling {row['number']}",
        "name_en": f"Programme {row['number']}",
        "icon": "clothes",
        "starts": today - timedelta(days=60),
        "ends": today + timedelta(days=200),
        "budget": 10_000_000,
        "decision_ref": f"B-{row['number']}",
    }
    programme = programmes.new_programme(muni=muni, staff=staff, now=now, **{**rest, **row})
    second, _ = Staff.objects.get_or_create(username="two-of-finance", muni=muni, role=Staff.Role.FINANCE)
    for budget in budgets.waiting(muni):
        budgets.approve(budget=budget, staff=second, now=now)
    return programme


def _holder(household: Household, name: str, staff: Staff, now: datetime) -> Holder:
    return holders.new_holder(
        household=household, name=name, birth_date=date(1980, 5, 2), staff=staff, now=now
    )


def _shop(
    muni: Municipality, name: str, category: str, staff: Staff, now: datetime
) -> tuple[Merchant, TillRow]:
    merchant = merchants.new_merchant(
        muni=muni,
        name=name,
        category=category,
        iban=IBAN,
        account_holder=name,
        email="shop@example.org",
        staff=staff,
        now=now,
    )
    branch = merchants.new_branch(merchant=merchant, name="Centrum", address="Straat 1", staff=staff, now=now)
    return merchant, merchants.new_till(branch=branch, name="Kassa 1", staff=staff, now=now)
