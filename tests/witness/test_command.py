"""The command a partner types."""

import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.log import durable, note
from ledger.witness import config
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


def test_a_key_and_new_settings_are_on_disk(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(durable.os, "fsync", synced.append)
    main(["keygen", "b.example", "--key", str(settings.with_name("second.key"))])
    assert len(synced) == 2, "the file, and the folder that names it"
    main(["add-log", str(settings), str(TestAddLog.NEXT.verifier)])
    assert len(synced) == 4


def test_a_key_needs_no_library_of_another_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The witness signs with Ed25519, so an older `cryptography` without ML-DSA is enough."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    monkeypatch.delattr("cryptography.hazmat.primitives.asymmetric.mldsa", raising=False)
    assert main(["keygen", "a.example", "--key", str(tmp_path / "witness.key")]) == 0
    assert not note.can_verify(note.ML_DSA_44)


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
    ("change", "named"),
    [
        (("listen", "listing"), "misses the setting 'listen'"),
        (("127.0.0.1:9101", "127.0.0.1:http"), "cannot be used"),
        (("127.0.0.1:9101", "9101"), "an address and a port"),
        (("127.0.0.1:9101", ":9101"), "an address and a port"),
        (("127.0.0.1:9101", "127.0.0.1:99999"), "an address and a port"),
        (("witness.key", "no.key"), "cannot be used"),
        ((str(LOG.verifier), str(LOG.verifier) + "A"), "cannot be used"),
        (('"log.example" =', '"other.example" ='), "not a log key"),
        (("[logs]", "[logs"), "cannot be used"),
        (("witness.sqlite", "lost.sqlite"), "make a new key"),
    ],
)
def test_settings_that_cannot_work_are_named_at_the_start(
    settings: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], named: str
) -> None:
    settings.write_text(settings.read_text().replace(*change))
    assert main(["serve", str(settings)]) == 2
    assert named in capsys.readouterr().err


@pytest.fixture
def settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Settings that watch one log, with their key and memory."""
    main(["keygen", "a.example", "--key", str(tmp_path / "witness.key")])
    path = tmp_path / "witness.toml"
    path.write_text(
        'listen = "127.0.0.1:9101"\nkey = "witness.key"\ndatabase = "witness.sqlite"\n'
        f'[logs]\n"log.example" = ["{LOG.verifier}"]\n'
    )
    capsys.readouterr()
    return path


def test_a_witness_without_its_memory_does_not_start(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.with_name("witness.sqlite").unlink()
    assert main(["serve", str(settings)]) == 2
    assert "make a new key" in capsys.readouterr().err
    assert not settings.with_name("witness.sqlite").exists()


def test_an_empty_file_is_no_memory(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings.with_name("witness.sqlite").write_bytes(b"")
    assert main(["serve", str(settings)]) == 2
    assert "make a new key" in capsys.readouterr().err
    assert settings.with_name("witness.sqlite").read_bytes() == b""


def test_a_new_key_goes_on_with_the_old_memory(settings: Path) -> None:
    before = settings.with_name("witness.sqlite").read_bytes()
    assert main(["keygen", "b.example", "--key", str(settings.with_name("second.key"))]) == 0
    assert settings.with_name("witness.sqlite").read_bytes() == before


class TestAddLog:
    NEXT = note.SignerKey.from_seed("log.example/gm0014/2027", note.ED25519, b"M" * 32)

    def test_a_log_is_added_once_and_the_rest_stays(
        self, settings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings.chmod(0o640)
        before = settings.read_text()
        assert main(["add-log", str(settings), str(self.NEXT.verifier)]) == 0
        assert "SIGHUP" in capsys.readouterr().out
        assert main(["add-log", str(settings), str(self.NEXT.verifier)]) == 0
        assert "already" in capsys.readouterr().out
        assert settings.read_text() == f'{before}"{self.NEXT.verifier.name}" = ["{self.NEXT.verifier}"]\n'
        assert stat.S_IMODE(settings.stat().st_mode) == 0o640
        assert list(config.load(settings).logs) == ["log.example", self.NEXT.verifier.name]

    @pytest.mark.parametrize(
        "vkey",
        [
            "nonsense",
            str(note.SignerKey.from_seed("log.example", note.ED25519, b"X" * 32).verifier),
            str(note.SignerKey.from_seed("w.example", note.COSIGNATURE_V1, b"X" * 32).verifier),
        ],
    )
    def test_a_key_that_does_not_fit_changes_nothing(self, settings: Path, vkey: str) -> None:
        before = settings.read_text()
        assert main(["add-log", str(settings), vkey]) == 2
        assert settings.read_text() == before

    def test_settings_in_another_order_are_left_to_a_person(
        self, settings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = settings.read_text() + "[notes]\n"
        settings.write_text(before)
        assert main(["add-log", str(settings), str(self.NEXT.verifier)]) == 2
        assert "yourself" in capsys.readouterr().err
        assert settings.read_text() == before
