"""A phone and a till made of software: the same calls that the real ones make, over any wire.

A `Wire` carries one HTTP call. `DjangoWire` goes straight into the product, `HttpWire` over the network.
Both actors keep a clock of their own (`clock()`, epoch seconds) and sign with keys of their own.
"""

from __future__ import annotations

import http.client
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlsplit

from wallet.protocol import bundle, dpop, keyproof, presentation, qr, record
from wallet.protocol.pass_ import Pass
from wallet.protocol.record import Record
from wallet.protocol.signing import PrivateKey, peek

Clock = Callable[[], float]


@dataclass(frozen=True)
class Answer:
    """What came back: `body` is the JSON, or None when there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str | None:
        """The problem's code, None for an answer that is no problem."""
        return self.body.get("code") if isinstance(self.body, dict) and self.status >= 400 else None


class Wire(Protocol):
    """Something that carries a call. `url` is where the server believes to be."""

    url: str

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Carry one call."""
        ...


class DjangoWire:
    """Straight into the product, by Django's test client."""

    def __init__(self, client: Any, url: str = "http://testserver") -> None:
        self.url = url
        self._client = client

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Carry one call."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        found = self._client.generic(
            method, path, data, content_type="application/json", headers=headers or {}
        )
        return Answer(found.status_code, dict(found.items()), _json(found.content))


class HttpWire:
    """Over the network, one connection a call."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Carry one call."""
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=30)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
            found = connection.getresponse()
            return Answer(found.status, found.headers, _json(found.read()))  # headers in any case
        finally:
            connection.close()


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


@dataclass
class Caller:
    """Who signs each call with a key of its own, and keeps the server's last nonce."""

    wire: Wire
    key: PrivateKey = field(default_factory=PrivateKey.generate)
    clock: Clock = time.time
    nonce: str | None = None

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """A call with a DPoP proof; asked for a fresh nonce, it calls once more."""
        answer = self._once(method, path, body)
        return self._once(method, path, body) if answer.code == "use_dpop_nonce" else answer

    def _once(self, method: str, path: str, body: Any) -> Answer:
        answer = self.wire.call(method, path, body, {"DPoP": self.proof(method, path)})
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer

    def proof(self, method: str, path: str) -> str:
        """A DPoP proof for one call."""
        jti = secrets.token_urlsafe(12)
        return dpop.write(self.key, jti, method, self.wire.url + path, int(self.clock()), self.nonce)


@dataclass(frozen=True)
class HeldPass:
    """A pass on a phone, with its own key."""

    token: str
    key: PrivateKey
    voucher: str

    @property
    def claims(self) -> dict[str, Any]:
        """What the pass says, as its holder reads it."""
        return peek(self.token)[1]

    def show(self, now: float, most: int) -> str:
        """An open presentation: `<pass>~<kb-jwt>`."""
        return presentation.present(self.token, presentation.open_proof(int(now), most), self.key)

    def answer(self, now: float, amount: int, merchant: int, nonce: str) -> str:
        """A bound presentation: the answer to a shop's own question."""
        return presentation.present(
            self.token, presentation.bound_proof(int(now), amount, merchant, nonce), self.key
        )

    def symbol(self, now: float, most: int) -> str:
        """The text of the QR (VP1) of an open presentation."""
        proof = presentation.open_proof(int(now), most)
        return qr.encode(self._read(), proof, presentation.present(self.token, proof, self.key))

    def answer_symbol(self, now: float, amount: int, merchant: int, nonce: str) -> str:
        """The text of the QR (VP1) of a bound presentation."""
        proof = presentation.bound_proof(int(now), amount, merchant, nonce)
        return qr.encode(self._read(), proof, presentation.present(self.token, proof, self.key))

    def short_symbol(self, now: float, most: int) -> str:
        """The text of the short QR (VP2)."""
        proof = presentation.open_proof(int(now), most)
        text = presentation.present(self.token, proof, self.key)
        return qr.encode_short(self.claims["jti"], proof, text.partition("~")[2])

    def _read(self) -> Pass:
        header, claims = peek(self.token)
        place = claims["status"]["status_list"]
        return Pass(
            iss=claims["iss"],
            kid=str(header["kid"]),
            iat=claims["iat"],
            exp=claims["exp"],
            jti=claims["jti"],
            holder=claims["cnf"]["jwk"],
            list_no=int(place["uri"].rpartition("/")[2]),
            idx=place["idx"],
            prg=claims["prg"],
            ofl=claims["ofl"],
            once=claims["once"],
        )


