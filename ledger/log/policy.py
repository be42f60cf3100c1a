"""Whom to believe: logs, witnesses and a quorum (C2SP tlog-policy).

    log <vkey> [<url>]                       group <name> any|all|<k> <name>...
    witness <name> <vkey> [<url>]            quorum <name>

1. A checkpoint holds when a listed log signed it, under its own origin, and the witnesses
   that cosigned it fulfil the quorum. A log that is listed with an Ed25519 key (0x01) and an
   ML-DSA key (0x06) must have signed with both.
2. Every two quorums must share a witness. Otherwise two sets of honest witnesses can each
   sign their own view of one log, so a policy like that is refused (`quorum none` too).
   With at most 16 witnesses in the quorum every set of them is tried.
3. One key has one line; one name is a member of one group at most.
4. For who says what time it is (`Policy.at`), a cosignature of the future does not count: its witness's
   clock is wrong, and a log that stands still would look fresh for as long.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ledger.log import LogError, checkpoint, note

MAX_QUORUM_WITNESSES = 16
MAX_LINES = 256
AHEAD_SECONDS = 600

Counts = Callable[[frozenset[str]], bool]
"""Do these cosigners (names of witnesses) make the group, witness or quorum?"""


class PolicyError(LogError):
    """The policy file cannot be read, or must not be used."""


class NotTrustedError(LogError):
    """The checkpoint is not signed by a listed log, or too few witnesses cosigned it."""


@dataclass(frozen=True)
class Source:
    """A log or a witness: its key and, if the file has it, its address."""

    key: note.VerifierKey
    url: str = ""


@dataclass(frozen=True)
class Verdict:
    """A believed checkpoint; `cosigned` is epoch seconds by the witness's name in the policy."""

    checkpoint: checkpoint.Checkpoint
    log: Source
    cosigned: dict[str, int]


@dataclass(frozen=True)
class Policy:
    """A policy file that was read and found usable."""

    logs: tuple[Source, ...]
    witnesses: dict[str, Source]
    quorum: str
    counts: Counts
    until: int | None = None
    """Epoch seconds: later cosignatures do not count; None when any time does."""

    def at(self, now: int) -> "Policy":
        """This policy at a time (epoch seconds), some minutes of which clocks may differ."""
        return replace(self, until=now + AHEAD_SECONDS)

    def check(self, signed: note.Note, ed25519: note.Ed25519Verify = note.ed25519_verify) -> Verdict:
        """The believed checkpoint. Raises NotTrustedError, note.BadSignatureError, CheckpointError."""
        found = checkpoint.parse(signed.text)
        log = self.signer(signed, ed25519)
        cosigned = self.cosigned(signed, ed25519)
        if not self.counts(frozenset(cosigned)):
            who = ", ".join(sorted(cosigned)) or "nobody"
            raise NotTrustedError(f"The quorum {self.quorum} is not reached: cosigned by {who}.")
        return Verdict(found, log, cosigned)

    def cosigned(
        self, signed: note.Note, ed25519: note.Ed25519Verify = note.ed25519_verify
    ) -> dict[str, int]:
        """Epoch seconds of each cosignature that is verified and not of the future, by its witness's name."""
        found = {n: note.find(signed, w.key, ed25519) for n, w in self.witnesses.items()}
        times = {name: line.timestamp for name, line in found.items() if line}
        return {name: at for name, at in times.items() if self.until is None or at <= self.until}

    def signer(self, signed: note.Note, ed25519: note.Ed25519Verify = note.ed25519_verify) -> Source:
        """The listed log that signed under its own origin. Raises as `check` does."""
        origin = checkpoint.parse(signed.text).origin
        own = [log for log in self.logs if log.key.name == origin]
        if not own:
            raise NotTrustedError(f"The policy does not list a log named {origin}.")
        found = [log for log in own if note.find(signed, log.key, ed25519)]
        for algorithm in sorted({log.key.algorithm for log in own}):
            if not any(log.key.algorithm == algorithm for log in found):
                kind = " with its ML-DSA key" if algorithm == note.ML_DSA_44 else ""
                raise NotTrustedError(f"The log {origin} did not sign this checkpoint{kind}.")
        return found[0]

    def checkable(self) -> "Policy":
        """This policy without the log keys that this machine cannot verify."""
        return replace(self, logs=tuple(log for log in self.logs if note.can_verify(log.key.algorithm)))

    def one_key(self) -> "Policy":
        """This policy with the Ed25519 keys of logs alone: what witnesses keep may have no other line.

        It is enough to prove a second history, and not enough to believe a checkpoint.
        """
        return replace(self, logs=tuple(log for log in self.logs if log.key.algorithm == note.ED25519))


