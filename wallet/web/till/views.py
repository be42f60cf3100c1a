"""The till's door: each view reads a request, calls one service and shapes its answer.

A redemption's record is signed by the till itself, so those calls carry no DPoP proof.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from wallet.protocol.refusals import Code, Refused
from wallet.services import bundle, enrol, pins, proofs, redeem, refund, sync
from wallet.services.refund import GivenBack
from wallet.web import auth
from wallet.web.door import Door, ProvenDoor, read
from wallet.web.shapes import LogProof, answers
from wallet.web.till import shapes

_PROOF = (Code.TILL_AUTH_FAILED, Code.USE_DPOP_NONCE, Code.TILL_SUSPENDED)
_DPOP: Any = [{"dpop": []}]
_RECORD = (Code.MALFORMED_REQUEST, Code.MALFORMED_RECORD, Code.TILL_AUTH_FAILED, Code.TILL_SUSPENDED)
FOUND = "meedoen.found"  # what went wrong before Django's handler was asked (straight.py)
_TOLD = ("outcome", "code", "id", "approved", "receipt")  # of a record, where there is something to tell
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, required=True, description="The record's txn"
)


class EnrolView(ProvenDoor):
    """Letting a till in."""

    @extend_schema(
        operation_id="till_enrol",
        tags=["till"],
        auth=_DPOP,
        request=shapes.Enrolment,
        responses=answers(
            {201: shapes.Enrolled},
            *_PROOF,
            Code.MALFORMED_REQUEST,
            Code.UNKNOWN_CODE,
            Code.BAD_PROOF,
            Code.RATE_LIMITED,
        ),
    )
    def post(self, request: Request) -> Response:
        """Bind this tablet's key to the till of a one-time code."""
        now = timezone.now()
        proof = auth.proof(request, Code.TILL_AUTH_FAILED, now)
        asked = read(shapes.Enrolment, request)
        tries = auth.Tries(request, asked["code"])
        tries.spend()
        welcome = enrol.enrol_till(thumbprint=proof.thumbprint, now=now, **asked)
        tries.give_back()
        till = welcome.till
        merchant = till.branch.merchant
        return Response(
            {
                "till": str(till.pk),
                "name": till.name,
                "merchant": {"number": merchant.number, "name": merchant.name},
                "enrol_nonce": till.enrol_nonce,
                "bundle": welcome.bundle,
                "bundle_keys": welcome.bundle_keys,
                "server_time": int(now.timestamp()),
            },
            201,
        )


class BundleView(ProvenDoor):
    """What a till must know."""

    @extend_schema(
        operation_id="till_bundle",
        tags=["till"],
        auth=_DPOP,
        responses=answers({200: shapes.BundleAnswer}, *_PROOF),
    )
    def get(self, request: Request) -> Response:
        """Fetch the current bundle."""
        now = timezone.now()
        till = auth.till(request, now)
        return Response({"bundle": bundle.make_bundle(till, now), "server_time": int(now.timestamp())})


class LoggedView(ProvenDoor):
    """Which payments are in the public log."""

    @extend_schema(
        operation_id="till_logged",
        tags=["till"],
        auth=_DPOP,
        request=shapes.Asked,
        responses=answers({200: shapes.Logged}, *_PROOF, Code.MALFORMED_REQUEST),
    )
    def post(self, request: Request) -> Response:
        """Ask about payments of this shop; those of others are left out."""
        now = timezone.now()
        till = auth.till(request, now)
        logged = proofs.logged_for_shop(till, read(shapes.Asked, request)["payments"])
        next_at = int(proofs.next_at(now).timestamp())
        body = {"logged": [str(one) for one in logged], "next_at": next_at}
        return Response(body | {"server_time": int(now.timestamp())})


