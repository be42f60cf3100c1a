"""Who keeps the money hears at the desk when it is not covered, or not shown to be."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api as books
from ledger.api import Code, Kind, Posting
from tests.worlds import Town
from wallet.models import Staff


def home(town: Town, role: str, language: str = "nl") -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(Staff.objects.create(username=role, muni=town.muni, role=role))
    page = client.get(reverse("desk:home")).content.decode().replace("\u00a0", " ")
    return re.sub(r"</?bdi[^>]*>", "", page)


@pytest.fixture
def short(town: Town, settings: Settings) -> Town:
    """€ 12,50 left the bank and nobody knows why."""
    muni, now = town.muni.pk, timezone.now()
    bank, suspense = (books.open_account(muni=muni, code=code) for code in (Code.BANK, Code.SUSPENSE))
    lost = Posting(
        id=books.merchant_party(muni, "any"),
        kind=Kind.UNMATCHED,
        debit=suspense,
        credit=bank,
        amount=1_250,
        ref_type="test",
        ref_id="",
        actor="bank",
        reason="",
        effective_at=now,
    )
    books.post(muni, [lost])
    books.setup_log(muni, now)
    books.prove_cover(muni, now)
    return town


def test_nothing_is_said_while_all_is_well(town: Town) -> None:
    books.setup_log(town.muni.pk, timezone.now())
    assert books.prove_cover(town.muni.pk, timezone.now())
    for role in (Staff.Role.FINANCE, Staff.Role.ADMINISTRATOR, Staff.Role.CASEWORKER):
        assert "dek" not in home(town, role).lower().replace("ontdek", "")


def test_finance_hears_what_is_missing_and_a_caseworker_does_not(short: Town) -> None:
    for role in (Staff.Role.FINANCE, Staff.Role.ADMINISTRATOR):
        assert "De passen zijn niet gedekt: op" in (page := home(short, role))
        assert "ontbreekt € 12,50." in page
    assert "gedekt" not in home(short, Staff.Role.CASEWORKER)


def test_in_english_too(short: Town) -> None:
    page = home(short, Staff.Role.FINANCE, "en")
    assert "The passes are not covered: € 12,50 is missing on" in page


def test_finance_hears_that_the_proof_is_late(town: Town) -> None:
    books.setup_log(town.muni.pk, timezone.now())
    books.prove_cover(town.muni.pk, timezone.now() - timedelta(hours=27))
    page = home(town, Staff.Role.FINANCE)
    assert "Het laatste bewijs van dekking is van" in page and "niet gedekt" not in page
