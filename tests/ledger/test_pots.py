"""What a phone is told of its pot: its place under the root, what moved since, and what it cannot be told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from ledger import api, cover
from ledger.log import proof
from ledger.models import Log, SubjectKey
from tests.ledger.conftest import MUNI, Town
from tests.ledger.covering import prove, shown


class TestAPhone:
    def test_each_holder_finds_its_pot(self, town: Town, log: Log, settings: Settings) -> None:
        town.open(pots=200, shops=0)
        town.grant([(pot, 1_000 + i) for i, pot in enumerate(town.pots[3:])])
        town.pay(500)
        prove(town)
        town.settle()
        found = shown(town, town.pots, settings)
        assert all(2 <= len(pot.parts) <= 4 and pot.since == () for pot in found.pots)

    def test_what_moved_since_is_reckoned_with(self, town: Town, log: Log, settings: Settings) -> None:
        town.pay(500)
        prove(town)
        paid = town.pay(700)
        back = town.refund(paid, 200)
        town.settle()
        (pot,) = shown(town, town.pots[:1], settings).pots
        assert [(moved.id, moved.amount) for moved in pot.since] == [(back.id, 200), (paid.id, -700)]
        assert sum(part.amount for part in pot.parts) == 9_500

    def test_an_empty_pot_has_no_parts(self, town: Town, log: Log, settings: Settings) -> None:
        town.open(pots=1, shops=0)
        prove(town)
        town.settle()
        (pot,) = shown(town, town.pots[3:], settings).pots
        assert (pot.parts, pot.since, pot.balance) == ((), (), 0)

    def test_a_pot_that_came_later_is_all_since(self, town: Town, log: Log, settings: Settings) -> None:
        prove(town)
        town.open(pots=1, shops=0)
        town.grant([(town.pots[3], 600)])
        town.settle()
        (pot,) = shown(town, town.pots[3:], settings).pots
        assert (pot.parts, [moved.amount for moved in pot.since]) == ((), [600])

    def test_it_gets_the_newest_that_is_witnessed(self, town: Town, log: Log, settings: Settings) -> None:
        with pytest.raises(api.NotLogged):
            api.cover_of(MUNI, town.pots, town.now)
        prove(town)
        with pytest.raises(api.NotLogged) as caught:
            api.cover_of(MUNI, town.pots, town.now)
        assert caught.value.next_at > town.now
        town.settle()
        prove(town, again=True)
        found = proof.parse(shown(town, town.pots, settings).tlog_proof)
        assert b'"no":1' in found.extra

    def test_who_is_left_out_finds_out(
        self, town: Town, log: Log, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = cover._read

        def leave_out(muni: int) -> cover._Moment:
            moment = read(muni)
            moment.pots = [pot for pot in moment.pots if pot.account != town.pots[0]]
            return moment

        monkeypatch.setattr(cover, "_read", leave_out)
        leaf = prove(town)
        town.settle()
        assert leaf.pots_total == 20_000
        (pot,) = api.cover_of(MUNI, town.pots[:1], town.now).pots
        # All that the phone was ever told of comes back as "since": its top-up of before the proof.
        assert (pot.parts, [moved.amount for moved in pot.since]) == ((), [10_000])
        shown(town, town.pots[1:], settings)

    def test_who_is_given_less_cannot_be_shown_a_sum_that_fits(
        self, town: Town, log: Log, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = cover._read

        def shrink(muni: int) -> cover._Moment:
            moment = read(muni)
            moment.pots = [
                replace(pot, balance=1) if pot.account == town.pots[0] else pot for pot in moment.pots
            ]
            return moment

        monkeypatch.setattr(cover, "_read", shrink)
        prove(town)
        town.settle()
        (pot,) = api.cover_of(MUNI, town.pots[:1], town.now).pots
        reckoned = sum(part.amount for part in pot.parts) + sum(moved.amount for moved in pot.since)
        assert reckoned != pot.balance

    def test_a_forgotten_holder_s_parts_cannot_be_opened(self, town: Town, log: Log) -> None:
        prove(town)
        town.settle()
        SubjectKey.objects.all().delete()
        with pytest.raises(api.Erased):
            api.cover_of(MUNI, town.pots, town.now)
