"""Cards that were taken without a connection: the one place where an upload judges them."""

from __future__ import annotations

from wallet.protocol.refusals import Code
from wallet.services.sync.known import Known
from wallet.services.sync.lines import Line
from wallet.services.sync.verdict import Verdict, rejected


def judge(line: Line, known: Known) -> Verdict:
    """A printed card needs a connection."""
    return rejected(line, Code.CARD_ONLINE_ONLY)
