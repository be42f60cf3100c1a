"""`manage.py demo_load`: fill an empty database with the demo municipality and some weeks of its life."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import api as books
from wallet.management.demo import history, town, witnesses
from wallet.management.demo.town import Town
from wallet.models import Municipality
from wallet.services import enrol, merchants

WEEKS = 10
ACTIVATION_CODES = 40
TILL_CODES = 10


class Command(BaseCommand):
    """Load the demo municipality."""

    help = "Fill an empty database with the demo municipality, and write how to use it to demo.json."

    def handle(self, **_: object) -> None:
        """Build, live, and write the card."""
        if Municipality.objects.exists():
            raise CommandError("There is a municipality already. The demo wants an empty database.")
        started, now = time.monotonic(), timezone.now()
        opened = now - timedelta(weeks=WEEKS)
        muni = settings.MUNICIPALITY
        place = town.build(muni, opened, now.date())
        for plan in place.plans:
            if plan.programme.ends >= opened.date():
                town.top_up_all(place, plan, opened)
        payments = history.live(
            place, opened + timedelta(days=1), now, lambda at: books.settle(muni, at, force=True)
        )
        _name_witnesses(muni, now)
        _write(_card(place, now))
        self.stdout.write(f"{payments} payments in {WEEKS} weeks, in {time.monotonic() - started:.0f} s")


def _name_witnesses(muni: int, now: datetime) -> None:
    """The witnesses, and the policy that says whom to believe: last, for during the load none was running."""
    log = books.setup_log(muni, now)
    policy = witnesses.found(Path(settings.VAR_DIR), settings.WITNESSES, log.origin, log.vkey)
    Path(settings.POLICY_FILE).write_text(policy)


def _card(place: Town, now: datetime) -> dict[str, Any]:
    """How to use the demo. The codes are of holders without a phone, and of new tills."""
    without_phone = place.holders[-ACTIVATION_CODES:]
    branches = [till.branch for till in place.tills[:TILL_CODES]]
    new_tills = [
        merchants.new_till(branch=branch, name="Kassa 2", staff=place.caseworker, now=now)
        for branch in branches
    ]
    return {
        "base_url": settings.BASE_URL,
        "desk": {"username": "demo-admin", "password": town.PASSWORD},
        "staff": {row["username"]: town.PASSWORD for row in town.rows("staff")},
        "activation_codes": [enrol.make_activation_code(holder, now) for holder in without_phone],
        "till_codes": [enrol.make_till_code(till, now) for till in new_tills],
        "log_url": books.log_url(),
        "policy": str(settings.POLICY_FILE),
    }


def _write(card: dict[str, Any]) -> None:
    """Write the card whole, last of all: its presence means that the demo is complete."""
    path = Path(settings.VAR_DIR) / "demo.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(card, indent=2) + "\n")
    draft.rename(path)
