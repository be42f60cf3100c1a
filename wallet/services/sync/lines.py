"""Reading what a till uploads: every signature is checked here, before the database is asked anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.conf import settings

from wallet.custody import custody
from wallet.models import Till, TillRecord
from wallet.protocol import bundle, pass_, presentation, qr, record
from wallet.protocol.pass_ import Pass
from wallet.protocol.presentation import Presentation
from wallet.protocol.record import Record
from wallet.protocol.redemption import OFFLINE
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import PublicKey
from wallet.services.bundle import EXTRA_DAYS

VOID = "void"
IN_TIME = timedelta(hours=72)
EXTRA = timedelta(days=EXTRA_DAYS)
LIST_AGE = timedelta(seconds=bundle.PARAMS["list_age"])
TOLD_WITHIN = timedelta(minutes=15)  # what is withdrawn stands in the list by then


@dataclass(frozen=True)
class Line:
    """One record of an upload. `refused` says why its presentation is not right, None when it is.

    `signed` is the pass of a signed card, which is shown without a presentation.
    `kept` is its row when it came in an earlier upload and is held since.
    """

    token: str
    record: Record
    sha256: bytes
    received: datetime
    presented: Presentation | None = None
    signed: Pass | None = None
    refused: Code | None = None
    kept: TillRecord | None = None

    @cached_property
    def jti(self) -> UUID:
        """The record's own number."""
        return UUID(self.record.jti)

    @cached_property
    def txn(self) -> UUID:
        """The sale's number."""
        return UUID(self.record.txn)

    @cached_property
    def iat(self) -> datetime:
        """When, by the till's clock."""
        return datetime.fromtimestamp(self.record.iat, UTC)

    @property
    def is_sale(self) -> bool:
        """Was something sold without a connection? Only then money is to move."""
        return self.record.mode == OFFLINE

    @property
    def shown(self) -> Pass | None:
        """The pass that was shown, when it verifies."""
        return self.presented.pass_ if self.presented else self.signed

    @property
    def pass_jti(self) -> str | None:
        """Its number."""
        return self.shown.jti if self.shown else None

    @property
    def told(self) -> datetime:
        """What happened until then stood in the list that the till had to hold, or that it held."""
        list_at = datetime.fromtimestamp(self.record.stl or 0, UTC)
        return max(self.iat - LIST_AGE - EXTRA, min(list_at, self.iat) - TOLD_WITHIN)

    @property
    def is_late(self) -> bool:
        """Does the guarantee pay for it no longer?"""
        return self.received - self.iat > IN_TIME


def read(till: Till, tokens: Sequence[str], now: datetime) -> list[Line]:
    """Check an upload's records, in order of seq. Raises Refused with the `index` of one that is not right.

    All of them are this till's own; nothing of an upload that cannot be read is taken in.
    """
    key = PublicKey.from_jwk(till.jwk)
    own = {str(till.pk): key}
    read: list[Line] = []
    for index, token in enumerate(tokens):
        try:
            read.append(_line(token, record.check(token, own.get, settings.ISSUER), now))
        except Refused as refused:
            raise Refused(refused.code, index=index) from refused
    return sorted(read, key=lambda line: line.record.seq)


def again(row: TillRecord) -> Line:
    """A record as it was read when it came in."""
    token = row.redemption.record if row.redemption and not row.record else row.record
    return _line(token, record.read_kept(token), row.received_at, row)


def _line(token: str, read: Record, received: datetime, kept: TillRecord | None = None) -> Line:
    digest = hashlib.sha256(token.encode("ascii")).digest()
    presented, signed, refused = None, None, None
    try:
        if read.mode == OFFLINE and read.pres is not None:
            presented = presentation.check(read.pres, custody().ring_at(read.bnd))
        if read.mode == OFFLINE and read.card is not None:
            signed = _signed_card(read.card, read.bnd)
    except Refused as error:
        refused = error.code
    return Line(token, read, digest, received, presented, signed, refused, kept)


def _signed_card(text: str, bundle_at: int) -> Pass:
    """The pass of a signed card. Raises Refused: card_online_only for any other card."""
    if not qr.is_signed_card(text):
        raise Refused(Code.CARD_ONLINE_ONLY)
    ring = custody().ring_at(bundle_at)
    return pass_.check(qr.decode_signed_card(text).rebuild_pass(settings.ISSUER), ring, card=True)
