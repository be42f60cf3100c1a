"""Runs the processes of a small installation in one terminal.

1. Each process's lines appear behind its name.
2. A process that dies is started again, a second later.
3. SIGINT or SIGTERM stops all of them, in the order given; what does not stop within the time-out is killed.
4. When the supervisor itself is killed, its processes are told to stop (on Linux).
5. What a process that was killed had started ends with it: workers would go on with its port.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import TextIO

STOP_SECONDS = 15
RESTART_SECONDS = 1.0

# As in production (docs/OPERATING.md): one program for everything, which is enough for a small place; and
# beside it programs for tills and phones alone, one for each core. Threads of one process wait for each
# other's Python, so those have one; where the desk is served as well, a slow page must not stop the others.
_GRANIAN = ("-m", "granian", "--interface", "wsgi", "--http", "1", "--runtime-mode", "st", "--no-ws")
SERVE = (*_GRANIAN, "--workers", "2", "--blocking-threads", "4")
SERVE_API = (*_GRANIAN, "--workers", "1", "--blocking-threads", "1")


@dataclass
class Process:
    """One process: what to run, and under which name its lines appear."""

    name: str
    command: Sequence[str]
    running: subprocess.Popen[str] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it, and a thread that repeats its lines."""
        # A killed supervisor leaves nothing behind: the kernel tells its processes.
        guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        self.running = subprocess.Popen(
            [*guard, *self.command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a group of its own, to be ended as one
        )
        if self.running.stdout:
            threading.Thread(target=self._repeat, args=(self.running.stdout,), daemon=True).start()

    def _repeat(self, lines: TextIO) -> None:
        for line in lines:
            print(f"{self.name:>9} | {line}", end="", flush=True)

    @property
    def dead(self) -> bool:
        """Say whether it ran and ended."""
        return self.running is not None and self.running.poll() is not None

    def stop(self) -> None:
        """Ask it to end; end it after STOP_SECONDS, and whatever it left behind."""
        if self.running is None:
            return
        self.running.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(STOP_SECONDS)
        self.clear()
        self.running.wait()

    def clear(self) -> None:
        """End all that is left of its group."""
        if self.running is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.running.pid, signal.SIGKILL)


class Supervisor:
    """Keeps processes running until somebody says stop."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._stopping = threading.Event()

    def signal(self, names: Collection[str], number: int) -> None:
        """Send a signal to the processes of these names."""
        for process in self._processes:
            if process.name in names and process.running and not process.dead:
                process.running.send_signal(number)

    def run(self) -> None:
        """Start all, restart who dies, and come back after SIGINT or SIGTERM with all of them stopped."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            for process in self._processes:
                process.start()
            while not self._stopping.wait(RESTART_SECONDS):
                self._restart_the_dead()
        finally:
            for process in self._processes:
                process.stop()

    def _restart_the_dead(self) -> None:
        for process in self._processes:
            if process.dead and not self._stopping.is_set():
                print(f"{process.name:>9} | ended; starting it again", flush=True)
                process.clear()
                process.start()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()
