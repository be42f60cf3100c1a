"""The page of the witnesses: who they are, when each last signed, and whether that is enough."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.timesince import timesince
from django.views.decorators.http import require_safe

from ledger.web.form import moment
from ledger.web.frame import reader
from ledger.web.texts import witnesses as words


@require_safe
def show(request: HttpRequest, muni: str, year: str) -> HttpResponse:
    """The witnesses of a log."""
    who = reader(request, muni, year)
    if who.state is None:
        return who.lost()
    now, text = timezone.now(), words.TEXTS[who.language]
    listed = [
        (one.name, one.signed_at, moment(one.signed_at), timesince(one.signed_at, now, depth=1))
        if one.signed_at
        else (one.name, None, text["not_signed"], "")
        for one in who.state.witnesses
    ]
    keys = [(one.name, one.key) for one in who.state.witnesses]
    context = {"witnesses": listed, "keys": keys}
    return who.render("witnesses.html", words.TEXTS, context, all=len(listed), needed=who.state.needed)
