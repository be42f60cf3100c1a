"""How amounts, passes' numbers and the trail's words are written in templates."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.template import Library
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from wallet.models import Holder, Programme
from wallet.protocol.money import EUR, format_amount
from wallet.services.guarantee import Why
from wallet.services.moves import written
from wallet.services.paper import grouped
from wallet.services.periods import StillOpen
from wallet.services.trail import Verb

register = Library()
register.filter(grouped)
register.filter("home", written)


@register.filter
def euro(cents: int) -> SafeString:
    """Cents as `€ 12,50`, the same in every language."""
    return format_html('<bdi dir="ltr">{}</bdi>', in_euros(cents))


def in_euros(cents: int) -> str:
    """The same as plain text, for a message or a choice."""
    return format_amount(cents, EUR)


@register.filter
def units(amount: int, programme: Programme) -> SafeString:
    """An amount of a programme: euros, or a number of tickets."""
    return format_html('<bdi dir="ltr">{}</bdi>', in_words(amount, programme))


def in_words(amount: int, programme: Programme) -> str:
    """An amount of a programme as plain text."""
    if programme.kind == Programme.Kind.MONEY:
        return format_amount(amount, EUR)
    words = ngettext("%(n)d ticket", "%(n)d tickets", abs(amount)) % {"n": abs(amount)}
    return f"\u2212\u00a0{words}" if amount < 0 else words


@register.filter
def called(programme: Programme) -> str:
    """A programme's name in the reader's language."""
    return programme.name_en if get_language() == "en" else programme.name


@register.filter
def series_called(programme: Programme) -> str:
    """The name of its series in the reader's language."""
    return str(programme.series_en if get_language() == "en" else programme.series)


@register.filter
def let_pass(what: str) -> str:
    """What an override speaks of, such as payout/7, in words."""
    kind, _slash, number = what.partition("/")
    words = {"payout": _("batch %(number)s"), "bank-line": _("line %(number)s of the bank")}
    return words[kind] % {"number": number}


@register.filter
def last_day(until: datetime) -> date:
    """The last whole day before a moment that is not included."""
    return timezone.localdate(until - timedelta(seconds=1))


@register.filter
def names(people: Iterable[Holder]) -> str:
    """What they are called, or that it is nobody."""
    return ", ".join(one.name for one in people) or _("Nobody")


@register.filter
def share(part: int, whole: int) -> str:
    """`part` of `whole` as a number from 0 to 100 for the width of a bar."""
    return f"{100 * max(part, 0) / whole:.2f}" if whole > 0 else "0"


@register.filter
def role(name: str) -> str:
    """What a role is called."""
    return {
        "caseworker": _("Caseworker"),
        "finance": _("Finance"),
        "administrator": _("Administrator"),
    }.get(name, name)


@register.filter
def name_check(answer: str) -> str:
    """What the bank answered about an IBAN and a name."""
    words = {
        "match": _("The name fits"),
        "close": _("The name almost fits"),
        "no": _("The name does not fit"),
    }
    return words.get(answer, _("Not asked"))


