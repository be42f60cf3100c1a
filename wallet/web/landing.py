"""The front page: where holders, shops, caseworkers and the curious each find their door."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie
from django.views.generic import RedirectView
from django.views.i18n import set_language

from wallet.models import Municipality


@require_safe
@cache_control(private=True)
@vary_on_cookie
def landing(request: HttpRequest) -> HttpResponse:
    """Four doors and one sentence each."""
    return render(request, "landing.html")


def municipality(request: HttpRequest) -> dict[str, Any]:
    """Whose site this is, for every public page; only a page that says so asks the database."""
    own = Municipality.objects.filter(pk=settings.MUNICIPALITY)
    return {"municipality": SimpleLazyObject(own.first)}


DOORS = ("wallet", "till", "desk", "log")  # people type an address without its last stroke
urlpatterns = [
    path("", landing, name="landing"),
    path("language", set_language, name="language"),
    *(path(door, RedirectView.as_view(url=f"/{door}/", query_string=True)) for door in DOORS),
]
