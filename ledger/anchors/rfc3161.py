"""Time stamps (RFC 3161): an authority signs the hash of a checkpoint and the time.

The token is the authority's whole answer (DER), with its certificate in it. Who verifies chooses the root
certificates to believe.
"""

import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ledger.anchors import AnchorError, Options, UndecidedError

TIMEOUT_SECONDS = 20
MAX_TOKEN_BYTES = 64 * 1024


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority at `url` (may be empty to verify only), under these root certificates."""

    url: str
    roots: tuple[x509.Certificate, ...]

    def anchor(self, text: bytes) -> bytes:
        """The authority's answer, verified. Raises AnchorError."""
        request = TimestampRequestBuilder().data(text).hash_algorithm(HashAlgorithm.SHA256).build()
        token = self._ask(request.as_bytes())
        self._verify(token, text, request.nonce)
        return token

    def verify(self, token: bytes, text: bytes) -> int:
        """The time that the authority signed, in epoch seconds. Raises AnchorError."""
        return int(self._verify(token, text).tst_info.gen_time.timestamp())

    def _ask(self, body: bytes) -> bytes:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise AnchorError(f"The authority's address is not a web address: {self.url!r}.")
        request = urllib.request.Request(  # noqa: S310 - checked above
            self.url, body, {"Content-Type": "application/timestamp-query"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                token: bytes = answer.read(MAX_TOKEN_BYTES + 1)
        except (OSError, HTTPException) as error:
            raise AnchorError(f"The time-stamping authority does not answer: {error}") from error
        return token

    def _verify(self, token: bytes, text: bytes, nonce: int | None = None) -> TimeStampResponse:
        if len(token) > MAX_TOKEN_BYTES:
            raise AnchorError("The time stamp is too large.")
        try:
            found = decode_timestamp_response(token)
            VerifierBuilder(roots=list(self.roots), nonce=nonce).build().verify_message(found, text)
        except (ValueError, VerificationError) as error:
            raise AnchorError(f"The time stamp does not prove this checkpoint: {error}") from error
        return found


def connect(options: Options) -> Authority:
    """The authority of `tsa_url`, believed under the certificates in `tsa_roots`. Raises UndecidedError."""
    try:
        roots = x509.load_pem_x509_certificates(Path(options.get("tsa_roots", "")).read_bytes())
    except (OSError, ValueError) as error:
        raise UndecidedError(f"The root certificates of the authority cannot be read: {error}") from error
    return Authority(options.get("tsa_url", ""), tuple(roots))
