"""The trail as people read it: names and links, never bare keys, in a fixed number of queries."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.worlds import CLOTHES, Town
from wallet.services import merchants, overrides, trail
from wallet.services.trail import Verb


def everything(town: Town) -> None:
    """A line about each kind of noun."""
    now = timezone.now()
    about = [
        (Verb.SEARCHED, trail.Text("search", "jansen"), "calls"),
        (Verb.OPENED, town.holder, "calls"),
        (Verb.VOUCHER_ADDED, town.voucher(CLOTHES), ""),
        (Verb.TOPPED_UP, town.voucher(CLOTHES).grants.get().batch, "Verhuizing"),
        (Verb.PROGRAMME_ADDED, town.programmes[CLOTHES], "B-1"),
        (Verb.BUDGET_APPROVED, town.programmes[CLOTHES].budgets.get(), ""),
        (Verb.MERCHANT_ADDED, town.shop, ""),
        (Verb.BRANCH_ADDED, town.till_row.branch, ""),
        (Verb.TILL_ADDED, town.till_row, ""),
        (Verb.PAYMENT_MADE, trail.Text("batch", "7"), ""),
        (Verb.BANK_FILE_READ, trail.Text("bankfile", "s1.xml"), ""),
        (Verb.LINE_CLEARED, trail.Text("bankline", "R1"), "Gevonden"),
    ]
    asked = {"muni": town.muni, "code": "no-quorum", "reason": "Haast", "staff": town.staff, "now": now}
    passing = [overrides.ask(what=what, **asked) for what in ("payout/7", "bank-line/12")]
    about += [(Verb.OVERRIDE_ASKED, request, "Haast") for request in passing]
    for verb, subject, reason in about:
        trail.record(staff=town.staff, verb=verb, subject=subject, reason=reason, now=now)  # type: ignore[arg-type]


def read(desk: Client) -> str:
    """The trail as text."""
    return desk.get(reverse("desk:trail")).content.decode().replace("\u00a0", " ")


def test_each_line_names_what_it_is_about_with_a_link(desk: Client, town: Town) -> None:
    everything(town)
    page = read(desk)
    shop = reverse("desk:merchant", args=[town.shop.number])
    holder = reverse("desk:holder", args=[town.holder.pk])
    number = f"{town.holder.number[:4]} {town.holder.number[4:]}"
    batch = town.voucher(CLOTHES).grants.get().batch
    for href, name in [
        (holder, number),
        (holder, f"{town.programmes[CLOTHES].name}, {number}"),
        (reverse("desk:batch", args=[batch.pk]), f"{town.programmes[CLOTHES].name}, € "),
        (reverse("desk:programme", args=[CLOTHES]), town.programmes[CLOTHES].name),
        (reverse("desk:programme", args=[CLOTHES]), f"{town.programmes[CLOTHES].name}, € 100.000,00"),
        (shop, town.shop.name),
        (shop, f"{town.till_row.branch.name}, {town.shop.name}"),
        (shop, f"{town.till_row.name}, {town.shop.name}"),
        (reverse("desk:payment", args=[7]), "7"),
        (reverse("desk:bank"), "s1.xml"),
        (reverse("desk:payments"), "betaalronde 7"),
        (reverse("desk:payments"), "regel 12 van de bank"),
    ]:
        assert f'<a href="{href}">{name}' in page
    assert "jansen" in page
    assert "R1" in page


def test_a_holder_is_a_number_and_keys_are_no_text(desk: Client, town: Town) -> None:
    everything(town)
    page = read(desk)
    text = re.sub("<[^>]+>", " ", page)
    assert town.holder.name not in text
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) == []
    assert f'title="{town.till_row.pk}"' in page


@pytest.mark.parametrize(("language", "words"), [("nl", "De pashouder belt"), ("en", "The holder calls")])
def test_the_reason_of_a_search_is_in_words(desk: Client, town: Town, language: str, words: str) -> None:
    everything(town)
    desk.cookies["django_language"] = language
    assert f">{words}</td>" in read(desk)


def test_a_line_without_a_reason_has_a_dash(desk: Client, town: Town) -> None:
    merchants.new_till(branch=town.till_row.branch, name="Kassa 7", staff=town.staff, now=timezone.now())
    assert ">–</td>" in read(desk)


def test_what_is_gone_keeps_its_line(desk: Client, town: Town) -> None:
    everything(town)
    town.till_row.pk = uuid4()
    trail.record(staff=town.staff, verb=Verb.TILL_ADDED, subject=town.till_row, now=timezone.now())
    assert str(town.till_row.pk) in read(desk)


def test_the_trail_takes_as_many_queries_whatever_its_length(
    desk: Client, town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    everything(town)
    with django_assert_num_queries(17):  # nine of them for nine nouns
        read(desk)
    for nth in range(5):
        everything(town)
        merchants.new_branch(
            merchant=town.shop, name=f"Plek {nth}", address="Weg 1", staff=town.staff, now=timezone.now()
        )
    with django_assert_num_queries(17):
        read(desk)
