"""The books: accounts are opened, transfers are posted. Nothing else is ever written here.

1. A posting's id is chosen by whoever asks, so asking again posts nothing twice.
2. The same id with other content is a conflict, and nothing of that call is posted.
3. What the database's guards refuse (docs/spec/06-books.md) comes back as one of three errors.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Max, Q, Sum

from ledger import crash
from ledger.models import (
    DEBIT_SIDE,
    GUARDED,
    Account,
    Code,
    Kind,
    Outbox,
    Snapshot,
    Transfer,
)

CHUNK = 1000  # rows a statement: enough to be fast, few enough to hold locks briefly
PIECE = 250  # pots a transaction of a top-up: its account is written for each, and each time costs more


class PostingError(Exception):
    """The books do not take this posting."""


class Overdrawn(PostingError):  # noqa: N818 - it says what the account is
    """A guarded account would go below zero."""


class PostingRefused(PostingError):  # noqa: N818 - it says what happened
    """No posting rule allows it, or an account is closed or of another municipality."""


class PostingConflict(PostingError):  # noqa: N818 - it says what it is
    """The id is taken by a posting with other content."""


@dataclass(frozen=True)
class AccountKey:
    """What makes an account the one it is. `fund` is a programme number."""

    muni: int
    code: Code
    fund: int | None = None
    party: UUID | None = None
    grant_batch: UUID | None = None


@dataclass(frozen=True)
class Posting:
    """A transfer that somebody asks for: `amount` in cents, `debit` and `credit` are account ids."""

    id: UUID
    kind: Kind
    debit: int
    credit: int
    amount: int
    ref_type: str
    ref_id: str
    actor: str
    reason: str
    effective_at: datetime
    payload_sha256: bytes = b""
    reverses: UUID | None = None

    def digest(self) -> bytes:
        """The request's hash (32 bytes); without one, the hash of what the posting itself says."""
        said = (
            self.kind.value, self.debit, self.credit, self.amount, self.ref_type, self.ref_id, self.reverses
        )  # fmt: skip
        return self.payload_sha256 or hashlib.sha256(repr(said).encode()).digest()


@contextmanager
def locked(muni: int) -> Iterator[None]:
    """A transaction that no other settlement of this municipality runs beside, and that reaches the disk."""
    with transaction.atomic():
        if connection.vendor == "postgresql":  # SQLite has one writer, from BEGIN IMMEDIATE on
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(1, %s)", [muni])
                cursor.execute("SET LOCAL synchronous_commit = on")
        yield


def merchant_party(muni: int, number: str) -> UUID:
    """The party of a merchant's accounts."""
    return uuid5(NAMESPACE_URL, f"meedoen:merchant:{muni}:{number}")


def open_accounts(keys: Sequence[AccountKey]) -> list[int]:
    """Ids of the accounts of `keys`, in order; the ones that are missing are opened."""
    with transaction.atomic():
        found = _find(keys)
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if missing:
            found |= _open(missing)
    return [found[key] for key in keys]


def _open(missing: Sequence[AccountKey]) -> dict[AccountKey, int]:
    accounts = [_new_account(key) for key in missing]
    try:
        with transaction.atomic():
            made = Account.objects.bulk_create(accounts, batch_size=CHUNK)
    except IntegrityError:  # another process opened one of them at this moment: the look-up finds theirs
        Account.objects.bulk_create(accounts, batch_size=CHUNK, ignore_conflicts=True)
        return _find(missing)
    return {key: account.id for key, account in zip(missing, made, strict=True)}


def is_open(account: int) -> bool:
    """Can something be posted to this account? In a transaction, and true until its end."""
    held = Account.objects.select_for_update(no_key=True).filter(id=account)
    return held.values_list("closed_at", flat=True).get() is None


def close(accounts: Iterable[int], now: datetime) -> None:
    """Close these accounts for good; the ones that are closed stay as they are. They must be empty."""
    Account.objects.filter(id__in=list(accounts), closed_at=None).update(closed_at=now)


def _new_account(key: AccountKey) -> Account:
    guard = key.code in GUARDED
    return Account(
        **vars(key), side="D" if key.code in DEBIT_SIDE else "C", guard=guard, balance=0 if guard else None
    )


