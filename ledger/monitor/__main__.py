"""Keep looking at a public log, and say when something is the matter.

With --once: ends with 0 when all is well, 1 when something is the matter (a sentence each), 2 when the log
could not be looked at. With --listen: answers /metrics to Prometheus, and looks again every --every seconds.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from wsgiref.simple_server import make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from ledger.audit import source
from ledger.log import LogError, policy, prometheus
from ledger.monitor import looked
from ledger.monitor.alarms import DAY, Alarm, Limits, alarms
from ledger.monitor.look import Look, Watch
from ledger.monitor.metrics import page

WELL, MATTER, NOT_SEEN = 0, 1, 2


class Monitor:
    """Looks at one log with one policy, and remembers what cannot change."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._chosen = chosen
        trusted = policy.parse(chosen.policy.read_text("utf-8")).checkable()
        self._watch = Watch(trusted, chosen.store, source.open_source)
        self._limits = Limits(
            unpaid=chosen.unpaid_days * DAY,
            batch=chosen.batch_days * DAY,
            override=0 if chosen.once else DAY,  # whoever asks for numbers asks again and again
        )
        self._looked, self._page = 0.0, b""

    def look(self, now: int) -> tuple[Look, list[Alarm]]:
        """One look, and what is the matter. Raises source.UnreachableError, LogError."""
        seen = self._watch.look(source.open_source(self._chosen.log), now)
        if self._chosen.store:
            looked.save(self._chosen.store, seen.head.origin, seen.read.size, now)
        return seen, alarms(seen, self._limits, now)

    def page(self, now: int) -> bytes:
        """The page of the last look, or of a new one when that is too long ago."""
        if not self._page or now - self._looked >= self._chosen.every:
            try:
                self._page = page(*self.look(now), now).encode()
            except (source.UnreachableError, LogError, OSError) as error:
                print(error, file=sys.stderr, flush=True)
                self._page = page(None, [], now).encode()
            self._looked = now
        return self._page


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        monitor = Monitor(chosen)
        if chosen.listen:
            _listen(monitor, *chosen.listen)
            return WELL
        seen, found = monitor.look(int(time.time()))
    except (source.UnreachableError, LogError, OSError, UnicodeDecodeError) as error:
        print(f"The log could not be looked at: {error}", file=sys.stderr)
        _write(chosen.textfile, page(None, [], 0))
        return NOT_SEEN
    _write(chosen.textfile, page(seen, found, int(time.time())))
    for alarm in found:
        print(f"{alarm.kind:<9} {alarm.text}")
    return MATTER if found else WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ledger.monitor", description=__doc__)
    parser.add_argument("log", help="address of the log, or a folder with a copy of it")
    parser.add_argument("--policy", type=Path, required=True, help="whom to believe, and where witnesses are")
    parser.add_argument("--store", type=Path, help="folder that remembers the checkpoints seen")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--once", action="store_true", help="look once")
    how.add_argument("--listen", type=_address, help="HOST:PORT on which to answer /metrics")
    parser.add_argument("--textfile", type=Path, help="with --once: also write the numbers here")
    parser.add_argument("--every", type=int, default=300, help="seconds (300)")
    parser.add_argument("--unpaid-days", type=int, default=5, help="a batch is paid within (5)")
    parser.add_argument("--batch-days", type=int, default=8, help="the last batch is at most this old (8)")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def _write(path: Path | None, numbers: str) -> None:
    """Put the file in its place whole: the collector may read at any moment."""
    if path:
        half = path.with_name(path.name + ".new")
        half.write_text(numbers, "utf-8")
        half.replace(path)


def _listen(monitor: Monitor, host: str, port: int) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is only /metrics here.\n"]
        numbers = monitor.page(int(time.time()))
        start_response("200 OK", [("Content-Type", prometheus.CONTENT_TYPE)])
        return [numbers]

    with make_server(host, port, app) as server:
        print(f"listening on {host}:{server.server_port}", file=sys.stderr, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
