"""The QR texts: short enough to be read at arm's length, in alphanumeric mode, level M.

1. `VP1:` + base45 of 198 bytes (open) or 210 (bound): both JWTs without what the reader already knows.
   The reader rebuilds the exact bytes that were signed; a wrong rebuild cannot verify.
2. `VP2:` + base45 of 84 bytes: an open proof only, for a server that knows the pass. Easier to scan.
3. `VPQ1:` + base45 of 19 bytes: the shop's question, to which a bound presentation is the answer.
4. `VPC1:` + base32 of a card's 16 bytes and a CRC-16: a printed card.
5. `VPC2:` + base45 of 127 bytes: a signed card, the pass alone. It may pay a little without a connection.
6. All numbers are big-endian. Unused bits are zero and every field is in its range, or it is refused.

Spec 03.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Any

from wallet.protocol import base45
from wallet.protocol.pass_ import DAY, JTI_BYTES, Pass, check_dates
from wallet.protocol.presentation import HEADER, NONCE_BYTES, STEP_MAX, STEP_SECONDS, Proof
from wallet.protocol.refusals import Code, Refused
from wallet.protocol.signing import PublicKey, check_signature, join
from wallet.protocol.strict import U24, Malformed, b64, unb64

_PASS = struct.Struct(">B3s12sHHH3sH3s33s64s")
_PROOF = struct.Struct(">I3s")
_BOUND = struct.Struct(">I8s")
_SHORT = struct.Struct(">B12sI3s64s")
_QUESTION = struct.Struct(">I3s8sI")
_SIGNATURE = 64
_PROFILE, _ONCE, _IS_BOUND = 0x10, 0x02, 0x01
_SHORT_PROFILE = 0x20
_CARD_PROFILE = 0x30
OPEN_BYTES = _PASS.size + _PROOF.size + _SIGNATURE
BOUND_BYTES = OPEN_BYTES + _BOUND.size
CARD_BYTES = 16
SIGNED_CARD_BYTES = _PASS.size


@dataclass(frozen=True, slots=True)
class PassPart:
    """What a symbol carries of a pass. Times in epoch seconds; `holder` is a compressed point of 33 bytes."""

    kid: str
    jti: str
    iat: int
    exp: int
    list_no: int
    idx: int
    prg: int
    ofl: int
    once: bool
    holder: bytes
    pass_signature: bytes

    def rebuild_pass(self, iss: str) -> str:
        """Write the very token that the issuer of `kid` signed. Raises Refused(malformed_qr)."""
        try:
            holder = PublicKey.from_compressed(self.holder).jwk
        except Malformed as error:
            raise Refused(Code.MALFORMED_QR) from error
        found = Pass(
            iss=iss,
            kid=self.kid,
            iat=self.iat,
            exp=self.exp,
            jti=self.jti,
            holder=holder,
            list_no=self.list_no,
            idx=self.idx,
            prg=self.prg,
            ofl=self.ofl,
            once=self.once,
        )
        return join(found.claims(), found.header(), self.pass_signature)


@dataclass(frozen=True, slots=True)
class Symbol(PassPart):
    """What a VP1 symbol carries: a pass and a proof."""

    proof: Proof
    proof_signature: bytes

    def rebuild(self, iss: str) -> str:
        """Write the canonical `<pass>~<kb-jwt>` for the issuer of `kid`. Raises Refused(malformed_qr)."""
        token = self.rebuild_pass(iss)
        return f"{token}~{join(self.proof.claims(token), HEADER, self.proof_signature)}"


def encode(pass_: Pass, proof: Proof, text: str) -> str:
    """Write a presentation `text`, whose contents are `pass_` and `proof`, as a VP1 symbol."""
    pass_token, _, kb_token = text.partition("~")
    head = _PROFILE | _ONCE * pass_.once | _IS_BOUND * (proof.merchant is not None)
    parts = [
        _pack_pass(head, pass_, pass_token),
        _PROOF.pack(proof.step, _u24(proof.max)),
        b"" if proof.merchant is None else _BOUND.pack(proof.merchant, unb64(proof.nonce or "", NONCE_BYTES)),
        _signature_of(kb_token),
    ]
    return "VP1:" + base45.encode(b"".join(parts))


def _pack_pass(head: int, pass_: Pass, token: str) -> bytes:
    return _PASS.pack(
        head,
        unb64(pass_.kid, 3),
        unb64(pass_.jti, JTI_BYTES),
        pass_.iat // DAY,
        pass_.exp // DAY,
        pass_.list_no,
        _u24(pass_.idx),
        pass_.prg,
        _u24(pass_.ofl),
        PublicKey.from_jwk(pass_.holder).compressed,
        _signature_of(token),
    )


def decode(text: str) -> Symbol:
    """Read a VP1 symbol. Raises Refused: malformed_qr, or unsupported_version for a VP of another number."""
    try:
        return _read(base45.decode(_body(text, "VP1:")))
    except (Malformed, struct.error) as error:
        raise Refused(Code.MALFORMED_QR) from error


def _body(text: str, prefix: str) -> str:
    if text.startswith(prefix):
        return text[len(prefix) :]
    if text.startswith(prefix.rstrip("0123456789:")) and ":" in text[:8]:
        raise Refused(Code.UNSUPPORTED_VERSION)
    raise Refused(Code.MALFORMED_QR)


def _read(data: bytes) -> Symbol:
    if not data or data[0] & ~(_ONCE | _IS_BOUND) != _PROFILE:
        raise Malformed("not profile 1, or a reserved bit is set")
    bound = bool(data[0] & _IS_BOUND)
    if len(data) != (BOUND_BYTES if bound else OPEN_BYTES):
        raise Malformed("not the length of this symbol")
    symbol = Symbol(
        **_read_pass(data, once=bool(data[0] & _ONCE)),
        proof=_read_proof(data, bound),
        proof_signature=check_signature(data[-_SIGNATURE:]),
    )
    if symbol.ofl and not symbol.once:
        raise Malformed("a reserve pass has no offline limit")
    return symbol


def _read_pass(data: bytes, *, once: bool) -> dict[str, Any]:
    """The fields of a PassPart, each in its range."""
    _, kid, jti, first, last, list_no, idx, prg, ofl, holder, signature = _PASS.unpack_from(data)
    check_dates(first * DAY, last * DAY)
    return {
        "kid": b64(kid),
        "jti": b64(jti),
        "iat": first * DAY,
        "exp": last * DAY,
        "list_no": list_no,
        "idx": _int(idx),
        "prg": _least(prg, 1),
        "ofl": _int(ofl),
        "once": once,
        "holder": holder,
        "pass_signature": check_signature(signature),
    }


def _read_proof(data: bytes, bound: bool) -> Proof:
    step, most = _PROOF.unpack_from(data, _PASS.size)
    iat, most = _step(step) * STEP_SECONDS, _least(_int(most), 1)
    if not bound:
        return Proof(iat, most)
    merchant, nonce = _BOUND.unpack_from(data, _PASS.size + _PROOF.size)
    return Proof(iat, most, _least(merchant, 1), b64(nonce))


@dataclass(frozen=True, slots=True)
class Short:
    """What a VP2 symbol carries: an open proof and the number of its pass."""

    jti: str
    proof: Proof
    proof_signature: bytes

    def rebuild(self, pass_token: str) -> str:
        """Write the canonical `<pass>~<kb-jwt>` for the pass with number `jti`."""
        return f"{pass_token}~{join(self.proof.claims(pass_token), HEADER, self.proof_signature)}"


def encode_short(jti: str, proof: Proof, kb_token: str) -> str:
    """Write the proof of an open presentation as a VP2 symbol."""
    fields = (unb64(jti, JTI_BYTES), proof.step, _u24(proof.max), _signature_of(kb_token))
    return "VP2:" + base45.encode(_SHORT.pack(_SHORT_PROFILE, *fields))


def is_short(text: str) -> bool:
    """Whether a text says that it is a VP2 symbol."""
    return text.startswith("VP2:")


def decode_short(text: str) -> Short:
    """Read a VP2 symbol. Raises Refused(malformed_qr or unsupported_version)."""
    try:
        data = base45.decode(_body(text, "VP2:"))
        profile, jti, step, most, signature = _SHORT.unpack(data)
        if profile != _SHORT_PROFILE:
            raise Malformed("not the profile of a VP2 symbol")
        proof = Proof(_step(step) * STEP_SECONDS, _least(_int(most), 1))
        return Short(b64(jti), proof, check_signature(signature))
    except (Malformed, struct.error) as error:
        raise Refused(Code.MALFORMED_QR) from error


@dataclass(frozen=True, slots=True)
class Question:
    """What a shop shows: its number, an amount in the programme's units, 8 fresh bytes, when (epoch s)."""

    merchant: int
    amount: int
    nonce: str
    asked_at: int


