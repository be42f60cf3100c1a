"""The desk's forms: they read what a person typed, and say what to change. Services decide."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.models import Holder, Programme
from wallet.web.desk.bankforms import AccountHolderField, IbanField, NameCheckField
from wallet.web.desk.fields import (
    AmountField,
    BudgetField,
    DayField,
    DecisionField,
    DeskForm,
    ProgrammeField,
)
from wallet.web.desk.filters import called

CATEGORIES = ("clothes", "school", "sport", "culture", "outing", "summer_school", "groceries")
ICONS = ("shirt", "book", "gift", "ticket", "purse", "heart")
LOOK_UP_REASONS = [
    ("calls", gettext_lazy("The holder calls")),
    ("at the desk", gettext_lazy("The holder is at the desk")),
    ("application", gettext_lazy("An application or a letter")),
    ("check", gettext_lazy("A check of our own work")),
]


class SearchForm(DeskForm):
    """Who, and why."""

    query = forms.CharField(
        label=gettext_lazy("Number, birth date or name"),
        help_text=gettext_lazy("For example 1400 0001, 2-5-1980 or the start of a name."),
        max_length=60,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why do you look this up?"), choices=LOOK_UP_REASONS, widget=forms.RadioSelect
    )


class RelativeForm(DeskForm):
    """A new holder in a household that is known."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    birth_date = DayField(label=gettext_lazy("Birth date"), help_text=gettext_lazy("For example 2-5-1980"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of letters"), choices=[("nl", "Nederlands"), ("en", "English")]
    )


class AddressForm(DeskForm):
    """Where a household lives."""

    street = forms.CharField(label=gettext_lazy("Street and number"), max_length=100)
    postcode = forms.CharField(
        label=gettext_lazy("Postcode"), max_length=10, widget=forms.TextInput(attrs={"class": "short"})
    )
    town = forms.CharField(label=gettext_lazy("Town"), max_length=60)


class HolderForm(AddressForm, RelativeForm):
    """A new holder, at a new address."""


