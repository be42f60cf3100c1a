"""The witness's command: `keygen` once, then `serve`."""

import argparse
import sys
from pathlib import Path

from ledger.log import LogError
from ledger.witness import config
from ledger.witness.rules import Witness
from ledger.witness.server import application, serve
from ledger.witness.store import Store


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when it ended well, 2 when it could not start."""
    parser = argparse.ArgumentParser(prog="python -m ledger.witness", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    make = verbs.add_parser("keygen", help="make this witness's key and print its public half")
    make.add_argument("name", help="such as drenthe.example/witness; no spaces, no plus sign")
    make.add_argument("--key", type=Path, default=Path("witness.key"), help="file to write")
    run = verbs.add_parser("serve", help="answer requests until stopped")
    run.add_argument("config", type=Path, help="settings, a TOML file")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.verb == "keygen":
            print(config.keygen(chosen.name, chosen.key))
        else:
            settings = config.load(chosen.config)
            witness = Witness(settings.key, settings.logs, Store(settings.database, list(settings.logs)))
            serve(application(witness), settings.host, settings.port)
    except (LogError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
