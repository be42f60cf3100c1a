"""`make manifest`: a fresh database of this release, and the part of the manifest that describes it.

    python -m tests.audit.release sqlite|postgresql

On PostgreSQL the roles are made too: what they may do is part of the release.
"""

import os
import subprocess
import sys
import tempfile

from ledger.audit import manifest


def main() -> int:
    """Migrate, make the roles, write."""
    with tempfile.TemporaryDirectory() as folder:
        dsn = (
            os.environ["DATABASE_URL"] if sys.argv[1] == "postgresql" else f"sqlite:///{folder}/books.sqlite3"
        )
        environment = os.environ | {"DATABASE_URL": dsn, "MEEDOEN_VAR": folder}
        commands = [["migrate", "--verbosity", "0"]]
        if sys.argv[1] == "postgresql":
            names = ("app", "worker", "signer", "audit")
            commands.append(["roles", *(f"--{name}=release_{name}" for name in names)])
        for command in commands:
            subprocess.run([sys.executable, "manage.py", *command], env=environment, check=True)
        return manifest.write(dsn)


if __name__ == "__main__":
    sys.exit(main())
