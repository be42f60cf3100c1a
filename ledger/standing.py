"""How the books stand, for those who pay and are paid. It reads and writes nothing."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet, Sum

from ledger import books
from ledger.models import Account, BankStatement, Code, Kind, Transfer


def made_due(muni: int, numbers: Iterable[int]) -> Counter[int]:
    """Cents that each of these batches made due to payees, by batch number."""
    rows = _settled(muni, numbers).values_list("ref_id").annotate(Sum("amount"))
    return Counter({int(ref.partition(":")[2]): cents for ref, cents in rows})


def made_due_to(muni: int, numbers: Iterable[int]) -> Counter[int]:
    """Cents that these batches together made due, by account."""
    return Counter(dict(_settled(muni, numbers).values_list("credit").annotate(Sum("amount"))))


def _settled(muni: int, numbers: Iterable[int]) -> QuerySet[Transfer]:
    """The transfers of these batches, found by the accounts that they went to: references have no index."""
    return Transfer.objects.filter(
        credit__muni=muni,
        credit__code=Code.MERCHANT_DUE,
        kind=Kind.SETTLE,
        ref_type="batch",
        ref_id__in=[f"{muni}:{no}" for no in numbers],
    )


def code_balances(muni: int, codes: Iterable[Code]) -> dict[Code, int]:
    """What all accounts of each code hold together, in cents."""
    wanted = list(codes)
    accounts = dict(Account.objects.filter(muni=muni, code__in=wanted).values_list("id", "code"))
    sums = Counter[int]()
    for account, balance in books.balances(accounts).items():
        sums[accounts[account]] += balance
    return {code: sums[code] for code in wanted}


def last_statement(muni: int, iban: str | None = None) -> BankStatement | None:
    """The last statement of the bank that was read; of one account when it is named.

    Statements of an account are read in their order, so the last one read is its newest.
    """
    rows = statements(muni)
    return (rows.filter(iban=iban) if iban else rows).first()


def statements(muni: int) -> QuerySet[BankStatement]:
    """The statements that were read, newest first."""
    return BankStatement.objects.filter(muni=muni).order_by("-pk")
