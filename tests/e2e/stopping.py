"""A web server that answers nobody for a while."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.running import Running


@contextmanager
def server_stopped(town: Running) -> Iterator[None]:
    """The web server answers nobody, and goes on where it was."""
    master = town.children()["granian"]
    listed = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True, check=False)
    processes = [master, *map(int, listed.stdout.split())]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(processes):
            os.kill(process, signal.SIGCONT)
