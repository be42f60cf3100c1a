"""How the books stand, for those who pay and are paid. It reads and writes nothing."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import QuerySet, Sum

from ledger import books
from ledger.models import Account, BankStatement, Code, Kind, Transfer


def made_due(muni: int, numbers: Iterable[int]) -> Counter[int]:
    """Cents that each of these batches made due to payees, by batch number."""
    refs = {f"{muni}:{no}": no for no in numbers}
    rows = Transfer.objects.filter(muni=muni, kind=Kind.SETTLE, ref_type="batch", ref_id__in=refs)
    return Counter({refs[ref]: cents for ref, cents in rows.values_list("ref_id").annotate(Sum("amount"))})


def code_balances(muni: int, codes: Iterable[Code]) -> dict[Code, int]:
    """What all accounts of each code hold together, in cents."""
    wanted = list(codes)
    accounts = dict(Account.objects.filter(muni=muni, code__in=wanted).values_list("id", "code"))
    sums = Counter[int]()
    for account, balance in books.balances(accounts).items():
        sums[accounts[account]] += balance
    return {code: sums[code] for code in wanted}


def last_statement(muni: int) -> BankStatement | None:
    """The last statement of the bank that was read."""
    return statements(muni).first()


def statements(muni: int) -> QuerySet[BankStatement]:
    """The statements that were read, newest first."""
    return BankStatement.objects.filter(muni=muni).order_by("-pk")
