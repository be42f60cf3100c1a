"""Some weeks of a town: holders who pay at two shops, and all that the two tills see of it.

Passes come from the real issuing service and payments go through the real redeeming service, both at the
simulated time. A phone does as the wallet does: it shows the pass with the largest offline limit, asks for
new ones below three and past half their life, allows what the programme allows in one sale, and mostly hears
after a payment which passes were taken back.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tests.actors import HeldPass, Till
from tests.worlds import CLOTHES, Town
from wallet.models import Device, IssuedPass, Voucher
from wallet.protocol import keyproof
from wallet.protocol.signing import PrivateKey, peek
from wallet.services import enrol, holders, issue, nonces, redeem

BATCH, FEW = 8, 3
BOUND_SHARE, RESERVE_SHARE, HEARS_SHARE = 0.2, 0.1, 0.8


@dataclass(frozen=True)
class Sighting:
    """What a till keeps of one payment, and (`who`) what only this simulation knows."""

    who: int
    shop: int
    at: int
    amount: int
    token: str
    proof: dict[str, Any]
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def place(self) -> int:
        """The place in the status list."""
        return int(self.claims["status"]["status_list"]["idx"])

    @property
    def cohort(self) -> tuple[object, ...]:
        """All that a pass has in common with others: programme, week, offline limit, key, list, end."""
        claims = self.claims
        shared = tuple(claims[name] for name in ("iss", "aud", "iat", "exp", "prg", "ofl", "once"))
        return (*shared, claims["status"]["status_list"]["uri"], self.header["kid"])


@dataclass
class Person:
    """A holder with a phone."""

    number: int
    device: Device
    voucher: Voucher
    left: int
    passes: list[HeldPass] = field(default_factory=list)

    def ready(self, now: datetime) -> list[HeldPass]:
        """The one-time passes that are not past half their life."""
        return [held for held in self.passes if held.claims["once"] and not _past_half(held, now)]

    def hear(self) -> None:
        """Drop the passes that the city took back, or that the balance does not cover offline any more."""
        ended = Q(revoked_at__isnull=False) | Q(online_only_at__isnull=False)
        gone = set(self.device.passes.filter(ended).values_list("jti", flat=True))
        self.passes = [held for held in self.passes if held.claims["jti"] not in gone]

    def refill(self, now: datetime) -> None:
        """Ask for passes when few are left, as the wallet does."""
        self.passes = [held for held in self.passes if held.claims["exp"] > now.timestamp()]
        ready = self.ready(now)
        if len(ready) >= FEW:
            return
        self.hear()
        ready = self.ready(now)
        reserve = not any(not held.claims["once"] and not _past_half(held, now) for held in self.passes)
        keys = [PrivateKey.generate() for _ in range(BATCH - len(ready) + reserve)]
        nonce, at = nonces.make(now), int(now.timestamp())
        proofs = [keyproof.write(key, issue.settings.ISSUER, at, nonce) for key in keys]
        tokens = issue.issue_passes(
            device=self.device, voucher=self.voucher.pk, proofs=proofs, reserve=reserve, now=now
        )
        voucher = str(self.voucher.pk)
        self.passes += [HeldPass(token, key, voucher) for token, key in zip(tokens, keys, strict=True)]

    def take(self, *, reserve: bool) -> HeldPass:
        """The pass to show: the largest offline limit first; or the reserve pass, which stays."""
        if reserve:
            return next(held for held in self.passes if not held.claims["once"])
        once = [held for held in self.passes if held.claims["once"]]
        best = max(once, key=lambda held: held.claims["ofl"])
        self.passes.remove(best)
        return best


def _past_half(held: HeldPass, now: datetime) -> bool:
    claims = held.claims
    return now.timestamp() - claims["iat"] > (claims["exp"] - claims["iat"]) / 2


@dataclass(frozen=True)
class Seen:
    """What two shops have at the end, and when each place of the lists was first published as ended."""

    sightings: list[Sighting]
    ended: dict[tuple[str, int], int]


def live(town: Town, *, people: int, weeks: int, visits: float, seed: int) -> Seen:
    """`people` holders go to the two shops `visits` times a week each, for so many weeks until now."""
    chance = random.Random(seed)
    begin = timezone.now() - timedelta(weeks=weeks)
    tills = [town.till(), town.till(town.other_till_row)]
    crowd = [_person(town, number, chance, begin) for number in range(people)]
    count = round(people * weeks * visits)
    when = sorted(_opening_hour(begin, weeks, chance) for _ in range(count))
    sightings = [
        found for at in when if (found := _visit(chance.choice(crowd), chance.choice(tills), at, chance))
    ]
    return Seen(sightings, _ended())


def _person(town: Town, number: int, chance: random.Random, now: datetime) -> Person:
    holder = holders.new_holder(
        household=town.holder.household,
        name=f"Test {number}",
        birth_date=date(1990, 1, 1),
        staff=town.staff,
        now=now,
    )
    programme = town.programmes[CLOTHES]
    voucher = holders.new_voucher(holder=holder, programme=programme, staff=town.staff, now=now)
    left = chance.choice((5_000, 10_000, 15_000))
    town.top_up(left, CLOTHES, holder, ref=f"D-{number}")
    key = PrivateKey.generate().public
    code = enrol.make_activation_code(holder, now)
    device = enrol.enrol_device(code=code, jwk=key.jwk, thumbprint=key.thumbprint, now=now)
    return Person(number, device, voucher, left)


def _opening_hour(begin: datetime, weeks: int, chance: random.Random) -> datetime:
    day = begin + timedelta(days=chance.randrange(weeks * 7))
    return day.replace(hour=8, minute=0) + timedelta(seconds=chance.randrange(9 * 3600))


def _visit(person: Person, till: Till, now: datetime, chance: random.Random) -> Sighting | None:
    """One purchase; None when the pot is empty."""
    if not person.left:
        return None
    person.refill(now)
    amount = min(person.left, chance.randrange(100, 3_000, 5))
    held = person.take(reserve=chance.random() < RESERVE_SHARE)
    at = now.timestamp()
    bound = chance.random() < BOUND_SHARE
    shown = held.answer(at, amount, till.merchant, "AAECAwQFBgc") if bound else held.show(at, 4_000)
    till.clock = lambda: at
    record = till.sale(shown, amount, CLOTHES, txn=str(uuid.UUID(int=chance.getrandbits(128), version=4)))
    person.left -= redeem.redeem(record, now).approved
    if chance.random() < HEARS_SHARE:
        person.hear()
    header, claims = peek(held.token)
    proof = peek(shown.partition("~")[2])[1]
    return Sighting(person.number, till.merchant, int(at), amount, held.token, proof, dict(header), claims)


def _ended() -> dict[tuple[str, int], int]:
    """When each place in a list became 1, in epoch seconds."""
    found = {}
    for one in IssuedPass.objects.prefetch_related("redemptions"):
        times = [
            one.revoked_at,
            one.online_only_at,
            *(spent.at for spent in one.redemptions.all() if one.once),
        ]
        known = [time for time in times if time]
        if known:
            uri = f"{issue.settings.ISSUER}/status/{one.list_number}"
            found[(uri, one.list_index)] = int(min(known).astimezone(UTC).timestamp())
    return found
