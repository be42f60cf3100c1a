"""A real witness that kills itself at the point named on the command line."""

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from ledger.witness import rules, store
from ledger.witness.__main__ import main

point, settings = sys.argv[1:]


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(sqlite3.Connection):
    """Dies around the COMMIT of the transaction that moves the state."""

    moving = False

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        self.moving |= sql == store._MOVE
        if self.moving and sql == "COMMIT" and point == "before_commit":
            die()
        done = super().execute(sql, *rest)
        if self.moving and sql == "COMMIT" and point == "after_commit":
            die()
        return done


connect = sqlite3.connect
sqlite3.connect = lambda *a, **k: connect(*a, **k, factory=Dying)  # type: ignore
if point == "before_transaction":
    store.Store.move = die  # type: ignore
if point == "before_answer":
    rules.Answer = die  # type: ignore
sys.exit(main(["serve", settings]))
