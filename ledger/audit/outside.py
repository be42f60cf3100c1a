"""What others say of a log: witnesses by their monitoring address, mirrors by their own copy.

A witness answers `GET <address>/<sha256 of the origin, hex>/checkpoint` (spec 08); a mirror serves
`checkpoint` as the log does. Whoever does not answer is named as such: that alone proves nothing.
"""

import hashlib
from dataclasses import dataclass

from ledger.audit import source
from ledger.log import LogError, note


@dataclass(frozen=True)
class Told:
    """The newest note that somebody showed; `why_not` says why there is none."""

    who: str
    shown: note.Note | None
    why_not: str = ""


def ask(origin: str, witnesses: list[str], mirrors: list[str]) -> list[Told]:
    """Ask every witness and mirror (addresses, folders) what the log of `origin` looks like."""
    name = hashlib.sha256(origin.encode()).hexdigest()
    places = [(f"witness {at}", at, f"{name}/checkpoint") for at in witnesses]
    places += [(f"mirror {at}", at, "checkpoint") for at in mirrors]
    return [_ask(*place) for place in places]


def _ask(who: str, where: str, path: str) -> Told:
    try:
        return Told(who, note.Note.parse(source.open_source(where)(path)))
    except FileNotFoundError:
        return Told(who, None, "has nothing of this log")
    except (source.UnreachableError, LogError) as error:
        return Told(who, None, f"does not answer ({error})")
