"""The receipt of a row. It is a function of that row, so the same question always gets the same bytes.

`sale.answer` signs one before there is a row to read.
"""

from django.conf import settings

from wallet.custody import custody
from wallet.models import Redemption, Refund
from wallet.protocol import receipt
from wallet.protocol.receipt import Receipt


def of(row: Redemption | Refund, *, aud: str, res: str, amt: int, cur: str, prg: int) -> str:
    """The signed receipt of a payment, or of what was given back; the rest as in `Receipt`."""
    new = Receipt(
        iss=settings.ISSUER,
        aud=aud,
        iat=int(row.at.timestamp()),
        jti=str(row.pk),
        txn=str(row.txn),
        res=res,
        amt=amt,
        cur=cur,
        prg=prg,
    )
    return receipt.write(new, custody().receipt_signer(row.receipt_kid))
