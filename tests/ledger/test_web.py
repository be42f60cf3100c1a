"""The public log over HTTP: files for any program, a page for people, and no way out of the folder."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ledger import api, sequencer
from ledger.log import receipt
from ledger.models import Batch, Log
from tests.ledger.conftest import MUNI, Town

BASE = "/log/gm0014/2026"


@pytest.fixture(autouse=True)
def _host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def log(town: Town, witnesses: Callable[[Log], None]) -> Log:
    log = api.setup_log(MUNI, town.now)
    witnesses(log)
    town.pay(1_250)
    town.settle()
    return log


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("checkpoint", "max-age=5"),
        ("policy", "max-age=300"),
        ("tile/0/000.p/6", "max-age=31536000, immutable"),
        ("tile/entries/000.p/6", "max-age=31536000, immutable"),
    ],
)
def test_files_are_for_everybody(client: Client, log: Log, path: str, cache: str) -> None:
    answer = client.get(f"{BASE}/{path}")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == cache
    if path != "policy":
        assert answer.content == sequencer.fetch(log)(path)


def test_the_commitments_of_a_batch_are_served(client: Client, log: Log) -> None:
    found = sequencer.commitments_of(Batch.objects.get())
    answer = client.get(f"{BASE}/{receipt.addendum_path(found.addendum_hash())}")
    assert answer.content == found.addendum()


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/0/000.p/19",
        "tile/entries/000",
        "tile/8/000",
        "tile/0/../../checkpoint",
        "tile/0/%2e%2e/%2e%2e/checkpoint",
        "addenda/../checkpoint",
        "addenda/" + "0" * 64,
        "addenda/",
        "../../../signer/x",
        "checkpoint/",
        "checkpoint%0A",
        "tile/0/000.p/0",
        "tile/0/٠٠٠",
        "",
    ],
)
def test_anything_else_is_not_there(client: Client, log: Log, path: str) -> None:
    assert client.get(f"{BASE}/{path}").status_code == 404


def test_a_tile_that_may_still_come_is_not_remembered_as_missing(client: Client, log: Log) -> None:
    answer = client.get(f"{BASE}/tile/0/000.p/7")
    assert (answer.status_code, answer["Cache-Control"]) == (404, "no-store")


def test_nothing_can_be_sent(client: Client, log: Log) -> None:
    assert client.post(f"{BASE}/checkpoint").status_code == 405


@pytest.mark.parametrize(
    ("language", "title", "believed", "amount"),
    [
        ("nl", "Openbaar register", "Genoeg getuigen hebben deze stand ondertekend.", "€\xa012,50"),
        ("en", "Public log", "Enough witnesses have signed this state.", "€\xa012,50"),
    ],
)
def test_the_page_says_how_the_log_stands(
    client: Client, log: Log, language: str, title: str, believed: str, amount: str
) -> None:
    answer = client.get("/log/", headers={"accept-language": language})
    text = answer.content.decode()
    assert f"<h1>{title}</h1>" in text
    assert f'<html lang="{language}">' in text
    assert believed in text
    assert amount in text
    assert "python -m ledger.audit http://log.example/log/gm0014/2026" in text
    for witness in ("one", "two", "three"):
        assert witness in text


def test_the_page_has_the_sites_header_and_changes_language_there(client: Client, log: Log) -> None:
    text = client.get("/log/").content.decode()
    assert 'action="/language"' in text
    assert 'name="next" value="/log/"' in text
    answer = client.post("/language", {"language": "en", "next": "/log/"}, follow=True)
    assert "<h1>Public log</h1>" in answer.content.decode()


def test_what_was_paid_is_a_picture_with_the_same_numbers_in_a_table(
    client: Client, town: Town, log: Log
) -> None:
    town.pay(2_500)
    town.settle()
    text = client.get("/log/").content.decode()
    bars = re.findall(r'<rect x="(\d+)" y="(\d+)" width="8" height="(\d+)"/>', text)
    assert bars == [("90", "0", "100"), ("80", "50", "50")]
    assert text.index("<svg") < text.index("€\xa025,00")


def test_the_page_needs_no_script_and_no_inline_style(client: Client, log: Log) -> None:
    answer = client.get("/log/")
    text = answer.content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_page_of_an_empty_log(client: Client, db: None) -> None:
    assert "Het register is nog leeg" in client.get("/log/").content.decode()
