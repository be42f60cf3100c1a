"""The witness's command: `keygen` once, then `serve`; `add-log` for each new log."""

import argparse
import sqlite3
import sys
from pathlib import Path
from wsgiref.types import WSGIApplication

from ledger.log import LogError
from ledger.witness import config
from ledger.witness.metrics import Tally
from ledger.witness.rules import Witness
from ledger.witness.server import application, serve
from ledger.witness.store import Store


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when it ended well, 2 when it could not do what was asked."""
    chosen = _parser().parse_args(arguments)
    try:
        _run(chosen)
    except (LogError, OSError, sqlite3.Error) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ledger.witness", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    make = verbs.add_parser("keygen", help="make this witness's key and print its public half")
    make.add_argument("name", help="such as drenthe.example/witness; no spaces, no plus sign")
    make.add_argument("--key", type=Path, default=Path("witness.key"), help="file to write")
    make.add_argument("--database", type=Path, help="its memory (witness.sqlite beside the key)")
    run = verbs.add_parser("serve", help="answer requests until stopped; SIGHUP reads the settings again")
    run.add_argument("--quiet", action="store_true", help="no line for a request that went well")
    add = verbs.add_parser("add-log", help="put a log in the settings")
    for verb in (run, add):
        verb.add_argument("config", type=Path, help="settings, a TOML file")
    add.add_argument("vkey", help="verifier key of the log")
    return parser


def _run(chosen: argparse.Namespace) -> None:
    if chosen.verb == "keygen":
        database = chosen.database or chosen.key.with_name("witness.sqlite")
        print(config.keygen(chosen.name, chosen.key, database))
    elif chosen.verb == "add-log":
        added = config.add_log(chosen.config, chosen.vkey)
        print("Added. Send the witness SIGHUP to begin." if added else "This log was there already.")
    else:
        settings, tally = config.load(chosen.config), Tally()
        serve(lambda: _application(chosen.config, tally), settings.host, settings.port, quiet=chosen.quiet)


def _application(path: Path, tally: Tally) -> WSGIApplication:
    settings = config.load(path)
    witness = Witness(settings.key, settings.logs, Store(settings.database, list(settings.logs)))
    return application(witness, tally)


if __name__ == "__main__":
    sys.exit(main())
