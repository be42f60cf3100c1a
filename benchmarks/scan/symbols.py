"""The symbols of spec 03, with the squares that the faces draw.

Screens draw with the npm package `qr`, so that same package is asked here, by Node. Paper has `qrcode`.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wallet.protocol import pass_, presentation, qr
from wallet.protocol.pass_ import Pass
from wallet.protocol.signing import PrivateKey
from wallet.protocol.strict import b64
from wallet.services import symbol

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
ISS = "https://pass.city.example"
NOW = 1_800_000_000
SCREEN_MM = 65.0  # what a phone of 360 CSS pixels gives its symbol, quiet zone included (QrCode.tsx)
TILL_MM = 80.0  # the till's question on a tablet
CARD_MM = 30.0  # on a printed card

# QrCode.tsx, in its own words: error correction, encoding and quiet zone.
DRAW = """
import encodeQR from 'qr'
let text = ''
for await (const part of process.stdin) text += part
const draw = (one) => encodeQR(one, 'raw', { ecc: 'medium', encoding: 'alphanumeric', border: 4 })
console.log(JSON.stringify(JSON.parse(text).map(draw)))
"""

Squares = list[list[bool]]


@dataclass(frozen=True)
class Symbol:
    """A symbol as somebody holds it up: its text, its squares (True is dark) and its width in millimetres."""

    kind: str
    text: str
    squares: Squares
    mm: float


def symbols(each: int, seed: int) -> dict[str, list[Symbol]]:
    """`each` symbols of each kind, by kind."""
    chance = random.Random(seed)
    texts = [_texts(chance) for _ in range(each)]
    on_screens = [(kind, text, mm) for one in texts for kind, (text, mm) in one.items() if mm != CARD_MM]
    found = [
        Symbol(kind, text, squares, mm)
        for (kind, text, mm), squares in zip(
            on_screens, _drawn([text for _, text, _ in on_screens]), strict=True
        )
    ]
    for one in texts:
        text, mm = one["printed card"]
        found.append(Symbol("printed card", text, symbol.modules(text), mm))
    return {kind: [one for one in found if one.kind == kind] for kind in texts[0]}


def _texts(chance: random.Random) -> dict[str, tuple[str, float]]:
    issuer, holder = (PrivateKey.from_scalar(chance.randrange(1, 1 << 255)) for _ in "ab")
    day = pass_.week_start(NOW)
    place = chance.randrange(1 << 20)
    jti, kid = b64(chance.randbytes(12)), issuer.public.short_kid
    new = Pass(ISS, kid, day, day + 3 * pass_.WEEK, jti, holder.public.jwk, 7, place, 12, 1500, True)
    token = pass_.issue(new, issuer)
    open_, merchant = presentation.open_proof(NOW, 2500), chance.randrange(1, 1000)
    bound = presentation.bound_proof(NOW, 4500, merchant, b64(chance.randbytes(8)))
    shown, answer = (presentation.present(token, proof, holder) for proof in (open_, bound))
    question = qr.Question(merchant, 4500, b64(chance.randbytes(8)), NOW)
    return {
        "VP1 open": (qr.encode(new, open_, shown), SCREEN_MM),
        "VP1 bound": (qr.encode(new, bound, answer), SCREEN_MM),
        "VP2 short": (qr.encode_short(jti, open_, shown.partition("~")[2]), SCREEN_MM),
        "VPQ1 question": (qr.encode_question(question), TILL_MM),
        "printed card": (qr.encode_card(chance.randbytes(16)), CARD_MM),
    }


def _drawn(texts: Sequence[str]) -> list[Squares]:
    """The squares that the phones draw for these texts."""
    made = subprocess.run(
        ["node", "--input-type=module", "-e", DRAW],
        cwd=FRONTEND,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Squares] = json.loads(made.stdout)
    return found
