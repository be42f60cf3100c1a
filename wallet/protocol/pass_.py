"""The pass (`vpass+sd-jwt`): a one-time right to spend from one voucher, signed by the issuer.

1. Claims in this order: iss, aud, iat, exp, jti, cnf, status, prg, ofl, once. No other claim, ever.
2. aud is `vp:till`. iat and exp are whole days (00:00 UTC), so that a week's passes look alike.
3. prg is the only fact about its bearer. No name, no voucher, no balance.
4. `once` is false for the reserve pass, whose offline limit is 0, and for the pass of a signed card, which
   has one. So the issuer part of no phone's code can pass for a card. A key for cards alone signs it
   (`vp_use` card).

The underscore is there because `pass` is a word of Python. Spec 02.
"""

from __future__ import annotations

from dataclasses import dataclass

from wallet.protocol import keyring
from wallet.protocol.keyring import Keyring
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import (
    BadKey,
    BadSignature,
    Header,
    Jwk,
    PrivateKey,
    PublicKey,
    header,
    sign,
    verify_by,
)
from wallet.protocol.strict import (
    U16,
    U24,
    Claims,
    Malformed,
    encoded,
    exactly,
    expect,
    flag,
    mapping,
    number,
    text,
    whole,
)

TYP = "vpass+sd-jwt"
AUD = "vp:till"
DAY = 86_400
WEEK = 7 * DAY
JTI_BYTES = 12

_SHAPE = {
    "iss": text(1, 200),
    "aud": exactly(AUD),
    "iat": whole(0, U16 * DAY),
    "exp": whole(0, U16 * DAY),
    "jti": encoded(JTI_BYTES),
    "cnf": mapping,
    "status": mapping,
    "prg": whole(1, U16),
    "ofl": whole(0, U24),
    "once": flag,
}
_CNF = {"jwk": mapping}
_STATUS = {"status_list": mapping}
_STATUS_LIST = {"idx": whole(0, U24), "uri": text(1, 220)}


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass says. Times are epoch seconds; `ofl` is in the programme's units (cents or tickets).

    `list_no` and `idx` are the status list and the place in it; `holder` is the key of this pass alone.
    """

    iss: str
    kid: str
    iat: int
    exp: int
    jti: str
    holder: Jwk
    list_no: int
    idx: int
    prg: int
    ofl: int
    once: bool

    def claims(self) -> Claims:
        """Write the claims in their order."""
        return {
            "iss": self.iss,
            "aud": AUD,
            "iat": self.iat,
            "exp": self.exp,
            "jti": self.jti,
            "cnf": {"jwk": self.holder},
            "status": {"status_list": {"idx": self.idx, "uri": f"{self.iss}/status/{self.list_no}"}},
            "prg": self.prg,
            "ofl": self.ofl,
            "once": self.once,
        }

    def header(self) -> Header:
        """Write the header of this pass."""
        return header(TYP, self.kid)


def week_start(now: int) -> int:
    """The Monday 00:00 UTC at or before `now` (epoch seconds): the iat of every pass of that week."""
    monday = 4 * DAY  # 1970-01-05
    return now - (now - monday) % WEEK


def issue(new: Pass, key: PrivateKey, *, card: bool = False) -> str:
    """Sign a pass; with `card` that of a signed card.

    Raises Malformed when a field is out of range, so no unreadable pass leaves the house.
    """
    _check(new.claims(), card)
    return sign(new.claims(), key, new.header())


def check(token: str, ring: Keyring, *, card: bool = False) -> Pass:
    """Check a pass but for its dates and status, which `redemption.decide` judges; `card`: of a signed card.

    Raises Refused: malformed_qr, unknown_key, key_compromised or bad_signature.
    """
    try:
        found, claims = verify_by(token, lambda found, _: _chosen(ring, found.get("kid"), card))
        read = _read(str(found["kid"]), claims, card)
    except BadSignature as error:
        raise Refused(Code.BAD_SIGNATURE) from error
    except Malformed as error:
        raise Refused(Code.MALFORMED_QR) from error
    if read.iss != ring[read.kid].iss:
        raise Refused(Code.UNKNOWN_KEY)
    return read


def _chosen(ring: Keyring, kid: object, card: bool) -> tuple[PublicKey, Header]:
    key = keyring.find(ring, kid, "card" if card else "pass")
    return key.public, header(TYP, key.kid)


def _read(kid: str, claims: Claims, card: bool) -> Pass:
    _check(claims, card)
    place = claims["status"]["status_list"]
    return Pass(
        iss=claims["iss"],
        kid=kid,
        iat=claims["iat"],
        exp=claims["exp"],
        jti=claims["jti"],
        holder=claims["cnf"]["jwk"],
        list_no=_list_no(claims["iss"], place["uri"]),
        idx=place["idx"],
        prg=claims["prg"],
        ofl=claims["ofl"],
        once=claims["once"],
    )


def _check(claims: Claims, card: bool) -> None:
    expect(claims, _SHAPE)
    expect(claims["cnf"], _CNF)
    expect(claims["status"], _STATUS)
    expect(claims["status"]["status_list"], _STATUS_LIST)
    if list(claims["cnf"]["jwk"]) != ["crv", "kty", "x", "y"]:
        raise Malformed("the holder key is {crv, kty, x, y}")
    _list_no(claims["iss"], claims["status"]["status_list"]["uri"])
    check_dates(claims["iat"], claims["exp"])
    if card != (not claims["once"] and claims["ofl"] > 0):
        raise Malformed("for more than once with an offline limit is a signed card, and nothing else is")


def check_dates(iat: int, exp: int) -> None:
    """Demand whole days and an end after the start (epoch seconds). Raises Malformed."""
    if iat % DAY or exp % DAY or exp <= iat:
        raise Malformed("a pass runs over whole days")


def _list_no(iss: str, uri: str) -> int:
    base, _, last = uri.rpartition("/")
    if base != iss + "/status" or number(last) > U16:
        raise Malformed("not a status list of this issuer")
    return int(last)


def holder_key(of: Pass) -> PublicKey:
    """Load the key that must have signed the presentation. Raises Refused(bad_proof)."""
    try:
        return PublicKey.from_jwk(of.holder)
    except BadKey as error:
        raise Refused(Code.BAD_PROOF) from error
