"""What a till did without a connection, handed in afterwards. Specs 03 and 05.

These come first by their name: the till's chain has no holes yet, and an upload demands that.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from tests.actors import Phone, Till
from tests.conformance.conftest import Programme
from tests.conformance.test_till import new_pass

RECORDS = "/api/v1/tills/records"


def offline(phone: Phone, till: Till, programme: Programme, **changes: Any) -> str:
    """A signed record of a sale without a connection, of one unit."""
    held = next(one for one in phone.passes if one.claims["once"] and one.claims["ofl"] > 0)
    phone.passes.remove(held)
    now = time.time()
    fields = {"mode": "off", "stl": int(now), "cur": programme.cur, **changes}
    return till.sale(held.show(now, 1), 1, programme.prg, **fields)


def uploaded(till: Till, *records: str) -> dict[str, Any]:
    """The answer to an upload."""
    answer = till.call("POST", RECORDS, {"records": list(records)})
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    return body


def test_a_queue_is_booked_once_however_often_it_comes(
    phone: Phone, till: Till, programme: Programme
) -> None:
    assert phone.refill(programme.prg, 8).status == 201
    pot = phone.refresh() and phone.voucher(programme.prg)["balance"]
    queue = [offline(phone, till, programme) for _ in range(2)]
    first, again = uploaded(till, *queue), uploaded(till, *queue)
    assert [one["outcome"] for one in first["results"]] == ["accepted", "accepted"]
    assert first["acked_seq"] == again["acked_seq"] == till.seq
    for one, other in zip(first["results"], again["results"], strict=True):
        assert (one["id"], one["approved"], one["receipt"]) == (
            other["id"],
            other["approved"],
            other["receipt"],
        )
    phone.refresh()
    assert phone.voucher(programme.prg)["balance"] == pot - 2
    assert {one["id"] for one in first["results"]} <= {one["id"] for one in phone.state["activity"]}


def test_a_sale_that_was_paid_online_is_not_paid_twice(
    phone: Phone, till: Till, programme: Programme
) -> None:
    txn = str(uuid.uuid4())
    held = new_pass(phone, programme)
    shown = held.show(time.time(), 1)
    assert till.redeem(shown, 1, programme.prg, cur=programme.cur, txn=txn).status == 201
    late = till.sale(shown, 1, programme.prg, cur=programme.cur, txn=txn, mode="off", stl=int(time.time()))
    [result] = uploaded(till, late)["results"]
    assert (result["outcome"], result["approved"]) == ("duplicate_record", 1)


def test_what_the_shop_did_wrong_is_refused_and_told(phone: Phone, till: Till, programme: Programme) -> None:
    held = new_pass(phone, programme)
    over = max(2, held.claims["ofl"] + 1)
    token = till.sale(
        held.show(time.time(), over), over, programme.prg, cur=programme.cur, mode="off", stl=int(time.time())
    )
    [result] = uploaded(till, token)["results"]
    limit = held.claims["ofl"]
    assert (result["outcome"], result.get("approved", 0)) in {("rejected", 0), ("accepted", limit)}
    [case] = [case for case in till.cases() if case["seq"] == result["seq"]]
    assert (case["state"], case["amount"]) == ("open", over - result.get("approved", 0))


def test_an_upload_that_is_not_right(till: Till) -> None:
    assert till.call("POST", RECORDS, {"records": "x"}).code == "malformed_request"
    assert till.call("POST", RECORDS, {"records": ["x"] * 501}).code == "malformed_request"
    assert till.wire.call("POST", RECORDS, {"records": []}).code == "till_auth_failed"
