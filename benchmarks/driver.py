"""A cheap HTTP/1.1 client: keep-alive connections on one epoll, each prepared request sent exactly once.

It must not be what is measured, so it parses only the status and the content length of an answer.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}).*?\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE | re.DOTALL)


@dataclass
class Outcome:
    """What happened: seconds from the first byte to the last, latencies in ms, answers by status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Outcome:
        """Take in another turn of the same thing."""
        self.seconds += other.seconds
        self.latencies += other.latencies
        self.statuses += other.statuses
        self.bodies += other.bodies
        return self

    def summary(self, wanted: int = 201) -> dict[str, float]:
        """The figures of the run; everything but `wanted` is an error."""
        total = sum(self.statuses.values())
        return {
            "per_s": round(self.statuses[wanted] / self.seconds, 1),
            "p50_ms": percentile(self.latencies, 50),
            "p95_ms": percentile(self.latencies, 95),
            "p99_ms": percentile(self.latencies, 99),
            "errors": total - self.statuses[wanted],
        }


def percentile(values: Sequence[float], share: int) -> float:
    """The nearest-rank percentile, rounded to hundredths."""
    return round(sorted(values)[max(0, -(-len(values) * share // 100) - 1)], 2)


class _Connection:
    """One connection: sends a request, collects its answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.started = 0.0
        self.buffer = b""

    def send(self, request: bytes) -> None:
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """The status and body when the answer is whole, else None."""
        chunk = self.socket.recv(65_536)
        if not chunk:
            raise ConnectionError(f"the server closed a connection in the middle of {self.buffer[:500]!r}")
        self.buffer += chunk
        head, mark, body = self.buffer.partition(b"\r\n\r\n")
        found = _HEAD.match(head + b"\r\n") if mark else None
        if found is None or len(body) < int(found[2]):
            return None
        self.buffer = b""
        return int(found[1]), body


def drive(port: int, requests: Sequence[bytes], connections: int) -> Outcome:
    """Send every request once over `connections` connections; each waits for its answer before the next."""
    outcome, queue = Outcome(), iter(requests)
    poll, open_ = select.epoll(), {}
    for _ in range(min(connections, len(requests))):
        connection = _Connection(port)
        open_[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
    started = time.perf_counter()
    for connection in open_.values():
        connection.send(next(queue))
    while open_:
        for number, _ in poll.poll(30):
            answer = open_[number].receive()
            if answer is None:
                continue
            _note(outcome, open_[number], answer)
            request = next(queue, None)
            if request is None:
                poll.unregister(number)
                open_.pop(number).socket.close()
            else:
                open_[number].send(request)
    outcome.seconds = time.perf_counter() - started
    return outcome


def _note(outcome: Outcome, connection: _Connection, answer: tuple[int, bytes]) -> None:
    outcome.latencies.append((time.perf_counter() - connection.started) * 1000)
    outcome.statuses[answer[0]] += 1
    if answer[0] != 201 and len(outcome.bodies) < 5:
        outcome.bodies.append(answer[1])
