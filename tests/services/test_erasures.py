"""A holder asks to be erased: one person writes it down, another agrees, the worker does it when it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.services.ledgers import snapshot
from tests.services.test_erase import by
from tests.together import at_once
from tests.worlds import CLOTHES, Town
from wallet import tasks
from wallet.models import DeskEvent, ErasureRequest, GrantBatch, GrantLine, Holder, Staff
from wallet.services import erasures, grant
from wallet.services.erasures import InTheWay
from wallet.services.refused import Refused

pytestmark = pytest.mark.django_db


def emptied(town: Town) -> Town:
    """The holder's vouchers, taken back to nothing."""
    for line in GrantLine.objects.filter(voucher__holder=town.holder):
        grant.undo_line(line=line, staff=town.staff, reason="x", now=timezone.now())
    return town


def ask(town: Town, staff: Staff | None = None) -> ErasureRequest:
    """Ask for it."""
    return erasures.ask(
        holder=town.holder, reason="vroeg erom", staff=staff or town.staff, now=timezone.now()
    )


def second(town: Town) -> dict[str, Any]:
    """Another person, and when."""
    boss, _ = Staff.objects.get_or_create(username="boss", muni=town.muni, role="administrator")
    return {"staff": boss, "now": timezone.now()}


def test_two_people_and_then_the_worker(town: Town) -> None:
    request = ask(emptied(town))
    assert ask(town) == request and erasures.waiting(town.muni).get() == request
    assert erasures.carry_out(town.muni.pk, timezone.now()) == 0  # one person alone is not enough
    erasures.approve(request=request, **second(town))
    assert (
        Holder.objects.get(pk=town.holder.pk).erased_at is None and not erasures.waiting(town.muni).exists()
    )
    tasks.erase()
    found = Holder.objects.get(pk=town.holder.pk)
    assert found.erased_at is not None and found.name == ""
    request.refresh_from_db()
    assert request.reason == ""
    once = snapshot()
    tasks.erase()
    assert snapshot() == once
    lines = DeskEvent.objects.filter(verb__contains="eras").order_by("pk")
    assert [(one.verb, one.staff.username) for one in lines] == [
        ("erasure asked", "desk"),
        ("erasure approved", "boss"),
        ("holder erased", "boss"),
    ]
    assert {one.subject_id for one in lines} == {str(town.holder.pk)}


def test_nobody_agrees_with_themselves_and_the_database_says_so_too(town: Town) -> None:
    request, other = ask(emptied(town)), second(town)["staff"]
    before = snapshot()
    with pytest.raises(Refused, match="zelf"):
        erasures.approve(request=request, **by(town))
    with pytest.raises(IntegrityError, match="erasure_request_two_people"), transaction.atomic():
        ErasureRequest.objects.update(status="booked", decided_by=town.staff)
    with pytest.raises(Refused, match="heeft dit al gevraagd"):
        ask(town, other)
    assert snapshot() == before


def test_refused_or_withdrawn_it_is_over_and_can_be_asked_again(town: Town) -> None:
    request = ask(emptied(town))
    erasures.refuse(request=request, **by(town))
    with pytest.raises(Refused, match="al over beslist"):
        erasures.approve(request=request, **second(town))
    again = ask(town)
    erasures.refuse(request=again, **second(town))
    assert erasures.of_holder(town.holder) is None
    assert erasures.carry_out(town.muni.pk, timezone.now()) == 0
    assert ask(town).pk not in (request.pk, again.pk)


def test_what_people_must_do_first_stops_the_request(town: Town) -> None:
    assert erasures.in_the_way(town.holder) == [InTheWay.MONEY]
    with pytest.raises(Refused, match="eerst"):
        ask(town)
    emptied(town)
    assert erasures.in_the_way(town.holder) == []
    GrantBatch.objects.filter(lines__voucher=town.voucher()).update(status="waiting")
    assert erasures.in_the_way(town.holder) == [InTheWay.TOP_UP]
    with pytest.raises(Refused, match="eerst"):
        ask(town)
    assert not ErasureRequest.objects.exists()


def test_what_comes_in_after_it_was_agreed_makes_it_wait(town: Town) -> None:
    erasures.approve(request=ask(emptied(town)), **second(town))
    town.top_up(500, CLOTHES)
    assert erasures.carry_out(town.muni.pk, timezone.now()) == 0
    assert Holder.objects.get(pk=town.holder.pk).name == "Test Een"
    line = GrantLine.objects.filter(voucher=town.voucher(), undone_at=None).get()
    grant.undo_line(line=line, staff=town.staff, reason="x", now=timezone.now())
    assert erasures.carry_out(town.muni.pk, timezone.now()) == 1


def test_who_was_erased_meanwhile_is_not_asked_for(town: Town) -> None:
    request = ask(emptied(town))
    Holder.objects.filter(pk=town.holder.pk).update(erased_at=timezone.now())
    with pytest.raises(Refused, match="gewist"):
        erasures.approve(request=request, **second(town))
    with pytest.raises(Refused, match="gewist"):
        ask(town)


def or_words(done: Callable[[], object]) -> Any:
    """Nothing when it was done; else why not."""
    try:
        done()
    except Refused as refused:
        return str(refused.message)
    return None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_one_moment_one_does(real_town: Town) -> None:
    request = ask(emptied(real_town))
    known = second(real_town)
    one, other = (ErasureRequest.objects.get(pk=request.pk) for _ in range(2))
    said = at_once(
        [
            lambda: or_words(lambda: erasures.approve(request=one, **known)),
            lambda: or_words(lambda: erasures.refuse(request=other, **known)),
        ]
    )
    assert sorted(answer is None for answer in said) == [False, True]
    assert DeskEvent.objects.filter(verb__in=("erasure approved", "erasure refused")).count() == 1
