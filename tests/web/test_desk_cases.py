"""The desk's cases: in plain words, and closed by a person."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.desk_client import get, post, queries
from tests.worlds import CLOTHES, Town
from wallet.models import Case, DeskEvent, LossCover, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(town: Town) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Staff.objects.get(username="two-of-finance"))
    return client


@pytest.fixture
def found(town: Town) -> None:
    """One pass in two shops, and a sale that was too high."""
    till, other = town.till(), town.till(town.other_till_row)
    first, second = town.passes(count=2)
    now = timezone.now().timestamp()
    for one in (till, other):
        one.sell_offline(first.show(now, 500), 400, CLOTHES)
    other.sell_offline(second.show(now, 500), 900, CLOTHES)
    for one in (till, other):
        assert one.upload().status == 200


@pytest.mark.usefixtures("found")
def test_each_case_is_told_in_plain_words_and_closed_with_a_reason(town: Town, finance: Client) -> None:
    assert "2 cases to look at" in get(finance, "home")
    listed = get(finance, "cases")
    assert "A code was used in two shops" in listed and "More than was allowed" in listed
    assert "fraud" not in listed.lower()
    twice, above = Case.objects.get(code="double_spend"), Case.objects.get(code="amount_over_max")
    told = get(finance, "case", twice.pk)
    assert "It may be a photo of the screen: nobody is to blame." in told
    assert "Test Kleding" in told and twice.proof in told and twice.first_proof in told
    assert "The shop misses" in (shown := get(finance, "case", above.pk)) and "€ 4,00" in shown
    assert "What do you decide?" in post(finance, "case", above.pk, reason="")  # nothing chosen yet
    assert "cannot" in post(finance, "case", above.pk, choice="judge", reason="x") or above.state == "open"
    assert "The case is closed." in post(finance, "case", above.pk, choice="pay", reason="kind")
    assert "The shop was paid" in get(finance, "case", above.pk)
    assert town.owed(town.other_shop) == 400 + 900
    post(finance, "case", twice.pk, choice="seen", reason="a photo")
    assert "Nothing here." in get(finance, "cases")
    assert (
        list(DeskEvent.objects.filter(subject_type="case").values_list("verb", flat=True))
        == ["case closed"] * 2
    )
    assert finance.get("/desk/cases/?state=all&page=9").status_code == 200


@pytest.mark.usefixtures("found")
def test_a_leaked_key_rings_on_the_first_page(town: Town, finance: Client) -> None:
    assert "Call your administrator now" not in get(finance, "home")
    Case.objects.filter(code="double_spend").update(code="issuer_key_leaked")
    assert "Call your administrator now" in get(finance, "home")


@pytest.mark.usefixtures("found")
def test_the_list_takes_the_same_statements_for_any_number(town: Town, finance: Client) -> None:
    before = queries(finance, "cases")
    one = Case.objects.get(code="amount_over_max")
    for _ in range(3):
        one.pk = None
        one._state.adding = True
        one.id = uuid4()
        one.save()
    assert queries(finance, "cases") == before


def test_what_the_guarantee_paid_is_carried_by_two_people(
    town: Town, finance: Client, found: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    colleague = Client(headers={"accept-language": "en"})
    colleague.force_login(Staff.objects.create(username="x", muni=town.muni, role=Staff.Role.FINANCE))
    assert "when the month is over" in get(finance, "guarantee")
    assert "nothing that this programme can carry now" in post(finance, "carry_ask", CLOTHES)
    later = (timezone.localtime().replace(day=1) + timedelta(days=40)).replace(day=2)
    monkeypatch.setattr("wallet.web.desk.guarantee.timezone", SimpleNamespace(now=lambda: later))
    page = get(finance, "guarantee")
    assert "€ 4,00</bdi>: a code was used in two shops" in page and "Ask another person to carry" in page
    assert "waits for another person" in post(finance, "carry_ask", CLOTHES)
    cover = LossCover.objects.get()
    assert "1 cost of the guarantee to decide about" in get(colleague, "home")
    assert "cost of the guarantee" not in get(finance, "home")
    assert "You asked for this yourself" in post(finance, "carry_approve", cover.pk)
    assert "The programme carries" in post(colleague, "carry_approve", cover.pk)
    assert "already decided" in post(colleague, "carry_refuse", cover.pk)
    verbs = DeskEvent.objects.filter(verb__startswith="carr").values_list("verb", flat=True)
    assert sorted(verbs) == ["carried", "carry asked"]
