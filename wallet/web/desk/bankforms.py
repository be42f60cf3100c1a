"""The forms about banks: a shop's account, a file of the bank, and what an open line of it was."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wallet.services import bankaccounts
from wallet.web.desk.fields import DeskForm, as_field
from wallet.web.desk.filters import in_euros


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


class IbanField(forms.CharField):
    """An IBAN whose letters and digits fit."""

    def __init__(self) -> None:
        super().__init__(label="IBAN", max_length=42)

    def clean(self, value: str | None) -> str:
        """The IBAN in its compact form."""
        return as_field(bankaccounts.require_iban, super().clean(value))


class AccountHolderField(forms.CharField):
    """A name that a bank can know."""

    def __init__(self) -> None:
        super().__init__(label=gettext_lazy("Name of the account holder"), max_length=70)

    def clean(self, value: str | None) -> str:
        """The name with single spaces."""
        return as_field(bankaccounts.require_name, super().clean(value))


class BankAccountForm(DeskForm):
    """Where a shop is paid from some day on, and why."""

    iban = IbanField()
    account_holder = AccountHolderField()
    name_check = NameCheckField()
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Who asked for it, and how you know that it was them."),
    )


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
        named = [(one.id, f"{one.shop or '?'}, {in_euros(one.amount)}, {one.iban}") for one in choices]
        lines = [
            (one.id, f"{date_format(one.on, 'j F Y')}, {in_euros(one.amount)}, {one.text}") for one in others
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
