"""Budgets at the desk: one person writes a decision down, another approves it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ledger import api as books
from ledger.books import close
from ledger.models import Kind, Transfer
from tests.web.desk_client import get, post
from tests.worlds import CLOTHES, Town
from wallet.models import BudgetDecision, Staff


@pytest.fixture
def desk(town: Town) -> Client:
    """Somebody of finance."""
    client = Client()
    client.force_login(Staff.objects.create(username="boss", muni=town.muni, role=Staff.Role.FINANCE))
    return client


def proposed(desk: Client, programme: int = CLOTHES) -> BudgetDecision:
    """A budget that waits."""
    row = {"amount": "1.250,50", "decision_ref": "B-77", "budget_id": uuid4()}
    assert "wacht nu op iemand anders" in post(desk, "programme", programme, **row)
    return BudgetDecision.objects.get(decision_ref="B-77")


def test_a_budget_counts_once_a_second_person_approved_it(desk: Client, town: Town) -> None:
    budget = proposed(desk)
    assert "€ 101.250,50" not in get(desk, "programme", CLOTHES)
    assert "Iemand anders keurt het goed" in post(desk, "budget_approve", budget.pk)
    second = second_person()
    assert "€ 101.250,50" in post(second, "budget_approve", budget.pk)
    assert "heeft hier al over beslist" in post(second, "budget_approve", budget.pk)
    assert books_total(CLOTHES) == 10_125_050


def books_total(fund: int) -> int:
    """What decisions gave a fund, in cents."""
    rows = Transfer.objects.filter(kind=Kind.ALLOCATE, credit__fund=fund)
    return sum(rows.values_list("amount", flat=True))


def test_a_form_sent_twice_is_one_budget_and_a_decision_counts_once(desk: Client, town: Town) -> None:
    budget = proposed(desk)
    again = {"amount": "1.250,50", "decision_ref": "B-77"}
    post(desk, "programme", CLOTHES, budget_id=budget.pk, **again)
    assert "al eerder gebruikt" in post(desk, "programme", CLOTHES, budget_id=uuid4(), **again)
    assert BudgetDecision.objects.filter(decision_ref="B-77").count() == 1


def test_a_form_that_was_used_makes_nothing_else(desk: Client, town: Town) -> None:
    budget = proposed(desk)
    other = {"amount": "9", "decision_ref": "B-78", "budget_id": budget.pk}
    assert "formulier is al gebruikt" in post(desk, "programme", CLOTHES, **other)
    assert "formulier is al gebruikt" in post(second_person(), "programme", CLOTHES, **other)
    assert not BudgetDecision.objects.filter(decision_ref="B-78").exists()


def test_who_may_not_set_a_budget_is_told_so(town: Town) -> None:
    caseworker = Client()
    caseworker.force_login(town.staff)
    said = {"amount": "9", "decision_ref": "B-78", "budget_id": uuid4()}
    assert caseworker.post(reverse("desk:programme", args=[CLOTHES]), said).status_code == 403
    assert not BudgetDecision.objects.filter(decision_ref="B-78").exists()


def second_person() -> Client:
    """Somebody else of finance."""
    client = Client()
    client.force_login(Staff.objects.get(username="two-of-finance"))
    return client


@pytest.mark.parametrize(("amount", "words"), [(125_050, "kennen dit besluit al"), (7, "ander bedrag")])
def test_what_adds_nothing_is_not_told_as_added(desk: Client, town: Town, amount: int, words: str) -> None:
    budget = proposed(desk)
    decision = {"muni": 14, "fund": CLOTHES, "decision_ref": budget.decision_ref, "actor": "before"}
    assert books.allocate(amount=amount, now=timezone.now(), **decision)  # type: ignore[arg-type]
    page = post(second_person(), "budget_approve", budget.pk)
    assert words in page
    assert "is toegevoegd" not in page
    budget.refresh_from_db()
    assert budget.status == "waiting"


def test_a_closed_programme_takes_no_budget(desk: Client, town: Town) -> None:
    fund = books.open_account(muni=14, code=books.Code.FUND, fund=90)
    programme = town.programmes[CLOTHES]
    programme.number, programme.fund = 90, fund
    programme.save()
    budget = proposed(desk, 90)
    close([fund], timezone.now())
    assert "Deze regeling is gesloten" in post(second_person(), "budget_approve", budget.pk)
    again = {"amount": "5", "decision_ref": "B-79", "budget_id": uuid4()}
    assert "Deze regeling is gesloten" in post(desk, "programme", 90, **again)
    assert not BudgetDecision.objects.filter(decision_ref="B-79").exists()


def test_a_budget_is_withdrawn_by_who_made_it_or_refused(desk: Client, town: Town) -> None:
    budget = proposed(desk)
    assert "Schrijf op waarom" in post(desk, "budget_refuse", budget.pk, reason="")
    assert "Geweigerd. Er is niets geboekt" in post(desk, "budget_refuse", budget.pk, reason="Tikfout")
    budget.refresh_from_db()
    assert budget.status == "refused"
    assert books_total(CLOTHES) == 10_000_000


def test_the_database_wants_two_people_for_a_budget(desk: Client, town: Town) -> None:
    budget = proposed(desk)
    with pytest.raises(IntegrityError, match="budget_two_people"), transaction.atomic():
        BudgetDecision.objects.filter(pk=budget.pk).update(status="booked", decided_by=budget.made_by)


@pytest.mark.parametrize("amount", ["", "0", "12,5", "1.25", "-5", "veel", "1000000000000"])
def test_an_amount_that_is_not_one_says_how_to_write_it(desk: Client, town: Town, amount: str) -> None:
    page = post(desk, "programme", CLOTHES, amount=amount, decision_ref="B-7", budget_id=uuid4())
    assert ("Schrijf een bedrag boven nul" in page) or ("Vul dit in: Bedrag" in page)
    assert not BudgetDecision.objects.filter(decision_ref="B-7").exists()
