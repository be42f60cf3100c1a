"""A log that can misbehave, and real witness processes to try it on."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from ledger.log import checkpoint, merkle, note, submission
from ledger.witness import config
from tests.running import free_ports

ROOT = Path(__file__).parent.parent.parent
ORIGIN = "log.example/gm0014/2026"


@dataclass
class Log:
    """A log in memory, with its key: it signs whatever the test asks."""

    origin: str = ORIGIN

    @property
    def key(self) -> note.SignerKey:
        return note.SignerKey.from_seed(self.origin, note.ED25519, b"L" * 32)

    def hashes(self, size: int, history: str = "true") -> list[bytes]:
        return [merkle.leaf_hash(f"{history} {i}".encode()) for i in range(size)]

    def note(self, size: int, history: str = "true", key: note.SignerKey | None = None) -> note.Note:
        text = checkpoint.Checkpoint(self.origin, size, merkle.root(self.hashes(size, history))).text()
        return note.Note(text, (note.sign(text, key or self.key),))

    def request(self, old: int, size: int, history: str = "true") -> bytes:
        proof = merkle.consistency_proof(self.hashes(size, history), old)
        return submission.build(old, proof, self.note(size, history))


@pytest.fixture
def log() -> Log:
    return Log()


@dataclass
class Process:
    """One witness on this machine, in a folder of its own."""

    folder: Path
    port: int
    vkey: note.VerifierKey
    popen: "subprocess.Popen[str] | None" = None

    def start(self, *command: str) -> "Process":
        run = command or ("-m", "ledger.witness", "serve")
        arguments = [sys.executable, *run, str(self.folder / "witness.toml")]
        with (self.folder / "stderr").open("a") as out:
            self.popen = subprocess.Popen(arguments, cwd=ROOT, stderr=out, text=True)
        for _ in range(1500):  # half a minute: the machine may be busy
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            if self.popen.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError((self.folder / "stderr").read_text())

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.popen
        if self.popen.poll() is None:
            os.kill(self.popen.pid, number)
        return self.popen.wait(20)

    def post(self, body: bytes) -> tuple[int, str]:
        status, _, answer = self.call("POST", "/add-checkpoint", body)
        return status, answer

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()


@pytest.fixture
def make_witness(tmp_path: Path, log: Log) -> Iterator[Callable[..., Process]]:
    """Call it with a name, and with the logs to watch if it is not the usual one."""
    made: list[Process] = []

    def make(name: str, *watched: Log) -> Process:
        folder = tmp_path / name
        folder.mkdir()
        key, database = folder / "witness.key", folder / "witness.sqlite"
        vkey = config.keygen(f"{name}.example/witness", key, database)
        port = free_ports(1)
        (folder / "witness.toml").write_text(
            f'listen = "127.0.0.1:{port}"\nkey = "{key.name}"\ndatabase = "{database.name}"\n\n[logs]\n'
            + "".join(f'"{each.origin}" = ["{each.key.verifier}"]\n' for each in watched or [log])
        )
        made.append(Process(folder, port, vkey))
        return made[-1]

    yield make
    for process in made:
        if process.popen:
            process.stop(signal.SIGKILL)


@pytest.fixture
def witness(make_witness: Callable[..., Process]) -> Process:
    return make_witness("drenthe").start()
