"""Who may do what at the desk. Every page but the login passes this gate; no other file knows about roles.

1. Nobody comes in without logging in, and only as staff of a municipality.
2. A page names the one thing that a person must be allowed to do; each role has a list of those.
3. Who does nothing for IDLE_SECONDS is logged out; the page says so two minutes before. The session is then
   gone, so a cookie of its own remembers when somebody was last busy: the login says why they are there.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails

from wallet.models import Municipality, Staff

IDLE_SECONDS = 30 * 60
WARN_SECONDS = 2 * 60
BUSY, BUSY_SECONDS = "desk_busy", 24 * 3600


class May(StrEnum):
    """The things that a person at the desk can be allowed to do."""

    ENTER = "enter"
    LOOK_UP = "look_up"
    TOP_UP = "top_up"
    APPROVE = "approve"
    ADD_MERCHANT = "add_merchant"
    ADD_TILL = "add_till"
    ADD_PROGRAMME = "add_programme"
    SET_BUDGET = "set_budget"
    PAY = "pay"
    ERASE = "erase"
    READ_TRAIL = "read_trail"


# Who gives money out does not say whose bank account it ends on, nor how large the budget is.
ROLES: dict[str, frozenset[May]] = {
    Staff.Role.CASEWORKER: frozenset({May.ENTER, May.LOOK_UP, May.TOP_UP, May.APPROVE, May.ADD_TILL}),
    Staff.Role.FINANCE: frozenset(
        {
            May.ENTER,
            May.APPROVE,
            May.ADD_MERCHANT,
            May.ADD_TILL,
            May.ADD_PROGRAMME,
            May.SET_BUDGET,
            May.PAY,
        }
    ),
    Staff.Role.ADMINISTRATOR: frozenset(May),
}


class DeskRequest(HttpRequest):
    """A request of somebody who passed the gate."""

    user: Staff
    htmx: HtmxDetails
    muni: Municipality


View = Callable[..., HttpResponse]


def desk(may: May, *, only_post: bool = False) -> Callable[[View], View]:
    """Let only those in who may do this. What is `only_post` has no page of its own to come back to."""

    def guard(view: View) -> View:
        @never_cache
        @_whole_page_to_log_in
        @login_required
        @wraps(view)
        def guarded(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.muni is None or may not in allowed(request.user):
                return not_allowed(request)
            if only_post and request.method != "POST":  # back from the login, or a change of language
                return redirect("desk:home")
            request.muni = request.user.muni
            request.session.set_expiry(IDLE_SECONDS)
            return _busy(view(request, *args, **kwargs))

        return guarded

    return guard


def _busy(answer: HttpResponse) -> HttpResponse:
    """Remember in this browser that somebody was busy just now: only when, not who."""
    answer.set_cookie(
        BUSY,
        str(int(timezone.now().timestamp())),
        max_age=BUSY_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def was_idle(request: HttpRequest) -> bool:
    """Did somebody leave this browser by doing nothing for IDLE_SECONDS?"""
    busy = request.COOKIES.get(BUSY, "")
    if not (busy.isascii() and busy.isdecimal() and len(busy) < 12):  # anybody can send anything
        return False
    return timezone.now().timestamp() - int(busy) >= IDLE_SECONDS


def _whole_page_to_log_in(view: View) -> View:
    """Send the page itself to the login, when only a part of it asked and the time was up."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "HX-Request" in request.headers and not request.user.is_authenticated:
            return HttpResponseClientRefresh()
        return view(request, *args, **kwargs)

    return guarded


def allowed(staff: Staff) -> frozenset[May]:
    """What this person may do."""
    return ROLES.get(staff.role, frozenset())


def not_allowed(request: HttpRequest) -> HttpResponse:
    """The page for who may not do this."""
    return page(request, "desk/not_allowed.html", status=403)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, for a form that is only empty when nothing was."""
    return request.POST if request.method == "POST" else None


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page of the desk, which knows what its reader may do."""
    staff = request.user
    known = {
        "may": {one.value: True for one in allowed(staff)} if isinstance(staff, Staff) else {},
        "idle_seconds": IDLE_SECONDS,
        "warn_seconds": WARN_SECONDS,
    }
    return render(request, template, known | (context or {}), status=status)
