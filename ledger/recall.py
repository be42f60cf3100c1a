"""Before it signs, a signer makes sure that it knows how far it went (docs/spec/07-log.md, section 8).

1. Its own memory is a file. When that is there and not behind the database, the witnesses are asked once per
   process, and one that does not answer is passed over.
2. When that file is gone, or older than the database, every witness must answer.
3. A witness that saw more than the database knows has seen what an old copy would sign again in another
   way: nothing is signed. So has one that saw other leaves.
"""

import hashlib
import logging
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from ledger import custody
from ledger.log import LogError, checkpoint, note, policy, tiles
from ledger.models import Log

WITNESS_SECONDS = 3
_log = logging.getLogger(__name__)
_asked: set[Path] = set()


def addresses() -> dict[str, str]:
    """Address of each witness, by its name in the policy."""
    pairs = (pair.split("=", 1) for pair in settings.WITNESSES.split(",") if pair)
    return {name: url.rstrip("/") for name, url in pairs}


def before_signing(log: Log, newest: int, fetch: tiles.Fetch, trust: policy.Policy | None) -> None:
    """Return when the signer may go on from `newest` leaves, the last state that the database knows.

    Raises custody.SignerRefuses.
    """
    memory, file = custody.signed(log.origin), custody.memory(log.origin)
    lost = memory is None or memory.size < newest
    if not lost and file in _asked:
        return
    seen = _seen(log.origin, trust, every=lost)
    for name, state in seen.items():
        _compare(name, state, newest, fetch)
    if lost:
        root = tiles.Tree(fetch, newest).root()
        custody.remember(checkpoint.Checkpoint(log.origin, newest, root))
    _asked.add(file)


def _compare(name: str, state: checkpoint.Checkpoint, newest: int, fetch: tiles.Fetch) -> None:
    if state.size > newest:
        raise custody.SignerRefuses(
            f"{state.origin}: witness {name} has seen {state.size} leaves and the database knows {newest}."
            " Is this an old copy of the database? Restore a newer one."
        )
    if tiles.Tree(fetch, newest).range_hash(0, state.size) != state.root:
        raise custody.SignerRefuses(
            f"{state.origin}: the first {state.size} leaves are not those that witness {name} has seen."
        )


def _seen(origin: str, trust: policy.Policy | None, every: bool) -> dict[str, checkpoint.Checkpoint]:
    """The last state that each witness cosigned, by name; those that never saw the log are left out.

    `every`: one that does not answer is a reason to refuse.
    """
    known = {name: url for name, url in addresses().items() if trust and name in trust.witnesses}
    if every and not known:
        raise custody.SignerRefuses(
            f"{origin}: what was signed last is not known, and there is no witness to ask."
            " Restore the state file, or start a new log: manage.py log_compromised."
        )
    if not known or trust is None:
        return {}
    found: dict[str, checkpoint.Checkpoint] = {}
    with ThreadPoolExecutor(max_workers=len(known)) as pool:
        answers = {
            name: pool.submit(_last, url, origin, trust.witnesses[name].key) for name, url in known.items()
        }
    for name, answer in answers.items():
        try:
            if state := answer.result():
                found[name] = state
        except (OSError, LogError, ValueError) as error:
            if every:
                raise custody.SignerRefuses(
                    f"{origin}: what was signed last is not known, and witness {name} does not say: {error}"
                ) from error
            _log.warning("Witness %s does not say what it saw of %s: %s", name, origin, error)
    return found


def _last(url: str, origin: str, witness: note.VerifierKey) -> checkpoint.Checkpoint | None:
    """What a witness cosigned last of a log (C2SP tlog-witness); None when it never saw it."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{url} is not a web address.")
    address = f"{url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
    try:
        with urllib.request.urlopen(address, timeout=WITNESS_SECONDS) as answer:  # noqa: S310
            served = note.Note.parse(answer.read(note.MAX_NOTE_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                return None
            raise
    state = checkpoint.parse(served.text)
    if state.origin != origin or note.find(served, witness) is None:
        raise note.NoteError("its answer is not its own word about this log")
    return state
