"""Write tests/vectors/cover.json (spec 11-cover).

    python tests/log/make_cover_vectors.py    rewrite the file
    test_cover.py                             fails when the file is not what this program writes

Keys, cuts and noise come from fixed seeds, so every run gives the same bytes.
"""

import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "vectors" / "cover.json"
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent.parent)]

import make_vectors  # type: ignore  # noqa: E402

from ledger.log import cover, entry, merkle, proof  # noqa: E402

MUNI, DATE, NO, FUND = 14, "2026-11-24", 1, 8
PARTIES = [f"00000000-0000-4000-8000-{n:012}" for n in range(6)]
BALANCES = [15_000, 0, 1, 2_250, 9_007_199, 333]


def key(n: int) -> bytes:
    """The key of a holder: for tests only."""
    return bytes([n]) * 32


def vectors() -> dict[str, Any]:
    """A town of six pots, each cut into parts; one proof of it."""
    chance = random.Random(11)
    cuts = [cover.cut(balance, chance.randrange) for balance in BALANCES]
    owners = [(n, part) for n, cut in enumerate(cuts) for part in range(len(cut))]
    amounts = [amount for cut in cuts for amount in cut]
    names = [cover.name(MUNI, DATE, NO, 2100, FUND, PARTIES[n], part) for n, part in owners]
    salts = [cover.salt(key(n), name) for (n, _), name in zip(owners, names, strict=True)]
    hidden = [cover.commitment(name, salt) for name, salt in zip(names, salts, strict=True)]
    leaves = [cover.leaf(amount, one) for amount, one in zip(amounts, hidden, strict=True)]
    tree = cover.Tree.of(leaves, chance.randbytes)
    tiles = {(level, n): nodes for level, n, nodes in tree.tiles()}
    said = leaf(tree)
    accepted = [
        {
            "fund": FUND,
            "party": PARTIES[n],
            "index": part,
            "name": names[i],
            "key": key(n).hex(),
            "commitment": hidden[i].hex(),
            "part": {
                "amount": amounts[i],
                "salt": salts[i].hex(),
                "path": cover.path(tree.places[i], tree.padded, lambda level, n: tiles[level, n]),
            },
        }
        for i, (n, part) in enumerate(owners)
    ]
    return {
        "about": "Proof of cover (spec 11). `leaf` is the leaf of the log, `level` all leaves of its tree "
        "(hex), `accepted` the parts of six pots; `refused` the first of them with something changed; "
        "`refused_leaves` are no proofs of cover.",
        "leaf": entry.build(said).decode(),
        "policy": make_vectors.policy_text(),
        "tlog_proof": tlog_proof(entry.build(said)),
        "level": tree.levels[0].hex(),
        "accepted": accepted,
        "refused": list(refused(accepted[0])),
        "refused_leaves": list(refused_leaves(entry.build(said).decode())),
    }


def tlog_proof(raw: bytes) -> str:
    """The way from the leaf to a checkpoint of four leaves, co-signed by two of three."""
    hashes = [merkle.leaf_hash(one) for one in (b"first", b"second", raw, b"fourth")]
    note = make_vectors.signed(4, merkle.root(hashes))
    return proof.Proof(2, tuple(merkle.inclusion_proof(hashes, 2)), note, raw).text()


def leaf(tree: cover.Tree) -> entry.Cover:
    """What the log says of this tree: the bank holds two euros more than is owed."""
    pots = cover.total(tree.root)
    said = entry.Cover(
        muni=MUNI,
        date=DATE,
        no=NO,
        at=1795500000,
        pots_total=pots,
        sum_root=tree.root[8:].hex(),
        padded=tree.padded,
        fund_total=50_000,
        payable_total=-1_250,
        in_transit=700,
        unidentified=25,
        losses=4_000,
        receivable=10_000,
        bank_closing=0,
        statement="ab" * 32,
        gap=0,
    )
    owed = pots - 1_250 + 700 + 25 + 50_000 - 4_000
    return replace(said, bank_closing=owed - 10_000 + 200, gap=200)


def refused(good: dict[str, Any]) -> Any:
    """The first part with something changed."""
    part, path = good["part"], good["part"]["path"]
    other = {"l": "r", "r": "l"}[path[0][0]]
    changes: dict[str, dict[str, Any]] = {
        "one cent less": {"amount": part["amount"] - 1},
        "one cent more": {"amount": part["amount"] + 1},
        "below zero": {"amount": -1},
        "more than 2^53 - 1": {"amount": 1 << 53},
        "another salt": {"salt": "00" * 32},
        "a salt in capitals": {"salt": part["salt"].upper()},
        "a neighbour on the other side": {"path": [other + path[0][1:], *path[1:]]},
        "a neighbour with a cent less": {"path": [less(path[0]), *path[1:]]},
        "a neighbour with another hash": {
            "path": [path[0][:-1] + ("0" if path[0][-1] != "0" else "1"), *path[1:]]
        },
        "a sum that would wrap round": {"path": [path[0][0] + "f" * 16 + path[0][17:], *path[1:]]},
        "a step less": {"path": path[1:]},
        "a step more": {"path": [*path, path[0]]},
        "a step in capitals": {"path": [path[0][0] + path[0][1:].upper(), *path[1:]]},
        "a step without a side": {"path": [path[0][1:], *path[1:]]},
    }
    for why, change in changes.items():
        yield {"why": why, "name": good["name"], "part": {**part, **change}}
    yield {"why": "somebody else's", "name": good["name"].replace(good["party"], PARTIES[1]), "part": part}
    yield {"why": "another part", "name": good["name"][:-1] + "9", "part": part}


def less(step: str) -> str:
    """A step whose sum is one cent lower."""
    return step[0] + f"{int(step[1:17], 16) - 1:016x}" + step[17:]


def refused_leaves(good: str) -> Any:
    """Leaves that are no proof of cover."""
    changes = {
        "a gap that is not what is there minus what is owed": ('"gap":200', '"gap":201'),
        "losses that no fund carries": ('"losses":4000', '"losses":5000'),
        "leaves that are no power of two": ('"padded":32', '"padded":31'),
        "proof zero": ('"no":1', '"no":0'),
        "a field more": ('"v":1', '"v":1,"x":1'),
        "another type": ('"t":"cover"', '"t":"batch"'),
        "a count below zero": ('"fund_total":50000', '"fund_total":-1'),
        "a text for a number": ('"at":1795500000', '"at":"1795500000"'),
        "a statement that is no hash": ('"statement":"ab', '"statement":"AB'),
        "a root that is no hash": ('"sum_root":"', '"sum_root":"g'),
    }
    for why, (old, new) in changes.items():
        assert old in good, why
        yield {"why": why, "leaf": good.replace(old, new)}


def render() -> str:
    """The text of the file."""
    return json.dumps(vectors(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
