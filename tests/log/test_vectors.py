"""The known answers that Python and TypeScript share, and that they are what the code writes."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.log import LogError, canonical, checkpoint, entry, merkle, note, policy, proof, receipt

FOLDER = Path(__file__).parent.parent / "vectors"
FAMILIES: dict[type[LogError], set[str]] = {
    note.NoteError: {"format"},
    checkpoint.CheckpointError: {"format"},
    proof.ProofFormatError: {"format"},
    canonical.EntryError: {"format"},
    receipt.ReceiptError: {"format", "path"},
    merkle.ProofError: {"path"},
    policy.NotTrustedError: {"trust"},
    note.BadSignatureError: {"trust"},
}


def load(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def unhex(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def cases(name: str, part: str) -> list[Any]:
    return [pytest.param(c, id=c.get("why", str(i))) for i, c in enumerate(load(name)[part])]


@pytest.mark.parametrize("name", ["merkle", "checkpoint", "tlogproof", "policy", "receipt"])
def test_the_vector_files_are_what_the_code_writes(name: str) -> None:
    spec = importlib.util.spec_from_file_location("make_vectors", Path(__file__).parent / "make_vectors.py")
    assert spec and spec.loader
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == maker.render(name)


def test_merkle_answers_hold() -> None:
    known = load("merkle")
    hashes, roots = unhex(known["leaf_hashes"]), unhex(known["roots"])
    assert [merkle.leaf_hash(leaf) for leaf in unhex(known["leaves"])] == hashes
    for n, expected in enumerate(roots):
        assert merkle.root(hashes[:n]) == expected
    for c in known["inclusion"]:
        i, n = c["index"], c["size"]
        merkle.verify_inclusion(hashes[i], i, n, unhex(c["proof"]), roots[n])
    for c in known["consistency"]:
        m, n = c["old"], c["new"]
        merkle.verify_consistency(m, roots[m], n, roots[n], unhex(c["proof"]))


def test_merkle_refusals_hold() -> None:
    known = load("merkle")
    hashes, roots = unhex(known["leaf_hashes"]), unhex(known["roots"])
    for c in known["refused"]["inclusion"]:
        with pytest.raises(merkle.ProofError):
            leaf, root = hashes[5], roots[c["size"]]
            merkle.verify_inclusion(leaf, c["index"], c["size"], unhex(c["proof"]), root)
    for c in known["refused"]["consistency"]:
        m, n = c["old"], c["new"]
        with pytest.raises(merkle.ProofError):
            merkle.verify_consistency(m, roots[m], n, roots[n], unhex(c["proof"]))


def test_the_example_note_of_the_specification_verifies() -> None:
    example = load("checkpoint")["example"]
    key = note.VerifierKey.parse(example["key"])
    assert str(key) == example["key"]
    assert note.find(note.Note.parse(example["note"].encode()), key)


@pytest.mark.parametrize("case", cases("checkpoint", "accepted"))
def test_a_good_checkpoint_is_read_and_every_key_is_found(case: dict[str, Any]) -> None:
    signed = note.Note.parse(case["note"].encode())
    found = checkpoint.parse(signed.text)
    assert (found.origin, found.size) == (case["origin"], case["size"])
    assert found.root == note.decode_base64(case["root"])
    assert signed.encode().decode() == case["note"]
    lines = [note.find(signed, note.VerifierKey.parse(key)) for key in case["keys"]]
    assert {line.name: line.timestamp for line in lines[1:] if line} == case["times"]
    assert all(lines)


def test_the_quantum_signature_covers_name_time_and_state() -> None:
    known = load("checkpoint")["quantum"]
    key, signed = note.VerifierKey.parse(known["key"]), note.Note.parse(known["note"].encode())
    line = note.find(signed, key)
    assert line
    later = replace(line, body=(line.timestamp + 1).to_bytes(8, "big") + line.body[8:])
    for text, other, body in (
        (signed.text.replace("\n8\n", "\n9\n"), key, line.body),
        (signed.text, key, later.body),
        (signed.text, replace(key, name="log.example/gm0014/2027"), line.body),
    ):
        forged = note.Note(text, (note.Signature(other.name, other.key_id, body),))
        with pytest.raises(note.BadSignatureError):
            note.find(forged, other)


@pytest.mark.parametrize("case", cases("receipt", "settled"))
def test_a_shop_s_receipt_holds(case: dict[str, Any]) -> None:
    found = receipt.parse(json.dumps(case["receipt"]))
    shown = receipt.verify_line(found, case["number"], policy.parse(load("receipt")["policy"]))
    assert json.loads(shown.said.canonical()) == case["line"]


@pytest.mark.parametrize("case", cases("receipt", "settled_refused"))
def test_a_shop_s_receipt_that_proves_something_else_is_refused(case: dict[str, Any]) -> None:
    found = receipt.parse(json.dumps(case["receipt"]))
    with pytest.raises(LogError):
        receipt.verify_line(found, case["number"], policy.parse(load("receipt")["policy"]))


@pytest.mark.parametrize("case", cases("checkpoint", "malformed"))
def test_a_malformed_checkpoint_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises((note.NoteError, checkpoint.CheckpointError)):
        checkpoint.parse(note.Note.parse(case["note"].encode()).text)


@pytest.mark.parametrize("case", cases("checkpoint", "bad_signature"))
def test_a_signature_that_does_not_fit_is_named(case: dict[str, Any]) -> None:
    with pytest.raises(note.BadSignatureError):
        note.find(note.Note.parse(case["note"].encode()), note.VerifierKey.parse(case["key"]))


@pytest.mark.parametrize("case", load("policy")["accepted"], ids=lambda c: c["about"])
def test_a_policy_counts_its_quorum(case: dict[str, Any]) -> None:
    loaded = policy.parse(case["policy"])
    for row in case["sets"]:
        assert loaded.counts(frozenset(row["cosigned"])) is row["quorum"]


@pytest.mark.parametrize("case", cases("policy", "refused"))
def test_a_policy_that_must_not_be_used_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(policy.PolicyError):
        policy.parse(case["policy"])


@pytest.mark.parametrize("case", cases("tlogproof", "accepted"))
def test_a_good_proof_holds(case: dict[str, Any]) -> None:
    found = proof.parse(case["proof"])
    assert found.text() == case["proof"]
    leaf = merkle.leaf_hash(bytes.fromhex(case["leaf"]))
    verdict = proof.verify(found, leaf, policy.parse(load("tlogproof")["policy"]))
    assert (found.index, verdict.checkpoint.size) == (case["index"], case["size"])
    assert found.extra.hex() == case["extra"]


@pytest.mark.parametrize("case", cases("tlogproof", "refused"))
def test_a_bad_proof_is_refused_at_the_right_step(case: dict[str, Any]) -> None:
    with pytest.raises(LogError) as caught:
        leaf = merkle.leaf_hash(bytes.fromhex(case["leaf"]))
        proof.verify(proof.parse(case["proof"]), leaf, policy.parse(load("tlogproof")["policy"]))
    assert case["family"] in FAMILIES[caught.type]


def verify(case: dict[str, Any]) -> receipt.Verified[receipt.Transfer]:
    found = receipt.parse(json.dumps(case["receipt"]))
    return receipt.verify_receipt(
        found.canonical,
        found.salt,
        found.inner_path,
        found.tlog_proof,
        policy.parse(load("receipt")["policy"]),
    )


@pytest.mark.parametrize("case", cases("receipt", "accepted"))
def test_a_good_receipt_holds(case: dict[str, Any]) -> None:
    found = verify(case)
    assert json.loads(found.said.canonical()) == case["transfer"]
    assert entry.build(found.batch).decode() == case["leaf"]
    assert (found.index, found.verdict.checkpoint.size) == (case["index"], case["size"])


@pytest.mark.parametrize("case", cases("receipt", "refused"))
def test_a_bad_receipt_is_refused_at_the_right_step(case: dict[str, Any]) -> None:
    with pytest.raises(LogError) as caught:
        verify(case)
    assert case["family"] in FAMILIES[caught.type]


def test_commitments_have_known_answers() -> None:
    known = load("receipt")
    one, two = known["commitment"], known["merchant_commitment"]
    assert receipt.commitment(one["canonical"], bytes.fromhex(one["salt"])).hex() == one["commitment"]
    assert receipt.merchant_commitment(two["number"], bytes.fromhex(two["salt"])) == two["commitment"]