class ProofView(ProvenDoor):
    """The proof that a payment to this shop is in the public log."""

    @extend_schema(
        operation_id="till_proof",
        tags=["till"],
        auth=_DPOP,
        responses=answers({200: LogProof}, *_PROOF, Code.UNKNOWN_REDEMPTION, Code.NOT_LOGGED_YET),
    )
    def get(self, request: Request, redemption: UUID) -> Response:
        """Fetch what proves a payment, as a file for the audit command or for anybody's browser."""
        now = timezone.now()
        return Response(proofs.proof_for_shop(auth.till(request, now), redemption, now))


class SettledView(ProvenDoor):
    """The proof of what a batch pays this shop."""

    @extend_schema(
        operation_id="till_settled",
        tags=["till"],
        auth=_DPOP,
        responses=answers({200: LogProof}, *_PROOF, Code.UNKNOWN_REDEMPTION, Code.NOT_LOGGED_YET),
    )
    def get(self, request: Request, batch: int) -> Response:
        """Fetch what proves that the public log holds this amount for the shop; `canonical` names it."""
        return Response(proofs.settled_for_shop(auth.till(request, timezone.now()), batch))


class RecordsView(ProvenDoor):
    """What was done without a connection."""

    @extend_schema(
        operation_id="till_records",
        tags=["till"],
        auth=_DPOP,
        request=shapes.Records,
        responses=answers(
            {200: shapes.Synced},
            Code.TILL_AUTH_FAILED,
            Code.USE_DPOP_NONCE,
            Code.MALFORMED_REQUEST,
            Code.MALFORMED_RECORD,
        ),
    )
    def post(self, request: Request) -> Response:
        """Upload records, also of a till that is switched off. The same upload again changes nothing."""
        now = timezone.now()
        till = auth.till(request, now, stopped=True)
        done = sync.upload(till=till, records=read(shapes.Records, request)["records"], now=now)
        results = [
            {"seq": one.seq, **{name: value for name in _TOLD if (value := getattr(one, name))}}
            for one in done.results
        ]
        return Response(
            {"results": results, "acked_seq": done.acked_seq, "server_time": int(now.timestamp())}
        )


class CasesView(ProvenDoor):
    """What became of sales that were refused or are held."""

    @extend_schema(
        operation_id="till_cases",
        tags=["till"],
        auth=_DPOP,
        responses=answers({200: shapes.CasesOfTill}, Code.TILL_AUTH_FAILED, Code.USE_DPOP_NONCE),
    )
    def get(self, request: Request) -> Response:
        """List this till's sales that the server refused or holds, until a person closed them."""
        now = timezone.now()
        found = sync.cases_of(auth.till(request, now, stopped=True), now)
        return Response({"cases": found, "server_time": int(now.timestamp())})


class RedemptionsView(Door):
    """Paying with a pass or a card."""

    @extend_schema(
        operation_id="redeem",
        tags=["till"],
        auth=[],
        parameters=[_IDEMPOTENCY_KEY],
        request=shapes.Sale,
        responses=answers(
            {201: shapes.Paid, 200: shapes.Paid},
            *_RECORD,
            Code.MALFORMED_QR,
            Code.UNSUPPORTED_VERSION,
            Code.MERCHANT_NOT_IN_PROGRAMME,
            Code.CATEGORY_NOT_ALLOWED,
            Code.PIN_REQUIRED,
            Code.PIN_WRONG,
            Code.UNKNOWN_PASS,
            Code.UNKNOWN_CARD,
            Code.ALREADY_REDEEMED,
            Code.PASS_REVOKED,
            Code.VOUCHER_SUSPENDED,
            Code.VOUCHER_NOT_STARTED,
            Code.VOUCHER_ENDED,
            Code.INSUFFICIENT_BALANCE,
            Code.TXN_IN_PROGRESS,
            Code.CHAIN_FORK,
            Code.PASS_EXPIRED,
            Code.BAD_SIGNATURE,
            Code.UNKNOWN_KEY,
            Code.KEY_COMPROMISED,
            Code.BAD_PROOF,
            Code.PROOF_MISMATCH,
            Code.WRONG_AUDIENCE,
            Code.PROOF_STALE,
            Code.PROOF_FROM_FUTURE,
            Code.AMOUNT_INVALID,
            Code.AMOUNT_OVER_MAX,
            Code.WRONG_PROGRAMME,
            Code.IDEMPOTENCY_MISMATCH,
            Code.CARD_LOCKED,
            Code.RATE_LIMITED,
        ),
    )
    def post(self, request: Request) -> Response:
        """Redeem a pass or a card. The same record again is answered with 200 and the same body."""
        if found := request.META.get(FOUND):
            raise found
        status, body = sell(request)
        return Response(body, status)


