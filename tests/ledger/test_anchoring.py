"""The last witnessed checkpoint is carried outside, now and then, and its proof is published."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from ledger import anchoring, anchors, api, sequencer
from ledger.checks import anchors_can_be_made
from ledger.models import Anchor, Log
from ledger.tasks import anchor as anchor_task
from tests.anchors.conftest import authority, contract, tsa  # noqa: F401 - fixtures
from tests.ledger.conftest import MUNI, Town

Start = Callable[[Log], None]


@pytest.fixture
def log(log: Log, town: Town) -> Log:
    """The town's log with one batch."""
    town.pay(100)
    town.settle()
    return log


@pytest.fixture
def stamped(settings: Settings, authority: dict[str, str]) -> None:  # noqa: F811
    """Settings for time stamps, once a day."""
    settings.ANCHORS, settings.ANCHOR_EVERY = "rfc3161", 86_400
    settings.TSA_URL, settings.TSA_ROOTS = authority["tsa_url"], authority["tsa_roots"]


def files(log: Log) -> list[str]:
    """What stands under anchors/."""
    return sorted(path.name for path in (sequencer.folder(log) / "anchors").glob("*"))


def test_without_the_setting_nothing_is_anchored(town: Town, log: Log) -> None:
    assert api.anchor(MUNI, town.now) == []
    assert files(log) == []


@pytest.mark.usefixtures("stamped")
def test_a_witnessed_checkpoint_is_anchored_published_and_verified(
    town: Town, log: Log, client: Client
) -> None:
    (made,) = api.anchor(MUNI, town.now)
    assert (made.size, made.kind) == (log.entries.count(), "rfc3161")
    assert files(log) == [f"{made.size}.rfc3161", "index"]

    base = f"/log/gm0014/{log.year}/"
    listed = client.get(base + anchors.INDEX)
    assert listed["Content-Type"].startswith("text/plain")
    ((size, kind),) = anchors.parse_index(listed.content)
    token = client.get(base + anchors.path(size, kind)).content
    text = sequencer.full_note(log.checkpoints.get(size=size)).text.encode()
    at = anchors.open_anchor(kind, {"tsa_roots": anchoring.options()["tsa_roots"]}).verify(token, text)
    assert at > 0
    assert client.get(base + "anchors/../checkpoint").status_code == 404
    assert client.get(base + "anchors/99.rfc3161").status_code == 404


@pytest.mark.usefixtures("stamped")
def test_again_only_when_the_log_grew_and_it_is_time(town: Town, log: Log) -> None:
    assert len(api.anchor(MUNI, town.now)) == 1
    later = town.now + timedelta(days=2)
    assert api.anchor(MUNI, later) == []
    town.pay(100)
    town.settle()
    assert api.anchor(MUNI, town.now) == []
    assert [made.size for made in api.anchor(MUNI, later)] == [log.entries.count()]
    assert len(files(log)) == 3


@pytest.mark.usefixtures("stamped")
def test_only_what_has_the_quorum_is_anchored(town: Town, log: Log, settings: Settings) -> None:
    settings.WITNESSES, witnessed = "", log.entries.count()
    town.pay(100)
    town.settle()
    assert [made.size for made in api.anchor(MUNI, town.now)] == [witnessed]


@pytest.mark.usefixtures("stamped")
def test_a_place_that_does_not_answer_stops_nothing(
    town: Town, log: Log, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ANCHORS, settings.EVM_URL = "evm,rfc3161", "http://127.0.0.1:9"
    settings.EVM_CONTRACT = "0x" + "11" * 20
    assert [made.kind for made in api.anchor(MUNI, town.now)] == ["rfc3161"]
    assert "was not anchored by evm" in caplog.text


@pytest.mark.usefixtures("stamped")
def test_files_that_were_lost_are_written_again(town: Town, log: Log) -> None:
    api.anchor(MUNI, town.now)
    before = {path: path.read_bytes() for path in (sequencer.folder(log) / "anchors").iterdir()}
    for path in before:
        path.unlink()
    assert api.anchor(MUNI, town.now) == []
    assert {path: path.read_bytes() for path in before} == before


def test_the_contract_is_made_and_used_by_setting(
    town: Town,
    log: Log,
    settings: Settings,
    contract: anchors.Options,  # noqa: F811
) -> None:
    settings.EVM_URL, settings.EVM_KEY_FILE = contract["evm_url"], contract["evm_key_file"]
    out = io.StringIO()
    call_command("anchor", deploy=True, stdout=out)
    settings.ANCHORS, settings.EVM_CONTRACT = "evm", out.getvalue().strip().removeprefix("EVM_CONTRACT=")
    settings.MUNICIPALITY = MUNI
    call_command("anchor", stdout=out)
    assert out.getvalue().splitlines()[-1] == f"{log.origin} {log.entries.count()} evm"
    row = Anchor.objects.get()
    text = sequencer.full_note(log.checkpoints.get(size=row.size)).text.encode()
    assert anchors.open_anchor("evm", anchoring.options()).verify(bytes(row.token), text) > 0
    anchor_task()
    assert Anchor.objects.count() == 1


def test_a_check_names_what_is_missing(settings: Settings, contract: anchors.Options) -> None:  # noqa: F811
    assert anchors_can_be_made() == []
    settings.ANCHORS = "rfc3161,evm,stone"
    assert [error.id for error in anchors_can_be_made()] == ["ledger.E010"] * 3
    settings.ANCHORS, settings.EVM_URL = "evm", contract["evm_url"]
    settings.EVM_CONTRACT = contract["evm_contract"]
    assert anchors_can_be_made() == []


@pytest.mark.usefixtures("log")
def test_anchors_are_neither_changed_nor_deleted(town: Town) -> None:
    log = Log.objects.get()
    row = Anchor.objects.create(log=log, size=2, kind="evm", token=b"x", made_at=town.now)
    again = f"(id, log_id, size, kind, token, made_at) SELECT {row.pk}, log_id, size, kind, token, made_at"
    for statement in (
        "UPDATE ledger_anchor SET size = 3",
        "DELETE FROM ledger_anchor",
        f"INSERT INTO ledger_anchor {again} FROM ledger_anchor",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Anchor.objects.get().size == 2
