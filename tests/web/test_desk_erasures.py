"""The desk's page to erase a holder: what goes, what stays, what is in the way, and two people."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.services.test_erasures import emptied
from tests.web.desk_client import get, post
from tests.worlds import Town
from wallet.models import ErasureRequest, Holder, Municipality, Staff
from wallet.services import erasures

pytestmark = pytest.mark.django_db


def somebody(town: Town, role: str) -> Client:
    """Somebody of a role at the desk."""
    client = Client()
    client.force_login(Staff.objects.create(username=role, muni=town.muni, role=role))
    return client


def test_a_caseworker_asks_and_an_administrator_agrees(desk: Client, town: Town) -> None:
    worker = somebody(town, "caseworker")
    assert reverse("desk:erase", args=[town.holder.pk]) in get(worker, "holder", town.holder.pk)
    page = get(worker, "erase", town.holder.pk)
    assert "Er staat nog iets op de tegoeden" in page and 'name="reason"' not in page
    assert "eerst iets gebeuren" in post(worker, "erase", town.holder.pk, reason="vroeg erom")
    emptied(town)
    page = get(worker, "erase", town.holder.pk)
    assert "zonder naam" in page and "minstens 7 jaar" in page and "eerst" not in page
    assert "Vul dit in: Reden" in post(worker, "erase", town.holder.pk, reason="")
    for _ in range(2):  # sent twice, it is one request
        page = post(worker, "erase", town.holder.pk, reason="vroeg erom")
    assert "wacht nu op iemand anders" in page and "vroeg erom" in page
    asked = ErasureRequest.objects.get()
    approve = reverse("desk:erase_approve", args=[asked.pk])
    assert approve not in page and worker.post(approve).status_code == 403
    assert "om te wissen" not in get(worker, "home")
    assert "1 pashouder om te wissen" in get(desk, "home")
    assert approve in get(desk, "erase", town.holder.pk)
    assert "zodra alle betalingen" in post(desk, "erase_approve", asked.pk)
    assert "al over beslist" in post(desk, "erase_approve", asked.pk)
    erasures.carry_out(town.muni.pk, timezone.now())
    page = get(desk, "erase", town.holder.pk)
    assert "is gewist op" in page and "Test Een" not in page and "vroeg erom" not in page
    trail = get(desk, "trail")
    for words in ("Vroeg om te wissen:", "Stemde in met het wissen van", "Pashouder gewist"):
        assert words in trail


def test_it_is_withdrawn_by_who_asked_and_refused_by_who_may_erase_and_by_nobody_else(
    desk: Client, town: Town
) -> None:
    emptied(town)
    worker = somebody(town, "caseworker")
    colleague = Client()
    colleague.force_login(town.staff)
    for client in (worker, desk):
        post(worker, "erase", town.holder.pk, reason="vroeg erom")
        asked = ErasureRequest.objects.get(status="waiting")
        refuse = reverse("desk:erase_refuse", args=[asked.pk])
        page = get(colleague, "erase", town.holder.pk)
        assert "Een beheerder beslist" in page and refuse not in page
        assert colleague.post(refuse).status_code == 403
        assert "Niet gewist" in post(client, "erase_refuse", asked.pk)
    assert Holder.objects.get(pk=town.holder.pk).name == "Test Een"


def test_a_request_of_another_municipality_is_not_there(desk: Client, town: Town) -> None:
    emptied(town)
    post(somebody(town, "caseworker"), "erase", town.holder.pk, reason="vroeg erom")
    asked = ErasureRequest.objects.get()
    elsewhere = Municipality.objects.create(number=15, name="Elders", phone="", hours="", address="")
    client = Client()
    client.force_login(Staff.objects.create(username="els", muni=elsewhere, role="administrator"))
    for name in ("erase_approve", "erase_refuse"):
        assert client.post(reverse(f"desk:{name}", args=[asked.pk])).status_code == 404