class VoidView(Door):
    """Taking a payment back."""

    @extend_schema(
        operation_id="void",
        tags=["till"],
        auth=[],
        request=shapes.Reversal,
        responses=answers(
            {201: shapes.GivenBack, 200: shapes.GivenBack},
            *_RECORD,
            Code.UNKNOWN_REDEMPTION,
            Code.ALREADY_VOIDED,
            Code.AMOUNT_INVALID,
            Code.WRONG_PROGRAMME,
            Code.IDEMPOTENCY_MISMATCH,
            Code.REFUND_EXCEEDS,
            Code.REFUND_WINDOW_CLOSED,
        ),
    )
    def post(self, request: Request, redemption: UUID) -> Response:
        """Take a whole payment back: the same till, the same day, before it is in the public log."""
        record = read(shapes.Reversal, request)["record"]
        return _given_back(refund.void(redemption=redemption, record_token=record, now=timezone.now()))


class RefundsView(Door):
    """Giving a part of a payment back."""

    @extend_schema(
        operation_id="refund",
        tags=["till"],
        auth=[],
        request=shapes.Reversal,
        responses=answers(
            {201: shapes.GivenBack, 200: shapes.GivenBack},
            *_RECORD,
            Code.UNKNOWN_REDEMPTION,
            Code.ALREADY_VOIDED,
            Code.AMOUNT_INVALID,
            Code.WRONG_PROGRAMME,
            Code.IDEMPOTENCY_MISMATCH,
            Code.REFUND_EXCEEDS,
            Code.REFUND_WINDOW_CLOSED,
        ),
    )
    def post(self, request: Request, redemption: UUID) -> Response:
        """Give a part back to the voucher, within 30 days."""
        record = read(shapes.Reversal, request)["record"]
        return _given_back(refund.refund(redemption=redemption, record_token=record, now=timezone.now()))


def sell(request: HttpRequest | Request) -> tuple[int, dict[str, Any]]:
    """Redeem what the request asks: the status and the members of the answer.

    Raises Refused, or RequestDataTooBig for a body that nobody needs.
    """
    record, pin = _sale(request.body)
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip('"')
    if not key:
        raise Refused(Code.MALFORMED_REQUEST, header="Idempotency-Key")
    answer = redeem.redeem(record, timezone.now(), key, pin)
    return 200 if answer.again else 201, {
        "result": answer.result,
        "id": str(answer.id),
        "txn": str(answer.txn),
        "approved": answer.approved,
        "rest": answer.rest,
        "cur": answer.cur,
        "receipt": answer.receipt,
        "server_time": answer.server_time,
    }


def _sale(text: bytes) -> tuple[str, str | None]:
    """The record of a sale and the PIN. By hand: a serializer would cost more than a signature check."""
    try:
        body = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise Refused(Code.MALFORMED_REQUEST) from error
    if not isinstance(body, dict) or not body.keys() <= {"record", "pin"}:
        raise Refused(Code.MALFORMED_REQUEST)
    record, pin = body.get("record"), body.get("pin")
    if not isinstance(record, str):
        raise Refused(Code.MALFORMED_REQUEST)
    if pin is not None and not (isinstance(pin, str) and pins.is_pin(pin)):
        raise Refused(Code.MALFORMED_REQUEST, members="pin")
    return record, pin


def _given_back(given: GivenBack) -> Response:
    body = {"id": str(given.id), "txn": str(given.txn), "refunded": given.refunded, "receipt": given.receipt}
    return Response(body, 200 if given.again else 201)
