"""A redemption takes what it may, once, or nothing at all."""

from __future__ import annotations

import pytest

from tests.worlds import CLOTHES, Town

pytestmark = pytest.mark.django_db


def test_a_payment_moves_the_amount_from_the_pot_to_what_the_shop_is_owed(town: Town) -> None:
    held = town.passes()[0]
    till = town.till()
    answer = till.redeem(held.show(till.clock(), 2500), 2500, CLOTHES)
    assert answer.status == 201, answer
    assert answer.body["result"] == "approved"
    assert (town.balance(), town.owed()) == (12_500, 2_500)
