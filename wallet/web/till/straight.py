"""A redemption goes straight to its view, past what only pages need: sessions, languages, forms, policies.

It is the one call that a queue of people waits for, and the usual way is a quarter of its work.
"""

from collections.abc import Callable
from functools import cached_property

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import reverse

from wallet.web.till.views import RedemptionsView


class Straight:
    """The first middleware; every other address takes the usual way."""

    def __init__(self, usual_way: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._usual_way = usual_way
        self._redeem = RedemptionsView.as_view()

    @cached_property
    def _path(self) -> str:
        return reverse("redemptions")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a redemption here, pass on anything else."""
        if request.path_info != self._path:
            return self._usual_way(request)
        answer = self._redeem(request)
        if isinstance(answer, SimpleTemplateResponse):
            answer.render()
        if isinstance(answer, HttpResponse):
            answer["Content-Length"] = str(len(answer.content))  # without it the server answers in chunks
        return answer
