"""What goes over the wire, as the OpenAPI document and the readers of requests know it. Spec 04."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.serializers import Serializer

from wallet.protocol.refusals import MEANINGS, Code

Responses = dict[Any, Any]


class Jwk(Serializer[Any]):
    """A public P-256 key (RFC 7517) with exactly these members."""

    crv = serializers.CharField()
    kty = serializers.CharField()
    x = serializers.CharField()
    y = serializers.CharField()


class Problem(Serializer[Any]):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text="urn:meedoen:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.ChoiceField([code.value for code in Code])
    detail = serializers.CharField()
    retry = serializers.BooleanField(help_text="Whether the same request may succeed later")
    facts = serializers.DictField(required=False, help_text="Numbers and words that belong to the code")


class Municipality(Serializer[Any]):
    """Whom to call."""

    name = serializers.CharField()
    phone = serializers.CharField()
    hours = serializers.CharField()


class LogProof(Serializer[Any]):
    """What anybody needs to check that a payment is in the public log. Spec 07."""

    canonical = serializers.CharField()
    salt = serializers.CharField(help_text="Hex, 32 bytes")
    inner_path = serializers.ListField(
        child=serializers.CharField(), help_text="`l` or `r` (where the neighbour stands) and 32 bytes in hex"
    )
    tlog_proof = serializers.CharField(help_text="C2SP tlog-proof")


def answers(ok: Responses, *refusals: Code) -> Responses:
    """The answers of a call: the good ones, and a problem document for each status that refuses."""
    by_status: dict[int, list[Code]] = defaultdict(list)
    for code in (*refusals, Code.UNAVAILABLE):
        by_status[MEANINGS[code].status or 422].append(code)
    problems = {
        (status, "application/problem+json"): OpenApiResponse(
            Problem, description=" · ".join(f"`{code.value}`: {MEANINGS[code].title}" for code in codes)
        )
        for status, codes in by_status.items()
    }
    return ok | problems
