"""The demo municipality as data: who lives there, which shops take part, what they may spend.

Everything is read from the CSV files in this folder and made by the desk's own services, at a moment in the
past. Nobody in it exists: names, streets and accounts are marked as demo.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from wallet.models import Holder, Household, Merchant, Municipality, Programme, Staff, Till
from wallet.services import bankaccounts, budgets, grant, holders, imports, merchants, programmes

PASSWORD = "demo-demo-demo"  # noqa: S105 - printed on the screen and written in the guide
CHILD_BELOW = 18  # years


@dataclass
class Plan:
    """A programme and whom it is for; `amount` in its units."""

    programme: Programme
    children_only: bool
    amount: int


@dataclass
class Town:
    """What was made, for the history that follows."""

    muni: Municipality
    caseworker: Staff
    approver: Staff
    finance: tuple[Staff, Staff]
    plans: list[Plan] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    tills: list[Till] = field(default_factory=list)


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the demo's CSV files."""
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def build(number: int, opened: datetime, today: date) -> Town:
    """Make the municipality `number`, its staff, programmes, shops and holders, as of `opened`."""
    muni = Municipality.objects.create(
        number=number,
        name="Gemeente Voorbeeld (demo)",
        phone="000 000 00 00",
        hours="9:00 - 17:00",
        address="Gemeente Voorbeeld (demo)\nVoorbeeldplein 1\n9999 ZZ Demostad",
    )
    staff = {row["username"]: _staff(muni, row) for row in rows("staff")}
    finance = staff["demo-finance"], staff["demo-finance-2"]
    town = Town(muni, staff["demo-desk"], staff["demo-desk-2"], finance)
    town.plans = [_plan(town, row, opened, today) for row in rows("programmes")]
    town.tills = [_shop(town, row, opened) for row in rows("merchants")]
    town.holders = list(_people(town, opened))
    return town


def _staff(muni: Municipality, row: dict[str, str]) -> Staff:
    return Staff.objects.create_user(
        row["username"], password=PASSWORD, muni=muni, role=row["role"], first_name=row["name"]
    )


def _plan(town: Town, row: dict[str, str], opened: datetime, today: date) -> Plan:
    """One programme with its budget."""
    programme = programmes.new_programme(
        muni=town.muni,
        number=int(row["number"]),
        name=row["name"],
        name_en=row["name_en"],
        icon=row["icon"],
        kind=row["kind"],
        unit_cents=int(row["unit_cents"]),
        starts=_day(row["starts"], today),
        ends=_day(row["ends"], today),
        categories=row["categories"].split(),
        max_redemption=int(row["max_redemption"]),
        series=row["series"] or None,
        series_en=row["series_en"] or None,
        per_person=int(row["per_person"]) if row["per_person"] else None,
        card_ofl=int(row["card_ofl"] or 0),
        budget=int(row["budget_euro"]) * 100,
        decision_ref=f"DEMO-{today.year}-{row['number']}",
        staff=town.finance[0],
        now=opened,
    )
    for budget in budgets.waiting(town.muni):
        budgets.approve(budget=budget, staff=town.finance[1], now=opened)
    return Plan(programme, row["for"] == "children", int(row["grant"]))


def _day(text: str, today: date) -> date:
    """A day of this year (`06-30`) or a number of days from today (`-70`)."""
    if text.lstrip("-").isdigit():
        return today + timedelta(days=int(text))
    return date.fromisoformat(f"{today.year}-{text}")


def _shop(town: Town, row: dict[str, str], opened: datetime) -> Till:
    """A merchant with a bank account that two people agreed on, one branch and one till."""
    staff, other = town.finance
    merchant = merchants.new_merchant(
        muni=town.muni,
        name=row["name"],
        category=row["category"],
        iban=row["iban"],
        account_holder=row["account_holder"],
        email=row["email"],
        staff=staff,
        now=opened,
        name_check="match",
    )
    approve_account(merchant, other, opened)
    branch = merchants.new_branch(
        merchant=merchant, name=row["branch"], address=row["address"], staff=staff, now=opened
    )
    return merchants.new_till(branch=branch, name="Kassa 1", staff=staff, now=opened)


def approve_account(merchant: Merchant, staff: Staff, now: datetime) -> None:
    """Another person approves the account that waits."""
    waiting = bankaccounts.of(merchant, now).waiting
    if waiting is None:
        raise ValueError(f"{merchant} has no account that waits.")
    bankaccounts.approve(merchant=merchant, account=waiting.pk, staff=staff, now=now)


def _people(town: Town, opened: datetime) -> Iterator[Holder]:
    """The holders, in households."""
    households: dict[str, Household] = {}
    for nth, row in enumerate(rows("holders"), 1):
        place = {name: row[name] for name in ("street", "postcode", "town")}
        home = households.get(row["household"]) or holders.new_household(muni=town.muni, **place)
        households[row["household"]] = home
        yield holders.new_holder(
            household=home,
            name=row["name"],
            birth_date=date.fromisoformat(row["birth_date"]),
            language=row["language"],
            number=str(14_000_000 + nth),
            staff=town.caseworker,
            now=opened,
        )


def top_up_all(town: Town, plan: Plan, at: datetime) -> None:
    """Give everybody their share of a programme: a CSV file, its dry run, and a second pair of eyes."""
    chosen = [one for one in town.holders if not plan.children_only or _is_child(one, at.date())]
    share = f"{plan.amount // 100},{plan.amount % 100:02d}" if plan.programme.kind == "money" else plan.amount
    text = "nummer;bedrag\n" + "".join(f"{holder.number};{share}\n" for holder in chosen)
    report = imports.dry_run(text.encode(), plan.programme, at, f"{plan.programme.number}.csv")
    reference = f"DEMO-{at.year}-{plan.programme.number}"
    batch = imports.book(report=report, decision_ref=reference, reason="Demo", staff=town.caseworker, now=at)
    if batch.four_eyes:
        grant.approve(batch=batch, staff=town.approver, now=at)


def _is_child(holder: Holder, today: date) -> bool:
    return holder.birth_date > today - timedelta(days=round(CHILD_BELOW * 365.25))
