"""The public log hears of the wallet's keys and of the programmes' rules, each once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from ledger import api
from ledger.log import entry, policy
from ledger.models import LogEntry
from ledger.witness import config
from tests.worlds import CLOTHES, Town
from wallet.custody import custody
from wallet.management.commands.demo_load import name_witnesses
from wallet.management.demo import witnesses
from wallet.models import Programme
from wallet.services.announce import announce


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> None:
    """A log, keys and witnesses of the test's own."""
    settings.LOG_DIR, settings.SIGNER_DIR = tmp_path / "log", tmp_path / "signer"
    settings.KEYS_DIR, settings.POLICY_FILE = tmp_path / "keys", tmp_path / "policy.txt"
    settings.VAR_DIR = tmp_path


def said(kind: type[entry.Leaf]) -> list[entry.Leaf]:
    rows = LogEntry.objects.order_by("id").values_list("leaf", flat=True)
    return [leaf for leaf in (entry.parse(bytes(raw)) for raw in rows) if isinstance(leaf, kind)]


def test_keys_and_rules_are_told_once_and_again_when_they_change(town: Town) -> None:
    announce(14, timezone.now())  # no log is open: nothing happens
    api.setup_log(14, timezone.now())
    for _ in range(2):
        announce(14, timezone.now())
    keys = [leaf for leaf in said(entry.Key) if isinstance(leaf, entry.Key) and leaf.use != "log"]
    assert sorted(key.use for key in keys) == ["bundle", "bundle", "card", "pass", "receipt", "status"]
    assert custody().pass_key.kid in {key.kid for key in keys}
    assert len(said(entry.Rules)) == 1


def test_a_change_is_told_when_somebody_is_bound_by_it(town: Town) -> None:
    programme = town.programmes[CLOTHES]
    api.setup_log(14, timezone.now())
    bound = {"ends": programme.ends + timedelta(days=1), "per_person": 50_000}
    names = {"name": "Anders", "series": "Een reeks", "series_en": "A series"}
    told = [told_after(programme, **{field: value}) for field, value in (bound | names).items()]
    assert told == [2, 3, 3, 3, 3]


def told_after(programme: Programme, **change: object) -> int:
    """How often the rules were told when this was changed as well."""
    announce(14, timezone.now())
    Programme.objects.filter(pk=programme.pk).update(**change)
    announce(14, timezone.now())
    return len(said(entry.Rules))


def test_the_demo_s_witnesses_hear_of_a_new_log(town: Town, tmp_path: Path) -> None:
    now = timezone.now()
    first = api.setup_log(14, now)
    setting = witnesses.addresses(20_001)
    assert name_witnesses(14, setting)
    assert not name_witnesses(14, setting)
    before = policy.parse((tmp_path / "policy.txt").read_text())
    (tmp_path / "policy.txt").rename(tmp_path / "kept")
    second = api.close_log(14, now)
    (tmp_path / "kept").rename(tmp_path / "policy.txt")
    assert name_witnesses(14, setting)
    after = policy.parse((tmp_path / "policy.txt").read_text())
    assert {source.key.name for source in after.logs} == {first.origin, second.origin}
    assert {n: s.key for n, s in after.witnesses.items()} == {n: s.key for n, s in before.witnesses.items()}
    for name in witnesses.NAMES:
        found = config.load(witnesses.settings_file(tmp_path, name))
        assert set(found.logs) == {first.origin, second.origin}
