"""The command a partner types."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.log import note
from ledger.witness.__main__ import main


def test_keygen_prints_the_public_half_and_keeps_the_secret_to_its_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "witness.key"
    assert main(["keygen", "drenthe.example/witness", "--key", str(key)]) == 0
    printed = note.VerifierKey.parse(capsys.readouterr().out.strip())
    assert printed == note.SignerKey.parse(key.read_text().strip()).verifier
    assert printed.algorithm == note.COSIGNATURE_V1
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_keygen_never_writes_over_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "witness.key"
    key.write_text("something")
    assert main(["keygen", "a.example", "--key", str(key)]) == 2
    assert key.read_text() == "something"
    assert "exists" in capsys.readouterr().err


def test_keygen_refuses_a_name_that_cannot_be_a_key_name(tmp_path: Path) -> None:
    for name in ("", "two words", "a+b"):
        assert main(["keygen", name, "--key", str(tmp_path / "k")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_the_folders_of_the_guide_are_enough_to_run_a_witness(tmp_path: Path) -> None:
    source = Path(__file__).parent.parent.parent / "ledger"
    (tmp_path / "ledger").mkdir()
    shutil.copy(source / "__init__.py", tmp_path / "ledger")
    for name in ("log", "witness"):
        shutil.copytree(source / name, tmp_path / "ledger" / name)
    program = (
        "import sys\n"
        "for name in ('django', 'celery', 'redis', 'ecdsa'): sys.modules[name] = None\n"
        "from ledger.witness.__main__ import main\n"
        "sys.exit(main(['keygen', 'drenthe.example/witness']))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("drenthe.example/witness+")
    assert (tmp_path / "witness.key").exists()


LOG = note.SignerKey.from_seed("log.example", note.ED25519, b"L" * 32)


@pytest.mark.parametrize(
    "change",
    [
        ("listen", "listing"),
        ("127.0.0.1:9101", "127.0.0.1:http"),
        ("witness.key", "no.key"),
        (str(LOG.verifier), str(LOG.verifier) + "A"),
        ('"log.example" =', '"other.example" ='),
        ("[logs]", "[logs"),
    ],
)
def test_settings_that_cannot_work_are_named_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str]
) -> None:
    main(["keygen", "a.example", "--key", str(tmp_path / "witness.key")])
    settings = tmp_path / "witness.toml"
    text = (
        'listen = "127.0.0.1:9101"\nkey = "witness.key"\ndatabase = "w.sqlite"\n'
        f'[logs]\n"log.example" = ["{LOG.verifier}"]\n'
    )
    settings.write_text(text.replace(*change))
    assert main(["serve", str(settings)]) == 2
    assert capsys.readouterr().err.strip()
    assert not (tmp_path / "w.sqlite").exists()
