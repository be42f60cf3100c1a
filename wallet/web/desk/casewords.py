"""A case in words: what was found, who bears it until now, how it can end. Nobody is blamed."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from wallet.models import Case
from wallet.protocol.refusals import Code

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTLY = timedelta(minutes=5)


def title(code: str) -> str:
    """What was found, in a few words."""
    words: Mapping[str, str] = {
        "double_spend": _("A code was used in two shops"),
        "card_two_tills": _("A card was used at two tills on one day, without a connection"),
        "issuer_key_leaked": _("A pass that we never made"),
        "chain_gap": _("A record of a till is missing"),
        "chain_fork": _("The records of a till do not fit together"),
        "till_suspended": _("Sales of a till that is stopped"),
        Code.TIME_IMPLAUSIBLE: _("The time of a sale cannot be right"),
        Code.LATE_RECORD: _("A sale came in too late"),
        Code.ALREADY_REDEEMED: _("A code was used twice in one shop"),
        Code.PASS_REVOKED: _("The pass was withdrawn before the sale"),
        Code.AMOUNT_OVER_MAX: _("More than was allowed"),
        Code.OVER_OFFLINE_LIMIT: _("More than a pass may pay without a connection"),
        Code.LIST_STALE: _("The till's list of withdrawn passes was too old"),
        Code.BUNDLE_EXPIRED: _("The till's data were too old"),
        Code.PROOF_STALE: _("The code on the phone was too old"),
        Code.PROOF_FROM_FUTURE: _("The code on the phone was of a later time"),
        Code.WRONG_PROGRAMME: _("Another programme than the pass is for"),
        Code.CARD_ONLINE_ONLY: _("A card was used without a connection"),
        Code.IDEMPOTENCY_MISMATCH: _("One sale came in with two amounts"),
        Code.OFFLINE_NOT_ALLOWED: _("A pass that needs a connection"),
    }
    return words.get(code, _("The pass or its code was not right"))


def what(case: Case) -> str:
    """What happened, and what to think of."""
    if case.code == "double_spend":
        return _apart(case)
    words: Mapping[str, str] = {
        "issuer_key_leaked": _(
            "The signature is right and the pass is not in our books. Perhaps somebody else has our key. "
            "Call your administrator now."
        ),
        "card_two_tills": _(
            "Perhaps the holder was in two shops. Perhaps somebody has a copy of the card. "
            "Does this happen often? Call the holder and make a new card."
        ),
        "chain_gap": _(
            "Sales after a missing record waited seven days for it. It did not come. "
            "They were decided without it."
        ),
        "chain_fork": _(
            "Two records have one place. Perhaps the tablet was put back to an older state, or there is a "
            "copy of it. The till is stopped. Look at it with the shop, start it again, and let it log in "
            "anew."
        ),
        "till_suspended": _("The till was stopped, and sold without a connection. The sales are kept."),
        Code.TIME_IMPLAUSIBLE: _(
            "The clock of the till was wrong, or was changed. Ask the shop what happened."
        ),
        Code.LATE_RECORD: _("A till has three days to send a sale, and seven when nothing is wrong with it."),
    }
    return words.get(case.code, _("The shop accepted this without a connection, against the rules for that."))


def _apart(case: Case) -> str:
    if case.proof_at is None or case.first_proof_at is None:
        return _("Both shops accepted it without knowing of each other. Both are paid.")
    if abs(case.proof_at - case.first_proof_at) <= SHORTLY:
        return _(
            "The same code was shown twice within 5 minutes. It may be a photo of the screen: "
            "nobody is to blame. Both shops are paid."
        )
    return _(
        "The phone made a new code for this pass more than 5 minutes later. "
        "A phone does not do that by itself. "
        "Both shops are paid. After two such cases the passes of this voucher work with a connection only."
    )


def bears(case: Case) -> str:
    """Who bears it until now."""
    if case.state == Case.State.PAID:
        return _("The shop was paid after all.")
    if case.refused and case.state == Case.State.OPEN:
        return _("The shop does not have this money now.")
    if case.refused:
        return _("It was decided about.")
    return _("The municipality, from the guarantee.") if case.guaranteed else _("Nobody: all was paid.")


def ends() -> dict[str, tuple[str, str]]:
    """How a case can end: what a person chooses, and how it is called afterwards."""
    return {
        Case.Choice.PAY: (_("Pay the shop after all"), _("The shop was paid")),
        Case.Choice.LEAVE: (_("Leave it with the shop"), _("Left with the shop")),
        Case.Choice.JUDGE: (_("It is in order: decide by the rules"), _("Decided by the rules")),
        Case.Choice.SEEN: (_("Seen: nothing to do"), _("Seen")),
    }
