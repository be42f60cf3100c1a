"""What must be the same before and after a refusal: every row count and every balance."""

from django.apps import apps
from django.db.models import Sum

from ledger.models import Account


def snapshot() -> dict[str, int]:
    """Rows of every table of the wallet and the ledger, and the sum of all guarded balances."""
    models = [model for app in ("wallet", "ledger") for model in apps.get_app_config(app).get_models()]
    counts = {model._meta.label: model.objects.count() for model in models}
    revoked = apps.get_model("wallet", "IssuedPass").objects.filter(revoked_at__isnull=False).count()
    refunded = apps.get_model("wallet", "Redemption").objects.aggregate(sum=Sum("refunded"))["sum"] or 0
    balance = Account.objects.aggregate(sum=Sum("balance"))["sum"]
    pots = Account.objects.filter(code=2100).aggregate(sum=Sum("balance"))["sum"]
    return counts | {"revoked": revoked, "refunded": refunded, "balance": balance, "pots": pots}
