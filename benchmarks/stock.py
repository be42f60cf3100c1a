"""Something to redeem: a programme, its holders and shops, and real passes on software phones.

Everything is made by the product's own services. Symbols are signed shortly before they are sent, as a QR
code is good for two minutes.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from itertools import cycle
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from benchmarks import programme
from wallet.custody import custody
from wallet.management.demo import actors
from wallet.models import Municipality, Staff, Voucher
from wallet.services import enrol, grant, holders, issue, merchants, nonces

AT_ONCE = 40  # passes that a phone asks for
TILLS = 16
CENTS = 5  # of each redemption


class Stock:
    """The tills, and the passes that were not spent yet."""

    def __init__(self, vouchers: int) -> None:
        self.now = timezone.now()
        self.muni = Municipality.objects.create(
            number=settings.MUNICIPALITY, name="Bench", four_eyes_above=10**9
        )
        self.staff = Staff.objects.create_user("bench", muni=self.muni)
        second = Staff.objects.create_user("bench-2", muni=self.muni)
        self.programme = programme.approved(
            muni=self.muni, number=1, budget=10**9, staff=self.staff, second=second, now=self.now
        )
        self.tills = [self._till(nth) for nth in range(TILLS)]
        self.residents = [self._resident(nth) for nth in range(vouchers)]
        self._turn = cycle(self.tills[1:])  # the first one is for uploads

    def _till(self, nth: int) -> actors.Till:
        shop = merchants.new_merchant(
            muni=self.muni,
            name=f"Bench {nth}",
            category="bench",
            iban="NL91ABNA0417164300",
            account_holder="Bench",
            email="bench@shop.example",
            staff=self.staff,
            now=self.now,
        )
        branch = merchants.new_branch(
            merchant=shop, name="Bench", address="-", staff=self.staff, now=self.now
        )
        row = merchants.new_till(branch=branch, name="Bench", staff=self.staff, now=self.now)
        till, code = actors.Till(settings.ISSUER), enrol.make_till_code(row, self.now)
        print_ = till.key.public.thumbprint
        welcome = enrol.enrol_till(code=code, jwk=till.jwk, thumbprint=print_, name="", now=self.now)
        till.enrolled(str(welcome.till.pk), welcome.till.enrol_nonce, int(self.now.timestamp()))
        return till

    def _resident(self, nth: int) -> tuple[actors.Phone, Voucher]:
        home = holders.new_household(muni=self.muni, street="-", postcode="-", town="-")
        holder = holders.new_holder(
            household=home, name=f"Bench {nth}", birth_date=date(2000, 1, 1), staff=self.staff, now=self.now
        )
        voucher = holders.new_voucher(holder=holder, programme=self.programme, staff=self.staff, now=self.now)
        grant.top_up(
            voucher=voucher,
            amount=3_500_000,  # enough to cover the offline limits of every pass, of the hot voucher too
            reason="bench",
            decision_ref="bench",
            staff=self.staff,
            now=self.now,
        )
        phone = actors.Phone(settings.ISSUER)
        code = enrol.make_activation_code(holder, self.now)
        enrol.enrol_device(code=code, jwk=phone.jwk, thumbprint=phone.key.public.thumbprint, now=self.now)
        return phone, voucher

    def fill(self, resident: tuple[actors.Phone, Voucher], count: int) -> None:
        """Give one phone `count` passes. The limit of living passes is lifted for the hot voucher."""
        phone, voucher = resident
        device = voucher.holder.devices.get(revoked_at=None)
        issue.LIVING_AT_MOST = max(issue.LIVING_AT_MOST, count)
        while len(phone.passes) < count:
            now = timezone.now()
            size = min(AT_ONCE, count - len(phone.passes))
            proofs, keys = phone.ask(size, nonces.make(now), int(now.timestamp()))
            tokens = issue.issue_passes(
                device=device, voucher=voucher.pk, proofs=proofs, reserve=False, now=now
            )
            phone.keep(tokens, keys, custody().ring)

    def queue(self, till: actors.Till, held: list[actors.Held]) -> bytes:
        """What a till sold without a connection: the body of its upload."""
        now = int(datetime.now().timestamp())
        symbols = [actors.symbol(one, CENTS, now) for one in held]
        records = [till.sale(text, CENTS, now, offline=True) for text in symbols]
        return json.dumps({"records": records}).encode()

    def requests(self, held: list[actors.Held], host: str) -> list[bytes]:
        """Present each pass now, at the tills in turn: whole HTTP requests."""
        return [self._request(next(self._turn), one, host) for one in held]

    def _request(self, till: actors.Till, held: actors.Held, host: str) -> bytes:
        now, txn = int(datetime.now().timestamp()), str(uuid4())
        record = till.sale(actors.symbol(held, CENTS, now), CENTS, now, txn=txn)
        body = json.dumps({"record": record}).encode()
        lines = (
            "POST /api/v1/redemptions HTTP/1.1",
            f"Host: {host}",
            "Content-Type: application/json",
            f"Idempotency-Key: {txn}",
            f"Content-Length: {len(body)}",
        )
        return "\r\n".join([*lines, "", ""]).encode() + body
