"""Time stamps of an authority that `openssl ts` plays: real keys, real tokens, over HTTP."""

import hashlib
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from ledger.anchors import AnchorError, open_anchor
from tests.anchors.conftest import TEXT, Tsa, answering


def test_a_stamp_proves_the_checkpoint_and_says_when(authority: dict[str, str]) -> None:
    before = int(time.time())
    token = open_anchor("rfc3161", authority).anchor(TEXT)
    roots_alone = {"tsa_roots": authority["tsa_roots"]}
    assert before <= open_anchor("rfc3161", roots_alone).verify(token, TEXT) <= time.time()


def test_openssl_agrees(authority: dict[str, str], tsa: Tsa, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(open_anchor("rfc3161", authority).anchor(TEXT))
    (tmp_path / "text").write_bytes(TEXT)
    files = ("-in", str(tmp_path / "token"), "-data", str(tmp_path / "text"))
    tsa.run("ts", "-verify", *files, "-CAfile", "root.pem")


def test_another_checkpoint_is_not_proved(authority: dict[str, str]) -> None:
    anchor = open_anchor("rfc3161", authority)
    token = anchor.anchor(TEXT)
    with pytest.raises(AnchorError, match="does not prove"):
        anchor.verify(token, TEXT.replace(b"\n5\n", b"\n6\n"))


def test_a_stamp_of_somebody_else_is_not_believed(authority: dict[str, str], tmp_path: Path) -> None:
    token = open_anchor("rfc3161", authority).anchor(TEXT)
    stranger = Tsa(tmp_path).make()
    with pytest.raises(AnchorError, match="does not prove"):
        open_anchor("rfc3161", {"tsa_roots": stranger.roots}).verify(token, TEXT)


# Each part that a signature covers, as it stands in the token. Its last byte is changed, so that the token
# still reads well and only a signature can tell.
SIGNED = {
    "the hash of the checkpoint": re.escape(hashlib.sha256(TEXT).digest()),
    "the time": rb"20\d{12}(?=Z)",
    "the digest that is signed": rb"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x22\x04\x20.{32}",
    "the name in the certificate": b"Stamp",
    "the signature": rb".\Z",
}


@pytest.mark.parametrize("part", SIGNED)
def test_nothing_that_was_signed_can_be_changed(authority: dict[str, str], part: str) -> None:
    anchor = open_anchor("rfc3161", authority)
    token = bytearray(anchor.anchor(TEXT))
    (found,) = re.finditer(SIGNED[part], token, re.DOTALL)
    token[found.end() - 1] ^= 1
    with pytest.raises(AnchorError, match="Unable to verify pkcs7 signature"):
        anchor.verify(bytes(token), TEXT)


@pytest.mark.parametrize("token", [b"", b"nonsense", b"0" * 70_000])
def test_what_is_not_a_stamp_proves_nothing(authority: dict[str, str], token: bytes) -> None:
    with pytest.raises(AnchorError):
        open_anchor("rfc3161", authority).verify(token, TEXT)


def test_an_old_answer_to_a_new_question_is_refused(authority: dict[str, str]) -> None:
    """The number in the question must come back: an authority cannot answer from memory."""
    old = open_anchor("rfc3161", authority).anchor(TEXT)
    with answering(lambda _: old, "application/timestamp-reply") as url:
        replay = open_anchor("rfc3161", {**authority, "tsa_url": url})
        with pytest.raises(AnchorError, match=r"[Nn]once"):
            replay.anchor(TEXT)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://127.0.0.1:9"])
def test_an_authority_that_cannot_be_reached(authority: dict[str, str], url: str) -> None:
    with pytest.raises(AnchorError, match="authority"):
        open_anchor("rfc3161", {**authority, "tsa_url": url}).anchor(TEXT)


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n", b""])
def test_an_authority_that_speaks_no_http(authority: dict[str, str], said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65_536)
                client.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(AnchorError):
            open_anchor("rfc3161", {**authority, "tsa_url": url}).anchor(TEXT)
        thread.join()


def test_root_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("nothing")
    for roots in ("", str(tmp_path / "missing"), str(tmp_path / "roots.pem")):
        with pytest.raises(AnchorError, match="root certificates"):
            open_anchor("rfc3161", {"tsa_roots": roots})
