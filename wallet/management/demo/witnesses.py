"""The demo's three witnesses: a folder for each with its key and settings, and the policy that names them.

They are the same program that a partner runs (ledger/witness/README.md). Two of three make the quorum.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

NAMES = ("province", "neighbour", "university")
_FILE = """listen = "{address}"
key = "witness.key"
database = "witness.sqlite"

[logs]
"{origin}" = ["{log_key}"]
"""


def settings_file(var: Path, name: str) -> Path:
    """Where the settings of a witness are."""
    return var / "witness" / name / "witness.toml"


def addresses(first_port: int) -> str:
    """The witnesses as the setting WITNESSES names them, on ports from `first_port` up."""
    return ",".join(f"{name}=http://127.0.0.1:{first_port + nth}" for nth, name in enumerate(NAMES))


def found(var: Path, setting: str, origin: str, log_key: str) -> str:
    """Make the witnesses of `setting` for one log; answers the text of the policy file."""
    lines = [f"log {log_key}"]
    names = []
    for pair in setting.split(","):
        name, _, url = pair.partition("=")
        path = settings_file(var, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = _keygen(f"{name}.demo/witness", path.with_name("witness.key"))
        path.write_text(_FILE.format(address=urlsplit(url).netloc, origin=origin, log_key=log_key))
        lines.append(f"witness {name} {key} {url}")
        names.append(name)
    return "\n".join([*lines, f"group partners 2 {' '.join(names)}", "quorum partners", ""])


def _keygen(name: str, path: Path) -> str:
    command = [sys.executable, "-m", "ledger.witness", "keygen", name, "--key", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
