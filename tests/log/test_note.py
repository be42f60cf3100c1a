"""Keys, signatures and notes."""

import hashlib
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import checkpoint, note, proof, submission

LOG = note.SignerKey.from_seed("log.example", note.ED25519, b"L" * 32)
WITNESS = note.SignerKey.from_seed("w.example", note.COSIGNATURE_V1, b"W" * 32)


QUANTUM = note.SignerKey.from_seed("log.example", note.ML_DSA_44, b"Q" * 32)


def signed(text: str = "text\n") -> note.Note:
    return note.Note(text, (note.sign(text, LOG), note.cosign(text, WITNESS, 1795000000)))


def test_keys_go_to_text_and_back() -> None:
    for key in (LOG, WITNESS, QUANTUM):
        assert note.SignerKey.parse(key.text()) == key
        assert note.VerifierKey.parse(str(key.verifier)) == key.verifier


def test_a_private_key_does_not_show_itself() -> None:
    secret = LOG.text().rsplit("+", 1)[1]
    assert secret not in repr(LOG)
    with pytest.raises(note.NoteError) as caught:
        note.SignerKey.parse(LOG.text().replace("log.example", "other.example"))
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+!!!!",
        str(LOG.verifier).replace("log.example", "log example"),
        str(LOG.verifier).replace("log.example", ""),
        str(LOG.verifier).replace("log.example", "other.example"),
        str(LOG.verifier)[:-4],
        str(LOG.verifier).replace(LOG.verifier.key_id.hex(), LOG.verifier.key_id.hex().upper()),
        str(note.VerifierKey("pq.example", 0x06, b"x" * 32)),
    ],
)
def test_a_key_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(note.NoteError):
        note.VerifierKey.parse(text)


def test_a_key_signs_only_what_its_type_is_for() -> None:
    with pytest.raises(note.NoteError):
        note.cosign("text\n", LOG, 1)
    with pytest.raises(note.NoteError):
        note.sign("text\n", WITNESS)
    for now in (0, -1, 1 << 63):
        with pytest.raises(note.NoteError):
            note.cosign("text\n", WITNESS, now)


def test_a_cosignature_covers_the_message_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    message = (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    found = note.cosign(text, WITNESS, 1679315147)
    assert found.body[:8] == (1679315147).to_bytes(8, "big")
    assert note.ed25519_verify(WITNESS.verifier.public, message, found.body[8:])
    tagged = b"w.example\n\x04" + WITNESS.verifier.public
    assert found.key_id == hashlib.sha256(tagged).digest()[:4]


def test_a_quantum_signature_covers_the_message_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    found = note.cosign(text, QUANTUM, 1679315147)
    name, origin = b"log.example", b"example.com/behind-the-sofa"
    root = bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
    message = b"subtree/v1\n\x00" + bytes([len(name)]) + name + (1679315147).to_bytes(8, "big")
    message += bytes([len(origin)]) + origin + bytes(8) + (20852163).to_bytes(8, "big") + root
    mldsa.MLDSA44PublicKey.from_public_bytes(QUANTUM.verifier.public).verify(found.body[8:], message)
    assert found.body[:8] == (1679315147).to_bytes(8, "big")
    tagged = b"log.example\n\x06" + QUANTUM.verifier.public
    assert found.key_id == hashlib.sha256(tagged).digest()[:4]
    assert (len(QUANTUM.verifier.public), len(found.body)) == (1312, 2428)


@pytest.mark.parametrize("text", ["text\n", "a\n1\n", "a\nx\nAAAA\n", "a\n99999999999999999\nAAAA\n"])
def test_a_quantum_key_signs_checkpoints_only(text: str) -> None:
    with pytest.raises(note.NoteError):
        note.cosign(text, QUANTUM, 1)


def test_what_cannot_be_verified_here_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    text = checkpoint.Checkpoint("log.example", 0, b"r" * 32).text()
    both = note.Note(text, (note.sign(text, LOG), note.cosign(text, QUANTUM, 1)))
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    assert note.find(both, LOG.verifier)
    with pytest.raises(note.CannotVerifyError):
        note.find(both, QUANTUM.verifier)


def test_the_same_key_as_log_and_as_witness_is_two_keys() -> None:
    twin = note.SignerKey.from_seed("log.example", note.COSIGNATURE_V1, b"L" * 32)
    assert twin.verifier.key_id != LOG.verifier.key_id
    assert note.find(note.Note("text\n", (note.sign("text\n", LOG),)), twin.verifier) is None


def test_every_flipped_bit_of_a_note_is_noticed() -> None:
    raw = signed("log.example\n1\nAAAA\n").encode()
    keys = (LOG.verifier, WITNESS.verifier)
    for at in range(len(raw) * 8):
        broken = bytearray(raw)
        broken[at // 8] ^= 1 << at % 8
        try:
            found = note.Note.parse(bytes(broken))
            assert not all(note.find(found, key) for key in keys)
        except (note.NoteError, note.BadSignatureError):
            continue


def test_a_line_is_not_added_twice() -> None:
    one = signed()
    assert one.add(*one.signatures) == one


def test_more_than_64_lines_or_65536_bytes_are_refused() -> None:
    line = signed().signatures[0]
    names = [note.Signature(f"k{i}", line.key_id, line.body) for i in range(65)]
    assert len(note.Note.parse(note.Note("t\n", tuple(names[:64])).encode()).signatures) == 64
    with pytest.raises(note.NoteError):
        note.Note.parse(note.Note("t\n", tuple(names)).encode())
    with pytest.raises(note.NoteError):
        note.Note.parse(note.Note("t" * 65536 + "\n", (line,)).encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_a_note_or_refused_with_a_sentence(raw: bytes) -> None:
    for read in (note.Note.parse, submission.parse, lambda r: proof.parse(r.decode("latin-1"))):
        try:
            read(raw)
        except (note.NoteError, submission.SubmissionError, proof.ProofFormatError) as refused:
            assert str(refused).endswith(".")


@given(st.integers(0, checkpoint.MAX_SIZE), st.binary(min_size=32, max_size=32))
def test_checkpoints_go_to_text_and_back(size: int, root: bytes) -> None:
    one = checkpoint.Checkpoint("log.example", size, root)
    assert checkpoint.parse(one.text()) == one


def test_a_request_to_a_witness_goes_to_bytes_and_back() -> None:
    for old, path in [(0, ()), (7, (b"a" * 32, b"b" * 32))]:
        body = submission.build(old, path, signed())
        assert submission.parse(body) == submission.Submission(old, path, signed())
