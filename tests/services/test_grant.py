"""Top-ups: previewed, approved by a second person above the limit, booked once, taken back."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api as books
from ledger.books import close
from tests.worlds import CLOTHES, LATER, ZOO, Town
from wallet.models import DeskEvent, GrantBatch, GrantLine, IssuedPass, Staff
from wallet.services import grant, overview, programmes
from wallet.services.refused import Refused

LIMIT = 50_000  # cents: the municipality's four-eyes limit


@pytest.fixture
def colleague(town: Town) -> Staff:
    """Another person at the same desk."""
    return Staff.objects.create(username="colleague", muni=town.muni, role=Staff.Role.CASEWORKER)


def give(town: Town, amount: int, prg: int = CLOTHES, **changes: object) -> GrantBatch:
    """A top-up of the holder's voucher."""
    return grant.top_up(
        voucher=town.voucher(prg),
        amount=amount,
        reason="Verhuizing",
        decision_ref="Z-1",
        staff=town.staff,
        now=timezone.now(),
        **changes,  # type: ignore[arg-type]
    )


def fund_balance(town: Town, prg: int = CLOTHES) -> int:
    """What the programme has left, in cents."""
    fund = town.programmes[prg].fund
    return books.balances([fund])[fund]


def test_a_preview_says_what_it_was_and_what_it_becomes_and_changes_nothing(town: Town) -> None:
    preview = grant.preview(voucher=town.voucher(), amount=5_000)
    assert (preview.before, preview.after, preview.four_eyes) == (15_000, 20_000, False)
    assert town.balance() == 15_000


def test_a_preview_of_tickets_counts_tickets(town: Town) -> None:
    preview = grant.preview(voucher=town.voucher(ZOO), amount=2)
    assert (preview.before, preview.after) == (3, 5)


def test_a_top_up_up_to_the_limit_is_booked_at_once(town: Town) -> None:
    batch = give(town, LIMIT)
    assert (batch.status, batch.approved_by) == ("booked", None)
    assert town.balance() == 15_000 + LIMIT


def test_tickets_cost_the_fund_their_price(town: Town) -> None:
    before = fund_balance(town, ZOO)
    give(town, 2, ZOO)
    assert fund_balance(town, ZOO) == before - 2 * 750
    assert town.balance(ZOO) == 5 * 750


def test_above_the_limit_it_waits_and_nothing_moves(town: Town) -> None:
    batch = give(town, LIMIT + 1)
    assert (batch.status, town.balance()) == ("waiting", 15_000)
    assert list(overview.waiting(town.muni)) == [batch]


def test_a_second_person_approves_and_then_it_is_booked(town: Town, colleague: Staff) -> None:
    batch = give(town, LIMIT + 1)
    grant.approve(batch=batch, staff=colleague, now=timezone.now())
    assert (batch.status, batch.approved_by) == ("booked", colleague)
    assert town.balance() == 15_000 + LIMIT + 1


def test_nobody_approves_their_own(town: Town) -> None:
    batch = give(town, LIMIT + 1)
    with pytest.raises(Refused, match=r"."):
        grant.approve(batch=batch, staff=town.staff, now=timezone.now())
    batch.refresh_from_db()
    assert (batch.status, town.balance()) == ("waiting", 15_000)


