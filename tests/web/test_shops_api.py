"""The shops that a phone knows by number."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from tests.worlds import Town
from wallet.models import Merchant


def test_anyone_reads_the_shops_that_take_passes_in_one_query(
    town: Town, django_assert_num_queries: Any
) -> None:
    client = Client()
    with django_assert_num_queries(1):
        found = client.get("/api/v1/shops")
    assert found.status_code == 200 and found["Cache-Control"] == "public, max-age=3600"
    shops = found.json()["shops"]
    everyone = Merchant.objects.order_by("number").values("number", "name")
    assert shops == list(everyone) and len(shops) > 0

    Merchant.objects.filter(number=shops[0]["number"]).update(suspended_at=timezone.now())
    assert client.get("/api/v1/shops").json() == {"shops": shops[1:]}
    assert client.post("/api/v1/shops").status_code == 405
