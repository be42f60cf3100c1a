"""Every refusal becomes one kind of document, here (RFC 9457).

`{type, title, status, code, detail, retry}` and, when there is something to tell, `facts`: numbers and words
that belong to the code, such as the minutes that a phone's clock is off. Spec 04.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from wallet.protocol.refusals import MEANINGS, Code, Refused

CONTENT_TYPE = "application/problem+json"


def problem(code: Code, facts: Mapping[str, int | str] | None = None, status: int | None = None) -> Response:
    """The document of a code. `status` only where HTTP itself has a better word than the code's own."""
    meaning = MEANINGS[code]
    told = ", ".join(f"{name} {value}" for name, value in (facts or {}).items())
    body: dict[str, Any] = {
        "type": f"urn:meedoen:problem:{code.value}",
        "title": meaning.title,
        "status": status or meaning.status or 422,
        "code": code.value,
        "detail": f"{meaning.title} ({told})." if told else f"{meaning.title}.",
        "retry": meaning.retry,
    }
    if facts:
        body["facts"] = dict(facts)
    return Response(body, status=body["status"], content_type=CONTENT_TYPE)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's way in: the document of an error, None for one that nobody foresaw."""
    if isinstance(error, Refused):
        return problem(error.code, error.facts)
    if isinstance(error, APIException):
        answer = problem(Code.MALFORMED_REQUEST, status=error.status_code)
        for name, value in getattr(error, "headers", {}).items():
            answer[name] = value
        return answer
    if isinstance(error, RequestDataTooBig):
        return problem(Code.MALFORMED_REQUEST, status=413)
    if isinstance(error, OperationalError | InterfaceError):
        return problem(Code.UNAVAILABLE)
    return None