def parse(text: str) -> Policy:
    """Read a policy file. Raises PolicyError with the line's number."""
    reader = _Reader()
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise PolicyError(f"A policy has at most {MAX_LINES} lines.")
    for number, line in enumerate(lines, 1):
        try:
            reader.line(line)
        except LogError as error:
            raise PolicyError(f"Line {number} of the policy: {error}") from error
    return reader.finish()


class _Reader:
    """Collects the lines; names must be known before they are used."""

    def __init__(self) -> None:
        self.logs: list[Source] = []
        self.witnesses: dict[str, Source] = {}
        self.counts: dict[str, Counts] = {}
        self.below: dict[str, frozenset[str]] = {}  # the witnesses under each name
        self.used: set[str] = set()
        self.quorum = ""

    def line(self, line: str) -> None:
        """Take in one line. Raises PolicyError, note.NoteError."""
        if any((c < " " and c != "\t") or c == "\x7f" for c in line):
            raise PolicyError("there is a control character.")
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            return
        verbs = {"log": self._log, "witness": self._witness,
                 "group": self._group, "quorum": self._quorum}  # fmt: skip
        if words[0] not in verbs:
            raise PolicyError(f"{words[0]} is not log, witness, group or quorum.")
        verbs[words[0]](words[1:])

    def _log(self, words: list[str]) -> None:
        source = self._source(words, note.ED25519, note.ML_DSA_44)
        self._refuse_twice(source, self.logs)
        self.logs.append(source)

    def _witness(self, words: list[str]) -> None:
        source = self._source(words[1:], note.COSIGNATURE_V1)
        self._refuse_twice(source, self.witnesses.values())
        name = self._new_name(words[0])
        self.witnesses[name] = source
        self.counts[name] = lambda cosigned: name in cosigned
        self.below[name] = frozenset([name])

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise PolicyError("a group has a name, a number and members.")
        name, members = self._new_name(words[0]), words[2:]
        for member in members:
            self._use(member)
        needed = self._threshold(words[1], len(members))
        parts = [self.counts[member] for member in members]
        self.counts[name] = lambda cosigned: sum(p(cosigned) for p in parts) >= needed
        self.below[name] = frozenset().union(*(self.below[m] for m in members))

    def _quorum(self, words: list[str]) -> None:
        if self.quorum or len(words) != 1:
            raise PolicyError("there is exactly one quorum, with one name.")
        if words[0] == "none":
            raise PolicyError("quorum none lets a log show everybody another view.")
        self.quorum = self._known(words[0])

    def finish(self) -> Policy:
        """The policy, when it may be used. Raises PolicyError."""
        if not self.quorum:
            raise PolicyError("The policy has no quorum line.")
        counts = self.counts[self.quorum]
        _check_intersection(sorted(self.below[self.quorum]), counts)
        return Policy(tuple(self.logs), self.witnesses, self.quorum, counts)

    def _source(self, words: list[str], *algorithms: int) -> Source:
        if len(words) not in (1, 2):
            raise PolicyError("a key and at most one address belong here.")
        key = note.VerifierKey.parse(words[0])
        if key.algorithm not in algorithms:
            wanted = " or ".join(f"{algorithm:#04x}" for algorithm in algorithms)
            raise PolicyError(f"the key {key.name} is not of type {wanted}.")
        return Source(key, words[1] if len(words) == 2 else "")

    def _refuse_twice(self, source: Source, others: Iterable[Source]) -> None:
        if any(source.key.public == other.key.public for other in others):
            raise PolicyError(f"the key {source.key.name} is listed twice.")

    def _new_name(self, name: str) -> str:
        if name == "none" or name in self.counts:
            raise PolicyError(f"the name {name} is taken.")
        return name

    def _known(self, name: str) -> str:
        if name not in self.counts:
            raise PolicyError(f"the name {name} is not defined above.")
        return name

    def _use(self, name: str) -> None:
        if self._known(name) in self.used:
            raise PolicyError(f"{name} is a member twice.")
        self.used.add(name)

    @staticmethod
    def _threshold(word: str, members: int) -> int:
        if word in ("any", "all"):
            return 1 if word == "any" else members
        if word not in map(str, range(1, members + 1)):
            raise PolicyError(f"{word} is not any, all or a number from 1 to {members}.")
        return int(word)


def _check_intersection(names: list[str], counts: Counts) -> None:
    """Adding witnesses never breaks a quorum, so it is enough to try a set and its rest."""
    if len(names) > MAX_QUORUM_WITNESSES:
        raise PolicyError(f"A quorum of more than {MAX_QUORUM_WITNESSES} witnesses is too large.")
    everybody = frozenset(names)
    for bits in range(1 << (len(names) - 1)):  # the last name always stays in the rest
        some = frozenset(n for i, n in enumerate(names) if bits >> i & 1)
        if counts(some) and counts(everybody - some):
            one, other = ", ".join(sorted(some)), ", ".join(sorted(everybody - some))
            raise PolicyError(f"Two quorums share no witness: {one} and {other}.")
