"""The desk's forms about lost phones and helpers."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from wallet.models import Holder, Programme
from wallet.web.desk.fields import AmountField, DayField, DeskForm
from wallet.web.desk.filters import called


class CallForm(DeskForm):
    """What to ask somebody who calls about a lost phone."""

    number = forms.CharField(
        label=gettext_lazy("Pass number"),
        help_text=gettext_lazy("It stands on letters. For example 1400 0001"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )
    birth_date = DayField(label=gettext_lazy("Birth date"), help_text=gettext_lazy("For example 2-5-1980"))
    postcode = forms.CharField(
        label=gettext_lazy("Postcode"), max_length=10, widget=forms.TextInput(attrs={"class": "short"})
    )
    house_number = forms.CharField(
        label=gettext_lazy("House number"),
        help_text=gettext_lazy("With everything that belongs to it. For example 12 A"),
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short"}),
    )


class HelperForm(DeskForm):
    """Who helps, with what, how much and until when."""

    name = forms.CharField(label=gettext_lazy("Name of the helper"), max_length=100)
    programmes = forms.MultipleChoiceField(
        label=gettext_lazy("Vouchers that the helper may use"),
        required=False,
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none to let the helper use all of them."),
    )
    per_purchase = AmountField(
        label=gettext_lazy("At most in one purchase, in euros"), help_text=gettext_lazy("For example 12,50")
    )
    per_month = AmountField(
        label=gettext_lazy("At most in one month, in euros"),
        help_text=gettext_lazy("All vouchers together. A ticket counts for what it costs."),
    )
    last_day = DayField(
        label=gettext_lazy("Last day"), help_text=gettext_lazy("At most a year ahead. For example 31-12-2027")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    helper_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, holder: Holder, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Programme.objects.filter(vouchers__holder=holder, ends__gte=today)
        self.fields["programmes"].choices = [(one.number, called(one)) for one in own]  # type: ignore[attr-defined]

    def clean_programmes(self) -> list[int]:
        """Their numbers."""
        return [int(one) for one in self.cleaned_data["programmes"]]
