"""The public log over HTTP: files for any program, a page for people, and no way out of the folder."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from types import ModuleType

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from ledger import api, sequencer
from ledger import leaves as entries
from ledger.log import entry, merkle, policy, proof, receipt
from ledger.models import Batch, Fund, Log
from ledger.showcase import reading
from ledger.web.texts import frame, front, leaves, verify
from ledger.web.texts import witnesses as witness_words
from ledger.web.texts.leaves import TYPES
from tests.ledger.conftest import MUNI, Town

BASE = "/log/gm0014/2026"
NOBODY = "0" * 64
COVER = entry.Cover(
    muni=MUNI, date="2026-06-02", no=1, at=1_780_358_400, pots_total=15_000, sum_root=NOBODY, padded=4,
    fund_total=970_000, payable_total=15_000, in_transit=0, unidentified=0, losses=0, receivable=0,
    bank_closing=1_000_000, statement="", gap=0,
)  # fmt: skip
LEAVES: list[entry.Leaf] = [
    entry.Grant(MUNI, "8", "g-1", 412, 6_180_000, NOBODY, four_eyes=True),
    entry.Grant(MUNI, "8", "g-2", 1, 1_250, NOBODY, four_eyes=False),
    COVER,
    replace(COVER, no=2, bank_closing=1_000_001, gap=1),
    entry.Payout(MUNI, 1, 2, 15_000, NOBODY, 2),
    entry.Payout(MUNI, 1, 1, 15_000, NOBODY, 2),
    entry.Rules(MUNI, NOBODY, NOBODY, NOBODY, ""),
    entry.Recon(MUNI, "2026-06-02", NOBODY, 0, 10, 10, 0, 0, 0, 0),
    entry.Key(MUNI, "pass", "k1", NOBODY, 0, 1_800_000_000, "add"),
    entry.Key(MUNI, "log", "k2", NOBODY, 0, 1_800_000_000, "compromised"),
    entry.Rules(MUNI, NOBODY, NOBODY, NOBODY, "1.0"),
    entry.Override(MUNI, "payout/1", "urgent", NOBODY, NOBODY),
    entry.Erasure(MUNI, "2026-05", 3),
]


@pytest.fixture(autouse=True)
def _host(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def log(log: Log, town: Town) -> Log:
    """The town's log with one batch."""
    town.pay(1_250)
    town.settle()
    return log


@pytest.fixture
def busy(town: Town, witnesses: Callable[[Log], None]) -> Log:
    """A log with one batch of twelve payments, together € 150."""
    log = api.setup_log(MUNI, town.now)
    witnesses(log)
    for nth in range(12):
        town.pay(1_250, pot=nth % 3)
    town.settle()
    return log


def place(log: Log) -> int:
    """Index of the leaf of the first batch."""
    return log.entries.get(source="batch:14:1").idx


def page(client: Client, path: str, language: str = "nl") -> str:
    """A page's text."""
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


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
    ("language", "title", "believed", "says"),
    [
        ("nl", "Openbaar register", "Genoeg getuigen hebben deze stand ondertekend.", "in 2026."),
        ("en", "Public log", "Enough witnesses have signed this state.", "in 2026."),
    ],
)
def test_the_page_says_how_the_log_stands(
    client: Client, busy: Log, language: str, title: str, believed: str, says: str
) -> None:
    text = page(client, "/log/", language)
    assert f"<h1>{title}</h1>" in text
    assert f'<html lang="{language}">' in text
    assert believed in text
    assert "<strong>€\xa0150,00</strong>" in text
    assert says in text


def test_a_log_has_a_page_of_its_own_under_its_address(client: Client, busy: Log) -> None:
    for path in (BASE, f"{BASE}/"):
        assert "<strong>€\xa0150,00</strong>" in page(client, path)
    assert client.get("/log/gm0014/1999/").status_code == 404


def test_the_page_has_the_sites_header_and_changes_language_there(client: Client, log: Log) -> None:
    text = page(client, f"{BASE}/leaves?kind=batch")
    assert 'action="/language"' in text
    assert f'name="next" value="{BASE}/leaves?kind=batch"' in text
    answer = client.post("/language", {"language": "en", "next": "/log/"}, follow=True)
    assert "<h1>Public log</h1>" in answer.content.decode()


def test_where_the_money_is_adds_up_to_all_that_was_made_available(client: Client, busy: Log) -> None:
    text = page(client, "/log/")
    for amount in ("9.700,00", "150,00", "150,00", "0,00", "10.000,00"):
        assert f"€\xa0{amount}" in text
    widths = [int(width) for width in re.findall(r'class="part-\d" x="\d+" y="0" width="(\d+)"', text)]
    assert widths == [970, 15, 15, 0]


def test_what_was_spent_is_a_picture_with_the_same_numbers_in_a_table(client: Client, busy: Log) -> None:
    text = page(client, "/log/")
    assert re.findall(r'<rect x="(\d+)" y="(\d+)" width="8" height="(\d+)"/>', text) == [("0", "0", "100")]
    assert "juni 2026" in text
    assert 'data-label="Betalingen">12</td>' in text


