"""The database loses its power, or its disk, while shops are selling: what was answered is there, once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.chaos.conftest import OpenMarket

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
CRASHES = 3


@pytest.fixture
def server() -> Iterator[postgres.Cluster]:
    """A cluster as in production: what it has said, it has written."""
    with postgres.running(max_connections="60") as found:
        yield found


def test_a_database_that_loses_power_keeps_each_answered_sale_once(
    server: postgres.Cluster, open_market: OpenMarket
) -> None:
    site, market = open_market(server.url)
    market.open()
    for _ in range(CRASHES):
        market.wait_for_sales(20)
        server.restart_after_crash()
    market.wait_for_sales(20)
    answered = market.close()
    assert site.settle() == 0
    found = site.check()
    # A sale is sent until it is answered, so none is there that no till knows of.
    assert set(found["payments"]) == answered
    assert (found["waiting"], set(found["status"])) == (0, {"witnessed"})
    assert site.audit().returncode == 0


def _sql(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


FILL = "INSERT INTO filler SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 20000)"


def test_a_full_disk_is_an_answer_that_lets_tills_try_again(
    server: postgres.Cluster, open_market: OpenMarket, small_disk: Path
) -> None:
    place = small_disk / "tables"
    place.mkdir()
    shutil.chown(place, "postgres")
    _sql(server.url, f"CREATE TABLESPACE small LOCATION '{place}'", "CREATE DATABASE small TABLESPACE small")
    url = server.url.rpartition("/")[0] + "/small"
    site, market = open_market(url)
    market.open()
    market.wait_for_sales(10)
    _sql(url, "CREATE TABLE filler (x text)")
    with pytest.raises(psycopg.errors.DiskFull):
        _sql(url, *[FILL] * 1000)
    market.wait_for(lambda: 503 in market.statuses, "nobody was put off")
    _sql(url, "DROP TABLE filler")
    market.wait_for_sales(10)
    answered = market.close()
    assert market.statuses <= {200, 201, 503}
    assert site.settle() == 0
    assert set(site.check()["payments"]) == answered
