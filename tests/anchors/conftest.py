"""A time-stamping authority and a chain, real ones, on this machine."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which
from typing import Any

import pytest

DEPTH = sys.getrecursionlimit()

from web3 import EthereumTesterProvider, Web3  # noqa: E402

from ledger.anchors import Options, evm  # noqa: E402
from tests.serving import serving  # noqa: E402

sys.setrecursionlimit(DEPTH)  # py-evm raises it so far that deep JSON would overflow the stack

TEXT = b"log.example/gm0014/2026\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
# The first account of eth-tester: its key is in that package's documentation.
PAYER = "0x" + "00" * 31 + "01"

CONFIG = """
[req]
distinguished_name = name
prompt = no
x509_extensions = root
[name]
CN = Time stamps of a test
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamp]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa1
[tsa1]
dir = .
serial = ./serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def answering(answer: Callable[[bytes], bytes], kind: str) -> AbstractContextManager[str]:
    """Answer each POST over HTTP until the block ends; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler))


@dataclass(frozen=True)
class Tsa:
    """An authority of `openssl ts`, in a folder."""

    folder: Path

    def run(self, *command: str) -> None:
        subprocess.run(["openssl", *command], cwd=self.folder, check=True, capture_output=True)

    def make(self) -> "Tsa":
        (self.folder / "openssl.cnf").write_text(CONFIG)
        (self.folder / "serial").write_text("01\n")
        new = ("-newkey", "rsa:2048", "-nodes", "-config", "openssl.cnf")
        self.run("req", "-x509", *new, "-keyout", "root.key", "-out", "root.pem", "-days", "30")
        self.run("req", *new, "-subj", "/CN=Stamp", "-keyout", "tsa.key", "-out", "tsa.csr")
        sign = ("-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "2", "-days", "30")
        extend = ("-extfile", "openssl.cnf", "-extensions", "stamp")
        self.run("x509", "-req", "-in", "tsa.csr", *sign, *extend, "-out", "tsa.pem")
        return self

    def stamp(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        sign = ("-signer", "tsa.pem", "-inkey", "tsa.key")
        files = ("-queryfile", "query.tsq", "-out", "answer.tsr")
        self.run("ts", "-reply", "-config", "openssl.cnf", *files, *sign)
        return (self.folder / "answer.tsr").read_bytes()

    @property
    def roots(self) -> str:
        return str(self.folder / "root.pem")


@pytest.fixture(scope="session")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    if not which("openssl"):
        pytest.skip("needs openssl: `apt-get install openssl`")
    return Tsa(tmp_path_factory.mktemp("tsa")).make()


@pytest.fixture
def authority(tsa: Tsa) -> Iterator[dict[str, str]]:
    """Options for rfc3161."""
    with answering(tsa.stamp, "application/timestamp-reply") as url:
        yield {"tsa_url": url, "tsa_roots": tsa.roots}


@contextmanager
def chain() -> Iterator[str]:
    """A chain of its own, in this process, as a node answers over HTTP; its address."""
    local, lock = Web3(EthereumTesterProvider()), threading.Lock()
    ask: Any = local.provider.request_func(local, local.middleware_onion)  # type: ignore[arg-type]

    def answer(body: bytes) -> bytes:
        asked = json.loads(body)
        with lock:
            found = ask(asked["method"], asked["params"])
        return Web3.to_json({**found, "id": asked["id"]}).encode()

    with answering(answer, "application/json") as url:
        yield url


@pytest.fixture
def contract(tmp_path: Path) -> Iterator[Options]:
    """Options for evm: a contract on a chain, and who pays."""
    key = tmp_path / "payer.key"
    key.write_text(f"{PAYER}\n")
    with chain() as url:
        options = {"evm_url": url, "evm_key_file": str(key)}
        yield {**options, "evm_contract": evm.deploy(options)}
