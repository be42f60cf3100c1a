"""A witness's settings: one TOML file; paths in it start at the file's own folder.

listen = "127.0.0.1:9101"
key = "witness.key"
database = "witness.sqlite"

[logs]
"log.example/gm0014/2026" = ["<vkey of the log>"]
"""

import json
import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ledger.log import LogError, durable, note
from ledger.witness.rules import TrustedLogs
from ledger.witness.store import Store


class ConfigError(LogError):
    """The settings or the key file cannot be used."""


@dataclass(frozen=True)
class Config:
    """The settings, read and checked."""

    host: str
    port: int
    key: note.SignerKey
    database: Path
    logs: TrustedLogs


def load(path: Path) -> Config:
    """Read the settings and the key. Raises ConfigError."""
    try:
        return _read(path, path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be used: {error}") from error


def _read(path: Path, text: str) -> Config:
    try:
        raw = tomllib.loads(text)
        host, _, port = str(raw["listen"]).rpartition(":")
        key = note.SignerKey.parse((path.parent / raw["key"]).read_text("ascii").strip())
        logs = {origin: [note.VerifierKey.parse(v) for v in vkeys] for origin, vkeys in raw["logs"].items()}
        config = Config(host, int(port), key, path.parent / raw["database"], logs)
    except KeyError as error:
        raise ConfigError(f"{path} misses the setting {error}.") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path} cannot be used: {error}") from error
    _check(config)
    return config


def _check(config: Config) -> None:
    if not config.host or not 0 <= config.port < 1 << 16:
        raise ConfigError('listen is an address and a port, such as "127.0.0.1:9101".')
    if config.key.verifier.algorithm != note.COSIGNATURE_V1:
        raise ConfigError("The key is not a witness key (type 0x04).")
    for origin, keys in config.logs.items():
        if any(k.name != origin or k.algorithm not in (note.ED25519, note.ML_DSA_44) for k in keys):
            raise ConfigError(f"A key of {origin} is not a log key (type 0x01 or 0x06) with that name.")


def add_log(path: Path, vkey: str) -> bool:
    """Put a log's verifier key in the settings; False when it is there. Raises ConfigError."""
    key, text = note.VerifierKey.parse(vkey), path.read_text("utf-8")
    known = _read(path, text).logs.get(key.name)
    if known is not None:
        if key in known:
            return False
        raise ConfigError(f"{key.name} is in the settings with other keys: look there yourself.")
    longer = f"{text.rstrip()}\n{json.dumps(key.name)} = [{json.dumps(str(key))}]\n"
    if _read(path, longer).logs.get(key.name) != [key]:
        raise ConfigError(f"[logs] is not the last part of {path}: add the line there yourself.")
    _replace(path, longer)
    return True


def _replace(path: Path, text: str) -> None:
    """A reader, or a crash, finds the old settings or the new ones."""
    mode = stat.S_IMODE(path.stat().st_mode)
    durable.write(path, text.encode(), mode)
    path.chmod(mode)  # whatever the umask


def keygen(name: str, path: Path, database: Path) -> note.VerifierKey:
    """Make a key where nothing was before, for its owner alone (0600), and a memory if there is none."""
    key = note.SignerKey.from_seed(name, note.COSIGNATURE_V1, os.urandom(32))
    durable.create(path, f"{key.text()}\n".encode(), 0o600)
    Store.new(database)
    return key.verifier
