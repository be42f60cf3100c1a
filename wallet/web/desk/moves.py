"""Somebody moves: to another household, or with all of it to another address."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from wallet.models import Holder, Household
from wallet.services import holders, moves
from wallet.services.moves import Address
from wallet.services.refused import Refused
from wallet.web.desk.gate import DeskRequest, May, desk, page, posted
from wallet.web.desk.moveforms import APART, PARTS, MoveForm, NewAddressForm
from wallet.web.desk.people import own_holder


@desk(May.LOOK_UP)
def move(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """First where to, then what it changes, then it is done."""
    holder, step = own_holder(request, holder_id), request.POST.get("step")
    form = MoveForm(posted(request), initial={"moved_from": holder.household_id})
    if step in ("preview", "move") and form.is_valid():
        try:
            return _moved(request, holder, form) if step == "move" else _preview(request, holder, form)
        except Refused as refused:
            form.refuse(refused)
    elif step == "change":
        form = MoveForm(initial={**request.POST.dict(), "home": ""})
    return page(request, "desk/holder_move.html", {"form": form, "holder": holder})


def _preview(request: DeskRequest, holder: Holder, form: MoveForm) -> HttpResponse:
    now = timezone.now()
    to = _where_to(request, form, now)
    if isinstance(to, Household) and to.pk == holder.household_id:
        raise Refused(_("This holder lives there already. Choose another household."))
    context = {
        "form": form,
        "holder": holder,
        "place": to,
        "home": to.pk if isinstance(to, Household) else APART,
        "there": list(holders.living(to)) if isinstance(to, Household) else [],
        "effect": moves.effect(holder, to, now),
    }
    return page(request, "desk/holder_move_preview.html", context)


def _where_to(request: DeskRequest, form: MoveForm, now: datetime) -> Household | Address:
    """What the form names. Raises Refused, also to ask with whom when somebody lives at the address."""
    asks = {"muni": request.muni, "reason": form.cleaned_data["reason"], "staff": request.user, "now": now}
    if number := form.cleaned_data["number"]:
        return moves.home_of(number=number, **asks)
    homes, chosen = moves.homes_at(address=form.address, **asks), form.cleaned_data["home"]
    if not homes or chosen == APART:
        return form.address
    known = {str(home.pk): home for home in homes}
    if chosen not in known:
        form.offer(homes)
        raise Refused(_("Somebody lives at this address. Choose with whom."), "home")
    return known[chosen]


def _moved(request: DeskRequest, holder: Holder, form: MoveForm) -> HttpResponse:
    """Do what the preview showed. Raises Refused."""
    home = form.cleaned_data["home"]
    to = moves.home(request.muni, int(home)) if home.isdecimal() else form.address
    moves.move(
        holder=holder,
        moved_from=form.cleaned_data["moved_from"],
        to=to,
        reason=form.cleaned_data["reason"],
        staff=request.user,
        now=timezone.now(),
    )
    words = _("%(name)s now belongs to the household at %(address)s.")
    messages.success(request, words % {"name": holder.name, "address": moves.written(to)})
    return redirect("desk:holder", holder.pk)


@desk(May.LOOK_UP)
def change_address(request: DeskRequest, holder_id: UUID) -> HttpResponse:
    """The whole household moves."""
    holder = own_holder(request, holder_id)
    home = holder.household
    known = {part: getattr(home, part) for part in PARTS}
    form = NewAddressForm(posted(request), initial={**known, "was": moves.written(home)})
    if request.method == "POST" and form.is_valid():
        try:
            moves.change_address(
                holder=holder,
                was=form.cleaned_data["was"],
                to=form.address,
                reason=form.cleaned_data["reason"],
                staff=request.user,
                now=timezone.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("The address is changed. Letters go there from now on."))
            return redirect("desk:holder", holder.pk)
    context = {"form": form, "holder": holder, "household": list(holders.living(home))}
    return page(request, "desk/address.html", context)
