"""The shape of the house: functions fit a screen, one file signs, dependencies say why they are here."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREEN = 70
PRODUCT = ("config", "wallet", "ledger")


def sources(*folders: str) -> list[Path]:
    """The product's own Python files, without generated migrations."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with its length in lines, docstring and decorators not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - first.lineno + 1


def tracked() -> list[Path]:
    """The text files under version control."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in names.stdout.split("\0") if name]
    return [
        path for path in paths if path.is_file() and path.suffix not in {".png", ".webp", ".ico", ".wasm"}
    ]


def test_no_function_is_longer_than_a_screen() -> None:
    long = [(name, lines) for path in sources(*PRODUCT) for name, lines in functions(path) if lines > SCREEN]
    assert long == []


def test_the_usual_function_is_short() -> None:
    lengths = [lines for path in sources(*PRODUCT) for _, lines in functions(path)]
    assert statistics.median(lengths) < 12


def test_public_modules_state_what_they_are_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources(*PRODUCT)
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[0] for name in plain} | {
        (node.module or "").split(".")[0]
        for node in nodes
        if isinstance(node, ast.ImportFrom) and not node.level
    }


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("jwt", {"wallet/protocol/signing.py"}),
        (
            "cryptography",
            {
                "wallet/protocol/signing.py",
                "ledger/log/note.py",
                "ledger/anchors/rfc3161.py",
                "ledger/audit/es256.py",
            },
        ),
    ],
)
def test_cryptography_is_called_in_its_own_files_only(package: str, allowed: set[str]) -> None:
    users = {str(path.relative_to(ROOT)) for path in sources(*PRODUCT) if package in imported(path)}
    assert users <= allowed


def test_only_the_auditor_uses_the_second_implementation_of_ecdsa() -> None:
    users = {path.relative_to(ROOT).parts[:2] for path in sources(*PRODUCT) if "ecdsa" in imported(path)}
    assert users <= {("ledger", "audit")}


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_each_dependency_says_why_it_is_here(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]
    assert [line for line in lines if "#" not in line] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_each_locked_version_has_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    bare = [block.splitlines()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
    assert bare == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    private = re.compile(r"/(?:home|root|work|Users)/[a-z]")
    named = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in tracked()
        if path != Path(__file__) and (found := private.search(path.read_text(errors="ignore")))
    ]
    assert named == []
