"""What anybody may read: settings, keys, shops, status lists and the public log. Specs 02, 03, 04 and 07."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from ledger.log import checkpoint, note
from tests.actors import Phone, Till
from tests.conformance import schemas
from tests.conformance.conftest import Programme
from tests.conformance.wire import ReadingWire
from wallet.protocol import statuslist
from wallet.protocol.keyring import Keyring
from wallet.protocol.signing import peek


def fetched(url: str) -> tuple[int, str, bytes]:
    """Status, type and body of an address."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=30)
    try:
        connection.request("GET", parts.path)
        found = connection.getresponse()
        return found.status, found.headers.get("Content-Type", ""), found.read()
    finally:
        connection.close()


def test_the_settings_and_shops_are_for_anybody(wire: ReadingWire, till: Till) -> None:
    assert wire.call("GET", "/api/v1/config").body["issuer"] == till.issuer
    shops = {shop["number"]: shop["name"] for shop in wire.call("GET", "/api/v1/shops").body["shops"]}
    assert shops[till.merchant] == till.welcome["merchant"]["name"]  # type: ignore[attr-defined]


def test_each_published_key_has_one_use(ring: Keyring) -> None:
    assert {key.vp_use for key in ring.values()} == {"pass", "status", "receipt", "card"}
    for key in ring.values():
        assert key.kid == (key.public.short_kid if key.vp_use in ("pass", "card") else key.public.thumbprint)


def test_the_status_list_of_a_pass_is_signed_and_says_that_it_is_good(
    phone: Phone, till: Till, programme: Programme, ring: Keyring
) -> None:
    assert phone.refill(programme.prg, 1).status == 201
    place = phone.passes[-1].claims["status"]["status_list"]
    status, kind, token = fetched(place["uri"])
    assert (status, kind) == (200, "application/statuslist+jwt")
    assert schemas.faults_of_token(token.decode()) == []
    kid = str(peek(token.decode(), statuslist.MAX_TOKEN_BYTES)[0]["kid"])
    assert ring[kid].vp_use == "status"
    found = statuslist.check(token.decode(), ring[kid].public, place["uri"])
    assert not found.withdrawn(place["idx"])
    assert found.withdrawn(len(found.bits) * 8)
    assert place["uri"] in peek(till.welcome["bundle"], 1 << 18)[1]["lists"]  # type: ignore[attr-defined]


def test_the_public_log_has_a_signed_checkpoint(wire: ReadingWire, till: Till) -> None:
    url = wire.call("GET", "/api/v1/config").body["log_url"]
    status, kind, body = fetched(f"{url}/checkpoint")
    assert status == 200 and kind.startswith("text/plain")
    read = note.Note.parse(body)
    assert checkpoint.parse(read.text).size >= 0 and read.signatures
    assert fetched(f"{url}/tile/9/x999/999")[0] == 404


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/redemptions/1/void"])
def test_what_is_not_there_is_a_problem_too(wire: ReadingWire, till: Till, path: str) -> None:
    assert wire.call("GET", path).status == 404
