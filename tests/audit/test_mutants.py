"""For every cheat exactly the check that is meant for it fires, and the command ends with 1."""

import json
from pathlib import Path

import pytest

from ledger.audit.__main__ import main
from tests.audit.folder import POLICY, Folder
from tests.audit.mutants import MUTANTS, Mutant


def audit(log: Folder, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, list[str]]]:
    home = log.path.parent
    code = main([str(log.path), "--policy", str(home / "policy"), "--json", *more])
    report = json.loads(capsys.readouterr().out)
    return code, {c["id"]: c["findings"] for c in report["checks"] if c["findings"]}


def test_a_clean_log_has_no_findings(log: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", str(log.path.parent / "seen")]
    assert audit(log, capsys, *store) == (0, {})
    assert audit(log, capsys, *store) == (0, {})


def test_a_clean_log_that_grows_has_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy").write_text(POLICY)
    for batches in (0, 1, 3, 260, 300):
        log = Folder(tmp_path / "log", batches).write()
        assert audit(log, capsys, "--store", str(tmp_path / "seen")) == (0, {})


@pytest.mark.parametrize(("check", "mutant"), MUTANTS, ids=lambda x: getattr(x, "__name__", x))
def test_exactly_the_right_check_fires(
    log: Folder, capsys: pytest.CaptureFixture[str], check: str, mutant: Mutant
) -> None:
    # Only A9 remembers: the others must be found by somebody who looks for the first time.
    store = ["--store", str(log.path.parent / "seen")] if check == "A9" else []
    assert audit(log, capsys, *store) == (0, {})
    mutant(log)
    code, found = audit(log, capsys, *store)
    assert code == 1
    assert list(found) == [check]
    assert all(sentence.endswith(".") for sentence in found[check])


def test_a_rewritten_log_stays_found_after_it_is_put_back(
    log: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ["--store", str(log.path.parent / "seen")]
    audit(log, capsys, *store)
    log.change(0, lambda leaf: leaf.update(chart="1" * 64))
    log.write()
    audit(log, capsys, *store)
    log.change(0, lambda leaf: leaf.update(chart="0" * 64))
    log.write()
    assert list(audit(log, capsys, *store)[1]) == ["A9"]


@pytest.mark.parametrize("at", range(0, 400, 37))
def test_any_flipped_byte_anywhere_is_found(log: Folder, capsys: pytest.CaptureFixture[str], at: int) -> None:
    log.write(("drenthe", "emmen"))  # no witness to spare
    for path in sorted(p for p in log.path.rglob("*") if p.is_file()):
        data = path.read_bytes()
        spot = at % len(data)
        path.write_bytes(data[:spot] + bytes([data[spot] ^ 4]) + data[spot + 1 :])
        assert audit(log, capsys)[0] == 1, path
        path.write_bytes(data)
