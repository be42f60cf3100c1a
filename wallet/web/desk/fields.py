"""The desk's fields: what a person types becomes an amount, a day or a programme, or words about it."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.models import Programme
from wallet.protocol import money
from wallet.services import holders
from wallet.services.refused import Refused
from wallet.web.desk.filters import called

_BUDGET = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(?:\.[0-9]{3}){1,2})(?:,([0-9]{2}))?")


class DeskForm(forms.Form):
    """A form whose browser checks are ours: it names every field to look at, in words."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            words = (
                _("Choose an answer: %(label)s")
                if isinstance(field, forms.ChoiceField)
                else _("Fill this in: %(label)s")
            )
            field.error_messages["required"] = words % {"label": field.label}
            field.widget.attrs.setdefault("autocomplete", "off")

    def refuse(self, refused: Refused) -> None:
        """Show what a service refused, next to its field if the form has it."""
        field = refused.field if refused.field in self.fields else None
        self.add_error(field, str(refused.message))


def as_field(check: Callable[[str], str], text: str) -> str:
    """What a service makes of a text; what it refuses is said with all else that is wrong with the form."""
    try:
        return check(text)
    except Refused as refused:
        raise forms.ValidationError(str(refused.message)) from refused


class AmountField(forms.CharField):
    """Euros as people type them, or whole tickets; cleaned to units."""

    widget = forms.TextInput(attrs={"class": "short", "inputmode": "text"})

    def __init__(self, currency: str = money.EUR, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.currency = currency

    def clean(self, value: str | None) -> int:
        """The amount in cents or tickets; 0 where nothing has to be filled in and nothing is."""
        text = super().clean(value)
        if not text:
            return 0
        try:
            return money.parse(text.replace("€", ""), self.currency)
        except money.NotAnAmount as error:
            words = (
                _("Write an amount above zero as 12,50, without a point for thousands.")
                if self.currency == money.EUR
                else _("Write a whole number of tickets, such as 2.")
            )
            raise forms.ValidationError(words) from error


class BudgetField(forms.CharField):
    """Euros of a budget: large, and people put points in them. Cleaned to cents."""

    widget = forms.TextInput(attrs={"class": "short", "inputmode": "text"})

    def clean(self, value: str | None) -> int:
        """The amount in cents: `60000`, `60.000` and `1.250.000,50` are read, nothing else is."""
        found = _BUDGET.fullmatch(super().clean(value).replace("€", "").strip())
        if not found or not int(found[1].replace(".", "")):
            raise forms.ValidationError(_("Write an amount above zero, such as 60.000 or 1.250.000,50."))
        return int(found[1].replace(".", "")) * 100 + int(found[2] or 0)


class DayField(forms.CharField):
    """A day typed as 2-5-1980."""

    widget = forms.TextInput(attrs={"class": "short"})

    def clean(self, value: str | None) -> date:
        """The day."""
        day = holders.as_date(super().clean(value).strip())
        if day is None:
            raise forms.ValidationError(_("Write a day as 2-5-1980: day, month, year."))
        return day


class ProgrammeField(forms.ModelChoiceField):  # type: ignore[type-arg]  # Django's own has none
    """One of the programmes that the form offers, in the reader's language."""

    def __init__(self) -> None:
        super().__init__(
            Programme.objects.none(),
            label=gettext_lazy("Programme"),
            empty_label=gettext_lazy("Choose a programme"),
        )

    def label_from_instance(self, obj: Programme) -> str:
        """What its reader calls it."""
        return called(obj)


class DecisionField(forms.CharField):
    """The number under which a decision can be found again."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", gettext_lazy("As it stands in the case file."))
        super().__init__(label=gettext_lazy("Number of the decision"), max_length=80, **kwargs)
