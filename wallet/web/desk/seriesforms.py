"""Forms about series of dated windows."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.protocol.money import TKT
from wallet.services import holders, series
from wallet.services.series import Window
from wallet.web.desk.fields import AmountField, DecisionField, DeskForm
from wallet.web.desk.forms import categories, icons

_DAYS = re.compile(r"\s*(\d\S*)\s*(?:-|–|to|t/m|tot en met)?\s+(\d\S*)\s*")


class WindowsField(forms.CharField):
    """Windows as people type them, one on a line: `1-6-2027 - 15-6-2027`."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "short"})

    def clean(self, value: str | None) -> list[Window]:
        """The windows, in the order of their lines."""
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        return [self._window(line) for line in lines]

    def _window(self, line: str) -> Window:
        found = _DAYS.fullmatch(line)
        starts, ends = (holders.as_date(found[nth]) for nth in (1, 2)) if found else (None, None)
        if starts is None or ends is None:
            words = _("“%(line)s” is not a window. Write the first and the last day: 1-6-2027 - 15-6-2027.")
            raise forms.ValidationError(words % {"line": line.strip()[:40]})
        return Window(starts, ends)


class SeriesForm(DeskForm):
    """A new series, with the budget of its windows."""

    name = forms.CharField(
        label=gettext_lazy("Name in Dutch"),
        max_length=series.NAME_AT_MOST,
        help_text=gettext_lazy("The days come behind it, such as: Day out: June 2027."),
    )
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=series.NAME_AT_MOST)
    icon = forms.ChoiceField(label=gettext_lazy("Picture"), choices=[])
    price = AmountField(
        label=gettext_lazy("What one ticket costs"), help_text=gettext_lazy("For example 18,50")
    )
    year = forms.IntegerField(
        label=gettext_lazy("Year"), widget=forms.TextInput(attrs={"class": "short", "inputmode": "numeric"})
    )
    months = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Months"),
        coerce=int,
        required=False,
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each month that you choose is a window: tickets of June are for June."),
    )
    windows = WindowsField(
        label=gettext_lazy("Other windows"),
        required=False,
        help_text=gettext_lazy("First and last day, one window on a line. For example 1-6-2027 - 15-6-2027"),
    )
    per_person = AmountField(
        TKT,
        label=gettext_lazy("Tickets for one person"),
        help_text=gettext_lazy("In each window, at most. For example 1"),
    )
    quota = AmountField(
        TKT,
        label=gettext_lazy("All tickets together"),
        help_text=gettext_lazy("In each window. For example 250"),
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Shops that may take it"),
        required=False,
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none to let every shop take it."),
    )
    decision_ref = DecisionField(help_text=gettext_lazy("The decision that gives this budget."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, initial={"year": today.year}, **kwargs)
        months = [(number, str(name).capitalize()) for number, name in dates.MONTHS.items()]
        for name, choices in (("icon", icons()), ("months", months), ("categories", categories())):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["year"].error_messages["invalid"] = _("Write a year, such as 2027.")

    def clean_year(self) -> int:
        """A year of this century."""
        year: int = self.cleaned_data["year"]
        if not 2000 <= year <= 2099:
            raise forms.ValidationError(_("Write a year, such as 2027."))
        return year

    def rules(self) -> dict[str, Any]:
        """What the service makes of it: the months are windows too."""
        data = dict(self.cleaned_data)
        year, months = data.pop("year"), data.pop("months")
        data["windows"] = [*(series.month(year, one) for one in months), *data["windows"]]
        return data


class SeriesTopUpForm(DeskForm):
    """One holder, the same number of tickets for each window."""

    series = forms.ChoiceField(label=gettext_lazy("Series"), choices=[])
    amount = AmountField(
        TKT, label=gettext_lazy("Tickets for each window"), help_text=gettext_lazy("For example 1")
    )
    decision_ref = DecisionField()
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    form_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["series"].choices = choices  # type: ignore[attr-defined]
