"""Which file is which: the namespace of its root says what it is, and this table who reads it."""

from collections.abc import Callable

from ledger.bank import camt053, pain001, pain002, xml

Read = pain002.Report | camt053.Statements
READERS: dict[str, Callable[[xml.Element, str], Read]] = {
    **dict.fromkeys(pain002.FORMS, pain002.read),
    **dict.fromkeys(camt053.FORMS, camt053.read),
}


def read(data: bytes) -> Read:
    """What a file of the bank says. Raises BankFileError."""
    root = xml.read(data)
    form = root.namespace.removeprefix(pain001.NAMESPACE)
    if form not in READERS:
        root.refuse("not_known", form=form[:60] or root.name[:60])
    return READERS[form](root, form)
