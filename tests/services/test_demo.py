"""The demo's own promises: it throws away nothing but a demo, and its card has codes that work."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.actors import Phone
from tests.worlds import CLOTHES, Town
from wallet.management.commands import demo, demo_load
from wallet.management.demo import people
from wallet.models import Card, Helper, Staff
from wallet.services import helpers


def test_starting_over_leaves_a_database_alone_that_is_no_demo(tmp_path: Path, settings: Settings) -> None:
    settings.VAR_DIR = tmp_path
    database = tmp_path / "meedoen.sqlite3"
    database.write_text("somebody's money")
    with pytest.raises(CommandError):
        demo._start_over()
    assert database.read_text() == "somebody's money"


def test_starting_over_leaves_a_database_with_tables_and_keys_alone(
    tmp_path: Path, settings: Settings
) -> None:
    for var, what in ((tmp_path / "tables", "meedoen.sqlite3"), (tmp_path / "keys", "keys/issuer.jwk")):
        settings.VAR_DIR, kept = var, var / what
        kept.parent.mkdir(parents=True)
        if what.endswith("sqlite3"):
            with closing(sqlite3.connect(kept)) as made:
                made.execute("CREATE TABLE money (cents int)")
        else:
            kept.write_text("a key")
        with pytest.raises(CommandError):
            demo._start_over()
        assert kept.exists()


def test_what_other_commands_leave_behind_is_in_nobody_s_way(tmp_path: Path, settings: Settings) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/secret_key").write_text("secret")
    with closing(sqlite3.connect(tmp_path / "meedoen.sqlite3")) as made:
        made.execute("PRAGMA journal_mode = WAL")
    demo._start_over()
    assert [path.name for path in tmp_path.iterdir()] == ["demo.begun"]


@pytest.mark.parametrize("sign", ["demo.begun", "demo.json"])
def test_starting_over_throws_a_demo_away(tmp_path: Path, settings: Settings, sign: str) -> None:
    settings.VAR_DIR = tmp_path
    for name in ("meedoen.sqlite3", sign):
        (tmp_path / name).write_text("demo")
    demo._start_over()
    assert [path.name for path in tmp_path.iterdir()] == ["demo.begun"]


def codes(old: list[str], now: datetime) -> list[str]:
    return demo_load._activation_codes(old, now)


@pytest.mark.django_db
def test_a_later_start_keeps_the_codes_that_work_and_replaces_the_others(town: Town) -> None:
    now = timezone.now()
    first = codes([], now)
    assert len(first) == 2 and codes(first, now) == first
    assert Phone(town.wire()).activate(first[0]).status == 201
    later = codes(first, now)
    assert first[0] not in later and first[1] in later and len(later) == 2


@pytest.mark.django_db
def test_codes_that_are_about_to_end_are_replaced(town: Town) -> None:
    now = timezone.now()
    first = codes([], now)
    assert not set(first) & set(codes(first, now + timedelta(days=6, hours=1)))


@pytest.mark.django_db
def test_parents_and_a_helper_have_codes_of_their_own_that_a_later_start_keeps(town: Town) -> None:
    now, child = timezone.now(), town.child()
    Staff.objects.create(username="demo-desk", muni=town.muni)
    assert not set(codes([], now)) & {entry["code"] for entry in people.family_codes([], now)}
    cards = [(make, make([], now)) for make in (people.family_codes, people.helper_codes, people.block_codes)]
    assert [make(card, now) for make, card in cards] == [card for _, card in cards]
    family, helping, blocking = (card for _, card in cards)
    assert [entry["children"] for entry in family] == [["Kind"]] * 2
    parent, helper = Phone(town.wire()), Phone(town.wire())
    assert [parent.activate(family[0]["code"]).status, helper.activate(helping[0]["code"]).status] == [
        201
    ] * 2
    assert str(town.voucher(CLOTHES, child).pk) in {pot["id"] for pot in parent.state["vouchers"]}
    assert helper.state["helping"] and helping[0]["helps"] == family[0]["number"]
    assert parent.lost(blocking[0]["code"]).status == 200
    assert parent.call("GET", "/api/v1/wallet/state").status == 401
    later = people.block_codes(blocking, now)
    assert (later[0]["code"] != blocking[0]["code"], later[1]) == (True, blocking[1])


@pytest.mark.django_db
def test_a_helper_who_stopped_makes_room_for_another_at_the_next_start(town: Town) -> None:
    now, staff = timezone.now(), Staff.objects.create(username="demo-desk", muni=town.muni)
    town.child()
    first = people.helper_codes([], now)
    helpers.stop(helper=Helper.objects.get(), reason="beter", staff=staff, now=now)
    [later] = people.helper_codes(first, now)
    assert later["code"] != first[0]["code"] and people.helper_codes([later], now) == [later]
    phone = Phone(town.wire())
    assert phone.activate(later["code"]).status == 201 and phone.state["helping"]
    [unused] = people.helper_codes([later], now)
    assert unused["code"] != later["code"] and Helper.objects.count() == 2


def test_the_demo_has_cards_that_pay_and_keeps_them(town: Town, tmp_path: Path, settings: Settings) -> None:
    settings.VAR_DIR = tmp_path
    Staff.objects.create(username="demo-admin", muni=town.muni, role=Staff.Role.ADMINISTRATOR)
    first = demo_load._cards([], timezone.now())
    assert {card["number"] for card in first} == {town.holder.number, town.neighbour.number}
    assert (tmp_path / "demo-card.pdf").read_bytes().startswith(b"%PDF")
    paid = town.till().pay_by_card(first[0]["vpc1"], 500, first[0]["pin"])
    assert paid.status == 201
    assert demo_load._cards(first, timezone.now()) == first
    Card.objects.filter(holder__number=first[1]["number"]).update(revoked_at=timezone.now())
    again = demo_load._cards(first, timezone.now())
    assert again[0] == first[0] and again[1]["number"] == first[1]["number"] and again[1] != first[1]
