"""Write tests/vectors/{merkle,checkpoint,tlogproof,policy,receipt}.json (specs 07-log, 08-witness).

    python tests/log/make_vectors.py          rewrite the files
    test_vectors.py                           fails when a file is not what this program writes

Keys come from fixed seeds, so every run gives the same bytes.
"""

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

FOLDER = Path(__file__).parent.parent / "vectors"
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from ledger.log import checkpoint, entry, merkle, note, policy, proof, receipt, state  # noqa: E402

ORIGIN = "log.example/gm0014/2026"
NOW = 1795000000
WITNESSES = ("drenthe", "emmen", "assen")

# The eight leaves of the certificate transparency reference tests.
LEAVES = [bytes.fromhex(x) for x in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip


def key(name: str, algorithm: int) -> note.SignerKey:
    """A key whose seed is the hash of its name: for tests only."""
    return note.SignerKey.from_seed(name, algorithm, hashlib.sha256(name.encode()).digest())


LOG = key(ORIGIN, note.ED25519)
STRANGER = key("stranger.example/log", note.ED25519)
COSIGNERS = {name: key(f"{name}.example/witness", note.COSIGNATURE_V1) for name in WITNESSES}


QUANTUM = key(ORIGIN, note.ML_DSA_44)


def quantum_line(full: note.Note) -> note.Signature:
    """The log's ML-DSA signature. It is never the same twice, so the one in the file stays while it fits."""
    file = FOLDER / "checkpoint.json"
    known = json.loads(file.read_text("utf-8")).get("quantum") if file.exists() else None
    if known and note.Note.parse(known["note"].encode()).text == full.text:
        found = note.find(note.Note.parse(known["note"].encode()), QUANTUM.verifier)
        if found:
            return found
    return note.cosign(full.text, QUANTUM, NOW)


def policy_text(rule: str = "group partners 2 drenthe emmen assen\nquorum partners\n") -> str:
    """The policy of the log above with a quorum of two of three."""
    witnesses = "".join(f"witness {name} {k.verifier}\n" for name, k in COSIGNERS.items())
    return f"log {LOG.verifier}\n{witnesses}{rule}"


def signed(size: int, root: bytes, cosigners: tuple[str, ...] = ("drenthe", "emmen")) -> note.Note:
    """A checkpoint of the log, cosigned."""
    text = checkpoint.Checkpoint(ORIGIN, size, root).text()
    lines = [note.cosign(text, COSIGNERS[name], NOW + i) for i, name in enumerate(cosigners)]
    return note.Note(text, (note.sign(text, LOG), *lines))


def merkle_vectors() -> dict[str, Any]:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    sizes = range(len(hashes) + 1)
    return {
        "about": "RFC 6962 over SHA-256. roots[n] is the root of the first n leaves. inclusion: leaf "
        "`index` in the tree of `size`, proof from the leaf's side. consistency: tree of `new` extends "
        "tree of `old`. refused: the same questions with an answer that must not be accepted. Hex.",
        "leaves": [leaf.hex() for leaf in LEAVES],
        "leaf_hashes": [h.hex() for h in hashes],
        "roots": [merkle.root(hashes[:n]).hex() for n in sizes],
        "inclusion": [inclusion(hashes, i, n) for n in sizes for i in range(n)],
        "consistency": [consistency(hashes, m, n) for n in sizes for m in range(n + 1)],
        "refused": refused_paths(hashes),
    }


def inclusion(hashes: list[bytes], index: int, size: int) -> dict[str, Any]:
    path = merkle.inclusion_proof(hashes[:size], index)
    return {"index": index, "size": size, "proof": [h.hex() for h in path]}


def consistency(hashes: list[bytes], old: int, new: int) -> dict[str, Any]:
    path = merkle.consistency_proof(hashes[:new], old)
    return {"old": old, "new": new, "proof": [h.hex() for h in path]}


def refused_paths(hashes: list[bytes]) -> dict[str, Any]:
    good, long = inclusion(hashes, 5, 7), consistency(hashes, 3, 7)
    zero = "00" * 32
    return {
        "inclusion": [
            {**good, "why": "another index", "index": 4},
            {**good, "why": "another size", "size": 8},
            {**good, "why": "index outside the tree", "index": 7},
            {**good, "why": "a hash too few", "proof": good["proof"][:-1]},
            {**good, "why": "a hash too many", "proof": [*good["proof"], zero]},
            {**good, "why": "another hash", "proof": [zero, *good["proof"][1:]]},
            {**good, "why": "hashes in another order", "proof": good["proof"][::-1]},
        ],
        "consistency": [
            {**long, "why": "another old size", "old": 2},
            {**long, "why": "another new size", "new": 8},
            {**long, "why": "new before old", "old": 7, "new": 3},
            {**long, "why": "a hash too few", "proof": long["proof"][:-1]},
            {**long, "why": "a hash too many", "proof": [*long["proof"], zero]},
            {**long, "why": "another hash", "proof": [zero, *long["proof"][1:]]},
        ],
    }


def checkpoint_vectors() -> dict[str, Any]:
    root = merkle.root([merkle.leaf_hash(leaf) for leaf in LEAVES])
    full = signed(8, root)
    return {
        "about": "Signed notes (C2SP signed-note), checkpoints (tlog-checkpoint) and cosignatures "
        "(tlog-cosignature v1). accepted: `note` parses to origin, size, root (base64) and every key in "
        "`keys` (vkey text) signed it; `times` are the cosignatures' epoch seconds by key name. "
        "malformed: must not parse as a checkpoint note. bad_signature: `key` must be found not to verify.",
        "example": {
            "about": "The example of the signed-note specification: a note, not a checkpoint.",
            "key": "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "note": "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6T"
            "fXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
        },
        "accepted": [
            accepted_note(full, ("drenthe", "emmen")),
            accepted_note(signed(0, merkle.EMPTY_ROOT, ()), ()),
            accepted_note(full.add(note.sign(full.text, STRANGER)), ("drenthe", "emmen")),
            accepted_note(full.add(quantum_line(full)), ("drenthe", "emmen")),
        ],
        "quantum": {
            "about": "ML-DSA-44 (type 0x06) beside Ed25519: `key` signed `note`; with another size, time or "
            "name it must be found not to verify. Phones pass this line over.",
            "key": str(QUANTUM.verifier),
            "note": full.add(quantum_line(full)).encode().decode(),
        },
        "malformed": malformed_notes(full),
        "bad_signature": [
            {
                "why": "the size was changed",
                "key": str(LOG.verifier),
                "note": full.encode().decode().replace("\n8\n", "\n9\n"),
            },
            {
                "why": "the time of a cosignature was changed",
                "key": str(COSIGNERS["drenthe"].verifier),
                "note": with_other_time(full).encode().decode(),
            },
            {
                "why": "a signature of another key under this name",
                "key": str(LOG.verifier),
                "note": note.Note(full.text, (note.Signature(ORIGIN, LOG.verifier.key_id, b"\1" * 64),))
                .encode()
                .decode(),
            },
        ],
    }


def accepted_note(signed_note: note.Note, cosigners: tuple[str, ...]) -> dict[str, Any]:
    found = checkpoint.parse(signed_note.text)
    keys = [LOG, *(COSIGNERS[name] for name in cosigners)]
    origin, size, root = found.text().split("\n")[:3]
    return {
        "note": signed_note.encode().decode(),
        "origin": origin,
        "size": int(size),
        "root": root,
        "keys": [str(k.verifier) for k in keys],
        "times": {COSIGNERS[name].verifier.name: NOW + i for i, name in enumerate(cosigners)},
    }


def with_other_time(full: note.Note) -> note.Note:
    log, first, *rest = full.signatures
    later = (first.timestamp + 1).to_bytes(8, "big") + first.body[8:]
    return note.Note(full.text, (log, note.Signature(first.name, first.key_id, later), *rest))


def malformed_notes(full: note.Note) -> list[dict[str, str]]:
    text = full.encode().decode()
    head, tail = text.split("\n\n")
    cases = {
        "no signature": head + "\n\n",
        "no empty line": head + "\n" + tail,
        "no newline at the end": text[:-1],
        "an extension line": text.replace("\n\n", "\nextension\n\n", 1),
        "a leading zero in the size": text.replace("\n8\n", "\n08\n"),
        "a plus sign in the size": text.replace("\n8\n", "\n+8\n"),
        "a size beyond 2**53": text.replace("\n8\n", f"\n{2**53}\n"),
        "a size of other digits": text.replace("\n8\n", "\n\u0668\n"),
        "an empty origin": text[len(ORIGIN) :],
        "a carriage return": text.replace("\n8\n", "\r\n8\n"),
        "a root of 31 bytes": text.replace(head.split("\n")[2], "AAAA" * 10 + "AA=="),
        "a root in other base64": text.replace("=\n\n", "\n\n", 1),
        "a hyphen instead of a dash": text.replace("—", "-"),
        "two spaces in a signature line": text.replace("— ", "—  "),
    }
    return [{"why": why, "note": value} for why, value in cases.items()]


def policy_vectors() -> dict[str, Any]:
    return {
        "about": "Policies (C2SP tlog-policy). accepted: `policy` loads; each of `sets` is a list of "
        "cosigners (names in the policy) and whether they make the quorum. refused: must not load.",
        "accepted": [
            accepted_policy("two of three", policy_text()),
            accepted_policy("a log with an ML-DSA key as well", f"log {QUANTUM.verifier}\n" + policy_text()),
            accepted_policy("one witness", policy_text("quorum emmen\n")),
            accepted_policy("all", policy_text("group a all drenthe emmen assen\nquorum a\n")),
            accepted_policy(
                "groups in a group, comments and tabs",
                "# who we trust\n\n \t" + policy_text(
                    "group some any drenthe emmen\ngroup\tboth all some  assen\n quorum both"),
            ),
        ],
        "refused": refused_policies(),
    }  # fmt: skip


def accepted_policy(about: str, text: str) -> dict[str, Any]:
    loaded = policy.parse(text)
    sets = [[n for i, n in enumerate(WITNESSES) if bits >> i & 1] for bits in range(8)]
    found = [{"cosigned": s, "quorum": loaded.counts(frozenset(s))} for s in sets]
    return {"about": about, "policy": text, "sets": found}


def refused_policies() -> list[dict[str, str]]:
    good = policy_text()
    one = f"witness drenthe {COSIGNERS['drenthe'].verifier}\n"
    cases = {
        "two quorums without a common witness": policy_text(
            "group any1 any drenthe emmen assen\nquorum any1\n"
        ),
        "a quorum of nobody": policy_text("quorum none\n"),
        "no quorum": good.replace("quorum partners\n", ""),
        "two quorums lines": good + "quorum emmen\n",
        "a name that is not known": good.replace("2 drenthe", "2 twente"),
        "a name used before its line": "quorum drenthe\n" + one,
        "a member twice": policy_text("group g 2 drenthe drenthe\nquorum g\n"),
        "a member of two groups": policy_text("group g any drenthe\ngroup h all drenthe emmen\nquorum h\n"),
        "more needed than there are": good.replace("partners 2", "partners 4"),
        "none needed": good.replace("partners 2", "partners 0"),
        "a key twice": good.replace("group", one.replace("witness drenthe", "witness again") + "group", 1),
        "a name twice": good.replace("group", one + "group", 1),
        "a log key for a witness": good.replace(str(COSIGNERS["emmen"].verifier), str(STRANGER.verifier)),
        "a key id that does not fit": good.replace(COSIGNERS["emmen"].verifier.key_id.hex(), "00000000"),
        "an unknown word": good + "trust me\n",
        "a carriage return": good.replace("\n", "\r\n"),
    }
    return [{"why": why, "policy": text} for why, text in cases.items()]


def tlogproof_vectors() -> dict[str, Any]:
    leaves = [b"leaf %d" % i for i in range(300)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    root, path = merkle.root(hashes), tuple(merkle.inclusion_proof(hashes, 260))
    good = proof.Proof(260, path, signed(300, root))
    text = good.text()
    tail = text.split("\n\n", 1)[1]
    return {
        "about": "Proofs (C2SP tlog-proof) under `policy`. accepted: leaf (hex) stands at index in the log. "
        "refused: `family` says which step must fail: format (cannot be read), trust (signature or quorum), "
        "path (the hashes do not lead to the root).",
        "policy": policy_text(),
        "accepted": [
            {"leaf": leaves[260].hex(), "index": 260, "size": 300, "extra": "", "proof": text},
            {"leaf": leaves[260].hex(), "index": 260, "size": 300, "extra": b"more".hex(),
             "proof": proof.Proof(260, path, good.note, b"more").text()},
            {"leaf": leaves[0].hex(), "index": 0, "size": 1, "extra": "",
             "proof": proof.Proof(0, (), signed(1, hashes[0])).text()},
        ],
        "refused": [
            refused_proof("path", "another leaf", leaves[261], text),
            refused_proof("path", "another index", leaves[260], text.replace("index 260", "index 261")),
            refused_proof("path", "an index outside the log", leaves[260], text.replace("x 260", "x 300")),
            refused_proof("path", "a hash too few", leaves[260],
                          proof.Proof(260, path[:-1], good.note).text()),
            refused_proof("trust", "one cosignature where two are needed", leaves[260],
                          proof.Proof(260, path, signed(300, root, ("assen",))).text()),
            refused_proof("trust", "no signature of the log", leaves[260],
                          proof.Proof(260, path, note.Note(good.note.text, good.note.signatures[1:])).text()),
            refused_proof("trust", "a log that is not listed", leaves[260], stranger_proof(hashes)),
            refused_proof("trust", "another root under the same signatures", leaves[0],
                          proof.Proof(0, (), note.Note(
                              checkpoint.Checkpoint(ORIGIN, 1, hashes[0]).text(),
                              good.note.signatures)).text()),
            refused_proof("format", "another first line", leaves[260], text.replace("@v1", "@v2")),
            refused_proof("format", "no index", leaves[260], text.replace("index 260\n", "")),
            refused_proof("format", "a leading zero", leaves[260], text.replace("x 260", "x 0260")),
            refused_proof("format", "an empty extra line", leaves[260],
                          text.replace("index", "extra \nindex")),
            refused_proof("format", "no checkpoint", leaves[260], text.removesuffix(tail)),
        ],
    }  # fmt: skip


def refused_proof(family: str, why: str, leaf: bytes, text: str) -> dict[str, str]:
    return {"family": family, "why": why, "leaf": leaf.hex(), "proof": text}


def stranger_proof(hashes: list[bytes]) -> str:
    text = checkpoint.Checkpoint(STRANGER.verifier.name, 300, merkle.root(hashes)).text()
    path = tuple(merkle.inclusion_proof(hashes, 260))
    lines = [note.cosign(text, k, NOW) for k in COSIGNERS.values()]
    return proof.Proof(260, path, note.Note(text, (note.sign(text, STRANGER), *lines))).text()


MERCHANT_SALT = hashlib.sha256(b"merchant salt").digest()


def transfer(i: int, **other: Any) -> receipt.Transfer:
    hidden = receipt.merchant_commitment(f"m{i}", MERCHANT_SALT)
    base = {"muni": 14, "batch": 7, "fund": "kleding", "kind": "redeem", "amount": 1000 + i,
            "date": "2026-11-23", "merchant": hidden}  # fmt: skip
    return receipt.Transfer(**{**base, **other})


def salt(i: int) -> bytes:
    return hashlib.sha256(b"salt %d" % i).digest()


def settled(i: int) -> receipt.Settled:
    """What shop i is paid of the batch; its salt is its own."""
    return receipt.Settled(14, 7, 5000 + i, receipt.merchant_commitment(f"m{i}", salt(i)))


def settled_lines() -> receipt.Commitments:
    return receipt.Commitments.of([receipt.commitment(settled(i).canonical(), salt(i)) for i in range(3)])


def receipt_log(n: int = 11) -> tuple[receipt.Commitments, bytes, list[bytes]]:
    """A batch of n payments as leaf 3 of a log of five."""
    made = receipt.Commitments.of([receipt.commitment(transfer(i).canonical(), salt(i)) for i in range(n)])
    total = sum(1000 + i for i in range(n))
    before = state.Standing(receivable=100_000, funds=(state.Held("kleding", 0, 100_000),))
    sums = state.proceed(before, {"kleding": Counter(n=n, redeemed=total)})
    lines = settled_lines()
    batch = entry.Batch(14, 7, "2026-11-23", "2026-11-23", n, 10, made.root().hex(), made.addendum_hash(),
                        lines.root().hex(), lines.addendum_hash(), **state.lines_of(sums))  # fmt: skip
    leaf = entry.build(batch)
    return made, leaf, [b"zero", b"one", b"two", leaf, b"four"]


def receipt_of(i: int, **other: Any) -> receipt.Receipt:
    made, leaf, leaves = receipt_log()
    hashes = [merkle.leaf_hash(x) for x in leaves]
    outer = proof.Proof(3, tuple(merkle.inclusion_proof(hashes, 3)), signed(5, merkle.root(hashes)), leaf)
    canonical = transfer(i).canonical()
    path = made.inner_path(receipt.commitment(canonical, salt(i)))
    return receipt.Receipt(canonical, salt(i).hex(), tuple(path), outer.text())


def line_of(i: int) -> receipt.Receipt:
    """The receipt of shop i for its line in the same batch."""
    canonical = settled(i).canonical()
    path = settled_lines().inner_path(receipt.commitment(canonical, salt(i)))
    return receipt.Receipt(canonical, salt(i).hex(), tuple(path), receipt_of(i).tlog_proof)


def receipt_vectors() -> dict[str, Any]:
    one = receipt_of(4)
    body = one.json()
    outer = proof.parse(one.tlog_proof)

    def changed(family: str, why: str, **fields: Any) -> dict[str, Any]:
        return {"family": family, "why": why, "receipt": {**body, **fields}}

    def with_leaf(leaf: bytes) -> str:
        return proof.Proof(outer.index, outer.path, outer.note, leaf).text()

    grown = one.canonical.replace('"amount":1004', '"amount":1005')
    side = {"l": "r", "r": "l"}[one.inner_path[0][0]] + one.inner_path[0][1:]
    return {
        "about": "Receipts (spec 07-log) under `policy`. accepted: `transfer` is what the receipt proves, "
        "`leaf` the batch leaf (text) in the log. refused: family as in tlogproof.json. settled: the "
        "receipt of shop `number` for its `line`; settled_refused: must not be believed. merchant_commitment "
        "and salt: known answers (hex). merchant: the identifier that a shop's number stands for.",
        "policy": policy_text(),
        "merchant": {
            "muni": 14, "number": "1001",
            "identifier": str(uuid5(NAMESPACE_URL, "meedoen:merchant:14:1001"))},
        "merchant_commitment": {
            "number": "m4", "salt": MERCHANT_SALT.hex(),
            "commitment": receipt.merchant_commitment("m4", MERCHANT_SALT)},
        "commitment": {
            "canonical": one.canonical, "salt": one.salt,
            "commitment": receipt.commitment(one.canonical, salt(4)).hex()},
        "accepted": [accepted_receipt(receipt_of(i)) for i in (0, 4, 10)],
        "settled": [{"number": f"m{i}", "receipt": line_of(i).json(),
                     "line": json.loads(line_of(i).canonical)} for i in range(3)],
        "settled_refused": [
            {"why": "the number of another shop", "number": "m2", "receipt": line_of(1).json()},
            {"why": "another amount", "number": "m1", "receipt": {**line_of(1).json(), "canonical":
                line_of(1).canonical.replace('"amount":5001', '"amount":5002')}},
            {"why": "the receipt of a payment", "number": "m1", "receipt": body},
            {"why": "the path of a payment", "number": "m1", "receipt":
                {**line_of(1).json(), "inner_path": list(one.inner_path)}},
        ],
        "refused": [
            changed("path", "another amount", canonical=grown),
            changed("path", "another salt", salt="00" * 32),
            changed("path", "a step on the other side", inner_path=[side, *one.inner_path[1:]]),
            changed("path", "a step too few", inner_path=list(one.inner_path[:-1])),
            changed("path", "another batch",
                    canonical=one.canonical.replace('"batch":7', '"batch":8')),
            changed("path", "another municipality",
                    canonical=one.canonical.replace('"muni":14', '"muni":34')),
            changed("path", "a batch leaf that is not in the log", tlog_proof=with_leaf(
                outer.extra.replace(b'"merchants":10', b'"merchants":20'))),
            changed("trust", "too few cosignatures", tlog_proof=proof.Proof(
                outer.index, outer.path, note.Note(outer.note.text, outer.note.signatures[:2]), outer.extra
            ).text()),
            changed("format", "a salt in capitals", salt=one.salt.upper()),
            changed("format", "a step without a side", inner_path=[one.inner_path[0][1:]]),
            changed("format", "a space in the transfer", canonical=one.canonical.replace(":", ": ", 1)),
            changed("format", "a field more",
                    canonical=one.canonical.replace('"v":1', '"v":1,"who":"x"')),
            changed("format", "a kind that does not exist",
                    canonical=one.canonical.replace("redeem", "gift")),
            changed("format", "version true", canonical=one.canonical.replace('"v":1', '"v":true')),
            changed("format", "an amount of zero",
                    canonical=one.canonical.replace('"amount":1004', '"amount":0')),
            changed("format", "no batch leaf", tlog_proof=with_leaf(b"")),
            changed("format", "a batch leaf whose sums do not fit", tlog_proof=with_leaf(
                outer.extra.replace(b'"pots_opening":100000', b'"pots_opening":100001'))),
        ],
    }  # fmt: skip


def accepted_receipt(found: receipt.Receipt) -> dict[str, Any]:
    return {
        "receipt": found.json(),
        "transfer": json.loads(found.canonical),
        "leaf": proof.parse(found.tlog_proof).extra.decode(),
        "index": 3,
        "size": 5,
    }


FILES = {
    "merkle": merkle_vectors,
    "checkpoint": checkpoint_vectors,
    "tlogproof": tlogproof_vectors,
    "policy": policy_vectors,
    "receipt": receipt_vectors,
}


def render(name: str) -> str:
    """The text of one vector file."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in FILES:
        (FOLDER / f"{name}.json").write_text(render(name), encoding="utf-8")
