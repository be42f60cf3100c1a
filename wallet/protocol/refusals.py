"""Every reason to refuse, and what each one means for the machine that hears it.

1. A refusal has a code. Codes are for ever: none is renamed or used for something else.
2. A code has an HTTP status, says whether the same request may succeed later (`retry`), whether a till
   may also find it by itself (`local`), and a short English title for the problem document.
3. Sentences for people live in the catalogues of the faces, one for the clerk and one for the holder.

Spec 04.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType

Facts = Mapping[str, int | str]


@unique
class Code(StrEnum):
    """The codes of spec 04, in the order of their status."""

    MALFORMED_REQUEST = "malformed_request"
    MALFORMED_QR = "malformed_qr"
    UNSUPPORTED_VERSION = "unsupported_version"
    MALFORMED_RECORD = "malformed_record"
    TILL_AUTH_FAILED = "till_auth_failed"
    WALLET_AUTH_FAILED = "wallet_auth_failed"
    USE_DPOP_NONCE = "use_dpop_nonce"
    TILL_SUSPENDED = "till_suspended"
    MERCHANT_NOT_IN_PROGRAMME = "merchant_not_in_programme"
    CATEGORY_NOT_ALLOWED = "category_not_allowed"
    OFFLINE_NOT_ALLOWED = "offline_not_allowed"
    CARD_ONLINE_ONLY = "card_online_only"
    PIN_REQUIRED = "pin_required"
    PIN_WRONG = "pin_wrong"
    UNKNOWN_PASS = "unknown_pass"  # noqa: S105 - a pass, not a password
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_REDEMPTION = "unknown_redemption"
    UNKNOWN_VOUCHER = "unknown_voucher"
    UNKNOWN_CODE = "unknown_code"
    ALREADY_REDEEMED = "already_redeemed"
    PASS_REVOKED = "pass_revoked"  # noqa: S105 - a pass, not a password
    VOUCHER_SUSPENDED = "voucher_suspended"
    VOUCHER_NOT_STARTED = "voucher_not_started"
    VOUCHER_ENDED = "voucher_ended"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    TXN_IN_PROGRESS = "txn_in_progress"
    CHAIN_GAP = "chain_gap"
    CHAIN_FORK = "chain_fork"
    ALREADY_VOIDED = "already_voided"
    NOT_LOGGED_YET = "not_logged_yet"
    PASS_EXPIRED = "pass_expired"  # noqa: S105 - a pass, not a password
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    KEY_COMPROMISED = "key_compromised"
    BAD_PROOF = "bad_proof"
    PROOF_MISMATCH = "proof_mismatch"
    WRONG_AUDIENCE = "wrong_audience"
    PROOF_STALE = "proof_stale"
    PROOF_FROM_FUTURE = "proof_from_future"
    AMOUNT_INVALID = "amount_invalid"
    AMOUNT_OVER_MAX = "amount_over_max"
    WRONG_PROGRAMME = "wrong_programme"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    LATE_RECORD = "late_record"
    TIME_IMPLAUSIBLE = "time_implausible"
    REFUND_EXCEEDS = "refund_exceeds"
    REFUND_WINDOW_CLOSED = "refund_window_closed"
    CARD_LOCKED = "card_locked"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    LIST_STALE = "list_stale"
    BUNDLE_EXPIRED = "bundle_expired"
    OVER_OFFLINE_LIMIT = "over_offline_limit"
    TILL_OFFLINE_QUOTA = "till_offline_quota"
    TILL_CLOCK_INVALID = "till_clock_invalid"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: `status` is None for codes that only a till uses; `title` is plain English."""

    status: int | None
    title: str
    retry: bool = False
    local: bool = False


def _only_at_the_till(title: str, *, retry: bool = False) -> Meaning:
    return Meaning(None, title, retry=retry, local=True)