@register.filter
def verb(name: str) -> str:
    """What a line of the trail says that somebody did."""
    words = {
        Verb.SEARCHED: _("Searched for"),
        Verb.OPENED: _("Opened the page of"),
        Verb.HOLDER_ADDED: _("Added holder"),
        Verb.HOLDER_MOVED: _("Moved to another household:"),
        Verb.ADDRESS_CHANGED: _("Changed the address of"),
        Verb.ERASURE_ASKED: _("Asked to erase"),
        Verb.ERASURE_APPROVED: _("Agreed to erase"),
        Verb.ERASURE_REFUSED: _("Did not erase"),
        Verb.HOLDER_ERASED: _("Erased holder"),
        Verb.VOUCHER_ADDED: _("Added voucher"),
        Verb.TOPPED_UP: _("Made top-up"),
        Verb.APPROVED: _("Approved top-up"),
        Verb.REFUSED: _("Refused top-up"),
        Verb.TOOK_BACK: _("Took back top-up"),
        Verb.LETTER_PRINTED: _("Printed letter for"),
        Verb.CARD_MADE: _("Made card for"),
        Verb.CARD_PIN: _("Made new PIN for"),
        Verb.CARD_UNLOCKED: _("Unlocked card of"),
        Verb.CARD_BLOCKED: _("Blocked card of"),
        Verb.COUPONS_MADE: _("Printed coupons for"),
        Verb.COUPON_SHEETS: _("Printed coupon sheets for"),
        Verb.COUPONS_BLOCKED: _("Blocked open coupons of"),
        Verb.PHONE_BLOCKED: _("Blocked a phone of"),
        Verb.PHONE_LOST: _("Wrote down a lost phone of"),
        Verb.HELPER_ADDED: _("Added helper"),
        Verb.HELPER_STOPPED: _("Stopped helper"),
        Verb.PROGRAMME_ADDED: _("Added programme"),
        Verb.BUDGET_PROPOSED: _("Wrote down budget"),
        Verb.BUDGET_APPROVED: _("Approved budget"),
        Verb.BUDGET_REFUSED: _("Refused budget"),
        Verb.PAYMENT_MADE: _("Made payment file of batch"),
        Verb.PAYMENT_RELEASED: _("Sent payment file of batch"),
        Verb.OVERRIDE_ASKED: _("Asked to let pass"),
        Verb.OVERRIDE_APPROVED: _("Let pass"),
        Verb.OVERRIDE_REFUSED: _("Did not let pass"),
        Verb.BANK_FILE_READ: _("Read file of the bank"),
        Verb.LINE_CLEARED: _("Cleared line of the bank"),
        Verb.CLOSE_ASKED: _("Asked to close programme"),
        Verb.CLOSED: _("Closed programme"),
        Verb.CLOSE_REFUSED: _("Did not close programme"),
        Verb.CARRY_ASKED: _("Asked to carry the guarantee's cost by programme"),
        Verb.CARRIED: _("Carried the guarantee's cost by programme"),
        Verb.CARRY_REFUSED: _("Did not carry the guarantee's cost by programme"),
        Verb.CASE_ASKED: _("Asked to pay in case"),
        Verb.CASE_CLOSED: _("Closed case"),
        Verb.MERCHANT_ADDED: _("Added shop"),
        Verb.ACCOUNT_PROPOSED: _("Proposed a bank account for"),
        Verb.ACCOUNT_APPROVED: _("Approved the bank account of"),
        Verb.ACCOUNT_REFUSED: _("Refused the bank account of"),
        Verb.BRANCH_ADDED: _("Added branch"),
        Verb.TILL_ADDED: _("Added till"),
        Verb.TILL_CODE_SHOWN: _("Made code for till"),
        Verb.TILL_SUSPENDED: _("Stopped till"),
        Verb.TILL_RESUMED: _("Started till"),
    }
    return words[Verb(name)]


@register.filter
def guaranteed(why: str) -> str:
    """Why the guarantee paid, in words."""
    words = {
        Why.DECIDED: _("a person decided to pay the shop"),
        Why.TWICE: _("a code was used in two shops"),
        Why.LEAKED: _("a pass that we never made"),
        Why.WITHDRAWN: _("the pass was withdrawn, and the till did not know it yet"),
        Why.SHORT: _("there was too little money left"),
        Why.BACK: _("came back by refunds"),
    }
    return words[Why(why)]


@register.filter
def keeps_open(one: StillOpen) -> str:
    """What keeps a month open, in words."""
    if one.cents:
        words = {
            "suspense": _("%(amount)s left the bank and fits nothing"),
            "unidentified": _("%(amount)s came in and fits nothing"),
            "in_transit": _("%(amount)s is on its way to shops"),
            "guarantee": _("%(amount)s was paid by the guarantee and is not carried by a programme yet"),
        }
        return words[one.what] % {"amount": format_amount(one.n, EUR)}
    n = one.n
    words = {
        "unsealed": ngettext("%(n)s movement is in no batch yet", "%(n)s movements are in no batch yet", n),
        "unwitnessed": ngettext("%(n)s batch waits for witnesses", "%(n)s batches wait for witnesses", n),
        "unexported": ngettext(
            "%(n)s batch has no payment file yet", "%(n)s batches have no payment file yet", n
        ),
        "unbooked": ngettext("%(n)s shop is not paid yet", "%(n)s shops are not paid yet", n),
        "unmatched": ngettext("%(n)s line of the bank is open", "%(n)s lines of the bank are open", n),
    }
    return words[one.what] % {"n": n}
