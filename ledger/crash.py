"""Named places to die at, for tests that pull the plug. Without MEEDOEN_CRASH this does nothing.

`MEEDOEN_CRASH=seal.beforecommit` kills the process, as a power cut would, when it comes to that place.
The names are listed in docs/spec/06-books.md and 10-bank.md.
"""

import os
import signal

_PLACE = os.environ.get("MEEDOEN_CRASH", "")


def here(place: str) -> None:
    """Die if the environment says so; else nothing."""
    if place == _PLACE:
        os.kill(os.getpid(), signal.SIGKILL)