class VoucherForm(DeskForm):
    """A programme that the holder has no voucher of."""

    programme = ProgrammeField()

    def __init__(self, *args: Any, holder: Holder, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = Programme.objects.filter(muni_id=holder.muni_id, ends__gte=today)
        self.fields["programme"].queryset = running.exclude(vouchers__holder=holder)  # type: ignore[attr-defined]


class TopUpForm(DeskForm):
    """One voucher, one amount, one decision."""

    amount = AmountField(label=gettext_lazy("Amount"))
    decision_ref = DecisionField()
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    batch_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields["amount"]
        if isinstance(amount, AmountField):
            amount.currency = programme.currency
        amount.widget.attrs |= {
            "hx-post": "",
            "hx-trigger": "input changed delay:400ms",
            "hx-target": "#preview",
            "hx-sync": "this:replace",
        }
        tickets = programme.kind == Programme.Kind.TICKETS
        amount.label = _("Number of tickets") if tickets else _("Amount in euros")
        amount.help_text = _("For example 2") if tickets else _("For example 12,50")


class CouponForm(DeskForm):
    """What one coupon pays at most, and what was free when somebody looked at them."""

    amount = AmountField()
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields["amount"]
        if isinstance(amount, AmountField):
            amount.currency = programme.currency
        tickets = programme.kind == Programme.Kind.TICKETS
        amount.label = _("Tickets on each coupon") if tickets else _("Euros on each coupon")
        amount.help_text = _("For example 1") if tickets else _("For example 10")
        amount.error_messages["required"] = _("Fill this in: %(label)s") % {"label": amount.label}


class ReasonForm(DeskForm):
    """Why something is refused, taken back or stopped."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class ImportForm(DeskForm):
    """A file of top-ups for one programme, or for every window of a series."""

    programme = forms.ChoiceField(label=gettext_lazy("Programme"), choices=[])
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A CSV file with the columns “nummer” and “bedrag”, at most 1 MB."),
        allow_empty_file=True,
    )

    def __init__(
        self, *args: Any, muni: int, today: date, series: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        running = Programme.objects.filter(muni_id=muni, ends__gte=today)
        self._programmes = {str(one.pk): one for one in running.select_related("muni")}
        choices: list[Any] = [("", _("Choose a programme"))]
        choices += [(key, called(one)) for key, one in self._programmes.items()]
        if series:
            choices.append((_("Series"), [(f"series:{name}", words) for name, words in series]))
        self.fields["programme"].choices = choices  # type: ignore[attr-defined]

    def clean_programme(self) -> Programme | str:
        """The programme, or the name of the series."""
        chosen: str = self.cleaned_data["programme"]
        return self._programmes.get(chosen) or chosen.removeprefix("series:")


class BookForm(DeskForm):
    """The decision behind a file, and the number of rows typed over."""

    decision_ref = DecisionField()
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    confirmation = forms.CharField(
        label=gettext_lazy("Type the number of rows"),
        max_length=10,
        widget=forms.TextInput(attrs={"class": "short"}),
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_confirmation(self) -> str:
        """Only the number of rows itself will do."""
        typed: str = self.cleaned_data["confirmation"]
        if typed.strip().replace(".", "") != self.expected:
            raise forms.ValidationError(_("Type %(rows)s to book these rows.") % {"rows": self.expected})
        return typed


class MerchantForm(DeskForm):
    """A new shop with its first branch and till."""

    name = forms.CharField(
        label=gettext_lazy("Name of the shop"),
        max_length=70,
        help_text=gettext_lazy("As holders see it after a payment."),
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=[])
    iban = IbanField()
    account_holder = AccountHolderField()
    name_check = NameCheckField()
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        error_messages={"invalid": gettext_lazy("Write an e-mail address, such as name@shop.example.")},
    )
    branch = forms.CharField(label=gettext_lazy("Name of the branch"), max_length=70)
    address = forms.CharField(label=gettext_lazy("Address of the branch"), max_length=150)
    till = forms.CharField(label=gettext_lazy("Name of the till"), max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = categories()  # type: ignore[attr-defined]


class BranchForm(DeskForm):
    """Another place of a shop."""

    name = forms.CharField(label=gettext_lazy("Name of the branch"), max_length=70)
    address = forms.CharField(label=gettext_lazy("Address of the branch"), max_length=150)


class TillForm(DeskForm):
    """Another till of a branch."""

    name = forms.CharField(label=gettext_lazy("Name of the till"), max_length=40)


class ProgrammeForm(DeskForm):
    """A new programme with its budget."""

    name = forms.CharField(label=gettext_lazy("Name in Dutch"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    icon = forms.ChoiceField(label=gettext_lazy("Picture"), choices=[])
    kind = forms.ChoiceField(label=gettext_lazy("What holders get"), choices=[], widget=forms.RadioSelect)
    ticket_price = AmountField(
        label=gettext_lazy("What one ticket costs"),
        required=False,
        help_text=gettext_lazy("Only for tickets"),
    )
    starts = DayField(label=gettext_lazy("First day"), help_text=gettext_lazy("For example 1-1-2027"))
    ends = DayField(label=gettext_lazy("Last day"), help_text=gettext_lazy("For example 31-12-2027"))
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Shops that may take it"),
        required=False,
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none to let every shop take it."),
    )
    card_ofl = AmountField(
        label=gettext_lazy("What a card pays when a shop has no connection"),
        required=False,
        help_text=gettext_lazy(
            "In euros, at most 5,00 a day; for tickets 1. Leave it empty for nothing. "
            "The municipality pays for copies."
        ),
    )
    budget = BudgetField(label=gettext_lazy("Budget in euros"), help_text=gettext_lazy("For example 60.000"))
    decision_ref = DecisionField(help_text=gettext_lazy("The decision that gives this budget."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("icon", icons()), ("kind", kinds()), ("categories", categories())):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Tickets have a price, money has none."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == Programme.Kind.TICKETS and not cleaned.get("ticket_price"):
            self.add_error("ticket_price", _("Write what one ticket costs, such as 18,50."))
        self._clean_card_ofl(cleaned)
        return cleaned

    def _clean_card_ofl(self, cleaned: dict[str, Any]) -> None:
        """To units: the field counts cents, also for tickets."""
        tickets, given = cleaned.get("kind") == Programme.Kind.TICKETS, cleaned.get("card_ofl") or 0
        units, left = divmod(given, 100) if tickets else (given, 0)
        if left or units > (1 if tickets else 500):
            self.add_error("card_ofl", _("Write at most 5,00; for tickets 1."))
        cleaned["card_ofl"] = units


class BudgetForm(DeskForm):
    """What a decision adds to a programme's budget."""

    amount = BudgetField(label=gettext_lazy("Amount in euros"), help_text=gettext_lazy("For example 60.000"))
    decision_ref = DecisionField(help_text=gettext_lazy("The decision that gives this budget."))
    budget_id = forms.UUIDField(widget=forms.HiddenInput)


def kinds() -> list[tuple[str, str]]:
    """What a programme can give."""
    return [("money", _("Money")), ("tickets", _("Tickets"))]


def categories() -> list[tuple[str, str]]:
    """Kinds of shops."""
    words = (
        _("Clothes"), _("School things"), _("Sport"), _("Culture"), _("Days out"), _("Summer school"),
        _("Groceries"),
    )  # fmt: skip
    return list(zip(CATEGORIES, words, strict=True))


def icons() -> list[tuple[str, str]]:
    """Pictures that the phones have."""
    words = (
        _("Shirt"), _("Book"), _("Gift"), _("Ticket"), _("Purse"), _("Heart"),
    )  # fmt: skip
    return list(zip(ICONS, words, strict=True))
