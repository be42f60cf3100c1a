"""Write the known answers of the pass protocol that Python and TypeScript both read.

Run from the root of the repository: `python -m tests.vectors.make`. The keys are published test keys.
Vectors are for ever: add cases, never change what an old one expects.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from wallet.protocol import base45, pass_, presentation, qr, statuslist
from wallet.protocol.pass_ import DAY, Pass
from wallet.protocol.presentation import Proof, bound_proof, open_proof
from wallet.protocol.redemption import Approval, Attempt, Facts, decide
from wallet.protocol.refusals import MEANINGS, Code, Refusal
from wallet.protocol.signing import PrivateKey
from wallet.protocol.strict import U16, U24, U32, b64

HERE = Path(__file__).parent
ISS = "https://pass.city.example"
ISSUER = PrivateKey.from_scalar(int("11" * 32, 16))
HOLDER = PrivateKey.from_scalar(int("22" * 32, 16))

# Made when signatures were not yet deterministic: it can be read and verified, but not signed again.
FIRST_SYMBOL = (
    "VP1:TD2LP9100KB0*M0DY0W016C1/CACDA700%603H0CN1FX0$L0CKBZ6JLNLZI3G33RCWP8LF+8D$2M2B+Q0.UTGX"
    "0PG749BV UDKKX92BE4 4CG-93:0KZJSY0A 3:GG7LM926CESMIPRKGZ9DCMMDUN%%7PA1/2J*$LV5RV%C:70LXF4/"
    "C/GNZN5YMR/$N.:LCTIYM0PA1LMSZJD4C6*6QA5OYVBW4FPFTM0IBGOQZ0-2UXQPZ2GGN4697KK6 MRL1GG53Z/UJJ"
    "M37EU0N*8H6I0 5ON56I5D67T6/JY15"
)
NONCE = b64(bytes(range(8)))
PASS = Pass(
    iss=ISS,
    kid=ISSUER.public.short_kid,
    iat=1799971200,
    exp=1801180800,
    jti="AAECAwQFBgcICQoL",
    holder=HOLDER.public.jwk,
    list_no=7,
    idx=78851,
    prg=12,
    ofl=1500,
    once=True,
)
NOW = 1800000125


def presented() -> Iterator[dict[str, Any]]:
    """Presentations, each with its parts, its canonical text and its symbol."""
    reserve = replace(PASS, ofl=0, once=False, jti=b64(bytes(range(12, 24))))
    low = replace(PASS, iat=0, exp=DAY, list_no=0, idx=0, prg=1, ofl=0)
    high = replace(PASS, iat=(U16 - 1) * DAY, exp=U16 * DAY, list_no=U16, idx=U24, prg=U16, ofl=U24)
    yield case("open, signed deterministically", PASS, open_proof(NOW, 2500))
    yield case("bound to shop 204", PASS, bound_proof(NOW, 4500, 204, NONCE))
    yield case("reserve pass, open", reserve, open_proof(NOW, 2500))
    yield case("reserve pass, bound", reserve, bound_proof(NOW, 1, 1, NONCE))
    yield case("one ticket", replace(PASS, prg=31, ofl=1), open_proof(NOW, 1))
    yield case("every field at its least", low, Proof(0, 1))
    yield case("every field at its most", high, Proof(presentation.STEP_MAX * 30, U24))
    yield case("bound, merchant at its most", PASS, bound_proof(NOW, U24, U32, b64(b"\xff" * 8)))


def case(name: str, pass_given: Pass, proof: Proof) -> dict[str, Any]:
    token = pass_.issue(pass_given, ISSUER)
    return shown(name, pass_given, proof, presentation.present(token, proof, HOLDER), deterministic=True)


def shown(name: str, pass_given: Pass, proof: Proof, text: str, *, deterministic: bool) -> dict[str, Any]:
    token, _, kb_token = text.partition("~")
    short = qr.encode_short(pass_given.jti, proof, kb_token) if proof.merchant is None else None
    return {
        "name": name,
        "pass": asdict(pass_given),
        "proof": asdict(proof),
        "deterministic": deterministic,
        "sd_hash": presentation.sd_hash(token),
        "canonical": text,
        "canonical_length": len(text),
        "canonical_sha256": hashlib.sha256(text.encode("ascii")).hexdigest(),
        "qr": qr.encode(pass_given, proof, text),
        "vp2": short,
    }


def first_case() -> dict[str, Any]:
    symbol = qr.decode(FIRST_SYMBOL)
    text = symbol.rebuild(ISS)
    return shown("the worked example of spec 03", PASS, symbol.proof, text, deterministic=False)


def presentation_file() -> dict[str, Any]:
    return {
        "iss": ISS,
        "issuer": {"scalar": "11" * 32, "kid": ISSUER.public.short_kid, "jwk": ISSUER.public.jwk},
        "holder": {"scalar": "22" * 32, "jwk": HOLDER.public.jwk},
        "cases": [first_case(), *presented()],
    }


def qr_file() -> dict[str, Any]:
    return {
        "refused": list(refused_symbols()),
        "questions": list(questions()),
        "cards": list(cards()),
        **signed_cards_file(),
    }


def _vp1(data: bytes) -> str:
    return "VP1:" + base45.encode(data)


def _set(data: bytes, at: int, value: bytes) -> str:
    return _vp1(data[:at] + value + data[at + len(value) :])


def refused_symbols() -> Iterator[dict[str, str]]:
    good = qr.encode(PASS, open_proof(NOW, 2500), presentation_text())
    data = base45.decode(good[4:])
    order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"
    yield bad("no bytes", "VP1:")
    yield bad("a byte short", _vp1(data[:-1]))
    yield bad("a byte long", _vp1(data + b"\x00"))
    yield bad("bound length without the bound bit", _vp1(data + bytes(12)))
    yield bad("the bound bit without the bound length", _set(data, 0, b"\x13"))
    yield bad("reserved bit 2", _set(data, 0, b"\x16"))
    yield bad("reserved bit 3", _set(data, 0, b"\x1a"))
    yield bad("profile 0", _set(data, 0, b"\x02"))
    yield bad("profile 2 in a VP1 symbol", _set(data, 0, b"\x22"))
    yield bad("a reserve pass with an offline limit", _set(data, 0, b"\x10"))
    yield bad("exp equal to iat", _set(data, 18, data[16:18]))
    yield bad("programme 0", _set(data, 25, b"\x00\x00"))
    yield bad("holder key neither 02 nor 03", _set(data, 30, b"\x04"))
    yield bad("pass signature r = 0", _set(data, 63, bytes(32)))
    yield bad("pass signature s = n", _set(data, 95, bytes.fromhex(order)))
    yield bad("step beyond the range of time", _set(data, 127, b"\xff\xff\xff\xff"))
    yield bad("max 0", _set(data, 131, bytes(3)))
    yield bad("proof signature s = 0", _set(data, 166, bytes(32)))
    yield bad("lower case", good.replace("VP1:T", "VP1:t"))
    yield bad("a trailing space", good + " ")
    yield bad("a foreign code", "https://example.org/")
    yield bad("nothing", "")
    yield {"name": "a later version", "text": "VP3:" + good[4:], "code": Code.UNSUPPORTED_VERSION}
    yield {"name": "version 10", "text": "VP10:" + good[4:], "code": Code.UNSUPPORTED_VERSION}


def bad(name: str, text: str) -> dict[str, str]:
    return {"name": name, "text": text, "code": Code.MALFORMED_QR}


def presentation_text() -> str:
    return presentation.present(pass_.issue(PASS, ISSUER), open_proof(NOW, 2500), HOLDER)


def questions() -> Iterator[dict[str, Any]]:
    for question in (
        qr.Question(204, 4500, NONCE, NOW),
        qr.Question(1, 1, b64(bytes(8)), 0),
        qr.Question(U32, U24, b64(b"\xff" * 8), U32),
    ):
        yield {"question": asdict(question), "text": qr.encode_question(question)}


def cards() -> Iterator[dict[str, Any]]:
    for card in (bytes(range(16)), bytes(16), b"\xff" * 16):
        yield {"card": card.hex(), "text": qr.encode_card(card)}


SIGNED_CARD = replace(PASS, ofl=500, once=False)


def signed_cards_file() -> dict[str, Any]:
    return {"signed_cards": list(signed_cards()), "refused_cards": list(refused_cards())}


def signed_cards() -> Iterator[dict[str, Any]]:
    low = replace(SIGNED_CARD, iat=0, exp=DAY, list_no=0, idx=0, prg=1, ofl=1)
    high = replace(SIGNED_CARD, iat=(U16 - 1) * DAY, exp=U16 * DAY, list_no=U16, idx=U24, prg=U16, ofl=U24)
    for card in (SIGNED_CARD, low, high):
        token = pass_.issue(card, ISSUER, card=True)
        yield {"pass": asdict(card), "token": token, "text": qr.encode_signed_card(card, token)}


def refused_cards() -> Iterator[dict[str, str]]:
    token = pass_.issue(SIGNED_CARD, ISSUER, card=True)
    good = qr.encode_signed_card(SIGNED_CARD, token)
    data, printed = base45.decode(good[5:]), qr.encode_card(bytes(range(16)))

    def signed(data: bytes) -> str:
        return "VPC2:" + base45.encode(data)

    once = base45.decode(qr.encode(PASS, open_proof(NOW, 2500), presentation_text())[4:])
    yield bad("VPC2: no bytes", "VPC2:")
    yield bad("VPC2: a byte short", signed(data[:-1]))
    yield bad("VPC2: a byte long", signed(data + b"\x00"))
    yield bad("VPC2: the profile of a phone's code", signed(b"\x12" + data[1:]))
    yield bad("VPC2: a reserved bit", signed(b"\x32" + data[1:]))
    yield bad("VPC2: no offline limit", signed(data[:27] + bytes(3) + data[30:]))
    yield bad("VPC2: programme 0", signed(data[:25] + bytes(2) + data[27:]))
    yield bad("VPC2: exp equal to iat", signed(data[:18] + data[16:18] + data[20:]))
    yield bad("VPC2: pass signature r = 0", signed(data[:63] + bytes(32) + data[95:]))
    yield {
        "name": "VPC2: the issuer part of a phone's code",
        "text": signed(b"\x30" + once[1:127]),
        "code": Code.BAD_SIGNATURE,
    }
    yield bad("VPC1: a misread letter", printed[:-1] + ("A" if printed[-1] != "A" else "B"))
    yield bad("VPC1: lower case", printed[:5] + printed[5:].lower())
    yield bad("VPC1: cut off", printed[:-3])
    yield {"name": "a card of a later version", "text": "VPC3:" + good[5:], "code": Code.UNSUPPORTED_VERSION}


def base45_file() -> dict[str, Any]:
    texts = [b"AB", b"Hello!!", b"base-45", b"ietf!", b"", b"\x00", b"\xff", b"\xff\xff", b"\x00\x00\x00"]
    refused = {
        "a group above 65535": "GGW",
        "the largest group": ":::",
        "a lone character": "0",
        "a lone character after a group": "BB8A",
        "a last group above 255": "::",
        "256 in two characters": "V5",
        "lower case": "bb8",
        "a foreign character": "BB_",
        "a line end": "BB8\n",
        "not ASCII": "BBÉ",
    }
    return {
        "good": [{"hex": data.hex(), "text": base45.encode(data)} for data in texts],
        "refused": [{"name": name, "text": text} for name, text in refused.items()],
    }


def refusals_file() -> dict[str, Any]:
    rows = [
        {"code": code, "status": meaning.status, "retry": meaning.retry, "local": meaning.local}
        for code, meaning in MEANINGS.items()
    ]
    return {"refusals": rows}


def statuslist_file() -> dict[str, Any]:
    bomb = base64.urlsafe_b64encode(zlib.compress(bytes((1 << 20) + 1))).rstrip(b"=").decode()
    return {
        "good": [
            {
                "name": "the draft's 16 places",
                "bits": "b9a3",
                "lst": "eNrbuRgAAhcBXQ",
                "withdrawn": _places("b9a3"),
            },
            *(
                _list_case(places, marked)
                for places, marked in ((8, ()), (16, (0, 15)), (1024, (0, 7, 8, 1023)))
            ),
        ],
        "refused": [
            {"name": "unpacks to a byte more than 1 MiB", "lst": bomb},
            {"name": "cut off", "lst": "eNrbuRgA"},
            {"name": "something behind it", "lst": b64(bytes.fromhex("78dadbb918000217015d") + b"x")},
            {"name": "not zlib", "lst": "AAAA"},
            {"name": "not base64url", "lst": "eNrbuRgAAhcBXQ=="},
        ],
    }


def _places(bits: str) -> list[int]:
    data = bytes.fromhex(bits)
    return [place for place in range(len(data) * 8) if data[place // 8] >> place % 8 & 1]


def _list_case(places: int, marked: tuple[int, ...]) -> dict[str, Any]:
    bits = statuslist.fill(places, marked)
    name = f"{places} places, {len(marked)} withdrawn"
    return {"name": name, "bits": bits.hex(), "lst": statuslist.pack(bits), "withdrawn": list(marked)}


ATTEMPT = Attempt(
    mode="on",
    amt=1250,
    cur="EUR",
    prg=12,
    part=False,
    pass_prg=12,
    exp=NOW + DAY,
    ofl=1500,
    kb_iat=NOW - 5,
    max=2500,
)
FACTS = Facts(
    merchant=204,
    joined=True,
    category="clothes",
    prg=12,
    cur="EUR",
    starts=NOW - 30 * DAY,
    ends=NOW + 30 * DAY,
    categories=("clothes", "sport"),
    floor=1500,
    bound_above=4000,
)
KNOWN = replace(FACTS, issued=True, revoked=False, suspended=False, spent=False, balance=5000)
BOUND = replace(ATTEMPT, merchant=204, amt=4500, max=4500)
OFFLINE = replace(ATTEMPT, mode="off")
CARD = Attempt(mode="on", amt=1250, cur="EUR", prg=12, part=False, card=True)
SIGNED = replace(CARD, amt=500, mode="off", pass_prg=12, exp=NOW + DAY, ofl=500)
TICKET = replace(ATTEMPT, amt=1, cur="TKT", prg=31, pass_prg=31, max=2, ofl=1)
TICKETS = replace(KNOWN, prg=31, cur="TKT", categories=(), floor=1, bound_above=None, balance=2)

YES = Approval(1250, 0)


def no(code: Code, **facts: int | str) -> Refusal:
    return Refusal(code, facts)


Row = tuple[str, Attempt, Facts, Approval | Refusal]


def approvals() -> Iterator[Row]:
    yield "before the database: what is unknown is not asked", ATTEMPT, FACTS, YES
    yield "everything known and fine", ATTEMPT, KNOWN, YES
    yield "the last cent of the balance", ATTEMPT, replace(KNOWN, balance=1250), YES
    yield "part: enough is there, so all of it", replace(ATTEMPT, part=True), KNOWN, YES
    yield (
        "part: what is left is approved, the rest is named",
        replace(ATTEMPT, part=True),
        replace(KNOWN, balance=320),
        Approval(320, 930),
    )
    yield "amount equal to max", replace(ATTEMPT, amt=2500), KNOWN, Approval(2500, 0)
    yield "one cent", replace(ATTEMPT, amt=1), KNOWN, Approval(1, 0)
    yield (
        "every category when the programme names none",
        ATTEMPT,
        replace(KNOWN, categories=(), category="x"),
        YES,
    )
    yield "bound, above the limit of open codes", BOUND, KNOWN, Approval(4500, 0)
    yield (
        "bound: the clock of the phone does not count",
        replace(BOUND, kb_iat=NOW - 3600),
        KNOWN,
        Approval(4500, 0),
    )
    yield "bound: the question is 180 s old", replace(BOUND, asked_at=NOW - 180), KNOWN, Approval(4500, 0)
    yield "open at the limit of open codes", replace(ATTEMPT, amt=4000, max=4000), KNOWN, Approval(4000, 0)
    yield "reserve pass, online", replace(ATTEMPT, once=False, ofl=0), KNOWN, YES
    yield "one ticket", TICKET, TICKETS, Approval(1, 0)
    yield "card, online", CARD, KNOWN, YES
    yield "card: no limit of open codes", replace(CARD, amt=4500), KNOWN, Approval(4500, 0)
    yield "offline, within the limit of the pass", OFFLINE, FACTS, YES
    yield "offline, exactly the limit", replace(OFFLINE, amt=1500), FACTS, Approval(1500, 0)
    yield "signed card, offline, within what is left of it today", SIGNED, FACTS, Approval(500, 0)
    yield "signed card, online: no limit but the balance", replace(SIGNED, mode="on", amt=1250), KNOWN, YES
    yield "offline, one ticket", replace(TICKET, mode="off"), replace(TICKETS, balance=None), Approval(1, 0)


def windows() -> Iterator[Row]:
    yield "online: 120 s old", replace(ATTEMPT, kb_iat=NOW - 120), KNOWN, YES
    yield "online: 121 s old", replace(ATTEMPT, kb_iat=NOW - 121), KNOWN, no(Code.PROOF_STALE, minutes=3)
    yield "online: 60 s ahead", replace(ATTEMPT, kb_iat=NOW + 60), KNOWN, YES
    yield (
        "online: 61 s ahead",
        replace(ATTEMPT, kb_iat=NOW + 61),
        KNOWN,
        no(Code.PROOF_FROM_FUTURE, minutes=2),
    )
    yield "offline: 180 s old", replace(OFFLINE, kb_iat=NOW - 180), FACTS, YES
    yield "offline: 181 s old", replace(OFFLINE, kb_iat=NOW - 181), FACTS, no(Code.PROOF_STALE, minutes=4)
    yield "offline: 120 s ahead", replace(OFFLINE, kb_iat=NOW + 120), FACTS, YES
    yield (
        "offline: 121 s ahead",
        replace(OFFLINE, kb_iat=NOW + 121),
        FACTS,
        no(Code.PROOF_FROM_FUTURE, minutes=3),
    )
    yield "ten minutes behind", replace(ATTEMPT, kb_iat=NOW - 600), KNOWN, no(Code.PROOF_STALE, minutes=10)
    yield (
        "bound: the question is 181 s old",
        replace(BOUND, asked_at=NOW - 181),
        KNOWN,
        no(Code.PROOF_STALE, minutes=4),
    )
    yield (
        "bound: a question from later",
        replace(BOUND, asked_at=NOW + 1),
        KNOWN,
        no(Code.PROOF_STALE, minutes=1),
    )
    yield "pass: the last second", replace(ATTEMPT, exp=NOW + 1), KNOWN, YES
    yield "pass: ended now", replace(ATTEMPT, exp=NOW), KNOWN, no(Code.PASS_EXPIRED)
    yield "programme: the first second", ATTEMPT, replace(KNOWN, starts=NOW), YES
    yield (
        "programme: a second early",
        ATTEMPT,
        replace(KNOWN, starts=NOW + 1),
        no(Code.VOUCHER_NOT_STARTED, starts=NOW + 1),
    )
    yield "programme: the last second", ATTEMPT, replace(KNOWN, ends=NOW + 1), YES
    yield "programme: ended now", ATTEMPT, replace(KNOWN, ends=NOW), no(Code.VOUCHER_ENDED, ended=NOW)
    late, early = replace(KNOWN, valid_from=NOW + 5), replace(KNOWN, valid_until=NOW - 5)
    yield (
        "voucher starts later than its programme",
        ATTEMPT,
        late,
        no(Code.VOUCHER_NOT_STARTED, starts=NOW + 5),
    )
    yield "voucher ends before its programme", ATTEMPT, early, no(Code.VOUCHER_ENDED, ended=NOW - 5)


def refused() -> Iterator[Row]:
    yield "never issued", ATTEMPT, replace(KNOWN, issued=False), no(Code.UNKNOWN_PASS)
    yield "no such card", CARD, replace(KNOWN, issued=False), no(Code.UNKNOWN_CARD)
    yield "withdrawn", ATTEMPT, replace(KNOWN, revoked=True), no(Code.PASS_REVOKED)
    yield "withdrawn, offline", OFFLINE, replace(FACTS, revoked=True), no(Code.PASS_REVOKED)
    yield "on hold", ATTEMPT, replace(KNOWN, suspended=True), no(Code.VOUCHER_SUSPENDED)
    yield "made for another shop", replace(BOUND, merchant=205), KNOWN, no(Code.WRONG_AUDIENCE)
    yield "the till names another programme", replace(ATTEMPT, prg=13), KNOWN, no(Code.WRONG_PROGRAMME)
    yield "the pass is of another programme", replace(ATTEMPT, pass_prg=13), KNOWN, no(Code.WRONG_PROGRAMME)
    yield "cents for tickets", replace(TICKET, cur="EUR"), TICKETS, no(Code.AMOUNT_INVALID)
    yield (
        "the shop does not take part",
        ATTEMPT,
        replace(KNOWN, joined=False),
        no(Code.MERCHANT_NOT_IN_PROGRAMME),
    )
    yield "the wrong kind of shop", ATTEMPT, replace(KNOWN, category="food"), no(Code.CATEGORY_NOT_ALLOWED)
    yield "spent before", ATTEMPT, replace(KNOWN, spent=True), no(Code.ALREADY_REDEEMED)
    yield "seen before, offline", OFFLINE, replace(FACTS, spent=True), no(Code.ALREADY_REDEEMED)
    yield "nothing", replace(ATTEMPT, amt=0), KNOWN, no(Code.AMOUNT_INVALID)
    yield "less than nothing", replace(ATTEMPT, amt=-1), KNOWN, no(Code.AMOUNT_INVALID)
    yield "a cent over max", replace(ATTEMPT, amt=2501), KNOWN, no(Code.AMOUNT_OVER_MAX, max=2500)
    over = no(Code.AMOUNT_OVER_MAX, max=4000)
    yield "open, a cent over the limit of open codes", replace(ATTEMPT, amt=4001, max=9000), KNOWN, over
    yield (
        "bound, a cent over what was confirmed",
        replace(BOUND, amt=4501),
        KNOWN,
        no(Code.AMOUNT_OVER_MAX, max=4500),
    )
    yield (
        "over the ceiling of the programme",
        ATTEMPT,
        replace(KNOWN, ceiling=1249),
        no(Code.AMOUNT_OVER_MAX, max=1249),
    )
    yield "card over the ceiling", CARD, replace(KNOWN, ceiling=1249), no(Code.AMOUNT_OVER_MAX, max=1249)
    yield "card, offline", replace(CARD, mode="off"), FACTS, no(Code.CARD_ONLINE_ONLY)
    taken = replace(SIGNED, ofl=0)
    yield "signed card, offline, all of today was taken", taken, FACTS, no(Code.CARD_ONLINE_ONLY)
    yield (
        "signed card, offline, a cent over what is left of it today",
        replace(SIGNED, amt=501),
        FACTS,
        no(Code.OVER_OFFLINE_LIMIT, max=500),
    )
    yield "signed card, ended now", replace(SIGNED, exp=NOW), FACTS, no(Code.PASS_EXPIRED)
    yield "signed card of another programme", replace(SIGNED, pass_prg=13), FACTS, no(Code.WRONG_PROGRAMME)
    yield "reserve pass, offline", replace(OFFLINE, once=False, ofl=0), FACTS, no(Code.OFFLINE_NOT_ALLOWED)
    yield "online-only pass, offline", replace(OFFLINE, ofl=0), FACTS, no(Code.OFFLINE_NOT_ALLOWED)
    limit = no(Code.OVER_OFFLINE_LIMIT, max=1500)
    yield (
        "a cent over the offline limit of the pass",
        replace(OFFLINE, amt=1501),
        replace(FACTS, floor=9000),
        limit,
    )
    yield "a cent over the floor of the programme", replace(OFFLINE, amt=1501, ofl=2000), FACTS, limit
    yield "not enough", ATTEMPT, replace(KNOWN, balance=1249), no(Code.INSUFFICIENT_BALANCE)
    yield (
        "part of nothing",
        replace(ATTEMPT, part=True),
        replace(KNOWN, balance=0),
        no(Code.INSUFFICIENT_BALANCE),
    )
    yield "no ticket left", TICKET, replace(TICKETS, balance=0), no(Code.INSUFFICIENT_BALANCE)


def order() -> Iterator[Row]:
    worst = replace(ATTEMPT, exp=NOW, merchant=205, prg=13, amt=0, mode="off", once=False)
    nothing = replace(KNOWN, issued=False, revoked=True, suspended=True, joined=False, spent=True, balance=0)
    yield "the end of the pass comes first", worst, nothing, no(Code.PASS_EXPIRED)
    worst = replace(worst, exp=NOW + 1)
    yield "then whether it was issued", worst, nothing, no(Code.UNKNOWN_PASS)
    nothing = replace(nothing, issued=True)
    yield "then whether it was withdrawn", worst, nothing, no(Code.PASS_REVOKED)
    nothing = replace(nothing, revoked=False)
    yield "then whether it is on hold", worst, nothing, no(Code.VOUCHER_SUSPENDED)
    nothing = replace(nothing, suspended=False)
    yield "then the shop it was made for", worst, nothing, no(Code.WRONG_AUDIENCE)
    worst = replace(worst, merchant=None, kb_iat=NOW - 999)
    yield "then its age", worst, nothing, no(Code.PROOF_STALE, minutes=17)
    worst = replace(worst, kb_iat=NOW)
    yield "then its programme", worst, nothing, no(Code.WRONG_PROGRAMME)
    worst = replace(worst, prg=12)
    yield "then whether the shop takes part", worst, nothing, no(Code.MERCHANT_NOT_IN_PROGRAMME)
    nothing = replace(nothing, joined=True)
    yield "then whether it was spent", worst, nothing, no(Code.ALREADY_REDEEMED)
    nothing = replace(nothing, spent=False)
    yield "then the amount", worst, nothing, no(Code.AMOUNT_INVALID)
    worst = replace(worst, amt=1)
    yield "then whether it may be used offline", worst, nothing, no(Code.OFFLINE_NOT_ALLOWED)
    yield "and the balance last", replace(worst, mode="on"), nothing, no(Code.INSUFFICIENT_BALANCE)


def decide_file() -> dict[str, Any]:
    """The expected answers stand above, by hand; what `decide` says is compared, never copied."""
    rows = []
    for name, attempt, facts, expected in (*approvals(), *windows(), *refused(), *order()):
        answer = decide(attempt, facts, NOW)
        if answer != expected:
            raise SystemExit(f"{name}: expected {expected}, got {answer}")
        expect = asdict(expected)
        rows.append(
            {"name": name, "attempt": asdict(attempt), "facts": asdict(facts), "now": NOW, "expect": expect}
        )
    return {"cases": rows}


FILES = {
    "base45": base45_file,
    "presentation": presentation_file,
    "qr": qr_file,
    "decide": decide_file,
    "refusals": refusals_file,
    "statuslist": statuslist_file,
}


def main() -> None:
    for name, make in FILES.items():
        text = json.dumps(make(), indent=1, ensure_ascii=False) + "\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