@dataclass
class Phone(Caller):
    """A holder's phone."""

    iss: str = ""
    passes: list[HeldPass] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    _issuer: str = ""

    def activate(self, code: str) -> Answer:
        """Bind this phone to the holder of a code."""
        answer = self.call("POST", "/api/v1/wallet/devices", {"code": code, "jwk": self.key.public.jwk})
        if answer.status == 201:
            self.state = answer.body["state"]
        return answer

    def refresh(self) -> dict[str, Any]:
        """Read the state again."""
        self.state = self.call("GET", "/api/v1/wallet/state").body
        return self.state

    def voucher(self, prg: int, relation: str = "") -> dict[str, Any]:
        """The voucher under a programme, as last read: the first, or the first that is `relation`'s."""
        found = (voucher for voucher in self.state["vouchers"] if voucher["prg"] == prg)
        return next(voucher for voucher in found if relation in ("", voucher["whose"]["relation"]))

    def lost(self, code: str) -> Answer:
        """Type a block code, on any phone: nothing is proved but the code."""
        return self.wire.call("POST", "/api/v1/wallet/lost", {"code": code})

    def stop_helper(self, helper: str) -> Answer:
        """End a helper's mandate."""
        return self.call("DELETE", f"/api/v1/wallet/helpers/{helper}")

    def refill(self, prg: int, count: int = 8, *, reserve: bool = False, relation: str = "") -> Answer:
        """Ask for passes; the new ones are appended to `passes`."""
        keys = [PrivateKey.generate() for _ in range(count)]
        voucher = self.voucher(prg, relation)["id"]
        body = {"voucher": voucher, "proofs": [self.key_proof(key) for key in keys], "reserve": reserve}
        answer = self.call("POST", "/api/v1/wallet/passes", body)
        if answer.status == 201:
            tokens = answer.body["passes"]
            self.passes += [HeldPass(token, key, voucher) for token, key in zip(tokens, keys, strict=True)]
        return answer

    def key_proof(self, key: PrivateKey) -> str:
        """A proof that this phone holds `key`."""
        if self.nonce is None:
            self.nonce = self.wire.call("GET", "/api/v1/wallet/nonce").body["nonce"]
        return keyproof.write(key, self.issuer, int(self.clock()), self.nonce)

    @property
    def issuer(self) -> str:
        """The issuer's URL, as the server tells it to anyone."""
        if not self._issuer:
            self._issuer = str(self.wire.call("GET", "/api/v1/config").body["issuer"])
        return self._issuer

    def take(self, prg: int) -> HeldPass:
        """The next unused one-time pass of a programme, taken off the phone."""
        index = next(
            i for i, held in enumerate(self.passes) if held.claims["prg"] == prg and held.claims["once"]
        )
        return self.passes.pop(index)


