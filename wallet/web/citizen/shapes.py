"""The shapes of the phone's calls. Amounts in the programme's units, times in epoch seconds."""

from typing import Any

from rest_framework import serializers
from rest_framework.serializers import Serializer

from wallet.web.shapes import Municipality

PROOFS_AT_MOST = 9


class Nonce(Serializer[Any]):
    """A nonce for the next proof."""

    nonce = serializers.CharField()
    server_time = serializers.IntegerField()


class Activation(Serializer[Any]):
    """A one-time code and the key that this phone made."""

    code = serializers.CharField(max_length=40)
    jwk = serializers.JSONField()


class Whose(Serializer[Any]):
    """Whose a voucher is, seen from this phone."""

    name = serializers.CharField(help_text="First name")
    relation = serializers.ChoiceField(["self", "child", "helped"])


class Voucher(Serializer[Any]):
    """One right: a balance of cents or tickets. On a helper's phone: what the helper may still spend."""

    id = serializers.UUIDField()
    prg = serializers.IntegerField()
    programme = serializers.CharField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    series = serializers.CharField(allow_null=True, help_text="Of which series of dated windows it is one")
    series_en = serializers.CharField(allow_null=True)
    icon = serializers.CharField()
    kind = serializers.ChoiceField(["money", "tickets"])
    currency = serializers.ChoiceField(["EUR", "TKT"])
    unit_cents = serializers.IntegerField()
    balance = serializers.IntegerField()
    max_redemption = serializers.IntegerField()
    bound_above = serializers.IntegerField()
    valid_from = serializers.IntegerField()
    valid_until = serializers.IntegerField(help_text="Not included")
    suspended = serializers.BooleanField()
    live_passes = serializers.IntegerField(help_text="One-time passes on this phone that can be spent")
    whose = Whose()


class Movement(Serializer[Any]):
    """What happened on a voucher; `amount` is below zero when it went out."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(["redemption", "void", "refund", "top_up", "correction"])
    voucher = serializers.UUIDField()
    amount = serializers.IntegerField()
    prg = serializers.IntegerField()
    programme = serializers.CharField()
    merchant = serializers.CharField(allow_null=True)
    by = serializers.CharField(allow_null=True, help_text="Name of the helper that paid")
    at = serializers.IntegerField()
    receipt = serializers.CharField(allow_null=True, help_text="vprcpt+jwt, the phone's copy")
    logged = serializers.BooleanField(help_text="Whether the proof can be fetched")


class HolderName(Serializer[Any]):
    """Whose phone it is; on a helper's phone the first name of who is helped, and no number."""

    name = serializers.CharField()
    number = serializers.CharField(allow_blank=True)


class Helper(Serializer[Any]):
    """Who may pay for the holder, and how much: limits in cents, over all programmes together."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    programmes = serializers.ListField(child=serializers.IntegerField(), help_text="Empty: all")
    per_purchase = serializers.IntegerField()
    per_month = serializers.IntegerField(help_text="In a calendar month")
    until = serializers.IntegerField(help_text="Not included")
    last_used = serializers.IntegerField(allow_null=True)


class Helping(Serializer[Any]):
    """This phone is a helper's: the first name of who is helped, and until when."""

    name = serializers.CharField()
    until = serializers.IntegerField(help_text="Not included")


class BlockCode(Serializer[Any]):
    """The block code of the last letter."""

    code = serializers.CharField(max_length=40)


class Blocked(Serializer[Any]):
    """Since when the phone is blocked."""

    blocked_at = serializers.IntegerField()
    server_time = serializers.IntegerField()


class LogAddress(Serializer[Any]):
    """Where the public log is, and who must have co-signed it."""

    url = serializers.CharField()
    policy_url = serializers.CharField()


class State(Serializer[Any]):
    """All that a phone shows."""

    server_time = serializers.IntegerField()
    holder = HolderName()
    municipality = Municipality()
    log = LogAddress()
    vouchers = Voucher(many=True)
    activity = Movement(many=True)
    revoked = serializers.ListField(child=serializers.CharField(), help_text="jti of passes taken back")
    helpers = Helper(many=True)
    helping = Helping(allow_null=True)


class Activated(Serializer[Any]):
    """The phone is let in."""

    device = serializers.UUIDField()
    state = State()


class PassRequest(Serializer[Any]):
    """A key proof (`openid4vci-proof+jwt`) for each pass wanted."""

    voucher = serializers.UUIDField()
    proofs = serializers.ListField(
        child=serializers.CharField(max_length=4096), min_length=1, max_length=PROOFS_AT_MOST
    )
    reserve = serializers.BooleanField(default=False, help_text="The last proof is for the reserve pass")


class Passes(Serializer[Any]):
    """A pass (`vpass+sd-jwt`) for each proof, in their order."""

    passes = serializers.ListField(child=serializers.CharField())


class CoverPart(Serializer[Any]):
    """A part of a pot, under the root of the proof. Spec 11."""

    amount = serializers.IntegerField(help_text="Cents")
    salt = serializers.CharField(help_text="Hex, 32 bytes")
    path = serializers.ListField(
        child=serializers.CharField(),
        help_text="`l` or `r` (where the neighbour stands), its sum (8 bytes) and its hash (32), in hex",
    )


class CoverMove(Serializer[Any]):
    """A movement that came after the proof."""

    id = serializers.UUIDField()
    amount = serializers.IntegerField(help_text="Cents; below zero when it went out")


class CoverPot(Serializer[Any]):
    """One voucher's pot: parts + since = balance."""

    voucher = serializers.UUIDField()
    balance = serializers.IntegerField(help_text="Cents, now")
    parts = CoverPart(many=True, help_text="None when the pot was empty")
    since = CoverMove(many=True)


class Cover(Serializer[Any]):
    """The newest co-signed proof of cover, as it concerns one holder."""

    party = serializers.CharField(help_text="The holder's name in the proof; it never changes")
    tlog_proof = serializers.CharField(help_text="C2SP tlog-proof; `extra` is the cover leaf")
    pots = CoverPot(many=True)
