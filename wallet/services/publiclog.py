"""What is told to the public log waits while none is open: at New Year, until the witnesses have signed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from ledger import api as ledger
from wallet.services.refused import Refused


@contextmanager
def needed() -> Iterator[None]:
    """Say in words that no log is open. Raises Refused; put it outside the transaction's writes."""
    try:
        yield
    except ledger.LogClosed as error:
        raise Refused(
            _("The public log of the new year waits for its witnesses. Nothing was changed. Try again later.")
        ) from error
