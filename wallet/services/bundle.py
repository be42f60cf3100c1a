"""The bundle of a till, as its protocol says, filled from the catalogue. Spec 03."""

from datetime import datetime

from django.conf import settings

from wallet.custody import custody
from wallet.models import Till
from wallet.protocol import bundle, keyring
from wallet.protocol.terms import Rules
from wallet.services import catalogue, status
from wallet.services.catalogue import Scheme

EXTRA_DAYS = 0  # that tills may go on with what they hold when this server is gone for longer


def make_bundle(till: Till, now: datetime) -> str:
    """Sign a bundle with every programme that the till's shop still takes part in; good for seven days."""
    made = int(now.timestamp())
    category = till.branch.merchant.category
    schemes = catalogue.fresh(till.muni_id).schemes.values()
    keys = custody()
    stolen = [key for key in keys.withdrawn if key.exp > made]
    new = bundle.Bundle(
        iss=settings.ISSUER,
        iat=made,
        exp=made + bundle.LIFE_SECONDS,
        jwks=keyring.to_jwks([*keys.published(made), *stolen]),
        bad_kids=[key.kid for key in stolen],
        lists=[status.uri(number) for number in status.living(now)],
        programmes=[_line(scheme) for scheme in schemes if _takes(scheme, category, made)],
        pins=keys.bundle_pins,
        wd=EXTRA_DAYS,
    )
    return bundle.write(new, keys.bundle_key.private)


def _takes(scheme: Scheme, category: str, now: int) -> bool:
    categories = scheme.rules.categories
    return scheme.rules.ends > now and (not categories or category in categories)


def _line(scheme: Scheme) -> dict[str, object]:
    rules = scheme.rules
    terms = Rules(
        cur=rules.cur,
        starts=rules.starts,
        ends=rules.ends,
        categories=rules.categories,
        floor=rules.floor,
        bound_above=rules.bound_above,
        ceiling=rules.ceiling,
    )
    return bundle.programme(scheme.number, scheme.name, scheme.name_en, terms, scheme.card_ofl)
