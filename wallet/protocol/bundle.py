"""The till's bundle (`vpbundle+jwt`): all that a till must know to judge a pass, signed.

1. Claims in this order: iss, aud, iat, exp, ver, jwks, bad_kids, lists, programmes, params, wd, pins.
2. aud is `vp:till`; exp is 7 days after iat; ver is 1.
3. A till trusts this signature (its key was pinned at enrolment), not the connection it came by.
4. programmes are those that the shop takes part in; each is {prg, name, name_en, cur, floor, categories,
   from, to, bound_above, card_ofl, ceiling}, amounts in the programme's units, null where there is no limit.
5. wd is the number of extra days that a till may go on with an old bundle when the server is gone.
6. bad_kids names stolen keys. They stand in jwks as well, so that a reader calls them `key_compromised`.
7. pins are the public keys (JWK) that may sign bundles: the one in use and the next. A till that accepts a
   bundle pins these two, and no other any more.

Spec 03.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wallet.protocol.keyring import Keyring, from_jwks
from wallet.protocol.pass_ import AUD
from wallet.protocol.signing import Jwk, PrivateKey, PublicKey, header, sign, verify
from wallet.protocol.strict import (
    U16,
    U32,
    Claims,
    Malformed,
    Shape,
    exactly,
    expect,
    listing,
    mapping,
    text,
    whole,
)
from wallet.protocol.terms import Rules

TYP = "vpbundle+jwt"
LIFE_SECONDS = 7 * 86_400
MAX_TOKEN_BYTES = 1 << 18
PARAMS = {"early": 120, "late": 180, "question": 180, "list_age": 172_800, "records": 40, "total": 40_000}

PINS = 2

_SHAPE: Shape = {
    "iss": text(1, 200),
    "aud": exactly(AUD),
    "iat": whole(0, U32),
    "exp": whole(0, U32),
    "ver": whole(1, 1),
    "jwks": mapping,
    "bad_kids": listing,
    "lists": listing,
    "programmes": listing,
    "params": mapping,
    "wd": whole(0, 365),
    "pins": lambda value: type(value) is list and len(value) == PINS,
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a till is told. Times are epoch seconds; `wd` is in days."""

    iss: str
    iat: int
    exp: int
    jwks: dict[str, Any]
    bad_kids: list[str]
    lists: list[str]
    programmes: list[dict[str, Any]]
    pins: list[Jwk]
    params: dict[str, int] = field(default_factory=lambda: dict(PARAMS))
    wd: int = 0

    def keyring(self) -> Keyring:
        """The keys by which a till judges passes and lists. Raises BadKey."""
        return from_jwks(self.jwks, self.iss, self.bad_kids)


def programme(prg: int, name: str, name_en: str, rules: Rules, card_ofl: int = 0) -> dict[str, Any]:
    """Write the line of one programme. Raises Malformed when the number is out of range."""
    if not 1 <= prg <= U16:
        raise Malformed("a programme number is 1 to 65535")
    return {
        "prg": prg,
        "name": name,
        "name_en": name_en,
        "cur": rules["cur"],
        "floor": rules["floor"],
        "categories": list(rules["categories"]),
        "from": rules["starts"],
        "to": rules["ends"],
        "bound_above": rules["bound_above"],
        "card_ofl": card_ofl,
        "ceiling": rules["ceiling"],
    }


def write(new: Bundle, key: PrivateKey) -> str:
    """Sign a bundle with the bundle key. Raises Malformed when a field is out of range."""
    claims: Claims = {
        "iss": new.iss,
        "aud": AUD,
        "iat": new.iat,
        "exp": new.exp,
        "ver": 1,
        "jwks": new.jwks,
        "bad_kids": new.bad_kids,
        "lists": new.lists,
        "programmes": new.programmes,
        "params": new.params,
        "wd": new.wd,
        "pins": new.pins,
    }
    expect(claims, _SHAPE)
    return sign(claims, key, header(TYP, key.public.thumbprint))


def check(token: str, key: PublicKey) -> Bundle:
    """Check a bundle but for its age, which its reader judges. Raises Malformed, BadKey or BadSignature."""
    claims = verify(token, key, header(TYP, key.thumbprint), MAX_TOKEN_BYTES)
    expect(claims, _SHAPE)
    for pin in claims["pins"]:
        PublicKey.from_jwk(pin)
    return Bundle(**{name: value for name, value in claims.items() if name not in ("aud", "ver")})