def test_fewer_than_ten_payments_are_hidden_everywhere(client: Client, log: Log) -> None:
    text = page(client, "/log/")
    assert "Er zijn nog minder dan 10 betalingen in 2026." in text
    assert "12,50" not in text
    assert "12,50" not in client.get(f"{BASE}/spending.csv").content.decode()
    rows = client.get(f"{BASE}/spending.json").json()["rows"]
    assert rows and all(row["hidden"] and row["spent"] is None for row in rows)


def test_funds_have_the_names_that_whoever_runs_them_gave(client: Client, busy: Log) -> None:
    assert "Regeling 8" in page(client, "/log/")
    assert "Programme 8" in page(client, "/log/", "en")
    Fund.objects.create(
        muni=MUNI,
        number=8,
        name="Kleding",
        name_en="Clothes",
        from_on=date(2026, 1, 1),
        until_on=date(2026, 12, 31),
        grace_days=14,
    )
    assert "Kleding" in page(client, "/log/")
    assert "Clothes" in page(client, "/log/", "en")


def test_each_line_has_its_page_with_its_bytes_and_its_proof(client: Client, busy: Log) -> None:
    at = place(busy)
    leaf = bytes(busy.entries.get(idx=at).leaf)
    text = unescape(page(client, f"{BASE}/leaves/{at}"))
    assert "Groep 1: 12 betalingen van 1 juni 2026 tot en met 1 juni 2026. Samen €\xa0150,00." in text
    assert leaf.decode() in text
    assert merkle.leaf_hash(leaf).hex() in text
    answer = client.get(f"{BASE}/leaves/{at}/proof")
    assert answer["Access-Control-Allow-Origin"] == "*"
    found = proof.parse(answer.content.decode())
    trusted = policy.parse(client.get(f"{BASE}/policy").content.decode())
    assert proof.verify(found, merkle.leaf_hash(leaf), trusted).checkpoint.size == busy.entries.count()
    assert found.extra == leaf


def test_a_batch_is_found_by_its_number_alone(client: Client, busy: Log) -> None:
    assert client.get("/log/gm0014/batches/1")["Location"] == f"{BASE}/leaves/{place(busy)}"
    own = f"{BASE}/leaves/{place(busy)}/proof"
    proofs = [client.get(path).content for path in ("/log/gm0014/batches/1/proof", own)]
    assert proofs[0] == proofs[1]
    for path in ("/log/gm0014/batches/2", "/log/gm0014/batches/2/proof", f"{BASE}/leaves/99"):
        assert client.get(path).status_code == 404


def test_a_line_without_the_quorum_has_no_proof_yet(client: Client, town: Town) -> None:
    api.setup_log(MUNI, town.now)
    town.settle()
    assert client.get(f"{BASE}/leaves/0/proof").status_code == 404
    assert "Deze regel wacht op de getuigen." in page(client, f"{BASE}/leaves/0")


def test_a_leaf_that_is_not_signed_yet_is_on_no_page(client: Client, busy: Log) -> None:
    signed = busy.entries.count()
    entries.append(busy, entry.Erasure(MUNI, "2026-05", 3), "erasure:2026-05")
    assert client.get(f"{BASE}/leaves/{signed}").status_code == 404
    assert "Vergeten mensen" not in page(client, f"{BASE}/leaves")
    assert len(b"".join(client.get(f"{BASE}/leaves.jsonl")).splitlines()) == signed


def test_lines_are_listed_by_kind_and_page_by_page(client: Client, busy: Log, town: Town) -> None:
    for month in range(30):
        entries.append(
            busy, entry.Erasure(MUNI, f"{2024 + month // 12}-{month % 12 + 1:02d}", 1), f"e:{month}"
        )
    town.settle()
    newest = busy.entries.count() - 1
    below = newest - 24
    text = page(client, f"{BASE}/leaves")
    assert f'{BASE}/leaves/{newest}"' in text
    assert f'{BASE}/leaves/{below - 1}"' not in text
    assert f"{BASE}/leaves?before={below}" in text
    assert f'{BASE}/leaves/{below - 1}"' in page(client, f"{BASE}/leaves?before={below}")
    assert "Groep 1" in page(client, f"{BASE}/leaves?kind=batch")
    assert "Vergeten" not in page(client, f"{BASE}/leaves?kind=open").partition('<ul class="lines">')[2]
    assert f"{BASE}/leaves?kind=erasure&amp;before={below}" in page(client, f"{BASE}/leaves?kind=erasure")
    for odd in ("x", "-1", "9" * 99, "٣", ""):
        assert f'{BASE}/leaves/{newest}"' in page(client, f"{BASE}/leaves?before={odd}&kind=nothing")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_kind_of_leaf_is_told_in_a_sentence(
    client: Client, busy: Log, town: Town, language: str
) -> None:
    for nth, leaf in enumerate(LEAVES):
        entries.append(busy, leaf, f"test:{nth}")
    town.settle()
    told = unescape(page(client, f"{BASE}/leaves", language))
    for leaf in LEAVES:
        assert TYPES[language][leaf.t] in told
    assert "{" not in told.partition("<main")[2]
    front = unescape(page(client, "/log/", language))
    assert {"nl": "Op 2 juni 2026 was al het geld er", "en": "On 2 June 2026 all the money"}[
        language
    ] in front
    assert TYPES[language]["payout"] in front
    assert {"nl": "1 winkel krijgt", "en": "1 shop gets"}[language] in told
    assert {"nl": "1 mens kreeg", "en": "1 person got"}[language] in told
    assert {"nl": "De bank had op 2 juni 2026 €\xa00,10", "en": "The bank had €\xa00,10"}[language] in told


