"""The front page: where holders, shops, caseworkers and the curious each find their door."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie
from django.views.i18n import set_language

from wallet.models import Municipality


@require_safe
@cache_control(private=True)
@vary_on_cookie
def landing(request: HttpRequest) -> HttpResponse:
    """Four doors and one sentence each."""
    muni = Municipality.objects.filter(pk=settings.MUNICIPALITY).first()
    return render(request, "landing.html", {"muni": muni})


urlpatterns = [
    path("", landing, name="landing"),
    path("language", set_language, name="language"),
]
