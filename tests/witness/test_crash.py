"""A witness that is killed at a named point forgets nothing that it signed."""

import signal
import threading
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from ledger.log import note
from tests.witness.conftest import Log, Process

CRASHING = str(Path(__file__).parent / "crashing_witness.py")


@pytest.mark.parametrize(
    ("point", "size_after"),
    [("before_transaction", 5), ("before_commit", 5), ("after_commit", 9), ("before_answer", 9)],
)
def test_killed_while_it_cosigns(
    make_witness: Callable[[str], Process], log: Log, point: str, size_after: int
) -> None:
    witness = make_witness("drenthe").start()
    assert witness.post(log.request(0, 5))[0] == 200
    assert witness.stop() == 0

    witness.start(CRASHING, point)
    with pytest.raises((HTTPException, OSError)):
        witness.post(log.request(5, 9))
    assert witness.popen and witness.popen.wait(20) == -signal.SIGKILL

    witness.start()
    # Whatever happened, the other history has no chance and the true one goes on.
    assert witness.post(log.request(size_after, 9, history="false"))[0] == 422
    assert witness.post(log.request(0, 9)) == (409, f"{size_after}\n")
    status, lines = witness.post(log.request(size_after, 9))
    assert status == 200
    assert note.find(log.note(9).add(*note.parse_lines(lines)), witness.vkey)


def test_killed_at_any_moment_under_load(make_witness: Callable[[str], Process], log: Log) -> None:
    witness = make_witness("drenthe").start()
    signed = [0]

    def grow() -> None:
        try:
            while witness.post(log.request(signed[-1], signed[-1] + 1))[0] == 200:
                signed.append(signed[-1] + 1)
        except (HTTPException, OSError):
            return

    for delay in (0.05, 0.11, 0.17):
        thread = threading.Thread(target=grow)
        thread.start()
        thread.join(delay)
        witness.stop(signal.SIGKILL)
        thread.join()
        witness.start()
        _, answer = witness.post(log.request(0, signed[-1] + 2))
        found = int(answer) if answer[0].isdigit() else signed[-1] + 2
        assert found >= signed[-1]
        signed.append(found)


def test_of_two_requests_at_once_only_one_wins(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    answers: list[int] = []
    bodies = [log.request(5, 9, "true"), log.request(5, 9, "true"), log.request(5, 8, "true")]
    threads = [threading.Thread(target=lambda b=b: answers.append(witness.post(b)[0])) for b in bodies * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) == 1
    assert answers.count(409) == len(answers) - 1


def test_sigterm_lets_a_request_under_way_finish(witness: Process, log: Log) -> None:
    witness.post(log.request(0, 5))
    assert witness.stop(signal.SIGTERM) == 0
    witness.start()
    assert witness.post(log.request(5, 6))[0] == 200
