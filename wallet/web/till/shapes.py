"""The shapes of the till's calls. Amounts in the programme's units, times in epoch seconds."""

from typing import Any

from django.core.validators import MaxLengthValidator
from rest_framework import serializers
from rest_framework.serializers import Serializer

from wallet.models import Case, TillRecord
from wallet.services import proofs, sync
from wallet.web.shapes import Jwk


class Enrolment(Serializer[Any]):
    """A one-time code, the key that this tablet made, and what the shop calls it."""

    code = serializers.CharField(max_length=40)
    jwk = serializers.JSONField()
    name = serializers.CharField(max_length=40, default="", allow_blank=True)


class Shop(Serializer[Any]):
    """The merchant of a till."""

    number = serializers.IntegerField()
    name = serializers.CharField()


class Enrolled(Serializer[Any]):
    """The till is let in."""

    till = serializers.UUIDField()
    name = serializers.CharField()
    merchant = Shop()
    enrol_nonce = serializers.CharField(help_text="The first record's prev is made of it")
    bundle = serializers.CharField(help_text="vpbundle+jwt")
    bundle_keys = Jwk(many=True, help_text="To pin: the key that signs bundles, and the next")
    server_time = serializers.IntegerField()


class BundleAnswer(Serializer[Any]):
    """The current bundle."""

    bundle = serializers.CharField(help_text="vpbundle+jwt")
    server_time = serializers.IntegerField()


class Asked(Serializer[Any]):
    """Payments of the shop that are asked about."""

    payments = serializers.ListField(child=serializers.UUIDField(), max_length=proofs.MOST)


class Logged(Serializer[Any]):
    """Which of them can be proved, and when the next ones can be expected."""

    logged = serializers.ListField(child=serializers.UUIDField())
    next_at = serializers.IntegerField()
    server_time = serializers.IntegerField()


class Sale(Serializer[Any]):
    """A signed record; a printed card's PIN goes beside it, never in it."""

    record = serializers.CharField(max_length=4096, help_text="vprec+jwt")
    pin = serializers.CharField(max_length=6, required=False)


class Paid(Serializer[Any]):
    """The payment was booked. `rest` is what is left to pay in another way."""

    result = serializers.ChoiceField(["approved", "partial"])
    id = serializers.UUIDField()
    txn = serializers.UUIDField()
    approved = serializers.IntegerField()
    rest = serializers.IntegerField()
    cur = serializers.CharField(help_text="EUR (cents) or TKT (tickets)")
    receipt = serializers.CharField(help_text="vprcpt+jwt, the shop's copy")
    server_time = serializers.IntegerField()


class Reversal(Serializer[Any]):
    """A signed record of mode `void` or `refund`."""

    record = serializers.CharField(max_length=4096, help_text="vprec+jwt")


class GivenBack(Serializer[Any]):
    """The money went back to the voucher."""

    id = serializers.UUIDField()
    txn = serializers.UUIDField()
    refunded = serializers.IntegerField()
    receipt = serializers.CharField(help_text="vprcpt+jwt, the shop's copy")


class Token(serializers.CharField):
    """A signed text. It is ASCII, so nobody has to look for half characters in it one by one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators = [one for one in self.validators if isinstance(one, MaxLengthValidator)]

    def to_internal_value(self, data: Any) -> str:
        """Read it, if it is ASCII."""
        said: str = super().to_internal_value(data)
        if not said.isascii():
            self.fail("invalid")
        return said


class Records(Serializer[Any]):
    """What a till did without an answer, in order of seq."""

    records = serializers.ListField(
        child=Token(max_length=4096), max_length=sync.AT_MOST, help_text="vprec+jwt"
    )


class Result(Serializer[Any]):
    """What became of one record. `approved` is what is paid of its sale."""

    seq = serializers.IntegerField()
    outcome = serializers.ChoiceField(TillRecord.Outcome.values)
    code = serializers.CharField(required=False)
    id = serializers.UUIDField(required=False)
    approved = serializers.IntegerField(required=False)
    receipt = serializers.CharField(required=False, help_text="vprcpt+jwt, the shop's copy")


class Synced(Serializer[Any]):
    """All answers; the till may forget presentations up to `acked_seq`."""

    results = Result(many=True)
    acked_seq = serializers.IntegerField()
    server_time = serializers.IntegerField()


class CaseOfTill(Serializer[Any]):
    """A sale that the server refused or holds."""

    id = serializers.UUIDField()
    txn = serializers.UUIDField()
    seq = serializers.IntegerField()
    code = serializers.CharField()
    amount = serializers.IntegerField(help_text="What the shop does not have, in the programme's units")
    cur = serializers.CharField()
    prg = serializers.IntegerField()
    at = serializers.IntegerField()
    state = serializers.ChoiceField(Case.State.values)


class CasesOfTill(Serializer[Any]):
    """Those that are open, and those that were closed in the last 30 days."""

    cases = CaseOfTill(many=True)
    server_time = serializers.IntegerField()