def test_the_database_itself_refuses_self_approval(town: Town) -> None:
    batch = give(town, LIMIT + 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantBatch.objects.filter(pk=batch.pk).update(approved_by=town.staff)


def test_the_database_itself_refuses_booking_without_a_second_person(town: Town) -> None:
    batch = give(town, LIMIT + 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantBatch.objects.filter(pk=batch.pk).update(status="booking")


def test_what_waits_cannot_be_booked_around_the_second_person(town: Town) -> None:
    with pytest.raises(Refused):
        grant.book(batch=give(town, LIMIT + 1), now=timezone.now())
    assert town.balance() == 15_000


def test_one_decision_is_enough(town: Town, colleague: Staff) -> None:
    batch = give(town, LIMIT + 1)
    grant.refuse(batch=batch, staff=colleague, reason="Dubbel", now=timezone.now())
    stale = GrantBatch.objects.get(pk=batch.pk)
    with pytest.raises(Refused):
        grant.approve(batch=stale, staff=colleague, now=timezone.now())
    assert (batch.status, town.balance()) == ("refused", 15_000)


def test_the_maker_may_withdraw(town: Town) -> None:
    batch = give(town, LIMIT + 1)
    grant.refuse(batch=batch, staff=town.staff, reason="Vergissing", now=timezone.now())
    assert (batch.status, batch.approved_by) == ("refused", None)


def test_booking_again_books_nothing_again(town: Town) -> None:
    batch = give(town, 1_000)
    GrantBatch.objects.filter(pk=batch.pk).update(status="booking")
    batch.refresh_from_db()
    grant.book(batch=batch, now=timezone.now())
    assert (batch.status, town.balance()) == ("booked", 16_000)


def test_a_booking_that_nobody_finished_goes_on_by_itself(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    batch = give(town, 1_000)
    assert (batch.status, town.balance()) == ("booking", 15_000)
    assert [grant.resume(town.muni.pk, timezone.now()) for _ in range(2)] == [1, 0]
    batch.refresh_from_db()
    assert (batch.status, town.balance()) == ("booked", 16_000)


def test_without_celery_a_command_goes_on_with_what_stopped(
    town: Town, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.BANK_DIR = tmp_path
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    give(town, 1_000)
    said = StringIO()
    call_command("rounds", stdout=said)
    assert said.getvalue() == "0 files of the bank read, 1 top-ups booked\n"
    assert town.balance() == 16_000


def test_what_is_for_a_pot_that_was_closed_meanwhile_stays_in_the_fund_and_the_rest_is_booked(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    later, closed, fund = town.programmes[LATER], town.voucher(LATER), fund_balance(town, LATER)
    batch = grant.decide(
        programme=later,
        shares=[
            grant.Share(row, town.voucher(LATER, who), 1_000)
            for row, who in enumerate((town.holder, town.neighbour), 1)
        ],
        reason="Verhuizing",
        decision_ref="Z-1",
        staff=town.staff,
        now=timezone.now(),
    )
    close([closed.pot], timezone.now())
    assert [grant.resume(town.muni.pk, timezone.now()) for _ in range(2)] == [1, 0]
    batch.refresh_from_db()
    assert (batch.status, grant.missed(batch)) == ("booked", grant.Missed(1, 1_000))
    assert (town.balance(LATER), town.balance(LATER, town.neighbour)) == (0, 1_000)
    assert fund_balance(town, LATER) == fund - 1_000
    assert grant.given_to(later) == {town.holder.pk: 0, town.neighbour.pk: 1_000}
    line = batch.lines.get(voucher=closed)
    with pytest.raises(Refused):
        grant.undo_line(line=line, staff=town.staff, reason="x", now=timezone.now())
    assert overview.history([closed]) == []
    GrantBatch.objects.update(status="booking")  # it stopped after the books, before its row said so
    batch.lines.update(missed_at=None, taken_back=None)
    batch.refresh_from_db()
    grant.book(batch=batch, now=timezone.now())
    assert grant.missed(batch) == grant.Missed(1, 1_000)
    assert fund_balance(town, LATER) == fund - 1_000


def test_a_top_up_of_closed_pots_alone_gives_nothing_and_holds_up_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant, "BOOKED_AT_ONCE", 0)
    fund, batch, other = fund_balance(town, LATER), give(town, 1_000, LATER), give(town, 1_000)
    close([town.voucher(LATER).pot], timezone.now())
    assert grant.resume(town.muni.pk, timezone.now()) == 2
    assert grant.missed(batch).lines == 1
    assert (fund_balance(town, LATER), town.balance()) == (fund, 16_000)
    assert {row.status for row in GrantBatch.objects.filter(pk__in=[batch.pk, other.pk])} == {"booked"}


def test_a_form_that_is_sent_twice_counts_once(town: Town) -> None:
    once = uuid4()
    assert give(town, 1_000, batch_id=once) == give(town, 1_000, batch_id=once)
    assert town.balance() == 16_000


def test_a_form_that_was_used_makes_nothing_else(town: Town, colleague: Staff) -> None:
    once = uuid4()
    give(town, 1_000, batch_id=once)
    for changes in (
        {"amount": 2_000},
        {"voucher": town.voucher(CLOTHES, town.neighbour)},
        {"staff": colleague},
    ):
        said = {"voucher": town.voucher(), "amount": 1_000, "staff": town.staff} | changes
        with pytest.raises(Refused):
            grant.top_up(reason="X", decision_ref="Z", now=timezone.now(), batch_id=once, **said)
    assert town.balance() == 16_000


@pytest.mark.parametrize("amount", [0, -1, 2**24])
def test_an_amount_is_above_zero_and_within_bounds(town: Town, amount: int) -> None:
    with pytest.raises(Refused):
        give(town, amount)
    assert town.balance() == 15_000


def test_more_than_the_budget_is_refused_with_the_sums(town: Town) -> None:
    left = fund_balance(town)
    with pytest.raises(Refused) as refused:
        give(town, left + 100)
    assert "€\u00a01,00" in str(refused.value.message)
    assert GrantBatch.objects.filter(reason="Verhuizing").count() == 0


def test_a_budget_that_went_while_it_waited_is_refused_and_it_waits_on(town: Town, colleague: Staff) -> None:
    first, second = (give(town, fund_balance(town)) for _ in range(2))
    grant.approve(batch=first, staff=colleague, now=timezone.now())
    with pytest.raises(Refused):
        grant.approve(batch=second, staff=colleague, now=timezone.now())
    second.refresh_from_db()
    assert (second.status, second.approved_by) == ("waiting", None)


def test_a_programme_that_has_ended_gives_nothing_more(town: Town) -> None:
    programme = town.programmes[CLOTHES]
    programme.ends = timezone.localdate() - timedelta(days=1)
    programme.save()
    with pytest.raises(Refused):
        give(town, 1_000)


def undo(town: Town, batch: GrantBatch) -> int:
    """Take back the one line of a batch."""
    line = GrantLine.objects.get(batch=batch)
    return grant.undo_line(line=line, staff=town.staff, reason="Verkeerde pas", now=timezone.now())


def test_taking_back_is_a_counter_booking_to_the_fund(town: Town) -> None:
    before = fund_balance(town)
    batch = give(town, 2_500)
    assert undo(town, batch) == 2_500
    assert (town.balance(), fund_balance(town)) == (15_000, before)
    newest = books.statement(town.voucher().pot, 1)[0]
    assert (newest.kind, newest.amount, newest.reason) == (books.Kind.CORRECT, -2_500, "Verkeerde pas")


def test_what_is_spent_stays_spent(town: Town) -> None:
    batch = give(town, 2_500)
    spend(town, 16_000)
    assert undo(town, batch) == 1_500
    assert town.balance() == 0


def spend(town: Town, cents: int) -> None:
    """Move money out of the holder's pot as a correction does."""
    voucher = town.voucher()
    fund = voucher.programme.fund
    posting = books.Posting(
        uuid4(), books.Kind.CORRECT, voucher.pot, fund, cents, "test", "", "test", "", timezone.now()
    )
    books.post(town.muni.pk, [posting])


def test_taking_back_happens_once(town: Town) -> None:
    batch = give(town, 2_500)
    undo(town, batch)
    with pytest.raises(Refused):
        undo(town, batch)
    assert town.balance() == 15_000


def test_when_nothing_is_left_nothing_is_taken_back(town: Town) -> None:
    batch = give(town, 2_500)
    spend(town, 17_500)
    with pytest.raises(Refused):
        undo(town, batch)
    assert GrantLine.objects.get(batch=batch).undone_at is None


def test_what_only_waits_cannot_be_taken_back(town: Town) -> None:
    with pytest.raises(Refused):
        undo(town, give(town, LIMIT + 1))


def test_only_whole_tickets_are_taken_back(town: Town) -> None:
    batch = give(town, 2, ZOO)
    assert undo(town, batch) == 2
    assert town.balance(ZOO) == 3 * 750


def test_the_trail_names_who_gave_and_who_approved(town: Town, colleague: Staff) -> None:
    batch = give(town, LIMIT + 1)
    grant.approve(batch=batch, staff=colleague, now=timezone.now())
    events = DeskEvent.objects.filter(subject_id=str(batch.pk)).order_by("pk")
    assert [(event.verb, event.staff) for event in events] == [
        ("topped up", town.staff),
        ("approved", colleague),
    ]


def test_the_picture_of_a_programme_adds_up(town: Town) -> None:
    give(town, 1_000)
    pictures = programmes.pictures(list(town.programmes.values()))
    assert all(one.allocated == 10_000_000 == one.left + one.in_pots + one.spent for one in pictures)
    assert pictures[0].in_pots == 15_000 * 2 + 1_000


def test_how_far_a_booking_is_comes_from_the_books(town: Town) -> None:
    waiting, booked = give(town, LIMIT + 1), give(town, 1_000)
    assert (grant.booked_cents(waiting), grant.booked_cents(booked)) == (0, 1_000)


def test_passes_promise_no_more_than_what_is_left_after_taking_back(town: Town) -> None:
    spend(town, 13_000)
    batch = give(town, 2_000)
    town.passes(count=4)
    undo(town, batch)
    living = IssuedPass.objects.filter(voucher=town.voucher(), online_only_at=None, ofl__gt=0)
    assert 0 < sum(one.ofl for one in living) <= town.balance() == 2_000
    assert IssuedPass.objects.filter(online_only_at__isnull=False).exists()
