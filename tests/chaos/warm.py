"""A warm start for short processes: each is forked from one that has loaded the site in this environment.

The drills start hundreds of processes, which spent most of their time on importing the same code. What is
forked is a process like any other: it has no connection yet, dies alone, and leaves nothing to the next.

`python -m tests.chaos.warm` is the process that waits: a line of JSON in is a command, a number out its end.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Warm:
    """A loaded process in this environment, which forks one for each command."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = dict(environment)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.warm"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def fits(self, environment: dict[str, str]) -> bool:
        """Would a process in that environment load the same? Who the witnesses are is told to each."""
        told = {"WITNESSES": ""}
        return self.environment | told == environment | told

    def run(
        self, command: tuple[str, ...], witnesses: str, crash: str, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `python command` to its end, or to the place where it crashes. Raises TimeoutError."""
        into, out_of = self._process.stdin, self._process.stdout
        assert into and out_of
        late = threading.Timer(seconds, self.close)
        with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
            late.start()
            json.dump([command, witnesses, crash, out.name, err.name], into)
            print(file=into, flush=True)
            answer = out_of.readline()
            late.cancel()
            if not answer:
                raise TimeoutError(command, out.read(), err.read())
            return subprocess.CompletedProcess(command, int(answer), out.read(), err.read())

    def close(self) -> None:
        """End it, with what it forked."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


def main() -> None:
    """Load the site, then fork whatever is asked for."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("check", stdout=StringIO())  # loads all there is
    connections.close_all()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(*json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(command: list[str], witnesses: str, crash: str, out: str, err: str) -> None:
    from django.conf import settings

    from ledger import crash as places

    settings.WITNESSES = os.environ["WITNESSES"] = witnesses
    places._PLACE = crash
    for number, name in enumerate((os.devnull, out, err)):
        os.dup2(os.open(name, os.O_RDWR), number)
    sys.argv = command[1:] if command[0] == "-m" else command
    if command[0] == "-m":
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