def encode_question(question: Question) -> str:
    """Write a question as a VPQ1 symbol."""
    nonce = unb64(question.nonce, NONCE_BYTES)
    data = _QUESTION.pack(question.merchant, _u24(question.amount), nonce, question.asked_at)
    return "VPQ1:" + base45.encode(data)


def decode_question(text: str) -> Question:
    """Read a VPQ1 symbol. Raises Refused(malformed_qr or unsupported_version)."""
    try:
        merchant, amount, nonce, asked_at = _QUESTION.unpack(base45.decode(_body(text, "VPQ1:")))
        return Question(_least(merchant, 1), _least(_int(amount), 1), b64(nonce), asked_at)
    except (Malformed, struct.error) as error:
        raise Refused(Code.MALFORMED_QR) from error


def encode_card(card: bytes) -> str:
    """Write the 16 bytes of a printed card as a VPC1 symbol, with a CRC-16 against misreading."""
    if len(card) != CARD_BYTES:
        raise Malformed("a card has 16 bytes")
    return "VPC1:" + base64.b32encode(card + _crc(card)).decode("ascii").rstrip("=")


def decode_card(text: str) -> bytes:
    """Read a VPC1 symbol: the 16 bytes of the card. Raises Refused(malformed_qr or unsupported_version)."""
    body = _body(text, "VPC1:")
    try:
        data = base64.b32decode(body + "=" * (-len(body) % 8))
    except ValueError as error:
        raise Refused(Code.MALFORMED_QR) from error
    card = data[:CARD_BYTES]
    if len(data) != CARD_BYTES + 2 or data[CARD_BYTES:] != _crc(card) or encode_card(card) != text:
        raise Refused(Code.MALFORMED_QR)
    return card


