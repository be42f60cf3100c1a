"""`manage.py demo`: a demo municipality, complete and running, until Ctrl-C.

1. The first start makes the database, the keys and the data; later ones go on where it was.
2. `--reset` starts over, as does a first start that was broken off. What is no demo is left alone.
3. Web, Celery worker, beat, a demo bank and three witnesses run under one supervisor.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wallet.management.commands.demo_load import name_witnesses
from wallet.management.demo import witnesses
from wallet.management.demo.supervisor import SERVE, Process, Supervisor

START_SECONDS = 60
LOOK_SECONDS = 10


class Command(BaseCommand):
    """Start the demo municipality."""

    help = "Load the demo municipality when there is none, and run all of its processes."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where it listens, and whether to start over."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reset", action="store_true", help="throw the demo away and start over")

    def handle(self, *, port: int, reset: bool, **_: object) -> None:
        """Prepare, then run until told to stop."""
        self.port = port
        _require_free(port)
        _environment(port)
        if reset or not _card().exists():
            _start_over()
        elif (base_url := json.loads(_card().read_text())["base_url"]) != os.environ["BASE_URL"]:
            raise CommandError(f"This demo was made for {base_url}. Use that port, or start over: RESET=1")
        self._prepare()
        threading.Thread(target=self._welcome, daemon=True).start()
        supervisor = Supervisor(_processes(port))
        threading.Thread(target=_tell_witnesses, args=(supervisor,), daemon=True).start()
        supervisor.run()

    def _prepare(self) -> None:
        started = time.monotonic()
        self.stdout.write("Preparing the database and the static files …")
        _manage("migrate", "--verbosity", "0")
        _manage("createcachetable")
        _collect_static()
        if not _card().exists():
            self.stdout.write("Living ten weeks in the demo municipality …")
        _manage("demo_load")
        self.stdout.write(f"Prepared in {time.monotonic() - started:.0f} s.")

    def _welcome(self) -> None:
        """Print addresses and logins as soon as the site answers."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.3)
        self.stdout.write(_welcome(json.loads(_card().read_text())))
        self.stdout.flush()


def _tell_witnesses(supervisor: Supervisor) -> None:
    """What a partner does by hand: when the log goes on in another, let the witnesses know its key."""
    while True:
        time.sleep(LOOK_SECONDS)
        if name_witnesses(settings.MUNICIPALITY, os.environ["WITNESSES"]):
            supervisor.signal(witnesses.NAMES, signal.SIGHUP)


def _card() -> Path:
    """The file that says how to use the demo; written last, so its presence means that all is there."""
    return Path(settings.VAR_DIR) / "demo.json"


def _start_over() -> None:
    """Throw an earlier demo away. Raises CommandError when what is there is none."""
    var = Path(settings.VAR_DIR)
    begun = var / "demo.begun"
    if _in_use(var) and not (begun.exists() or _card().exists()):
        raise CommandError(f"{var} holds a municipality that is no demo. Set MEEDOEN_VAR to another folder.")
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    begun.touch()


def _in_use(var: Path) -> bool:
    """Are there tables or keys? Any other command leaves no more than an empty database and a secret."""
    database = var / "meedoen.sqlite3"
    if {file.name for file in (var / "keys").glob("*")} - {"secret_key"}:
        return True
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(database)) as found:
            return bool(found.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone())
    except sqlite3.DatabaseError:
        return True  # it is something else


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Something else listens on port {port}. Choose another: PORT=9000") from error


def _environment(port: int) -> None:
    """Set what the processes need to know; what is already in the environment stands."""
    wanted = {
        "BASE_URL": f"http://localhost:{port}",
        "SEAL_EVERY": "60",
        "SEAL_MINIMUM": "1",
        "COVER_HOUR": "0",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        "BANK_IBAN": "NL43ABNA0000009001",
        "BANK_NAME": "Gemeente Voorbeeld (demo)",
        "FUNDING_IBAN": "NL16ABNA0000009002",
        "WITNESSES": witnesses.addresses(port + 1),
    }
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


def _collect_static() -> None:
    """Collect and compress the static files, unless none of them changed since the last time."""
    stamp = Path(settings.VAR_DIR) / "static.stamp"
    own = [settings.BASE_DIR / app / "static" for app in ("wallet", "ledger")]
    sources = [Path(folder) for folder in (*settings.STATICFILES_DIRS, *own)]
    newest = max((path.stat().st_mtime for folder in sources for path in folder.rglob("*")), default=0.0)
    if stamp.exists() and stamp.stat().st_mtime >= newest:
        return
    _manage("collectstatic", "--no-input", "--verbosity", "0")
    stamp.touch()


def _manage(*command: str) -> None:
    """Run a management command in a process of its own, where the settings are read anew."""
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, check=False)
    if done.returncode:
        raise CommandError(f"`manage.py {command[0]}` did not succeed; see above.")


def _processes(port: int) -> list[Process]:
    """The processes in the order in which they stop: doors first, memory last."""
    python = sys.executable
    # Celery warns about running as root, which in a container is how things are.
    celery = [python, "-W", "ignore::Warning:celery.platforms", "-m", "celery", "--quiet", "-A", "config"]
    var = Path(settings.VAR_DIR)
    web = [python, *SERVE]
    witness = [python, "-m", "ledger.witness", "serve", "--quiet"]  # the welcome stays in sight
    return [
        Process("web", [*web, "--host", "127.0.0.1", "--port", str(port), "config.wsgi:application"]),
        Process("beat", [*celery, "beat", "--loglevel", "WARNING"]),
        Process("worker", [*celery, "worker", "--loglevel", "WARNING", "--concurrency", "1"]),
        Process("bank", [python, "manage.py", "demo_bank"]),
        *(Process(name, [*witness, str(witnesses.settings_file(var, name))]) for name in witnesses.NAMES),
    ]


def _welcome(card: dict[str, Any]) -> str:
    """What somebody needs to start, in one screen."""
    base = card["base_url"]
    return f"""
The demo municipality is running.

  Phone     {base}/wallet/     activate with {card["activation_codes"][0]}
  Till      {base}/till/       enrol with {card["till_codes"][0]}
  Card      {Path(settings.VAR_DIR) / "demo-card.pdf"}: show it to the till's camera; its PIN is in it
  Desk      {base}/desk/       {card["desk"]["username"]} / {card["desk"]["password"]}
  Log       {card["log_url"]}
  Audit     .venv/bin/python -m ledger.audit {card["log_url"]} --policy {card["policy"]}
            and with the books, in one line:
              --books sqlite:///{settings.DATABASES["default"]["NAME"]} --keys {settings.KEYS_DIR}
              --bank {settings.BANK_DIR} --issuer {base}/.well-known/jwks.json
              --times-from {card["lived_from"]}

More codes and logins are in {_card()}. Ctrl-C stops everything.
"""