def _find(keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    wanted, found = set(keys), {}
    parties = sorted({key.party for key in wanted if key.party}, key=lambda party: party.hex)
    for start in range(0, len(parties) or 1, CHUNK):
        match = Q(party__in=parties[start : start + CHUNK])
        if start == 0 and any(key.party is None for key in wanted):
            match |= Q(party=None)
        rows = Account.objects.filter(match, muni__in={key.muni for key in wanted}).filter(
            code__in={key.code for key in wanted}
        )
        for row in rows.values_list("id", "muni", "code", "fund", "party", "grant_batch"):
            key = AccountKey(row[1], Code(row[2]), *row[3:])
            if key in wanted:
                found[key] = row[0]
    return found


# What a posting says, and the type that PostgreSQL keeps it in.
_COLUMNS = {
    "id": "uuid",
    "kind": "smallint",
    "debit_id": "bigint",
    "credit_id": "bigint",
    "amount": "bigint",
    "ref_type": "text",
    "ref_id": "text",
    "reverses": "uuid",
    "actor": "text",
    "reason": "text",
    "effective_at": "timestamptz",
    "payload_sha256": "bytea",
}
_INTO = f"INSERT INTO ledger_transfer ({', '.join(_COLUMNS)}, muni)"
# One list for each column: a thousand postings are one short statement.
_LISTS = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
_POSTGRESQL = f"{_INTO} SELECT *, %s::smallint FROM unnest({_LISTS}) said ON CONFLICT (id) DO NOTHING"  # noqa: S608
_SQLITE = f"{_INTO} VALUES ({', '.join(['%s'] * len(_COLUMNS))}, %s)"


def post(muni: int, postings: Sequence[Posting]) -> int:
    """Post what is not posted yet; the number of new transfers. All of it or nothing.

    Raises PostingConflict, Overdrawn or PostingRefused.
    """
    new = 0
    try:
        with transaction.atomic():
            for start in range(0, len(postings), CHUNK):
                new += _post_chunk(muni, postings[start : start + CHUNK])
            crash.here("post.beforecommit")
    except DatabaseError as error:
        raise _refusal(error) from error
    crash.here("post.aftercommit")
    return new


def _post_chunk(muni: int, chunk: Sequence[Posting]) -> int:
    known = _known(chunk) if connection.vendor == "sqlite" else {}
    _refuse_conflicts(chunk, known)
    new = [posting for posting in chunk if posting.id not in known]
    if not new:
        return 0
    written = (_write if connection.vendor == "postgresql" else _write_on_sqlite)(muni, new)
    if written < len(new):
        _refuse_conflicts(new, _known(new))
    return written


def _write(muni: int, new: Sequence[Posting]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL, [muni, *(list(column) for column in zip(*map(_said, new), strict=True))])
        written: int = cursor.rowcount
        return written


def _write_on_sqlite(muni: int, new: Sequence[Posting]) -> int:
    """The caller has looked for what is known already, and its one writer is us."""
    fields = {field.column: field for field in Transfer._meta.concrete_fields}
    kept = [fields[name] for name in _COLUMNS]
    with connection.cursor() as cursor:
        for posting in new:
            values = zip(kept, _said(posting), strict=True)
            row = [field.get_db_prep_value(value, connection) for field, value in values]
            cursor.execute(_SQLITE, [*row, muni])
    return len(new)


def _said(posting: Posting) -> tuple[Any, ...]:
    """The values of `_COLUMNS`."""
    return (
        posting.id,
        posting.kind.value,
        posting.debit,
        posting.credit,
        posting.amount,
        posting.ref_type,
        posting.ref_id,
        posting.reverses,
        posting.actor,
        posting.reason,
        posting.effective_at,
        posting.digest(),
    )


def _known(chunk: Sequence[Posting]) -> dict[UUID, tuple[object, ...]]:
    rows = Transfer.objects.filter(id__in=[posting.id for posting in chunk])
    names = ("id", "kind", "debit_id", "credit_id", "amount", "payload_sha256")
    return {row[0]: (*row[1:-1], bytes(row[-1])) for row in rows.values_list(*names)}


def _refuse_conflicts(chunk: Sequence[Posting], known: Mapping[UUID, tuple[object, ...]]) -> None:
    for posting in chunk:
        said = (posting.kind, posting.debit, posting.credit, posting.amount, posting.digest())
        if known.get(posting.id, said) != said:
            raise PostingConflict(f"Transfer {posting.id} says something else already.")


def _refusal(error: DatabaseError) -> Exception:
    """The books' word for the database's refusal; the error itself when it is about something else."""
    text = str(error)
    if "account_never_overdrawn" in text:
        return Overdrawn("An account does not hold that much.")
    if "posting_rule" in text or "transfer_" in text:
        return PostingRefused(text.splitlines()[0])
    return error


def balances(accounts: Iterable[int]) -> dict[int, int]:
    """Balance in cents of each account: what it carries, or its last snapshot and what came since."""
    rows = Account.objects.filter(id__among=list(accounts)).values_list("id", "balance", "side")
    found = {id_: balance for id_, balance, _ in rows if balance is not None}
    hot = {id_: side for id_, balance, side in rows if balance is None}
    return found | _hot_balances(hot)


def held_balances(accounts: Iterable[int]) -> dict[int, int]:
    """The cents of guarded accounts, held still until the transaction ends, in one order.

    Another payment at the same moment would else not see what is decided on them, nor we what it takes.
    """
    rows = Account.objects.filter(id__among=list(accounts)).order_by("id").select_for_update(no_key=True)
    return {id_: balance or 0 for id_, balance in rows.values_list("id", "balance")}


def _hot_balances(sides: Mapping[int, str]) -> dict[int, int]:
    if not sides:
        return {}
    # A seal between two reads would count its transfers twice or not at all.
    with transaction.atomic():
        waiting = Outbox.objects.filter(transfer__debit__in=sides) | Outbox.objects.filter(
            transfer__credit__in=sides
        )
        moves = list(waiting.values_list("transfer__debit", "transfer__credit", "transfer__amount"))
        found = snapshots(sides)
    for debit, credit, amount in moves:
        for account, side in ((debit, "D"), (credit, "C")):
            if account in sides:
                found[account] += amount if sides[account] == side else -amount
    return found


def snapshots(accounts: Iterable[int]) -> dict[int, int]:
    """Balance of each unguarded account after the last batch that touched it, in cents."""
    ids = list(accounts)
    last = (
        Snapshot.objects.filter(account__in=ids).values("account").annotate(last=Max("batch")).values("last")
    )
    rows = Snapshot.objects.filter(account__in=ids, batch__in=last).order_by("batch")
    return dict.fromkeys(ids, 0) | dict(rows.values_list("account", "balance"))


def allocate(*, muni: int, fund: int, amount: int, decision_ref: str, actor: str, now: datetime) -> bool:
    """Add `amount` cents to a fund by a decision; False when that decision added it before."""
    receivable, account = open_accounts(
        [AccountKey(muni, Code.RECEIVABLE), AccountKey(muni, Code.FUND, fund=fund)]
    )
    once = uuid5(NAMESPACE_URL, f"meedoen:allocate:{muni}:{fund}:{decision_ref}")
    posting = Posting(
        once, Kind.ALLOCATE, receivable, account, amount, "decision", decision_ref, actor, "", now
    )
    return post(muni, [posting]) == 1


def grant(  # noqa: PLR0913 - a decision has this many parts
    *,
    muni: int,
    batch: UUID,
    fund: int,
    lines: Sequence[tuple[int, int]],
    decision_ref: str,
    actor: str,
    reason: str,
    four_eyes: bool,
    now: datetime,
) -> set[int]:
    """Move the total from the fund to the batch's own account, then to each pot (account id, cents).

    What is for a pot that was closed meanwhile goes back to the fund; answers these pots. Stopped half way,
    the same call goes on where it was. Raises Overdrawn when the fund does not hold the total,
    PostingConflict when the batch was decided otherwise.
    """
    source, distribution = open_accounts(
        [AccountKey(muni, Code.FUND, fund=fund), AccountKey(muni, Code.DISTRIBUTION, fund, grant_batch=batch)]
    )
    decision = "decision/four-eyes" if four_eyes else "decision"
    total = sum(cents for _, cents in lines)
    move = partial(Posting, kind=Kind.GRANT, actor=actor, reason=reason, effective_at=now)
    first = move(
        id=uuid5(batch, "total"),
        debit=source,
        credit=distribution,
        amount=total,
        ref_type=decision,
        ref_id=decision_ref,
    )
    post(muni, [first])
    # In the order of the pots, so that two grants at once never wait for each other.
    postings = [
        move(
            id=uuid5(batch, str(pot)),
            debit=distribution,
            credit=pot,
            amount=cents,
            ref_type="grant",
            ref_id=str(batch),
        )
        for pot, cents in sorted(lines)
    ]
    for start in range(0, len(postings), PIECE):
        _give(muni, postings[start : start + PIECE], source)
    close([distribution], now)
    back = Transfer.objects.filter(debit=distribution, kind=Kind.SWEEP)
    return {int(pot) for pot in back.values_list("ref_id", flat=True)}


def _give(muni: int, postings: Sequence[Posting], fund: int) -> None:
    """Post a piece of a top-up. A pot is hardly ever closed: that is asked when the books refuse it."""
    try:
        post(muni, postings)
    except PostingRefused:
        _give_to_open(muni, postings, fund)


@transaction.atomic
def _give_to_open(muni: int, postings: Sequence[Posting], fund: int) -> None:
    """Post it to the pots that are open, which they stay until it is posted; the rest goes back."""
    pots = Account.objects.filter(id__among=[one.credit for one in postings], closed_at=None)
    open_ = set(pots.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
    closed = [one for one in postings if one.credit not in open_]
    given = _known(closed) if closed else {}  # before the pot was closed, by a call that was stopped
    back = [_back(one, fund) for one in closed if one.id not in given]
    post(muni, [*(one for one in postings if one.credit in open_), *back])


def _back(one: Posting, fund: int) -> Posting:
    once = uuid5(one.id, "closed pot")
    return replace(one, id=once, kind=Kind.SWEEP, credit=fund, ref_type="closed pot", ref_id=str(one.credit))


def guaranteed(ref_type: str, ref_id: str) -> int:
    """What the guarantee paid of an offline payment and did not get back yet, in cents."""
    paid = Transfer.objects.filter(
        ref_type=ref_type, ref_id=ref_id, kind=Kind.OFFLINE, debit__code=Code.GUARANTEE
    ).first()
    if paid is None:
        return 0
    back = Transfer.objects.filter(reverses=paid).aggregate(cents=Sum("amount"))["cents"] or 0
    return paid.amount - back


@dataclass(frozen=True)
class Line:
    """One movement of an account, seen from it: `amount` in cents, below zero when it went out."""

    id: UUID
    kind: Kind
    amount: int
    other: int
    ref_type: str
    ref_id: str
    actor: str
    reason: str
    effective_at: datetime


def statement(account: int, limit: int = 50) -> list[Line]:
    """The last movements of an account, newest first."""
    side = Account.objects.values_list("side", flat=True).get(id=account)
    newest = [
        list(Transfer.objects.filter(**{end: account}).order_by(F("seq").desc())[:limit])
        for end in ("debit", "credit")
    ]
    rows = sorted((row for end in newest for row in end), key=lambda row: -row.seq)[:limit]
    return [_line(row, account, side) for row in rows]


def movements(accounts: Sequence[int], limit: int = 50) -> list[tuple[int, Line]]:
    """The last movements of some accounts together, newest first, each with its account: three queries."""
    sides = dict(Account.objects.filter(id__in=accounts).values_list("id", "side"))
    found: list[tuple[int, int, Line]] = []
    for end in ("debit", "credit"):
        # Ordered by a sum, for which there is no index: the accounts' own index serves, not that of all.
        rows = Transfer.objects.filter(**{f"{end}__in": list(sides)}).order_by((F("seq") + 0).desc())
        for row in rows[:limit]:
            account = int(getattr(row, f"{end}_id"))
            found.append((row.seq, account, _line(row, account, sides[account])))
    found.sort(key=lambda one: one[0], reverse=True)
    return [(account, line) for _seq, account, line in found[:limit]]


def _line(row: Transfer, account: int, side: str) -> Line:
    debited = row.debit_id == account
    return Line(
        id=row.id,
        kind=Kind(row.kind),
        amount=row.amount if debited == (side == "D") else -row.amount,
        other=row.credit_id if debited else row.debit_id,
        ref_type=row.ref_type,
        ref_id=row.ref_id,
        actor=row.actor,
        reason=row.reason,
        effective_at=row.effective_at,
    )