MEANINGS: Mapping[Code, Meaning] = MappingProxyType(
    {
        Code.MALFORMED_REQUEST: Meaning(400, "The request cannot be read"),
        Code.MALFORMED_QR: Meaning(400, "The code cannot be read", local=True),
        Code.UNSUPPORTED_VERSION: Meaning(400, "The code is of another version", local=True),
        Code.MALFORMED_RECORD: Meaning(400, "The record cannot be read"),
        Code.TILL_AUTH_FAILED: Meaning(401, "The till is not known"),
        Code.WALLET_AUTH_FAILED: Meaning(401, "The phone is not known"),
        Code.USE_DPOP_NONCE: Meaning(401, "A fresh nonce is needed", retry=True),
        Code.TILL_SUSPENDED: Meaning(403, "The till is switched off"),
        Code.MERCHANT_NOT_IN_PROGRAMME: Meaning(403, "The shop does not take part", local=True),
        Code.CATEGORY_NOT_ALLOWED: Meaning(403, "The programme is not for this kind of shop", local=True),
        Code.OFFLINE_NOT_ALLOWED: Meaning(403, "This pass needs a connection", local=True),
        Code.CARD_ONLINE_ONLY: Meaning(403, "A card needs a connection", local=True),
        Code.PIN_REQUIRED: Meaning(403, "The card needs its PIN"),
        Code.PIN_WRONG: Meaning(403, "The PIN is not right"),
        Code.UNKNOWN_PASS: Meaning(404, "The pass is not known"),
        Code.UNKNOWN_CARD: Meaning(404, "The card is not known"),
        Code.UNKNOWN_REDEMPTION: Meaning(404, "The payment is not known"),
        Code.UNKNOWN_VOUCHER: Meaning(404, "The voucher is not known"),
        Code.UNKNOWN_CODE: Meaning(404, "The code is not known or was used"),
        Code.ALREADY_REDEEMED: Meaning(409, "The pass was used before", local=True),
        Code.PASS_REVOKED: Meaning(409, "The pass was withdrawn", local=True),
        Code.VOUCHER_SUSPENDED: Meaning(409, "The voucher is on hold"),
        Code.VOUCHER_NOT_STARTED: Meaning(409, "The voucher has not started", local=True),
        Code.VOUCHER_ENDED: Meaning(409, "The voucher has ended", local=True),
        Code.INSUFFICIENT_BALANCE: Meaning(409, "The balance is too small"),
        Code.TXN_IN_PROGRESS: Meaning(409, "The payment is being handled", retry=True),
        Code.CHAIN_GAP: Meaning(409, "An earlier record is missing", retry=True),
        Code.CHAIN_FORK: Meaning(409, "The till's records do not fit together"),
        Code.ALREADY_VOIDED: Meaning(409, "The payment was undone before"),
        Code.NOT_LOGGED_YET: Meaning(409, "This is not in the public log yet", retry=True),
        Code.PASS_EXPIRED: Meaning(410, "The pass is too old", local=True),
        Code.BAD_SIGNATURE: Meaning(422, "The pass was not issued here", local=True),
        Code.UNKNOWN_KEY: Meaning(422, "The key of the pass is not known", local=True),
        Code.KEY_COMPROMISED: Meaning(422, "The key of the pass was withdrawn", local=True),
        Code.BAD_PROOF: Meaning(422, "The proof of the phone is not right", local=True),
        Code.PROOF_MISMATCH: Meaning(422, "The proof belongs to another pass", local=True),
        Code.WRONG_AUDIENCE: Meaning(422, "The code was made for another shop", local=True),
        Code.PROOF_STALE: Meaning(422, "The code is too old", retry=True, local=True),
        Code.PROOF_FROM_FUTURE: Meaning(422, "The clock of the phone runs ahead", retry=True, local=True),
        Code.AMOUNT_INVALID: Meaning(422, "The amount is not right", local=True),
        Code.AMOUNT_OVER_MAX: Meaning(422, "The amount is more than this code allows", local=True),
        Code.WRONG_PROGRAMME: Meaning(422, "The pass belongs to another programme", local=True),
        Code.IDEMPOTENCY_MISMATCH: Meaning(422, "The number of this sale was used for another sale"),
        Code.LATE_RECORD: Meaning(422, "The record came too late"),
        Code.TIME_IMPLAUSIBLE: Meaning(422, "The time of the record cannot be right"),
        Code.REFUND_EXCEEDS: Meaning(422, "The refund is more than was paid"),
        Code.REFUND_WINDOW_CLOSED: Meaning(422, "The payment is too long ago"),
        Code.CARD_LOCKED: Meaning(423, "The card is locked"),
        Code.RATE_LIMITED: Meaning(429, "Too many tries", retry=True),
        Code.UNAVAILABLE: Meaning(503, "The service is not available now", retry=True),
        Code.LIST_STALE: _only_at_the_till("The list of withdrawn passes is too old", retry=True),
        Code.BUNDLE_EXPIRED: _only_at_the_till("The data of the till is too old", retry=True),
        Code.OVER_OFFLINE_LIMIT: _only_at_the_till("The amount is too high without a connection", retry=True),
        Code.TILL_OFFLINE_QUOTA: _only_at_the_till("The till must connect first", retry=True),
        Code.TILL_CLOCK_INVALID: _only_at_the_till("The clock of the till was set back", retry=True),
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as an answer. `facts` may be shown to the till: never a balance, name or pass number."""

    code: Code
    facts: Facts = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - it names what was found, as all refusals do
    """A refusal as an exception, for checks that cannot go on."""

    def __init__(self, code: Code, **facts: int | str) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts: Facts = facts

    @classmethod
    def because(cls, refusal: Refusal) -> Refused:
        """Make the exception of an answered refusal."""
        return cls(refusal.code, **refusal.facts)