@dataclass
class Till(Caller):
    """A shop's tablet."""

    id: str = ""
    merchant: int = 0
    issuer: str = ""
    prev: str = ""
    seq: int = 0
    bnd: int = 0
    stl: int | None = None
    last: str = ""
    queue: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def enrol(self, code: str, name: str = "") -> Answer:
        """Bind this tablet to the till of a code."""
        body = {"code": code, "jwk": self.key.public.jwk, "name": name}
        answer = self.call("POST", "/api/v1/tills/enrol", body)
        if answer.status == 201:
            claims = peek(answer.body["bundle"], bundle.MAX_TOKEN_BYTES)[1]
            self.id, self.merchant = answer.body["till"], answer.body["merchant"]["number"]
            self.issuer, self.bnd = claims["iss"], claims["iat"]
            self.prev, self.seq = record.first_prev(self.id, answer.body["enrol_nonce"]), 0
        return answer

    def draft(self, amt: int, prg: int, **changes: Any) -> Record:
        """The next record, unsigned. `changes` replace any of its members."""
        drafted = Record(
            till=self.id,
            aud=self.issuer,
            iat=int(self.clock()),
            jti=str(uuid.uuid4()),
            txn=str(uuid.uuid4()),
            mode="on",
            amt=amt,
            cur="EUR",
            prg=prg,
            part=False,
            seq=self.seq + 1,
            prev=self.prev,
            bnd=self.bnd,
        )
        return replace(drafted, **changes)

    def sign(self, drafted: Record) -> str:
        """Sign a record and put it in the chain."""
        token = record.write(drafted, self.key)
        self.seq, self.prev, self.last = drafted.seq, record.chain_hash(token), token
        return token

    def sell_offline(self, pres: str, amt: int, prg: int, **changes: Any) -> str:
        """Accept a sale without a connection: its record waits in the queue."""
        stl = int(self.clock()) if self.stl is None else self.stl
        token = self.sign(
            self.draft(amt, prg, **{"mode": "off", "stl": stl, "pres": pres or None, **changes})
        )
        self.queue.append(token)
        return token

    def sell_card_offline(self, card: str, amt: int, prg: int, **changes: Any) -> str:
        """Accept a signed card (VPC2) without a connection."""
        return self.sell_offline("", amt, prg, **{"card": card, **changes})

    def void_offline(self, sale: str, **changes: Any) -> str:
        """Take back a sale that waits in the queue."""
        said = peek(sale)[1]
        changes = {"mode": "void", "ref": said["jti"], "cur": said["cur"], **changes}
        token = self.sign(self.draft(said["amt"], said["prg"], **changes))
        self.queue.append(token)
        return token

    def upload(self, records: list[str] | None = None) -> Answer:
        """Send the queue, or these records; what is acknowledged leaves the queue."""
        sent = list(self.queue) if records is None else records
        self.sent = sent
        answer = self.call("POST", "/api/v1/tills/records", {"records": sent})
        if answer.status == 200 and records is None:
            acked = answer.body["acked_seq"]
            self.queue = [token for token in self.queue if peek(token)[1]["seq"] > acked]
        return answer

    def cases(self) -> list[dict[str, Any]]:
        """What the server refused or holds."""
        return list(self.call("GET", "/api/v1/tills/cases").body["cases"])

    def sale(self, pres: str, amt: int, prg: int, **changes: Any) -> str:
        """A signed record of a sale."""
        return self.sign(self.draft(amt, prg, pres=pres, **changes))

    def send(self, token: str, key: str | None = None, pin: str | None = None) -> Answer:
        """Send a sale; `key` is the Idempotency-Key, the record's txn unless another is given."""
        txn = peek(token)[1]["txn"] if key is None else key
        body = {"record": token} if pin is None else {"record": token, "pin": pin}
        return self.wire.call("POST", "/api/v1/redemptions", body, {"Idempotency-Key": txn})

    def card_sale(self, card: str, amt: int, prg: int = 0, **changes: Any) -> str:
        """A signed record of a sale by card (the text of its QR); prg 0: the server finds the pot."""
        return self.sign(self.draft(amt, prg, card=card, **changes))

    def pay_by_card(
        self, card: str, amt: int, pin: str | None = None, prg: int = 0, **changes: Any
    ) -> Answer:
        """Sell as a till does: first without the PIN; when that is asked for, the same record with it."""
        token = self.card_sale(card, amt, prg, **changes)
        answer = self.send(token)
        return self.send(token, pin=pin) if answer.code == "pin_required" and pin is not None else answer

    def redeem(self, pres: str, amt: int, prg: int, **changes: Any) -> Answer:
        """Sell: sign and send. What was not approved is uploaded later, for the chain."""
        token = self.sale(pres, amt, prg, **changes)
        answer = self.send(token)
        if answer.status not in (200, 201):
            self.queue.append(token)
        return answer

    def give_back(self, verb: str, redemption: str, amt: int, prg: int, **changes: Any) -> Answer:
        """Void (`void`) or refund (`refunds`) a redemption."""
        mode = "void" if verb == "void" else "refund"
        token = self.sign(self.draft(amt, prg, **{"mode": mode, "ref": redemption, **changes}))
        self.queue.append(token)
        return self.resend(verb, redemption, token)

    def resend(self, verb: str, redemption: str, token: str) -> Answer:
        """Send a void or refund (again)."""
        return self.wire.call("POST", f"/api/v1/redemptions/{redemption}/{verb}", {"record": token})

    def scan(self, symbol: str) -> str:
        """What a scan of a QR puts into a record: VP1 is rebuilt, VP2 goes as it is."""
        return symbol if symbol.startswith("VP2:") else qr.decode(symbol).rebuild(self.issuer)


def _segment(token: str) -> bytes:
    from wallet.protocol.strict import unb64

    return unb64(token.split(".")[1])
