"""A phone and a till made of software: they know what a real one knows, and sign what a real one signs.

1. They hold keys and build texts; they never call the server. Who carries the texts, a service or HTTP, is
   the business of their user: the demo's history, the tests, the benchmark.
2. `now` is an argument (epoch seconds). Amounts are in the programme's units.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from wallet.protocol import dpop, keyproof, pass_, presentation, qr, record
from wallet.protocol.keyring import Keyring
from wallet.protocol.pass_ import Pass
from wallet.protocol.record import Record
from wallet.protocol.signing import Jwk, PrivateKey


@dataclass(frozen=True)
class Held:
    """A pass on a phone: its text, what it says, and the key that only this phone has."""

    token: str
    says: Pass
    key: PrivateKey


@dataclass
class Phone:
    """A holder's phone: a key of its own, and one for each pass."""

    iss: str
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    passes: list[Held] = field(default_factory=list)

    @property
    def jwk(self) -> Jwk:
        """The public half of the phone's own key."""
        return self.key.public.jwk

    def sign_call(self, method: str, url: str, nonce: str | None, now: int) -> str:
        """Write the DPoP proof of one call."""
        return dpop.write(self.key, str(uuid.uuid4()), method, url, now, nonce)

    def ask(self, count: int, nonce: str, now: int) -> tuple[list[str], list[PrivateKey]]:
        """Make the keys of new passes, and the proofs that ask for them."""
        keys = [PrivateKey.generate() for _ in range(count)]
        return [keyproof.write(key, self.iss, now, nonce) for key in keys], keys

    def keep(self, tokens: list[str], keys: list[PrivateKey], ring: Keyring) -> None:
        """Check and store new passes. Raises Refused when the issuer did not sign one."""
        self.passes += [
            Held(token, pass_.check(token, ring), key) for token, key in zip(tokens, keys, strict=True)
        ]

    def show(self, most: int, now: int, prg: int | None = None) -> str:
        """Spend the oldest pass (of programme `prg`): the text of its QR symbol, for any shop."""
        held = next(one for one in self.passes if prg in (None, one.says.prg))
        self.passes.remove(held)
        return symbol(held, most, now)


def symbol(held: Held, most: int, now: int) -> str:
    """The open VP1 text of a pass, good for at most `most` units around `now`."""
    proof = presentation.open_proof(now, most)
    return qr.encode(held.says, proof, presentation.present(held.token, proof, held.key))


@dataclass
class Till:
    """A shop's device after enrolment, with its chain of records."""

    iss: str
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    id: str = ""
    bundle_iat: int = 0
    seq: int = 0
    prev: str = ""
    currencies: dict[int, str] = field(default_factory=dict)

    @property
    def jwk(self) -> Jwk:
        """The public half of the till's key."""
        return self.key.public.jwk

    def enrolled(self, till: str, nonce: str, now: int) -> None:
        """Take the identity that the server gave, and start the chain."""
        self.id, self.seq, self.prev, self.bundle_iat = till, 0, record.first_prev(till, nonce), now

    def sign_call(self, method: str, url: str, nonce: str | None, now: int) -> str:
        """Write the DPoP proof of one call."""
        return dpop.write(self.key, str(uuid.uuid4()), method, url, now, nonce)

    def sale(
        self,
        scanned: str,
        amount: int,
        now: int,
        *,
        txn: str | None = None,
        part: bool = False,
        offline: bool = False,
    ) -> str:
        """Write the record of a sale: read the symbol, name its programme, ask for `amount` units."""
        read = qr.decode(scanned)
        pres, cur = read.rebuild(self.iss), self.currency(read.prg)
        mode, stl = ("off", now) if offline else ("on", None)
        return self._write(
            mode=mode, amt=amount, cur=cur, prg=read.prg, part=part, pres=pres, txn=txn, now=now, stl=stl
        )

    def give_back(self, redemption: str, prg: int, amount: int, now: int, *, mode: str = "refund") -> str:
        """Write the record of a refund or (`mode="void"`) a void."""
        return self._write(
            mode=mode,
            amt=amount,
            cur=self.currency(prg),
            prg=prg,
            part=False,
            ref=redemption,
            txn=None,
            now=now,
        )

    def currency(self, prg: int) -> str:
        """The currency of a programme: EUR, unless the bundle says otherwise."""
        return self.currencies.get(prg, "EUR")

    def _write(  # noqa: PLR0913 - a record is its members
        self,
        *,
        mode: str,
        amt: int,
        cur: str,
        prg: int,
        part: bool,
        txn: str | None,
        now: int,
        pres: str | None = None,
        ref: str | None = None,
        stl: int | None = None,
    ) -> str:
        self.seq += 1
        new = Record(
            till=self.id,
            aud=self.iss,
            iat=now,
            jti=str(uuid.uuid4()),
            txn=txn or str(uuid.uuid4()),
            mode=mode,
            amt=amt,
            cur=cur,
            prg=prg,
            part=part,
            seq=self.seq,
            prev=self.prev,
            bnd=self.bundle_iat,
            pres=pres,
            ref=ref,
            stl=stl,
        )
        token = record.write(new, self.key)
        self.prev = record.chain_hash(token)
        return token