def test_the_witnesses_say_when_they_signed_and_how_many_are_needed(client: Client, busy: Log) -> None:
    text = page(client, f"{BASE}/witnesses")
    assert "Van de 3 getuigen moeten er minstens 2 tekenen." in text
    for witness in ("one", "two", "three"):
        assert f"<dt>{witness}</dt>" in text
    assert text.count("<time ") >= 2


def test_the_table_and_the_leaves_can_be_downloaded_by_anybody(client: Client, busy: Log) -> None:
    for name in ("spending.csv", "spending.json", "leaves.jsonl"):
        assert client.get(f"{BASE}/{name}")["Access-Control-Allow-Origin"] == "*"
        assert client.get(f"/log/gm0014/1999/{name}").status_code == 404
    lines = b"".join(client.get(f"{BASE}/leaves.jsonl")).split(b"\n")
    assert lines == [*(bytes(one.leaf) for one in busy.entries.order_by("idx")), b""]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{BASE}/spending.csv").content.decode())))
    assert [(row["month"], row["fund"], row["payments"], row["spent"]) for row in rows] == [
        ("2026-06", "8", "12", "15000"),
        ("2026-06", "", "12", "15000"),
        ("", "8", "12", "15000"),
        ("", "", "12", "15000"),
    ]


def test_leaves_are_added_up_once(
    client: Client, busy: Log, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(client, "/log/")
    read = 0

    parse = entry.parse

    def counting(raw: bytes) -> entry.Leaf:
        nonlocal read
        read += 1
        return parse(raw)

    monkeypatch.setattr(entry, "parse", counting)
    page(client, "/log/")
    assert read == 0
    entries.append(busy, entry.Erasure(MUNI, "2026-05", 3), "erasure:2026-05")
    town.settle()
    reading._kept.clear()  # as after a restart
    read = 0
    page(client, "/log/")
    assert read == 1
    entries.append(busy, entry.Erasure(MUNI, "2026-04", 3), "erasure:2026-04")
    town.settle()
    reading.keep_up(MUNI)
    reading._kept.clear()
    read = 0
    page(client, "/log/")
    assert read == 0


@pytest.mark.parametrize("path", ["/log/", f"{BASE}/leaves", f"{BASE}/leaves/1", f"{BASE}/witnesses"])
def test_the_pages_need_no_script_and_no_inline_style(client: Client, busy: Log, path: str) -> None:
    answer = client.get(path)
    text = answer.content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_page_to_check_says_how_to_do_without_a_script(client: Client, busy: Log) -> None:
    answer = client.get("/log/verify")
    text = answer.content.decode()
    assert "python -m ledger.audit http://log.example/log/gm0014/2026 --policy policy.txt" in text
    assert "<noscript>" in text
    assert "style=" not in text
    assert "require-trusted-types-for 'script'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_the_page_to_check_brings_the_names_of_all_funds(client: Client, busy: Log) -> None:
    Fund.objects.create(
        muni=MUNI,
        number=8,
        name='Kleding & "meer"',
        name_en="Clothes",
        from_on=date(2026, 1, 1),
        until_on=date(2026, 12, 31),
        grace_days=14,
    )
    for language, name in (("nl", 'Kleding & "meer"'), ("en", "Clothes")):
        told = re.findall(r'data-muni="14" data-funds="([^"]*)"', page(client, "/log/verify", language))
        assert [json.loads(unescape(one)) for one in told] == [{"8": name}]


def test_the_page_of_an_empty_log(client: Client, db: None) -> None:
    assert "Het register is nog leeg" in page(client, "/log/")
    assert "python -m ledger.audit" in page(client, "/log/verify")


@pytest.mark.parametrize(
    "module", [frame, front, leaves, verify, witness_words], ids=lambda one: one.__name__
)
def test_both_languages_say_the_same_things(module: ModuleType) -> None:
    said = [getattr(module, name) for name in ("TEXTS", "TYPES", "SENTENCES") if hasattr(module, name)]
    for texts in said:
        assert list(texts["nl"]) == list(texts["en"])
        for key, dutch in texts["nl"].items():
            holes = [sorted(re.findall(r"\{(\w+)\}", text)) for text in (dutch, texts["en"][key])]
            assert holes[0] == holes[1], key
