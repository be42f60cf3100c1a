"""What the public log must know: which keys sign, the hash of the programmes' rules, how many were forgotten.

Each is told once and told again in vain, so this may run at any time.
"""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime

from ledger import api as books
from wallet.custody import GoneKey, custody
from wallet.models import Programme
from wallet.protocol.signing import PublicKey

# What makes a programme: who can be given and may spend what, where and until when. Its names are for people,
# and so is its series: no rule asks for them.
RULES = (
    "number",
    "kind",
    "unit_cents",
    "starts",
    "ends",
    "grace_days",
    "categories",
    "floor",
    "bound_above",
    "max_redemption",
    "card_ofl",
    "per_person",
)


def announce(muni: int, now: datetime) -> None:
    """Tell the public log what it does not know yet. While no log is open nothing happens."""
    books.key_events(muni, _keys())
    books.rules_event(muni, rules_hash(muni))
    books.erasure_events(muni, now)


def rules_hash(muni: int) -> str:
    """SHA-256 (hex) of the rules of all programmes, as spec 07-log writes them."""
    rows = [list(row) for row in Programme.objects.filter(muni=muni).order_by("number").values_list(*RULES)]
    return hashlib.sha256(json.dumps(rows, default=str, separators=(",", ":")).encode()).hexdigest()


def _keys() -> list[books.KeyEvent]:
    kept = custody()
    issuer = [_event(key.vp_use, key.kid, key.public, key.nbf, key.exp) for key in kept.public]
    bundles = [_event("bundle", key.kid, key.private.public, key.since, 0) for key in kept.bundle_keys]
    gone = [event for key in kept.gone for event in _gone(key)]
    return [*issuer, *bundles, *gone]


def _gone(key: GoneKey) -> list[books.KeyEvent]:
    """It came, and it went: the log may have heard of neither."""
    use = "bundle" if key.use == "bundle-next" else key.use
    came = _event(use, key.kid, key.public, key.since, 0)
    action = "compromised" if key.stolen else "retire"
    return [came, replace(came, nbf=min(key.since, key.at), exp=key.at, action=action)]


def _event(use: str, kid: str, public: PublicKey, nbf: int, exp: int) -> books.KeyEvent:
    thumbprint = public.thumbprint
    digest = base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4))
    return books.KeyEvent(use, kid, digest.hex(), nbf, exp)
