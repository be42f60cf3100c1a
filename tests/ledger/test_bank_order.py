"""Any story that a bank can tell ends the same, in whatever order and however often its files come."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import api
from ledger.api import Code, clearing, payouts
from ledger.models import Account, BankMatch, Log, PainFile, Payout
from tests.ledger.banking import CITY, ONE, Bank, give_account, refusal, take_all
from tests.ledger.conftest import MUNI, NOON, Town

SHOPS = 6
FATES = st.lists(st.sampled_from(["paid", "refused", "returned"]), min_size=SHOPS, max_size=SHOPS)


@pytest.fixture
def sent(town: Town, witnesses: Callable[[Log], None]) -> Town:
    """Two files with payments to six shops are on their way."""
    witnesses(api.setup_log(MUNI, NOON))
    town.open(pots=3, shops=SHOPS - 2)
    town.grant([(pot, 10_000) for pot in town.pots[3:]])
    for shop in range(SHOPS):
        give_account(shop, "NL58ABNA0000000001")
    for no in (1, 2):
        for shop in range(SHOPS):
            town.pay(100 * no + shop, pot=shop, shop=shop)
        town.settle()
        payouts.export(MUNI, no, ONE, town.now)
    return town


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def story(fates: list[str], whole: bool, cuts: set[int]) -> list[bytes]:
    """The bank's files: refusals, debits (by file or one by one) and returns, in statements cut at `cuts`."""
    bank, files, lines, back = Bank(), [], [], []
    lines.append(bank.line(50_000, other_iban=CITY))
    for order in PainFile.objects.order_by("pk"):
        rows = dict(zip(order.payouts.order_by("amount"), fates, strict=True))
        refused = [row for row, fate in rows.items() if fate == "refused"]
        paid = [row for row in rows if row not in refused]
        files.append(refusal(order, *refused, reason="AM09"))
        if paid and whole:
            lines.append(bank.line(-sum(row.amount for row in paid), batch_ref=f"{order.msg_id}P"))
        else:
            lines += [bank.paid(row) for row in paid]
        back += [bank.sent_back(row, "AM09") for row in paid if rows[row] == "returned"]
    lines += back
    edges = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    files += [bank.statement(*lines[start:end]) for start, end in itertools.pairwise(edges)]
    return files


def balances() -> dict[tuple[int, str], int]:
    """Every account by what it is."""
    rows = list(Account.objects.filter(code__in=(1000, 1300, 1900, 2210, 2300, 2400, 5100)))
    amounts = api.balances([row.pk for row in rows])
    return {(row.code, str(row.party)): amounts[row.pk] for row in rows if amounts[row.pk]}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fates=FATES, whole=st.booleans(), cuts=st.sets(st.integers(1, 20), max_size=4), shuffle=st.randoms(),
    again=st.lists(st.integers(0, 30), max_size=3),
)  # fmt: skip
def test_files_in_any_order_cut_anywhere_and_read_twice(
    sent: Town, fates: list[str], whole: bool, cuts: set[int], shuffle: object, again: list[int]
) -> None:
    with undone():
        files = story(fates, whole, cuts)
        with undone():
            take_all(files)
            expected = balances(), sorted(Payout.objects.values_list("pk", "status"))
        mixed = [*files, *(files[nth % len(files)] for nth in again)]
        shuffle.shuffle(mixed)  # type: ignore[attr-defined]
        assert take_all(mixed) <= {"not_next", "not_first", "read_before"}
        assert (balances(), sorted(Payout.objects.values_list("pk", "status"))) == expected
        assert clearing.open_items(MUNI, NOON + timedelta(days=3)) == []
        assert all(code not in (Code.SUSPENSE, Code.IN_TRANSIT, Code.UNIDENTIFIED) for code, _ in balances())
        names = {"paid": "booked", "refused": "failed", "returned": "returned"}
        for order in PainFile.objects.all():
            found = list(order.payouts.order_by("amount").values_list("status", flat=True))
            assert found == [names[fate] for fate in fates]
        assert BankMatch.objects.filter(how="funding").count() == 1
