"""A connection that is done by a moment: with a timeout for each read alone, bytes may come one by one."""

import io
import socket
from collections.abc import Callable


def hurried(
    stream: io.BufferedIOBase, connection: socket.socket, until: float, clock: Callable[[], float]
) -> io.BufferedReader:
    """The same bytes, all of them before `clock` says `until` (seconds), or TimeoutError."""
    return io.BufferedReader(_Hurried(stream.detach(), connection, until, clock))


class _Hurried(io.RawIOBase):
    def __init__(
        self, raw: io.RawIOBase, connection: socket.socket, until: float, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._raw, self._connection, self._until, self._clock = raw, connection, until, clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override]  # as `io` calls it
        left = self._until - self._clock()
        if left <= 0:
            raise TimeoutError("It takes too long.")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
