"""The bundle of a municipality's tills, as its protocol says, filled from the catalogue. Spec 03."""

from datetime import datetime

from django.conf import settings

from wallet.custody import custody
from wallet.protocol import bundle, keyring
from wallet.protocol.terms import Rules
from wallet.services import catalogue, status
from wallet.services.catalogue import Scheme


def make_bundle(muni: int, now: datetime) -> str:
    """Sign a bundle with every programme that can still be spent; good for seven days."""
    made = int(now.timestamp())
    schemes = catalogue.fresh(muni).schemes.values()
    new = bundle.Bundle(
        iss=settings.ISSUER,
        iat=made,
        exp=made + bundle.LIFE_SECONDS,
        jwks=keyring.to_jwks(custody().public),
        bad_kids=[],
        lists=[status.uri(number) for number in status.living(now)],
        programmes=[_line(scheme) for scheme in schemes if scheme.rules.ends > made],
    )
    return bundle.write(new, custody().bundle_key.private)


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
    return bundle.programme(scheme.number, scheme.name, terms)
