"""Check a public log, or a receipt, without trusting whoever serves it.

Ends with 0 when nothing was found, 1 when something is wrong (each finding has the id of its
check), 2 when the audit could not be done.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from ledger.audit import checks, ed25519, report, seen, source, view
from ledger.log import LogError, policy, receipt

OK, WRONG, NOT_DONE = 0, 1, 2
QUIET_SECONDS = 2.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    chosen = _parser().parse_args(arguments)
    if not chosen.log and not chosen.receipt:
        _parser().error("give a log, a receipt, or both")
    try:
        found = _audit(chosen)
    except (source.UnreachableError, LogError, OSError, UnicodeDecodeError) as error:
        print(f"The audit could not be done: {error}", file=sys.stderr)
        return NOT_DONE
    print(json.dumps(found.json(), indent=1) if chosen.json else found.text(), end="")
    return OK if found.ok else WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ledger.audit", description=__doc__)
    parser.add_argument("log", nargs="?", help="address of the log, or a folder with a copy of it")
    parser.add_argument("--policy", type=Path, required=True, help="whom to believe (C2SP tlog-policy)")
    parser.add_argument("--store", type=Path, help="folder that remembers the checkpoints seen")
    parser.add_argument("--receipt", type=Path, help="a receipt (JSON) to verify as well")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _audit(chosen: argparse.Namespace) -> report.Report:
    named = policy.parse(chosen.policy.read_text("utf-8"))
    trusted = named.checkable()
    if len(trusted.logs) < len(named.logs):
        print("The ML-DSA signature is not checked: install cryptography for that.", file=sys.stderr)
    given = receipt.parse(chosen.receipt.read_bytes()) if chosen.receipt else None
    if given and not chosen.log:
        return _receipt_alone(given, trusted)
    fetch = source.open_source(chosen.log)
    try:
        served, head = view.read_head(fetch)
    except LogError as error:
        return _unreadable(str(error))
    looked = replace(view.read(fetch, trusted, served, head, _Progress()), given=given)
    skip = {} if chosen.store else {"A9": "give --store to remember what you saw"}
    if chosen.store:
        looked.seen.extend(seen.load(chosen.store, trusted, head.origin))
        seen.save(chosen.store, trusted, served)
    return _report(looked, skip)


def _report(looked: view.View, skip: dict[str, str]) -> report.Report:
    if looked.given is None:
        skip = {**skip, "R": "no receipt was given"}
    results = checks.run(looked, skip)
    head = looked.head
    try:
        cosigned = looked.trusted.cosigned(looked.signed, ed25519.verify)
    except LogError:  # a false line: A8 names it
        cosigned = {}
    return report.Report(results, head.origin, head.size, head.root.hex(), cosigned, report.totals(looked))


def _unreadable(why: str) -> report.Report:
    results = [checks.Result(i, title, skipped="there is no checkpoint") for i, title, *_ in checks.TABLE]
    return report.Report([replace(r, findings=[why], skipped="") if r.id == "A8" else r for r in results])


def _receipt_alone(given: receipt.Receipt, trusted: policy.Policy) -> report.Report:
    findings = []
    try:
        checks.verify_receipt(given, trusted)
    except LogError as error:
        findings.append(str(error))
    return report.Report([checks.Result("R", "The receipt holds", findings)])


class _Progress:
    """Says on stderr how far reading is, once it takes more than a moment."""

    def __init__(self) -> None:
        self._next = time.monotonic() + QUIET_SECONDS

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + QUIET_SECONDS
            print(f"reading {what}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