def encode_signed_card(pass_: Pass, token: str) -> str:
    """Write the pass of a signed card, `token` by its text, as a VPC2 symbol."""
    if pass_.once or not pass_.ofl:
        raise Malformed("a signed card is for more than once and has an offline limit")
    return "VPC2:" + base45.encode(_pack_pass(_CARD_PROFILE, pass_, token))


def is_signed_card(text: str) -> bool:
    """Whether a text says that it is a VPC2 symbol."""
    return text.startswith("VPC2:")


def decode_signed_card(text: str) -> PassPart:
    """Read a VPC2 symbol. Raises Refused(malformed_qr or unsupported_version)."""
    try:
        data = base45.decode(_body(text, "VPC2:"))
        if len(data) != SIGNED_CARD_BYTES or data[0] != _CARD_PROFILE:
            raise Malformed("not the profile or length of a signed card")
        part = PassPart(**_read_pass(data, once=False))
        _least(part.ofl, 1)
        return part
    except (Malformed, struct.error) as error:
        raise Refused(Code.MALFORMED_QR) from error


def _crc(data: bytes) -> bytes:
    """CRC-16/IBM-3740: polynomial 0x1021, start 0xFFFF."""
    return binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")


def _signature_of(token: str) -> bytes:
    return unb64(token.rpartition(".")[2], _SIGNATURE)


def _u24(value: int) -> bytes:
    if not 0 <= value <= U24:
        raise Malformed("does not fit three bytes")
    return value.to_bytes(3, "big")


def _int(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _least(value: int, least: int) -> int:
    if value < least:
        raise Malformed("a field is below its range")
    return value


def _step(value: int) -> int:
    if value > STEP_MAX:
        raise Malformed("a half minute beyond the range of time")
    return value
