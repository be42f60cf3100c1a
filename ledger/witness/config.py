"""A witness's settings: one TOML file; paths in it start at the file's own folder.

listen = "127.0.0.1:9101"
key = "witness.key"
database = "witness.sqlite"

[logs]
"log.example/gm0014/2026" = ["<vkey of the log>"]
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ledger.log import LogError, note
from ledger.witness.rules import TrustedLogs


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
        raw = tomllib.loads(path.read_text("utf-8"))
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
    if config.key.verifier.algorithm != note.COSIGNATURE_V1:
        raise ConfigError("The key is not a witness key (type 0x04).")
    for origin, keys in config.logs.items():
        if any(k.name != origin or k.algorithm != note.ED25519 for k in keys):
            raise ConfigError(f"A key of {origin} is not a log key (type 0x01) with that name.")


def keygen(name: str, path: Path) -> note.VerifierKey:
    """Make a key and write it where nothing was before, for its owner alone (0600)."""
    key = note.SignerKey.from_seed(name, note.COSIGNATURE_V1, os.urandom(32))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.text() + "\n")
    return key.verifier
