"""The specifications name what the code has, so neither can move alone."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ledger.audit import chart, source, words
from ledger.audit.case import WITHOUT
from ledger.audit.check import MAX_FINDINGS
from ledger.audit.checks import TABLE, TITLES
from ledger.log import canonical, checkpoint, entry, note, policy, proof, receipt, state
from ledger.models import DEBIT_SIDE, GUARDED, Kind
from ledger.witness.server import MAX_BODY_BYTES

MINUS = "\N{MINUS SIGN}"
SPEC = Path(__file__).parent.parent.parent / "docs" / "spec"


def spec(name: str) -> str:
    return (SPEC / name).read_text("utf-8")


def test_every_check_stands_in_the_specification_and_rests_on_what_it_says() -> None:
    rows = re.findall(r"^\| (A\d+|R) \|.*\| ?([^|]*)\|$", spec("09-audit.md"), re.MULTILINE)
    needs = {id_: {need for row in TABLE if row.id == id_ for need in row.needs} for id_ in TITLES}
    assert [id_ for id_, _ in rows] == list(TITLES)
    assert {id_: said.strip() for id_, said in rows} == {
        id_: ", ".join(other for other in TITLES if other in needs[id_]) for id_ in TITLES
    }


def test_every_check_has_a_look_and_stands_on_the_page() -> None:
    grouped = [id_ for group in words.GROUPS for id_ in group.checks]
    assert sorted(grouped) == sorted(TITLES) == sorted({row.id for row in TABLE})
    for language in words.TEXTS:
        assert words.CHECKS[language].keys() == TITLES.keys()
        assert words.REASONS[language].keys() >= WITHOUT.keys()
        assert words.TEXTS[language].keys() == words.TEXTS["nl"].keys()


def test_the_auditors_chart_is_that_of_the_books() -> None:
    assert {code.value for code in DEBIT_SIDE} == set(chart.DEBIT_SIDE)
    assert {code.value for code in GUARDED} == set(chart.GUARDED)
    assert all(getattr(chart, kind.name, kind.value) == kind.value for kind in Kind)


@pytest.mark.parametrize(
    "cls",
    [
        *entry._TYPES,
        entry.Previous,
        state.Standing,
        state.Held,
        state.FundState,
        state.PayableState,
        state.GuaranteeState,
        receipt.Transfer,
        receipt.Settled,
        receipt.Receipt,
    ],
)
def test_every_field_stands_in_the_specification(cls: type) -> None:
    text = spec("07-log.md")
    assert [f.name for f in fields(cls) if f"`{f.name}`" not in text] == []


def settled_info() -> bytes:
    """The info of the auditor's addendum, as the code has it (that module needs Django)."""
    source = (SPEC.parent.parent / "ledger" / "settled.py").read_text("utf-8")
    return re.findall(r'INFO = b"(.*)\\0"', source)[0].encode() + b"\0"


def test_every_kind_and_tag_stands_in_the_specification() -> None:
    text = spec("07-log.md")
    for kind in receipt.KINDS:
        assert f"`{kind}`" in text
    for leaf in entry._TYPES:
        assert f"| `{leaf.t}` |" in text or f"**`{leaf.t}`**" in text
    for name, parts in state._BANK.items():
        terms = [f"{'+' if sign > 0 else MINUS} {part}" for part, sign in parts.items()]
        assert f"{name}: `{' '.join(terms)}`" in text
    for tag in (receipt.COMMIT_TAG, receipt.MERCHANT_TAG, settled_info()):
        assert tag.decode().replace("\0", r"\0") in text


def test_the_limits_are_those_of_the_specifications() -> None:
    log, witness, audit = spec("07-log.md"), spec("08-witness.md"), spec("09-audit.md")
    assert f"{note.MAX_SIGNATURES} signature lines and 65 536 bytes" in log
    assert note.MAX_NOTE_BYTES == 65536
    assert f"at most {policy.MAX_QUORUM_WITNESSES} witnesses" in log
    assert f"at most {policy.MAX_LINES} lines" in log
    assert checkpoint.MAX_SIZE == canonical.MAX_INT == 2**53 - 1
    assert f"{MAX_BODY_BYTES:,}".replace(",", " ") in witness
    assert f"At most {MAX_FINDINGS} findings" in audit
    assert f"more than {source.MAX_TOTAL_BYTES // 1024**3} GiB" in audit
    assert proof.HEADER == "c2sp.org/tlog-proof@v1"
