"""The till's record (`vprec+jwt`): one signed line of what a till did, chained to the line before.

1. Claims in this order: iss, aud, iat, jti, txn, mode, amt, cur, prg, part, then one of pres, card or ref,
   then seq, prev, bnd, and stl (offline sales only).
2. iss is `till:<id>`, aud the issuer's URL; jti and txn are UUIDs; txn names the sale and survives a retry.
3. mode `on` and `off` are sales and carry `pres` (`<pass>~<kb-jwt>`, or the text of a VP2 symbol) or `card`
   (the text of a VPC1 or VPC2 symbol);
   `void` and `refund` carry `ref`, the number of the redemption (of the record, when made offline).
4. seq counts from 1 without gaps. prev is the SHA-256 of the record before; the first one's is the
   SHA-256 of `vp-till:<id>:<enrol nonce>`.
5. prg 0 leaves the programme to the server, online only: with a VP2 symbol, whose text does not tell it, it
   is the pass's; with a card it is that of the pot that the server chooses.
6. Amounts are in the programme's units. A PIN is never in a record.

Spec 03.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wallet.protocol import qr
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import (
    BadSignature,
    Header,
    PrivateKey,
    PublicKey,
    header,
    peek,
    sha256,
    sign,
    verify_by,
)
from wallet.protocol.strict import (
    U16,
    U24,
    U32,
    Claims,
    Malformed,
    Shape,
    encoded,
    expect,
    flag,
    text,
    uuid,
    whole,
)

TYP = "vprec+jwt"
SALES = ("on", "off")
MODES = (*SALES, "void", "refund")
SUBJECTS = ("pres", "card", "ref")

_HEAD: Shape = {
    "iss": text(6, 64),
    "aud": text(1, 200),
    "iat": whole(0, U32),
    "jti": uuid,
    "txn": uuid,
    "mode": lambda value: value in MODES,
    "amt": whole(0, U24),
    "cur": text(3, 3),
    "prg": whole(0, U16),
    "part": flag,
}
_SUBJECT: Mapping[str, Shape] = {
    "pres": {"pres": text(1, 2048)},
    "card": {"card": text(1, 240)},
    "ref": {"ref": uuid},
}
_TAIL: Shape = {"seq": whole(1, U32), "prev": encoded(32), "bnd": whole(0, U32)}
_STL: Shape = {"stl": whole(0, U32)}


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a till. Times are epoch seconds; `amt` is in the programme's units.

    `prg` is 0 when only the server can tell the programme, from a VP2 symbol or a card.
    `bnd` and `stl` are the iat of the bundle and of the oldest status list that the till held.
    Exactly one of `pres`, `card` and `ref` is set.
    """

    till: str
    aud: str
    iat: int
    jti: str
    txn: str
    mode: str
    amt: int
    cur: str
    prg: int
    part: bool
    seq: int
    prev: str
    bnd: int
    pres: str | None = None
    card: str | None = None
    ref: str | None = None
    stl: int | None = None

    def claims(self) -> Claims:
        """Write the claims in their order."""
        subject = {name: getattr(self, name) for name in SUBJECTS if getattr(self, name) is not None}
        claims: Claims = {
            "iss": f"till:{self.till}",
            "aud": self.aud,
            "iat": self.iat,
            "jti": self.jti,
            "txn": self.txn,
            "mode": self.mode,
            "amt": self.amt,
            "cur": self.cur,
            "prg": self.prg,
            "part": self.part,
            **subject,
            "seq": self.seq,
            "prev": self.prev,
            "bnd": self.bnd,
        }
        return claims if self.stl is None else {**claims, "stl": self.stl}


def first_prev(till: str, enrol_nonce: str) -> str:
    """The `prev` of a till's first record."""
    return sha256(f"vp-till:{till}:{enrol_nonce}".encode("ascii"))


def chain_hash(token: str) -> str:
    """The `prev` of the record that follows `token`."""
    return sha256(token.encode("ascii"))


def write(new: Record, key: PrivateKey) -> str:
    """Sign a record. Raises Malformed when a field is out of range."""
    _check(new.claims())
    return sign(new.claims(), key, header(TYP, key.public.thumbprint))


def check(token: str, find_key: Callable[[str], PublicKey | None], aud: str) -> Record:
    """Check a record: `find_key` answers the key of a till, None if there is no such till; `aud` is our URL.

    Raises Refused: malformed_record or till_auth_failed.
    """

    def choose(found: Header, claims: Claims) -> tuple[PublicKey, Header]:
        _check(claims)
        key = find_key(claims["iss"].removeprefix("till:"))
        # A till that was enrolled anew knows its old key only: that is a stranger, not a misprint.
        if key is None or found.get("kid") != key.thumbprint or claims["aud"] != aud:
            raise Refused(Code.TILL_AUTH_FAILED)
        return key, header(TYP, key.thumbprint)

    try:
        return _read(verify_by(token, choose)[1])
    except Malformed as error:
        raise Refused(Code.MALFORMED_RECORD) from error
    except BadSignature as error:
        raise Refused(Code.TILL_AUTH_FAILED) from error


def read_kept(token: str) -> Record:
    """Read a record whose signature was checked when it came in: its till may have another key by now."""
    claims = peek(token)[1]
    _check(claims)
    return _read(claims)


def _check(claims: Claims) -> None:
    subjects = [name for name in SUBJECTS if name in claims]
    if len(subjects) != 1:
        raise Malformed("exactly one of pres, card and ref")
    offline: Shape = _STL if claims.get("mode") == "off" else {}
    expect(claims, {**_HEAD, **_SUBJECT[subjects[0]], **_TAIL, **offline}, in_order=False)
    if not claims["iss"].startswith("till:"):
        raise Malformed("iss is till:<id>")
    if claims["prg"] == 0 and not (claims["mode"] == "on" and _left_open(claims)):
        raise Malformed("only a VP2 symbol or a card leaves the programme to the server")
    if (claims["mode"] in SALES) == (subjects[0] == "ref"):
        raise Malformed("a sale names a pass or card, a void or refund names a redemption")


def _left_open(claims: Claims) -> bool:
    return "card" in claims or qr.is_short(claims.get("pres", ""))


def _read(claims: Claims) -> Record:
    fields: dict[str, Any] = {name: value for name, value in claims.items() if name != "iss"}
    return Record(till=claims["iss"].removeprefix("till:"), **fields)
