"""In and out of the desk.

After TRIES wrong passwords for one name from one address, both wait a quarter of an hour: a stranger
elsewhere cannot lock a caseworker out.
"""

from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wallet.web.desk.gate import BUSY, IDLE_SECONDS, DeskRequest, May, desk, page, was_idle

TRIES = 5
WAIT_SECONDS = 15 * 60


@never_cache
@sensitive_post_parameters("password")
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask name and password."""
    if request.user.is_authenticated and request.method == "GET":
        return redirect(_after(request))
    form = AuthenticationForm(request, request.POST or None, label_suffix="")
    form.use_required_attribute = False
    key = _key(request)
    if request.method != "POST":
        return _login_page(request, form)
    if cache.get(key, 0) >= TRIES:
        words = _("Too many wrong tries. Wait 15 minutes and try again.")
        return _login_page(request, form, words, status=429)
    if not form.is_valid():
        cache.add(key, 0, WAIT_SECONDS)
        cache.incr(key)
        words = _("This name and password do not belong together. Check both and try again.")
        return _login_page(request, form, words)
    cache.delete(key)
    login(request, form.get_user())
    request.session.set_expiry(IDLE_SECONDS)
    return redirect(_after(request))


def _login_page(
    request: HttpRequest, form: AuthenticationForm, trouble: str = "", status: int = 200
) -> HttpResponse:
    idle = request.method == "GET" and was_idle(request)
    context = {"form": form, "trouble": trouble, "idle": idle, "next": request.GET.get("next", "")}
    return page(request, "desk/login.html", context, status)


def _key(request: HttpRequest) -> str:
    """What the tries are counted under; not readable in the cache."""
    name = request.POST.get("username", "").lower()
    counted = salted_hmac("desk.login", f"{name} {request.META.get('REMOTE_ADDR', '')}")
    return f"desk-login-{counted.hexdigest()}"


def _after(request: HttpRequest) -> str:
    """Where somebody wanted to go, if that is one of our pages."""
    wanted = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else "desk:home"


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Leave the desk."""
    logout(request)
    answer = redirect("desk:login")
    answer.delete_cookie(BUSY)
    return answer


@desk(May.ENTER, only_post=True)
def stay(request: DeskRequest) -> HttpResponse:
    """Stay logged in: the gate has already started the time anew."""
    return HttpResponse(status=204)
