"""The desk's forms about who lives where."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.models import Household
from wallet.services import holders
from wallet.services.moves import Address
from wallet.web.desk.filters import names
from wallet.web.desk.forms import AddressForm

APART = "apart"
PARTS = ("street", "postcode", "town")


class NewAddressForm(AddressForm):
    """Where a household goes; `was` is where it lived when this page was made."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    was = forms.CharField(widget=forms.HiddenInput)

    @property
    def address(self) -> Address:
        """What was typed."""
        return address_in(self)


class MoveForm(AddressForm):
    """Whom a holder goes to live with, or at which address; `moved_from` is the household it belonged to."""

    field_order = ("number", *PARTS, "home", "reason")
    number = forms.CharField(
        label=gettext_lazy("Pass number of somebody who lives there"),
        help_text=gettext_lazy("It stands on letters. For example 1400 0001"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    home = forms.CharField(
        label=gettext_lazy("With whom at this address?"),
        help_text=gettext_lazy("Is it somebody else? Write that pass number in place of the address."),
        required=False,
        max_length=18,
        widget=forms.HiddenInput,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    moved_from = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS:
            self.fields[part].required = False

    @property
    def address(self) -> Address:
        """What was typed."""
        return address_in(self)

    def clean(self) -> dict[str, Any]:
        """A number or a whole address, and not both."""
        cleaned: dict[str, Any] = super().clean() or {}
        typed = [part for part in PARTS if cleaned.get(part)]
        if bool(typed) == bool(cleaned.get("number")) and "number" not in self.errors:
            self.add_error("number", _("Write a pass number, or an address. Not both."))
        elif typed:
            for part in set(PARTS) - set(typed) - set(self.errors):
                self.add_error(part, self.fields[part].error_messages["required"])
        return cleaned

    def offer(self, homes: Iterable[Household]) -> None:
        """Ask with whom of those who live at the address."""
        others = [(str(one.pk), names(holders.living(one))) for one in homes]
        self.fields["home"].widget = forms.RadioSelect(choices=[*others, (APART, _("With none of them"))])


def address_in(form: AddressForm) -> Address:
    """The address that a form holds."""
    return Address(*(form.cleaned_data[part] for part in PARTS))
