"""Letting something pass that the rules would have stopped: two people, and a leaf in the public log."""

import hashlib
from datetime import datetime
from uuid import UUID

from ledger import books, leaves
from ledger.log import entry
from ledger.models import Override


class OverrideRefused(Exception):  # noqa: N818 - it says what happened
    """One person alone lets nothing pass, and one id lets only one thing pass."""


def make(
    muni: int, id: UUID, what: str, code: str, reason: str, made_by: str, approved_by: str, now: datetime
) -> Override:
    """The row and its leaf. `what` names what passes (payout/7), `code` why, in one word.

    The same id again gives the same row. The leaf tells both people by a hash that only this row's id opens.
    Raises OverrideRefused, LogClosed, or EntryError when what or code is not a code (docs/spec/07-log.md).
    """
    if made_by == approved_by:
        raise OverrideRefused("Another person approves.")
    with books.locked(muni):
        known = Override.objects.filter(pk=id).first()
        if known:
            if (known.muni, known.what, known.code) != (muni, what, code):
                raise OverrideRefused("The id is taken.")
            return known
        log = leaves.require_open(muni)
        leaf = entry.Override(muni, what, code, _hidden(id, made_by), _hidden(id, approved_by))
        return Override.objects.create(
            id=id, muni=muni, what=what, code=code, reason=reason, made_by=made_by, approved_by=approved_by,
            at=now, entry=leaves.append(log, leaf, f"override:{id.hex}"),
        )  # fmt: skip


def lets_pass(override: Override | None, muni: int, what: str) -> bool:
    """Is this an override of the municipality, for just this?"""
    return override is not None and (override.muni, override.what) == (muni, what)


def _hidden(id: UUID, person: str) -> str:
    return hashlib.sha256(b"vpl/actor/1\0" + id.bytes + person.encode()).hexdigest()
