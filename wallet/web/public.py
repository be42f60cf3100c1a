"""What anyone may read: the issuer's keys, status lists, settings of the faces, and the API's own page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from wallet.custody import custody
from wallet.protocol import keyring
from wallet.protocol.strict import compact
from wallet.services import merchants, state, status
from wallet.web.door import Door
from wallet.web.shapes import Municipality, answers

SHOPS_KEPT_SECONDS = 3600


class Config(Serializer[Any]):
    """What a face needs before anyone signs in."""

    municipality = Municipality()
    issuer = serializers.CharField(help_text="`aud` of key proofs, `iss` of passes")
    log_url = serializers.CharField()
    policy_url = serializers.CharField()
    server_time = serializers.IntegerField()


class ConfigView(Door):
    """Settings of the faces."""

    @extend_schema(operation_id="config", tags=["public"], auth=[], responses=answers({200: Config}))
    def get(self, request: Request) -> Response:
        """Read whom to call, and where the public log is."""
        return Response(state.config(timezone.now()))


class ShopName(Serializer[Any]):
    """A shop, as a bound presentation names it."""

    number = serializers.IntegerField()
    name = serializers.CharField()


class Shops(Serializer[Any]):
    """The shops that take passes, by number."""

    shops = ShopName(many=True)


class ShopsView(Door):
    """Who takes passes."""

    @extend_schema(operation_id="shops", tags=["public"], auth=[], responses=answers({200: Shops}))
    def get(self, request: Request) -> Response:
        """Read number and name of each shop: a phone keeps them, to say who asks for money."""
        answer = Response({"shops": merchants.list_open(settings.MUNICIPALITY)})
        answer["Cache-Control"] = f"public, max-age={SHOPS_KEPT_SECONDS}"
        return answer


class NoSuchView(Door):
    """Any other address of the API."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse, whatever the method."""
        raise NotFound


def jwks(request: HttpRequest) -> HttpResponse:
    """The issuer's public keys (RFC 7517), for anyone who wants to check a pass or a receipt."""
    keys = custody().published(timezone.now().timestamp())
    answer = HttpResponse(compact(keyring.to_jwks(keys)), content_type="application/jwk-set+json")
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


def status_list(request: HttpRequest, number: int) -> HttpResponse:
    """A status list (Token Status List draft §8)."""
    token = status.token(settings.MUNICIPALITY, number, timezone.now())
    if token is None:
        return HttpResponse(status=404)
    answer = HttpResponse(token, content_type="application/statuslist+jwt")
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "public, max-age=60"
    return answer


DESCRIPTION = """The wallet and till API: JSON in and out, whole numbers for money and time.

Wallet and till calls carry a DPoP proof (RFC 9449) in the header `DPoP`, with the nonce that the header
`DPoP-Nonce` of an earlier answer gave. A redemption needs none: its record is signed by the till.
A refusal is a problem document (RFC 9457) with a `code`."""

SPECTACULAR = {
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1",
    "TAGS": [{"name": "wallet"}, {"name": "till"}, {"name": "public"}],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "dpop": {
                "type": "apiKey",
                "in": "header",
                "name": "DPoP",
                "description": "A DPoP proof (RFC 9449): {typ: dpop+jwt, alg: ES256, jwk}, "
                "{jti, htm, htu, iat, nonce}, signed by the key of the phone or till.",
            }
        }
    },
}

openapi = SpectacularJSONAPIView.as_view(custom_settings=SPECTACULAR, permission_classes=[])
docs = SpectacularSwaggerSplitView.as_view(
    url_name="openapi", template_name="api/docs.html", permission_classes=[]
)
