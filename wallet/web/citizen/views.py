"""The phone's door: each view reads a request, calls one service and shapes its answer."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from wallet.protocol.refusals import Code
from wallet.services import cover, enrol, helpers, issue, lost, nonces, proofs, state
from wallet.web import auth
from wallet.web.citizen import shapes
from wallet.web.door import Door, ProvenDoor, read
from wallet.web.shapes import LogProof, answers

_PROOF = (Code.WALLET_AUTH_FAILED, Code.USE_DPOP_NONCE)
_DPOP: Any = [{"dpop": []}]


class NonceView(Door):
    """A nonce to begin with; later ones come with each answer."""

    @extend_schema(
        operation_id="wallet_nonce", tags=["wallet"], auth=[], responses=answers({200: shapes.Nonce})
    )
    def get(self, request: Request) -> Response:
        """Ask for a nonce."""
        now = timezone.now()
        answer = Response({"nonce": nonces.make(now), "server_time": int(now.timestamp())})
        answer["Cache-Control"] = "no-store"
        return answer


class DevicesView(ProvenDoor):
    """Letting a phone in."""

    @extend_schema(
        operation_id="wallet_activate",
        tags=["wallet"],
        auth=_DPOP,
        request=shapes.Activation,
        responses=answers(
            {201: shapes.Activated},
            *_PROOF,
            Code.MALFORMED_REQUEST,
            Code.UNKNOWN_CODE,
            Code.BAD_PROOF,
            Code.RATE_LIMITED,
        ),
    )
    def post(self, request: Request) -> Response:
        """Bind this phone's key to the holder of a one-time code."""
        now = timezone.now()
        proof = auth.proof(request, Code.WALLET_AUTH_FAILED, now)
        asked = read(shapes.Activation, request)
        tries = auth.Tries(request, asked["code"])
        tries.spend()
        device = enrol.enrol_device(
            code=asked["code"], jwk=asked["jwk"], thumbprint=proof.thumbprint, now=now
        )
        tries.give_back()
        return Response({"device": str(device.pk), "state": state.state_of(device, now)}, 201)


class LostView(Door):
    """A phone that is lost or stolen. It is not there to prove anything: the code on the letter does."""

    @extend_schema(
        operation_id="wallet_lost",
        tags=["wallet"],
        auth=[],
        request=shapes.BlockCode,
        responses=answers(
            {200: shapes.Blocked}, Code.MALFORMED_REQUEST, Code.UNKNOWN_CODE, Code.RATE_LIMITED
        ),
    )
    def post(self, request: Request) -> Response:
        """Block the phone of the letter that this code stands on."""
        now = timezone.now()
        code = read(shapes.BlockCode, request)["code"]
        tries = auth.Tries(request, code)
        tries.spend()
        blocked_at = lost.block_by_code(code, now)
        tries.give_back()
        return Response({"blocked_at": int(blocked_at.timestamp()), "server_time": int(now.timestamp())})


class HelperView(ProvenDoor):
    """Somebody who pays for the holder."""

    @extend_schema(
        operation_id="wallet_helper_stop",
        tags=["wallet"],
        auth=_DPOP,
        responses=answers({204: None}, *_PROOF),
    )
    def delete(self, request: Request, helper: UUID) -> Response:
        """End a helper's mandate at once. Afterwards no such helper of this holder pays."""
        now = timezone.now()
        helpers.stop_by_phone(auth.device(request, now), helper, now)
        return Response(status=204)


class StateView(ProvenDoor):
    """What a phone shows."""

    @extend_schema(
        operation_id="wallet_state",
        tags=["wallet"],
        auth=_DPOP,
        responses=answers({200: shapes.State}, *_PROOF),
    )
    def get(self, request: Request) -> Response:
        """Read the holder's vouchers, what happened on them, and the passes taken back."""
        now = timezone.now()
        return Response(state.state_of(auth.device(request, now), now))


class PassesView(ProvenDoor):
    """New passes."""

    @extend_schema(
        operation_id="wallet_passes",
        tags=["wallet"],
        auth=_DPOP,
        request=shapes.PassRequest,
        responses=answers(
            {201: shapes.Passes},
            *_PROOF,
            Code.MALFORMED_REQUEST,
            Code.UNKNOWN_VOUCHER,
            Code.VOUCHER_SUSPENDED,
            Code.VOUCHER_NOT_STARTED,
            Code.VOUCHER_ENDED,
            Code.BAD_PROOF,
            Code.RATE_LIMITED,
        ),
    )
    def post(self, request: Request) -> Response:
        """Ask for one pass a key proof."""
        now = timezone.now()
        device = auth.device(request, now)
        asked = read(shapes.PassRequest, request)
        return Response({"passes": issue.issue_passes(device=device, now=now, **asked)}, 201)


class ProofView(ProvenDoor):
    """The proof that a payment is in the public log."""

    @extend_schema(
        operation_id="wallet_proof",
        tags=["wallet"],
        auth=_DPOP,
        responses=answers({200: LogProof}, *_PROOF, Code.UNKNOWN_REDEMPTION, Code.NOT_LOGGED_YET),
    )
    def get(self, request: Request, redemption: UUID) -> Response:
        """Fetch what a phone needs to check a payment by itself."""
        now = timezone.now()
        return Response(proofs.proof_of(auth.device(request, now), redemption, now))


class CoverView(ProvenDoor):
    """The proof that the holder's money is there."""

    @extend_schema(
        operation_id="wallet_cover",
        tags=["wallet"],
        auth=_DPOP,
        responses=answers({200: shapes.Cover}, *_PROOF, Code.NOT_LOGGED_YET, Code.UNKNOWN_VOUCHER),
    )
    def get(self, request: Request) -> Response:
        """Fetch what a phone needs to find its pots in the newest proof of cover by itself."""
        now = timezone.now()
        return Response(cover.cover_of(auth.device(request, now), now))
