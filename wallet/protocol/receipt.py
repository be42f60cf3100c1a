"""The receipt (`vprcpt+jwt`): the municipality's signed word that a redemption was booked.

1. Claims in this order: iss, aud, iat, jti, txn, res, amt, cur, prg; and bal, in the phone's copy only.
2. aud is `m:<merchant>` for the shop's copy and `w` for the phone's. Only the phone's tells the balance.
3. res is `approved`, `partial`, `void` or `refund`; amt is what was paid (or given back), in the
   programme's units. jti is the number of the redemption (of the refund, for a refund).

Spec 03.
"""

from __future__ import annotations

from dataclasses import dataclass

from wallet.protocol.signing import PrivateKey, PublicKey, header, sign, verify
from wallet.protocol.strict import U16, U24, U32, Claims, Malformed, Shape, expect, text, uuid, whole

TYP = "vprcpt+jwt"
WALLET = "w"
RESULTS = ("approved", "partial", "void", "refund")

_SHAPE: Shape = {
    "iss": text(1, 200),
    "aud": text(1, 12),
    "iat": whole(0, U32),
    "jti": uuid,
    "txn": uuid,
    "res": lambda value: value in RESULTS,
    "amt": whole(0, U24),
    "cur": text(3, 3),
    "prg": whole(1, U16),
}
_BALANCE: Shape = {"bal": whole(0, U32)}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. `iat` is epoch seconds; `amt` and `bal` are in the programme's units."""

    iss: str
    aud: str
    iat: int
    jti: str
    txn: str
    res: str
    amt: int
    cur: str
    prg: int
    bal: int | None = None

    def claims(self) -> Claims:
        """Write the claims in their order."""
        claims: Claims = {
            "iss": self.iss,
            "aud": self.aud,
            "iat": self.iat,
            "jti": self.jti,
            "txn": self.txn,
            "res": self.res,
            "amt": self.amt,
            "cur": self.cur,
            "prg": self.prg,
        }
        return claims if self.bal is None else {**claims, "bal": self.bal}


def for_merchant(number: int) -> str:
    """The audience of a shop's copy."""
    return f"m:{number}"


def write(new: Receipt, key: PrivateKey) -> str:
    """Sign a receipt with the receipt key. Raises Malformed when a field is out of range."""
    _check(new.claims())
    return sign(new.claims(), key, header(TYP, key.public.thumbprint))


def check(token: str, key: PublicKey) -> Receipt:
    """Check a receipt. Raises Malformed or BadSignature."""
    claims = verify(token, key, header(TYP, key.thumbprint))
    _check(claims)
    return Receipt(**claims)


def _check(claims: Claims) -> None:
    for_wallet = claims.get("aud") == WALLET
    expect(claims, {**_SHAPE, **(_BALANCE if for_wallet and "bal" in claims else {})})
    if not for_wallet and not claims["aud"].startswith("m:"):
        raise Malformed("aud is m:<merchant> or w")
