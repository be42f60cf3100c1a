"""Whoever writes a redemption: it is posted whole by the database, or it is not written."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ledger import api as books
from ledger.models import Transfer
from tests.services.ledgers import snapshot
from tests.worlds import CLOTHES, Town
from wallet.models import Redemption
from wallet.services.sync import rows

pytestmark = pytest.mark.django_db

NOBODY = 32_000
# What the guarantee pays of 1000 units.
PARTS: dict[str, dict[str, Any]] = {
    "the pot's": {"guaranteed": 0},
    "the pot's and the guarantee's": {"guaranteed": 400, "guaranteed_as": uuid.uuid4()},
    "the guarantee's": {"guaranteed": 1000, "voucher": None},
}


def written_past_the_services(town: Town, **changes: Any) -> Redemption:
    """A redemption offline of € 10, as somebody would write it who knows the table alone."""
    row: dict[str, Any] = {
        "id": uuid.uuid4(),
        "muni": town.muni,
        "merchant_id": town.shop.pk,
        "till": town.till_row,
        "txn": uuid.uuid4(),
        "once": False,
        "voucher": town.voucher(),
        "programme": town.programmes[CLOTHES],
        "asked": 1000,
        "approved": 1000,
        "unit_cents": 1,
        "mode": Redemption.Mode.OFFLINE,
        "chain": 1,
        "seq": 1,
        "step": 0,
        "at": timezone.now(),
        "record_sha256": bytes(32),
    }
    return Redemption(**{**row, **changes})


def refused(*payments: Redemption) -> None:
    before = snapshot()
    with pytest.raises(IntegrityError, match="posted whole"), transaction.atomic():
        rows.add(payments)
    assert snapshot() == before


def open_guarantee(town: Town) -> None:
    books.open_account(muni=town.muni.pk, code=books.Code.GUARANTEE)


@pytest.mark.parametrize("part", PARTS)
def test_a_payment_to_a_shop_that_does_not_exist_is_not_written(town: Town, part: str) -> None:
    open_guarantee(town)
    refused(written_past_the_services(town, merchant_id=NOBODY, **PARTS[part]))


def test_an_online_payment_to_a_shop_that_does_not_exist_is_not_written(town: Town) -> None:
    refused(written_past_the_services(town, merchant_id=NOBODY, mode=Redemption.Mode.ONLINE))


@pytest.mark.parametrize("part", [name for name, row in PARTS.items() if row["guaranteed"]])
def test_a_part_of_a_guarantee_that_has_no_account_is_not_written(town: Town, part: str) -> None:
    refused(written_past_the_services(town, **PARTS[part]))


def test_one_of_many_that_cannot_be_posted_keeps_out_all(town: Town) -> None:
    open_guarantee(town)
    fine = written_past_the_services(town, **PARTS["the guarantee's"])
    refused(fine, written_past_the_services(town, merchant_id=NOBODY))
    refused(written_past_the_services(town, merchant_id=NOBODY), fine)


def test_many_that_are_posted_in_parts_are_written_in_one_statement(town: Town) -> None:
    open_guarantee(town)
    rows.add([written_past_the_services(town, **part) for part in PARTS.values()])
    paid = Transfer.objects.filter(kind=books.Kind.OFFLINE).order_by("debit__code", "amount")
    told = [(2100, 600), (2100, 1000), (5000, 400), (5000, 1000)]
    assert list(paid.values_list("debit__code", "amount")) == told
