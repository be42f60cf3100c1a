"""What the crash tests run as processes of their own: `python -m tests.chaos.town VERB …`.

setup           accounts and money
pay N           N payments, one after the other; prints the id of each as soon as it is answered
grant           one top-up of 2 500 pots
settle_at T     one round of settlement as if it were T (epoch seconds); prints the batch's number
check           what the books and the log hold, as JSON; ends with an error when an invariant is broken
"""

import json
import os
import sys
import uuid
from collections import Counter
from datetime import UTC, datetime

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402 - Django first

from ledger import api, sequencer  # noqa: E402
from ledger.api import AccountKey, Code, Kind, Posting  # noqa: E402
from ledger.log import entry, tiles  # noqa: E402
from ledger.models import Batch, BatchItem, Checkpoint, Log, LogEntry, Outbox, Transfer  # noqa: E402

MUNI, FUND = 14, 8
TOPPED_UP = [AccountKey(MUNI, Code.POT, FUND, uuid.uuid5(uuid.NAMESPACE_URL, str(n))) for n in range(2_500)]
POTS = TOPPED_UP[:5]
SHOPS = [AccountKey(MUNI, Code.MERCHANT_OPEN, party=api.merchant_party(MUNI, str(n))) for n in range(3)]
BATCH = uuid.uuid5(uuid.NAMESPACE_URL, "grant")


def setup() -> None:
    now = datetime.now(UTC)
    api.setup_log(MUNI, now)
    api.allocate(muni=MUNI, fund=FUND, amount=100_000_000, decision_ref="B-1", actor="test", now=now)
    _grant(uuid.uuid5(uuid.NAMESPACE_URL, "first"), POTS, 1_000_000)


def grant() -> None:
    _grant(BATCH, TOPPED_UP, 100)


def _grant(batch: uuid.UUID, keys: list[AccountKey], cents: int) -> None:
    lines = [(pot, cents) for pot in api.open_accounts(keys)]
    api.grant(muni=MUNI, batch=batch, fund=FUND, lines=lines, decision_ref="B", actor="test", reason="",
              four_eyes=False, now=datetime.now(UTC))  # fmt: skip


def pay(count: int) -> None:
    pots, shops = api.open_accounts(POTS), api.open_accounts(SHOPS)
    for n in range(count):
        posting = Posting(
            id=uuid.uuid4(),
            kind=Kind.REDEEM,
            debit=pots[n % 5],
            credit=shops[n % 3],
            amount=n % 90 + 1,
            ref_type="test",
            ref_id="",
            actor="till",
            reason="",
            effective_at=datetime.now(UTC),
        )
        api.post(MUNI, [posting])
        print(posting.id, flush=True)


def settle_at(moment: int) -> None:
    print(api.settle(MUNI, datetime.fromtimestamp(moment, UTC), force=True).batch)


def check() -> None:
    """Nothing lost, nothing repeated, nothing forked."""
    items = Counter(BatchItem.objects.values_list("transfer", flat=True))
    waiting = set(Outbox.objects.values_list("transfer", flat=True))
    everything = set(Transfer.objects.exclude(kind=Kind.SETTLE).values_list("seq", flat=True))
    assert set(items) | waiting == everything, "a transfer neither waits nor is in a batch"
    assert not set(items) & waiting, "a transfer waits and is in a batch"
    numbers = sorted(Batch.objects.values_list("no", flat=True))
    assert numbers == list(range(1, len(numbers) + 1)), "a batch number is missing"
    places = sorted(LogEntry.objects.values_list("idx", flat=True))
    assert places == list(range(len(places))), "a place in the log is missing"
    _check_balances()
    log = Log.objects.get()
    for row in Checkpoint.objects.all():
        tree = tiles.Tree(sequencer.fetch(log), row.size)
        assert tree.root() == bytes(row.root), f"the checkpoint of {row.size} leaves is not the tiles' root"
        assert list(tree.leaves()) == [bytes(e.leaf) for e in LogEntry.objects.order_by("idx")[: row.size]]
    payments = Transfer.objects.filter(kind=Kind.REDEEM)
    settled = sum(Transfer.objects.filter(kind=Kind.SETTLE).values_list("amount", flat=True))
    sealed = sum(payments.filter(item__isnull=False).values_list("amount", flat=True))
    assert settled == sealed, "what the shops are owed is not what was sealed"
    leaves = [entry.parse(bytes(e.leaf)) for e in LogEntry.objects.order_by("idx")]
    assert sum(leaf.n for leaf in leaves if isinstance(leaf, entry.Batch)) == len(
        payments.filter(item__isnull=False)
    )
    distribution = api.open_account(muni=MUNI, code=Code.DISTRIBUTION, fund=FUND, grant_batch=BATCH)
    lines = Transfer.objects.filter(kind=Kind.GRANT, ref_type="grant", ref_id=str(BATCH))
    found = {
        "payments": [str(id_) for id_ in payments.values_list("id", flat=True)],
        "waiting": payments.filter(item__isnull=True).count(),
        "batches": len(numbers),
        "status": Counter(Batch.objects.values_list("status", flat=True)),
        "distribution": api.balances([distribution]),
        "topped_up": lines.count(),
    }
    print(json.dumps(found))


def _check_balances() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT a.id, a.balance, coalesce((SELECT sum(amount) FROM ledger_transfer WHERE"
                       " credit_id = a.id), 0) - coalesce((SELECT sum(amount) FROM ledger_transfer WHERE"
                       " debit_id = a.id), 0) FROM ledger_account a WHERE guard")  # fmt: skip
        broken = [row for row in cursor.fetchall() if row[1] != row[2] or row[1] < 0]
    assert broken == [], "a balance is not its transfers"


if __name__ == "__main__":
    verb, *arguments = sys.argv[1:]
    {"setup": setup, "grant": grant, "pay": pay, "settle_at": settle_at, "check": check}[verb](
        *(int(a) for a in arguments)
    )
