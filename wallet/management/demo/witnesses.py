"""The demo's three witnesses: a folder for each with its key and settings, and the policy that names them.

They are the same program that a partner runs (ledger/witness/README.md). Two of three make the quorum.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:  # Django may not be set up yet
    from ledger.api import PublicLog


NAMES = ("province", "neighbour", "university")
START_SECONDS = 30
_FILE = """listen = "{address}"
key = "witness.key"
database = "witness.sqlite"

[logs]
{logs}"""


def settings_file(var: Path, name: str) -> Path:
    """Where the settings of a witness are."""
    return var / "witness" / name / "witness.toml"


def addresses(first_port: int) -> str:
    """The witnesses as the setting WITNESSES names them, on ports from `first_port` up."""
    return ",".join(f"{name}=http://127.0.0.1:{first_port + nth}" for nth, name in enumerate(NAMES))


@contextmanager
def serving(var: Path, setting: str) -> Iterator[None]:
    """Run the witnesses while the demo's past is made: what was paid then was witnessed then."""
    command = [sys.executable, "-m", "ledger.witness", "serve"]
    with (var / "witness" / "load.log").open("w") as log:
        running = [
            subprocess.Popen([*command, str(settings_file(var, name))], stdout=log, stderr=log)
            for name in NAMES
        ]
        try:
            for pair in setting.split(","):
                _wait_for(urlsplit(pair.partition("=")[2]).netloc)
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def found(var: Path, setting: str, logs: Sequence[PublicLog]) -> str:
    """Make the witnesses of `setting` for these logs, or tell them of new ones; the text of the policy file.

    A witness signs for a log that its Ed25519 key signed; readers want its ML-DSA signature as well.
    """
    lines = [f"log {key}" for log in logs for key in log.vkeys]
    watched = "".join(f'"{log.origin}" = ["{log.vkeys[0]}"]\n' for log in logs)
    names = []
    for pair in setting.split(","):
        name, _, url = pair.partition("=")
        path = settings_file(var, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = _key(f"{name}.demo/witness", path.with_name("witness.vkey"))
        path.write_text(_FILE.format(address=urlsplit(url).netloc, logs=watched))
        lines.append(f"witness {name} {key} {url}")
        names.append(name)
    return "\n".join([*lines, f"group partners 2 {' '.join(names)}", "quorum partners", ""])


def _key(name: str, public: Path) -> str:
    """A witness's public key; made with its private one when there is none."""
    if not public.exists():
        public.write_text(_keygen(name, public.with_name("witness.key")))
    return public.read_text()


def _keygen(name: str, path: Path) -> str:
    command = [sys.executable, "-m", "ledger.witness", "keygen", name, "--key", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
