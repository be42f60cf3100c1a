"""A deadline for all bytes of a connection together."""

import socket
from itertools import count

import pytest

from ledger.log.hurried import hurried


def test_bytes_that_come_one_by_one_do_not_move_the_deadline() -> None:
    here, there = socket.socketpair()
    clock = count()  # a second for each read
    with here, there, hurried(here.makefile("rb"), here, 3, lambda: float(next(clock))) as stream:
        for expected in (b"a", b"b", b"c"):
            there.sendall(expected)
            assert stream.read1(1) == expected
        there.sendall(b"d")
        with pytest.raises(TimeoutError):
            stream.read1(1)


def test_nobody_is_waited_for_longer_than_what_is_left() -> None:
    here, there = socket.socketpair()
    late = pytest.raises(TimeoutError)
    with here, there, hurried(here.makefile("rb"), here, 0.01, lambda: 0.0) as stream, late:
        stream.read(1)
