"""What a process remembers of tills, shops and programmes is never older than the database's version."""

import pytest

from tests.worlds import CLOTHES, SPORT, Town
from wallet.models import Programme
from wallet.services import catalogue

pytestmark = pytest.mark.django_db


def test_it_is_read_once_and_again_only_after_a_change(town: Town, django_assert_num_queries) -> None:
    first = catalogue.current(town.muni.pk)
    with django_assert_num_queries(0):
        assert catalogue.current(town.muni.pk) is first
    with django_assert_num_queries(1):
        assert catalogue.fresh(town.muni.pk) is first
    catalogue.changed(town.muni.pk)
    assert catalogue.fresh(town.muni.pk).version == first.version + 1


def test_a_new_limit_binds_a_process_that_had_read_the_old_one(town: Town) -> None:
    first, second = town.passes(count=2)
    till = town.till()
    assert till.redeem(first.show(till.clock(), 3000), 3000, CLOTHES).status == 201
    Programme.objects.filter(number=CLOTHES).update(max_redemption=1000)
    catalogue.changed(town.muni.pk)
    answer = till.redeem(second.show(till.clock(), 3000), 3000, CLOTHES)
    assert (answer.code, answer.body["facts"]) == ("amount_over_max", {"max": 1000})


def test_a_wider_rule_is_used_by_a_process_that_had_read_the_narrow_one(town: Town) -> None:
    [held] = town.passes(SPORT)
    till = town.till()
    shown = held.show(till.clock(), 3000)
    assert till.redeem(shown, 500, SPORT).code == "category_not_allowed"
    Programme.objects.filter(number=SPORT).update(categories=[])
    catalogue.changed(town.muni.pk)
    assert till.redeem(shown, 500, SPORT).status == 201


def test_a_till_without_a_key_is_not_in_it(town: Town) -> None:
    assert catalogue.current(town.muni.pk).key_of(str(town.till_row.pk)) is None
    till = town.till()
    assert catalogue.fresh(town.muni.pk).key_of(till.id) is not None
