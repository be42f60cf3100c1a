"""Kinds are optional: without their packages nothing else breaks, and the answer says what to install."""

import subprocess
import sys
from pathlib import Path

import pytest

from ledger import anchors

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("kind", "package"), [("rfc3161", "rfc3161_client"), ("evm", "web3")])
def test_a_missing_package_is_named(kind: str, package: str) -> None:
    program = (
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "from ledger import anchors\n"
        "try:\n"
        f"    anchors.open_anchor({kind!r}, {{}})\n"
        "except anchors.NotInstalledError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "requirements-anchors.txt" in done.stdout, done.stderr
    assert package in done.stdout


def test_only_what_is_asked_for_is_imported() -> None:
    program = (
        "import sys\nfrom ledger import anchors\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('web3', 'rfc3161_client', 'cryptography', 'django')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_another_kind_is_refused() -> None:
    with pytest.raises(anchors.AnchorError, match="not a kind"):
        anchors.open_anchor("../evm", {})


def test_the_list_is_in_order_and_read_back() -> None:
    listed = [(5, "rfc3161"), (12, "evm"), (12, "rfc3161"), (100, "other")]
    raw = anchors.index(listed[::-1])
    assert raw == b"5 rfc3161\n12 evm\n12 rfc3161\n100 other\n"
    assert anchors.parse_index(raw) == listed
    assert anchors.parse_index(b"") == []


@pytest.mark.parametrize("raw", [b"5\n", b"05 evm\n", b"x evm\n", b"5 evm more\n", b"\xff\n"])
def test_a_list_that_cannot_be_read(raw: bytes) -> None:
    with pytest.raises(anchors.AnchorError):
        anchors.parse_index(raw)
