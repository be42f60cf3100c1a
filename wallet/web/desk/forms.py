"""The desk's forms: they read what a person typed, and say what to change. Services decide."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.models import Holder, Programme
from wallet.protocol import money
from wallet.services import holders
from wallet.services.refused import Refused
from wallet.web.desk.filters import called

_BUDGET = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(?:\.[0-9]{3}){1,2})(?:,([0-9]{2}))?")
CATEGORIES = ("clothes", "school", "sport", "culture", "outing", "summer_school", "groceries")
ICONS = ("shirt", "book", "gift", "ticket", "purse", "heart")
LOOK_UP_REASONS = [
    ("calls", gettext_lazy("The holder calls")),
    ("at the desk", gettext_lazy("The holder is at the desk")),
    ("application", gettext_lazy("An application or a letter")),
    ("check", gettext_lazy("A check of our own work")),
]


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
                _("Write an amount above zero, such as 12,50.")
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


class HolderForm(DeskForm):
    """A new holder, at a new address."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    birth_date = DayField(label=gettext_lazy("Birth date"), help_text=gettext_lazy("For example 2-5-1980"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of letters"), choices=[("nl", "Nederlands"), ("en", "English")]
    )
    street = forms.CharField(label=gettext_lazy("Street and number"), max_length=100)
    postcode = forms.CharField(
        label=gettext_lazy("Postcode"), max_length=10, widget=forms.TextInput(attrs={"class": "short"})
    )
    town = forms.CharField(label=gettext_lazy("Town"), max_length=60)


class RelativeForm(DeskForm):
    """A new holder in a household that is known."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    birth_date = DayField(label=gettext_lazy("Birth date"), help_text=gettext_lazy("For example 2-5-1980"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of letters"), choices=[("nl", "Nederlands"), ("en", "English")]
    )


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
    decision_ref = forms.CharField(
        label=gettext_lazy("Number of the decision"),
        max_length=80,
        help_text=gettext_lazy("As it stands in the case file."),
    )
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


class ReasonForm(DeskForm):
    """Why something is refused, taken back or stopped."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class ImportForm(DeskForm):
    """A file of top-ups for one programme."""

    programme = ProgrammeField()
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A CSV file with the columns “nummer” and “bedrag”, at most 1 MB."),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, muni: int, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = Programme.objects.filter(muni_id=muni, ends__gte=today)
        self.fields["programme"].queryset = running  # type: ignore[attr-defined]


class BookForm(DeskForm):
    """The decision behind a file, and the number of rows typed over."""

    decision_ref = forms.CharField(
        label=gettext_lazy("Number of the decision"),
        max_length=80,
        help_text=gettext_lazy("As it stands in the case file."),
    )
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


class NameCheckField(forms.ChoiceField):
    """What the bank answered when it was asked whether an IBAN and a name belong together."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Does the bank know this IBAN by this name?"),
            help_text=gettext_lazy("Ask in your bank's own programme (IBAN-name check)."),
            choices=[
                ("", gettext_lazy("Choose")),
                ("match", gettext_lazy("Yes")),
                ("close", gettext_lazy("Almost: the bank gave another spelling")),
                ("no", gettext_lazy("No")),
                ("none", gettext_lazy("We did not ask")),
            ],
        )


class BankAccountForm(DeskForm):
    """Where a shop is paid from some day on, and why."""

    iban = forms.CharField(label="IBAN", max_length=42)
    account_holder = forms.CharField(label=gettext_lazy("Name of the account holder"), max_length=70)
    name_check = NameCheckField()
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Who asked for it, and how you know that it was them."),
    )


class MerchantForm(DeskForm):
    """A new shop with its first branch and till."""

    name = forms.CharField(
        label=gettext_lazy("Name of the shop"),
        max_length=70,
        help_text=gettext_lazy("As holders see it after a payment."),
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=[])
    iban = forms.CharField(label="IBAN", max_length=42)
    account_holder = forms.CharField(label=gettext_lazy("Name of the account holder"), max_length=70)
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
    budget = BudgetField(label=gettext_lazy("Budget in euros"), help_text=gettext_lazy("For example 60.000"))
    decision_ref = forms.CharField(
        label=gettext_lazy("Number of the decision"),
        max_length=80,
        help_text=gettext_lazy("The decision that gives this budget."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("icon", icons()), ("kind", kinds()), ("categories", categories())):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Tickets have a price, money has none."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == Programme.Kind.TICKETS and not cleaned.get("ticket_price"):
            self.add_error("ticket_price", _("Write what one ticket costs, such as 18,50."))
        return cleaned


class BudgetForm(DeskForm):
    """What a decision adds to a programme's budget."""

    amount = BudgetField(label=gettext_lazy("Amount in euros"), help_text=gettext_lazy("For example 60.000"))
    decision_ref = forms.CharField(
        label=gettext_lazy("Number of the decision"),
        max_length=80,
        help_text=gettext_lazy("The decision that gives this budget."),
    )
    budget_id = forms.UUIDField(widget=forms.HiddenInput)


class BankFileForm(DeskForm):
    """A file of the bank."""

    file = forms.FileField(
        label=gettext_lazy("File of the bank"),
        help_text=gettext_lazy("An answer (pain.002) or a statement (camt.053), as the bank gives it."),
        allow_empty_file=True,  # what is the matter with a file is said by who reads it
    )


class ClearForm(DeskForm):
    """What an open line of the bank was."""

    as_what = forms.ChoiceField(label=gettext_lazy("What was it?"), choices=[], widget=forms.RadioSelect)
    paid = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Which payments to shops?"),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    others = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Which other lines does it cancel?"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label=gettext_lazy("How do you know?"), max_length=200)

    def __init__(
        self, *args: Any, credit: bool, choices: Sequence[Any], others: Sequence[Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["as_what"].choices = cleared_in() if credit else cleared_out()  # type: ignore[attr-defined]
        named = [
            (one.id, f"{one.shop or '?'}, {money.format_amount(one.amount, money.EUR)}, {one.iban}")
            for one in choices
        ]
        lines = [
            (one.id, f"{date_format(one.on)}, {money.format_amount(one.amount, money.EUR)}, {one.text}")
            for one in others
        ]
        for name, rows in (("paid", named), ("others", lines)):
            if rows:
                self.fields[name].choices = rows  # type: ignore[attr-defined]
            else:
                del self.fields[name]


def cleared_in() -> list[tuple[str, str]]:
    """What money that came in can be."""
    return [
        ("returned", _("A payment to a shop that came back")),
        ("funding", _("Money of the municipality itself")),
        ("reversed", _("It cancels money that left by mistake")),
        ("kept", _("Nobody knows. We keep it (another person decides)")),
    ]


def cleared_out() -> list[tuple[str, str]]:
    """What money that left can be."""
    return [
        ("booked", _("Payments to shops")),
        ("reversed", _("It came back in another line")),
        ("written off", _("Nobody knows. It is lost (another person decides)")),
    ]


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
