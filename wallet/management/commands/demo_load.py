"""`manage.py demo_load`: the demo municipality with some weeks of its life, and codes to try it with.

1. An empty database is filled, once, by running the real services.
2. Each time, the card (demo.json) keeps the codes that still work and gets new ones for the rest.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone

from ledger import api as books
from wallet.management.demo import history, payday, people, town, witnesses
from wallet.models import ActivationCode, Branch, Card, Holder, Municipality, Staff, Till, TillCode
from wallet.protocol import qr
from wallet.services import announce, cardprint, cards, codes, enrol, merchants, status

T = TypeVar("T", ActivationCode, TillCode)

WEEKS = 10
ACTIVATION_CODES = 60
TILL_CODES = 10
CARDS = 3


class Command(BaseCommand):
    """Load the demo municipality."""

    help = "Fill an empty database with the demo municipality, and write how to use it to demo.json."

    def handle(self, **_: object) -> None:
        """Build, live, and write the card."""
        now = timezone.now()
        if not _path().exists():
            if Municipality.objects.exists():
                raise CommandError("There is a municipality already. The demo wants an empty database.")
            self._load(now)
        status.publish(settings.MUNICIPALITY, now)
        _write(_card(now))

    def _load(self, now: datetime) -> None:
        started, opened = time.monotonic(), now - timedelta(weeks=WEEKS)
        muni = settings.MUNICIPALITY
        place = town.build(muni, opened, now.date())
        for plan in place.plans:
            if plan.programme.ends >= opened.date():
                town.top_up_all(place, plan, opened)
        _name_witnesses(muni, opened)
        with witnesses.serving(Path(settings.VAR_DIR), settings.WITNESSES):
            pay = payday.Payday(place)
            payments = history.live(place, opened + timedelta(days=1), now, pay.week)
        books.prove_cover(muni, now)
        self.stdout.write(f"{payments} payments in {WEEKS} weeks, in {time.monotonic() - started:.0f} s")


def _name_witnesses(muni: int, now: datetime) -> None:
    """The witnesses, and the policy that says whom to believe."""
    books.setup_log(muni, now)
    name_witnesses(muni, settings.WITNESSES)
    announce.announce(muni, now)


def name_witnesses(muni: int, setting: str) -> bool:
    """Bring the witnesses of `setting` and the policy up to date with the logs. Was there a new log?"""
    policy, logs = Path(settings.POLICY_FILE), books.public_logs(muni)
    known = policy.read_text() if policy.exists() else ""
    if all(key in known for log in logs for key in log.vkeys):
        return False
    policy.write_text(witnesses.found(Path(settings.VAR_DIR), setting, logs))
    return True


def _card(now: datetime) -> dict[str, Any]:
    """How to use the demo."""
    old = json.loads(_path().read_text()) if _path().exists() else {}
    return {
        "base_url": settings.BASE_URL,
        "desk": {"username": "demo-admin", "password": town.PASSWORD},
        "staff": {row["username"]: town.PASSWORD for row in town.rows("staff")},
        "activation_codes": _activation_codes(old.get("activation_codes", []), now),
        "family_codes": people.family_codes(old.get("family_codes", []), now),
        "helper_codes": people.helper_codes(old.get("helper_codes", []), now),
        "block_codes": people.block_codes(old.get("block_codes", []), now),
        "till_codes": _till_codes(old.get("till_codes", []), now),
        "cards": _cards(old.get("cards", []), now),
        "log_url": books.log_url(),
        "policy": str(settings.POLICY_FILE),
        "lived_from": old.get("lived_from", timezone.now().isoformat(timespec="seconds")),
    }


def _activation_codes(old: list[str], now: datetime) -> list[str]:
    """Codes of holders without a phone, one of each household first; when too few are left, of others.

    A parent's phone holds passes for the children's vouchers too: in one household the first one has most.
    """
    others = Holder.objects.exclude(household__in=[one.household_id for one in people.parents(now)])
    holders = list(others.annotate(phones=Count("devices")).order_by("phones", "number"))
    at_home: Counter[int] = Counter()
    turns: dict[UUID, int] = {}
    for holder in holders:
        turns[holder.pk] = at_home[holder.household_id]
        at_home[holder.household_id] += 1
    wanted = sorted(holders, key=lambda holder: (holder.phones, turns[holder.pk]))[:ACTIVATION_CODES]
    living = {row.holder_id: code for row, code in _living(ActivationCode, old, now)}
    return [living.get(holder.pk) or enrol.make_activation_code(holder, now) for holder in wanted]


def _till_codes(old: list[str], now: datetime) -> list[str]:
    """Codes of tills without a key; new tills when too few are left."""
    staff = Staff.objects.get(username="demo-admin")
    spare = Till.objects.filter(thumbprint=None, suspended_at=None).order_by(
        "branch__merchant__number", "name"
    )
    branches = Branch.objects.annotate(count=Count("tills")).order_by("count", "merchant__number")
    for branch in branches[: max(0, TILL_CODES - spare.count())]:
        merchants.new_till(branch=branch, name=f"Kassa {branch.count + 1}", staff=staff, now=now)
    living = {row.till_id: code for row, code in _living(TillCode, old, now)}
    return [living.get(till.pk) or enrol.make_till_code(till, now) for till in spare.all()[:TILL_CODES]]


def _cards(old: list[dict[str, str]], now: datetime) -> list[dict[str, str]]:
    """Printed cards of holders without a phone; the letter of the last one made is in var/demo-card.pdf."""
    staff = Staff.objects.get(username="demo-admin")
    by_hash = {hashlib.sha256(qr.decode_card(card["vpc1"])).digest(): card for card in old}
    usable = Card.objects.filter(secret_sha256__in=by_hash, revoked_at=None, tries=0)
    works = {bytes(digest) for digest in usable.values_list("secret_sha256", flat=True)}
    found = [card for digest, card in by_hash.items() if digest in works]
    taken = {card["number"] for card in found}
    holders = (
        Holder.objects.filter(devices=None, erased_at=None).exclude(number__in=taken).order_by("-number")
    )
    for holder in holders[: CARDS - len(found)]:
        printed = cards.new_card(holder=holder, staff=staff, now=now)
        (Path(settings.VAR_DIR) / "demo-card.pdf").write_bytes(cardprint.card_letter(printed, now))
        found.append({"number": holder.number, "vpc1": printed.text, "pin": printed.pin})
    return found


def _living(kind: type[T], old: list[str], now: datetime) -> list[tuple[T, str]]:
    """Codes of an earlier card that nobody used and that last at least another day."""
    by_digest = {codes.digest(code): code for code in old}
    rows = kind.objects.filter(digest__in=by_digest, used_at=None, expires_at__gt=now + timedelta(days=1))
    return [(row, by_digest[bytes(row.digest)]) for row in rows]


def _path() -> Path:
    return Path(settings.VAR_DIR) / "demo.json"


def _write(card: dict[str, Any]) -> None:
    """Write the card whole, last of all: its presence means that the demo is complete."""
    draft = _path().with_suffix(".new")
    draft.write_text(json.dumps(card, indent=2) + "\n")
    draft.rename(_path())
