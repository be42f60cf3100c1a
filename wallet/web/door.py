"""What every address of the API has in common: JSON in and out, refusals as problems, and two headers.

`API-Version` on every answer; `DPoP-Nonce`, for the next call, on every answer of a door that wants a proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from wallet.protocol.refusals import Code, Refused
from wallet.services import nonces

API_VERSION = "1"
HEADERS = {"API-Version": API_VERSION, "X-Content-Type-Options": "nosniff"}  # of every answer


class OneForm(BaseContentNegotiation):
    """There is one form of answer, so there is nothing to negotiate."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        """The JSON parser."""
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The JSON renderer."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class Door(APIView):
    """A public address of the API."""

    content_negotiation_class = OneForm
    asks_proof = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody is authenticated, permitted or throttled by the framework: the door does that itself."""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers that every answer carries."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in HEADERS.items():
            answer[name] = value
        if self.asks_proof:
            answer["DPoP-Nonce"] = nonces.make(timezone.now())
            answer["Cache-Control"] = "no-store"
        return answer

    def raise_uncaught_exception(self, exc: Exception) -> NoReturn:
        """Let what nobody foresaw be itself: the framework would look for what was negotiated first."""
        raise exc


class ProvenDoor(Door):
    """An address that wants a DPoP proof."""

    asks_proof = True


def read(shape: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body of a request, if it has the shape. Raises Refused(malformed_request)."""
    serializer = shape(data=request.data)
    if not serializer.is_valid():
        raise Refused(Code.MALFORMED_REQUEST, members=", ".join(sorted(map(str, serializer.errors))))
    found: dict[str, Any] = serializer.validated_data
    return found
