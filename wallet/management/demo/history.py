"""Some weeks in the demo municipality, lived by software phones and tills through the real services.

1. Holders activate a phone, shops enrol their till, people pay; now and then something is given back.
2. Everything happens in the order of time, and a batch is sealed after each week.
3. The same day gives the same story: the dice have a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from wallet.custody import custody
from wallet.management.demo import actors
from wallet.management.demo.town import Plan, Town
from wallet.models import Device, Holder, Voucher
from wallet.services import catalogue, enrol, issue, nonces, redeem, refund

PASSES = 4  # asked for at once
WEEK = timedelta(days=7)

Event = tuple[datetime, Callable[[datetime], None]]


@dataclass
class Resident:
    """A holder with a software phone."""

    holder: Holder
    phone: actors.Phone
    device: Device | None = None


@dataclass
class Story:
    """Who takes part, and the dice."""

    town: Town
    dice: random.Random = field(default_factory=lambda: random.Random(14))  # noqa: S311 - a story, no secret
    residents: list[Resident] = field(default_factory=list)
    tills: dict[str, list[actors.Till]] = field(default_factory=dict)  # by category of shop

    def open_shops(self, now: datetime) -> None:
        """Enrol the till of every shop."""
        currencies = {plan.programme.number: plan.programme.currency for plan in self.town.plans}
        for row in self.town.tills:
            till = actors.Till(settings.ISSUER, currencies=currencies)
            code = enrol.make_till_code(row, now)
            welcome = enrol.enrol_till(
                code=code, jwk=till.jwk, thumbprint=till.key.public.thumbprint, name="", now=now
            )
            till.enrolled(str(welcome.till.pk), welcome.till.enrol_nonce, int(now.timestamp()))
            self.tills.setdefault(row.branch.merchant.category, []).append(till)

    def activate(self, resident: Resident, now: datetime) -> None:
        """Enrol a phone with the code of its letter."""
        code = enrol.make_activation_code(resident.holder, now)
        key = resident.phone.key.public
        resident.device = enrol.enrol_device(code=code, jwk=key.jwk, thumbprint=key.thumbprint, now=now)

    def pay(self, resident: Resident, plan: Plan, amount: int, now: datetime) -> None:
        """Show a code at a shop that the programme admits, and be paid for."""
        self._have_pass(resident, plan, now)
        at, number = int(now.timestamp()), plan.programme.number
        till = self.dice.choice([till for name in plan.programme.categories for till in self.tills[name]])
        shown = resident.phone.show(amount, at, number)
        answer = redeem.redeem(record_token=till.sale(shown, amount, at + 5, part=True), now=now)
        if self.dice.random() < 0.04:
            self._give_back(till, answer.id, number, answer.approved, now + timedelta(minutes=10))

    def _give_back(self, till: actors.Till, redemption: UUID, prg: int, amount: int, now: datetime) -> None:
        part = amount if amount < 2 else self.dice.randint(1, amount)
        token = till.give_back(str(redemption), prg, part, int(now.timestamp()))
        refund.refund(redemption=redemption, record_token=token, now=now)

    def _have_pass(self, resident: Resident, plan: Plan, now: datetime) -> None:
        """Look what was taken back, and get new passes when none of this programme still lives."""
        if resident.device is None:
            raise ValueError("this resident has not activated a phone")
        at, phone = int(now.timestamp()), resident.phone
        taken_back = resident.device.passes.filter(revoked_at__isnull=False)
        revoked = set(taken_back.values_list("jti", flat=True))
        phone.passes = [held for held in phone.passes if held.says.exp > at and held.says.jti not in revoked]
        if any(held.says.prg == plan.programme.number for held in phone.passes):
            return
        proofs, keys = phone.ask(PASSES, nonces.make(now), at)
        voucher = Voucher.objects.get(holder=resident.holder, programme=plan.programme)
        tokens = issue.issue_passes(
            device=resident.device, voucher=voucher.pk, proofs=proofs, reserve=False, now=now
        )
        phone.keep(tokens, keys, custody().ring)


def live(town: Town, opened: datetime, until: datetime, seal: Callable[[datetime], object]) -> int:
    """Live from `opened` until `until`; `seal(at)` is called after each week. Answers how many paid."""
    story = Story(town)
    story.open_shops(opened)
    phones = town.holders[: len(town.holders) * 11 // 20]
    story.residents = [Resident(holder, actors.Phone(settings.ISSUER)) for holder in phones]
    events = sorted(_events(story, opened, until), key=lambda event: event[0])
    next_seal = opened + WEEK
    for at, happen in events:
        while at > next_seal:
            seal(next_seal)
            next_seal += WEEK
        happen(at)
    seal(until)
    return len(events) - len(story.residents)


def _events(story: Story, opened: datetime, until: datetime) -> Iterator[Event]:
    """Each resident's activation, and the payments that follow it."""
    for resident in story.residents:
        activated = _in_the_day(story.dice, opened, opened + 3 * WEEK)
        yield activated, partial(story.activate, resident)
        for plan in story.town.plans:
            if Voucher.objects.filter(holder=resident.holder, programme=plan.programme).exists():
                yield from _payments(story, resident, plan, activated, until)


def _payments(
    story: Story, resident: Resident, plan: Plan, activated: datetime, until: datetime
) -> Iterator[Event]:
    """Up to three payments under one programme, as long as it runs and money is left."""
    starts, ends = (
        datetime.fromtimestamp(bound, tz=until.tzinfo) for bound in catalogue.period(plan.programme)
    )
    first, last = max(activated, starts), min(until, ends)
    left = plan.amount
    for _ in range(story.dice.randint(0, 3)):
        if left < 1 or last - first < timedelta(days=2):
            return
        amount = _amount(story.dice, plan, left)
        left -= amount
        at = _in_the_day(story.dice, first + timedelta(hours=1), last - timedelta(days=1))
        yield at, partial(story.pay, resident, plan, amount)


def _amount(dice: random.Random, plan: Plan, left: int) -> int:
    """One ticket, or a sum that a shop could ask: up to € 39,95, in steps of five cents."""
    if plan.programme.kind == "tickets":
        return 1
    return min(left, dice.randrange(295, 4_000, 5), plan.programme.max_redemption)


def _in_the_day(dice: random.Random, first: datetime, last: datetime) -> datetime:
    """A moment between two others, in opening hours where that is possible."""
    drawn = first + (last - first) * dice.random()
    hour = 9 + dice.random() * 9
    moved = timezone.localtime(drawn).replace(hour=int(hour), minute=dice.randrange(60))
    return min(max(moved, first), last)
