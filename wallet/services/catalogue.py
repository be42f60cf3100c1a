"""Tills, merchants and programme rules, held in each process so that a redemption need not ask for them.

1. Who changes a till, a merchant or a programme calls `changed`, in the same transaction.
2. That raises the municipality's `catalogue_version`; the redemption statement demands the version that this
   process had read, so no redemption is accepted on what is no longer true.
3. A process that finds itself behind reads everything again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wallet.models import Municipality, Programme, Till
from wallet.protocol.redemption import Facts
from wallet.protocol.signing import PublicKey


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant as a redemption needs it: `id` is its row, `number` its public number."""

    id: int
    number: int
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class EnrolledTill:
    """A till with its key. `active` is false when it or its merchant is switched off."""

    id: UUID
    key: PublicKey
    chain: int
    shop: Shop
    active: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """A programme as a redemption needs it: `id` is its row; amounts in `rules` are units.

    `card_ofl` is what a signed card may pay in a day without a connection, in units.
    """

    id: int
    number: int
    name: str
    name_en: str
    unit_cents: int
    rules: Facts
    card_ofl: int = 0


@dataclass(frozen=True)
class Catalogue:
    """What one process knows about one municipality, at one version."""

    muni: int
    version: int
    tills: Mapping[str, EnrolledTill]
    schemes: Mapping[int, Scheme]

    @cached_property
    def by_id(self) -> Mapping[int, Scheme]:
        """The programmes by their rows."""
        return {scheme.id: scheme for scheme in self.schemes.values()}

    def key_of(self, till: str) -> PublicKey | None:
        """The key of a till (its UUID as text), None for a till that is not enrolled."""
        found = self.tills.get(till)
        return found.key if found else None

    def facts(self, shop: Shop, scheme: Scheme) -> Facts:
        """What `redemption.decide` wants to know of a shop under a programme."""
        return replace(scheme.rules, merchant=shop.number, category=shop.category)


_held: dict[int, Catalogue] = {}


def current(muni: int) -> Catalogue:
    """What this process knows; read from the database the first time."""
    return _held.get(muni) or _read(muni)


def fresh(muni: int) -> Catalogue:
    """The catalogue at the database's version: one query, and a new reading when this process is behind."""
    version = Municipality.objects.values_list("catalogue_version", flat=True).get(pk=muni)
    held = _held.get(muni)
    return held if held and held.version == version else _read(muni)


def changed(muni: int) -> None:
    """Tell every process that a till, merchant or programme changed."""
    Municipality.objects.filter(pk=muni).update(catalogue_version=F("catalogue_version") + 1)


def forget() -> None:
    """Know nothing any more (for a process whose database was replaced)."""
    _held.clear()


@transaction.atomic
def _read(muni: int) -> Catalogue:
    # The version first: a change that comes in between is then noticed at the next redemption.
    version = Municipality.objects.values_list("catalogue_version", flat=True).get(pk=muni)
    tills = Till.objects.filter(muni_id=muni, jwk__isnull=False).select_related("branch__merchant")
    programmes = Programme.objects.filter(muni_id=muni)
    read = Catalogue(
        muni,
        version,
        {str(till.pk): _enrolled(till) for till in tills},
        {programme.number: _scheme(programme) for programme in programmes},
    )
    _held[muni] = read
    return read


def _enrolled(till: Till) -> EnrolledTill:
    merchant = till.branch.merchant
    shop = Shop(merchant.pk, merchant.number, merchant.name, merchant.category)
    active = till.suspended_at is None and merchant.suspended_at is None
    return EnrolledTill(till.pk, PublicKey.from_jwk(till.jwk), till.chain, shop, active)


def _scheme(programme: Programme) -> Scheme:
    starts, ends = period(programme)
    rules = Facts(
        merchant=0,
        joined=True,
        category="",
        prg=programme.number,
        cur=programme.currency,
        starts=starts,
        ends=ends,
        categories=tuple(programme.categories),
        floor=programme.floor,
        bound_above=programme.bound_above,
        ceiling=programme.max_redemption,
    )
    return Scheme(
        programme.pk,
        programme.number,
        programme.name,
        programme.name_en,
        programme.unit_cents,
        rules,
        programme.card_ofl,
    )


def period(programme: Programme) -> tuple[int, int]:
    """When a programme may be spent: from, and up to but not including (epoch seconds)."""
    return _midnight(programme.starts), _midnight(programme.ends + timedelta(days=1))


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), timezone.get_default_timezone()).timestamp())
