"""What a check is: a row of the table, a look at the case, and the result of all looks under one id.

1. A look yields sentences: what is wrong (`str`), or what was done and is not wrong (`Note`).
2. A look that asks for something that was not given is not done, and the result says why.
3. A look that rests on other checks (`needs`) is not done when one of those found something: it would only
   report the same fault again, in other words.
4. No sentence holds personal data: places are named by number, never by a person's or a shop's name.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ledger.audit.case import WITHOUT, Case

MAX_FINDINGS = 20


@dataclass(frozen=True)
class Note:
    """A sentence about what was done, such as how many signatures were verified."""

    text: str


@dataclass(frozen=True)
class Nothing:
    """There was nothing to look at, such as a log without bank statements: that is not "all well"."""

    text: str


Look = Callable[[Case], Iterator[str | Note | Nothing]]


@dataclass(frozen=True)
class Row:
    """One look: the check it belongs to, what it asks for, which checks it rests on, and the look itself."""

    id: str
    asks: tuple[str, ...]
    needs: tuple[str, ...]
    look: Look


@dataclass
class Result:
    """What one check found: no findings and no `skipped` means that all is well."""

    id: str
    title: str
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_done: list[str] = field(default_factory=list)
    """Parts of the check that were not done, and why."""
    skipped: str = ""
    """Why nothing of it was done at all."""


def run(table: Sequence[Row], titles: dict[str, str], case: Case) -> list[Result]:
    """Do the checks in the order of the table; the results in the order of `titles`."""
    results = {id_: Result(id_, title) for id_, title in titles.items()}
    done: set[str] = set()
    broken: set[str] = set()
    for row in table:
        result = results[row.id]
        why = _why_not(row, case, broken)
        if why:
            result.not_done.append(why)
            if not case.lacks(row.asks):
                broken.add(row.id)
            continue
        case.progress(f"check {row.id}", len(done), len(table))
        if _take(result, row.look(case)):
            done.add(row.id)
        if result.findings:
            broken.add(row.id)
    return [_closed(result, result.id in done) for result in results.values()]


def _why_not(row: Row, case: Case, broken: set[str]) -> str:
    lacking = case.lacks(row.asks)
    if lacking:
        return WITHOUT[lacking[0]]
    rests = [need for need in row.needs if need in broken]
    return f"it rests on {', '.join(rests)}" if rests else ""


def _take(result: Result, sentences: Iterable[str | Note | Nothing]) -> bool:
    """Take in what a look says; False when there was nothing to look at."""
    looked = True
    for sentence in sentences:
        if isinstance(sentence, Note):
            result.notes.append(sentence.text)
        elif isinstance(sentence, Nothing):
            looked = False
            result.not_done.append(sentence.text)
        elif len(result.findings) == MAX_FINDINGS:
            result.findings.append("There is more of this; the rest is not named.")
            break
        else:
            result.findings.append(sentence)
    return looked


def _closed(result: Result, done: bool) -> Result:
    reasons = list(dict.fromkeys(result.not_done))
    looked = done or bool(result.findings)
    result.not_done, result.skipped = (reasons, "") if looked else ([], "; ".join(reasons))
    return result
