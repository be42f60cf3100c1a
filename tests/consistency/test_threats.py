"""Each threat that the specification names has its test, and each such test is named there (spec 13)."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/spec/13-threats.md"
PYTHON = re.compile(r"^(?:async )?def (test_threat_\w+)\(", re.MULTILINE)
SCRIPT = re.compile(r"\btest\(\s*['\"`]threat (\w+)")


def promised() -> list[str]:
    """The last column of each row of the page's tables."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    cells = [row.strip("|").split("|")[-1].strip() for row in rows]
    return [cell.strip("`") for cell in cells if cell != "Test" and not cell.startswith("---")]


def kept() -> set[str]:
    """The threat tests that there are, in Python and TypeScript."""
    python = [
        name for path in (ROOT / "tests").rglob("test_*.py") for name in PYTHON.findall(path.read_text())
    ]
    scripts = (ROOT / "frontend/test").glob("*.test.ts")
    return {
        *python,
        *(f"test_threat_{slug}" for path in scripts for slug in SCRIPT.findall(path.read_text())),
    }


def test_every_threat_of_the_specification_has_its_test() -> None:
    names = promised()
    assert len(names) == len(set(names)) >= 26
    assert [name for name in names if not name.startswith("test_threat_")] == []
    assert sorted(set(names) - kept()) == []


def test_every_test_of_a_threat_is_on_the_page() -> None:
    assert sorted(kept() - set(promised())) == []
