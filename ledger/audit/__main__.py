"""Check a city's books without trusting whoever keeps them: the public log, and what more you were given.

Ends with 0 when nothing was found, 1 when something is wrong (each finding has the id of its check), 2 when
the audit could not be done. What was not checked is named, with what is missing.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ledger.audit import (
    bankfiles,
    checks,
    outside,
    page,
    papers,
    personal,
    report,
    seen,
    source,
    tables,
    view,
)
from ledger.audit.case import Case
from ledger.audit.check import Result, run
from ledger.audit.es256 import PaperError
from ledger.log import LogError, policy, receipt

Where = TypeVar("Where")
What = TypeVar("What")

OK, WRONG, NOT_DONE = 0, 1, 2
QUIET_SECONDS = 2.0
NOT_DONE_FOR = (
    source.UnreachableError,
    tables.BooksError,
    bankfiles.BankFolderError,
    PaperError,
    LogError,
    OSError,
    UnicodeDecodeError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    chosen = _parser().parse_args(arguments)
    if not (chosen.log or chosen.receipt or chosen.books):
        _parser().error("give a log, a receipt or books")
    try:
        found = _audit(chosen)
        if chosen.html:
            chosen.html.write_text(page.write(found, chosen.language), "utf-8")
    except NOT_DONE_FOR as error:
        print(f"The audit could not be done: {error}", file=sys.stderr)
        return NOT_DONE
    print(json.dumps(found.json(), indent=1) if chosen.json else found.text(), end="")
    return OK if found.ok else WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ledger.audit", description=__doc__)
    add = parser.add_argument
    add("log", nargs="?", help="address of the log, or a folder with a copy of it")
    add("--policy", type=Path, required=True, help="whom to believe (C2SP tlog-policy)")
    add("--store", type=Path, help="folder that remembers the checkpoints seen")
    add("--receipt", type=Path, help="a receipt (JSON) to verify as well")
    add("--witness", action="append", default=[], help="address of a witness, to compare; may be repeated")
    add("--mirror", action="append", default=[], help="address or folder of another copy; may be repeated")
    add("--previous", help="address or folder of the log from which this one goes on")
    add("--max-age", type=int, metavar="DAYS", help="the newest cosignature is not older than this")
    add("--times-from", type=_moment, metavar="TIME", help="what says to be older was made at once (a demo)")
    add("--books", metavar="DSN", help="the municipality's database: sqlite:///path or postgres://…")
    add("--keys", type=Path, help="folder with the key over receipts, to make commitments anew")
    add("--issuer", help="file or address of the public keys of passes (jwks.json)")
    add("--sample", type=int, default=Case.sample, help="payments whose signatures are verified")
    add("--bank", type=Path, help="folder with the bank's files (pain.001, camt.053)")
    add("--tsa-roots", help="file with the root certificates of a time-stamping authority (PEM)")
    add("--evm-url", help="a node of the chain on which the log is anchored")
    add("--evm-contract", help="address of the contract there")
    add("--names", type=Path, help="names that must not be public, one a line")
    add("--json", action="store_true", help="print JSON")
    add("--html", type=Path, help="write a page for people, in one file")
    add("--language", choices=page.LANGUAGES, default="nl", help="language of that page")
    return parser


def _moment(text: str) -> datetime:
    """A time with its zone (ISO 8601), such as 2026-11-24T18:00+01:00. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("A time says its zone.")
    return moment


def _audit(chosen: argparse.Namespace) -> report.Report:
    case = _case(chosen)
    with closing(case.books) if case.books else nullcontext():
        return _look(chosen, case)


def _look(chosen: argparse.Namespace, case: Case) -> report.Report:
    if not chosen.log:
        return report.Report(run(checks.TABLE, checks.TITLES, case), case)
    try:
        served, head = view.read_head(chosen.log)
    except LogError as error:
        return report.Report(_unreadable(str(error)), case)
    case.log = view.read(chosen.log, served, head, case.names, case.progress)
    if chosen.previous:
        case.previous = view.read(
            chosen.previous, *view.read_head(chosen.previous), case.names, case.progress
        )
    if chosen.witness or chosen.mirror:
        case.told = outside.ask(head.origin, chosen.witness, chosen.mirror)
    if chosen.store:
        case.seen = seen.load(chosen.store, case.trusted, head.origin)
        seen.save(chosen.store, case.trusted, served)
    return report.Report(run(checks.TABLE, checks.TITLES, case), case)


def _case(chosen: argparse.Namespace) -> Case:
    """Everything that was given, but for the log."""
    names = chosen.names.read_text("utf-8").splitlines() if chosen.names else []
    now = datetime.now(UTC)
    return Case(
        now=now,
        trusted=_policy(chosen.policy).at(int(now.timestamp())),
        given=_given(chosen.receipt, lambda path: receipt.parse(path.read_bytes())),
        books=_given(chosen.books, tables.open_tables),
        keys=_given(chosen.keys, lambda path: (path / "receipts").read_bytes()),
        issuer=_given(chosen.issuer, lambda where: papers.issuer_keys(source.read(where))),
        bank=_given(chosen.bank, bankfiles.read),
        names=personal.names_of(names),
        names_too_short=personal.too_short(names),
        stamps=_stamps(chosen),
        sample=chosen.sample,
        max_age=chosen.max_age,
        times_from=chosen.times_from,
        progress=_Progress(),
    )


def _stamps(chosen: argparse.Namespace) -> dict[str, str] | None:
    names = ("tsa_roots", "evm_url", "evm_contract")
    return {name: getattr(chosen, name) for name in names if getattr(chosen, name)} or None


def _policy(file: Path) -> policy.Policy:
    named = policy.parse(file.read_text("utf-8"))
    trusted = named.checkable()
    if len(trusted.logs) < len(named.logs):
        print(
            "The ML-DSA signature is not checked: install cryptography, at least 47, for that.",
            file=sys.stderr,
        )
    return trusted


def _given(where: Where | None, read: Callable[[Where], What]) -> What | None:
    return None if where is None else read(where)


def _unreadable(why: str) -> list[Result]:
    """The results when the checkpoint itself cannot be read: that is for A8, and the rest waits."""
    rest = {id_: "there is no checkpoint" for id_ in checks.TITLES if id_ != "A8"}
    return [
        Result(id_, title, [] if id_ in rest else [why], skipped=rest.get(id_, ""))
        for id_, title in checks.TITLES.items()
    ]


class _Progress:
    """Says on stderr how far it is, once it takes more than a moment."""

    def __init__(self) -> None:
        self._next = time.monotonic() + QUIET_SECONDS

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + QUIET_SECONDS
            print(f"{what}: {done}{f' of {total}' if total else ''}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
