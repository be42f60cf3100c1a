"""pain.001: payments from one account to many, in one batch (ISO 20022, SEPA credit transfer).

1. The same order gives the same bytes, so that a bank which gets it twice pays once.
2. MsgId names the batch, PmtInfId is the same with a P, EndToEndId is the payout.
3. No addresses: none is needed within SEPA, and banks refuse those that are not structured.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

from ledger.bank import latin, xml

FORMS = ("pain.001.001.09", "pain.001.001.03")
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_NAME = 70
_TEXT = 140
_ID = re.compile(r"[A-Za-z0-9+?:().,'-]{1,35}")


@dataclass(frozen=True)
class Payment:
    """One payment: `amount` in cents."""

    end_to_end: str
    amount: int
    name: str
    iban: str


@dataclass(frozen=True)
class Order:
    """One file: payments of `debtor_iban`, in their order. `form` is one of FORMS."""

    form: str
    msg_id: str
    created_at: datetime
    execute_on: date
    debtor_name: str
    debtor_iban: str
    text: str
    payments: tuple[Payment, ...]

    @property
    def total(self) -> int:
        """Cents of all payments together (CtrlSum)."""
        return sum(payment.amount for payment in self.payments)

    @property
    def part_id(self) -> str:
        """PmtInfId of its one part."""
        return f"{self.msg_id}P"


def write(order: Order) -> bytes:
    """The file. Raises ValueError for an order that no bank would take."""
    _check(order)
    root = ET.Element("Document", xmlns=NAMESPACE + order.form)
    message = ET.SubElement(root, "CstmrCdtTrfInitn")
    debtor = _name(order.debtor_name)
    counted = {"NbOfTxs": str(len(order.payments)), "CtrlSum": euros(order.total)}
    add(message, "GrpHdr", {
        "MsgId": order.msg_id, "CreDtTm": moment(order.created_at), **counted, "InitgPty/Nm": debtor,
    })  # fmt: skip
    day = "ReqdExctnDt" if order.form.endswith(".03") else "ReqdExctnDt/Dt"
    part = add(message, "PmtInf", {
        "PmtInfId": order.part_id, "PmtMtd": "TRF", "BtchBookg": "true", **counted,
        "PmtTpInf/SvcLvl/Cd": "SEPA", day: order.execute_on.isoformat(),
        "Dbtr/Nm": debtor, "DbtrAcct/Id/IBAN": order.debtor_iban,
        "DbtrAgt/FinInstnId/Othr/Id": "NOTPROVIDED", "ChrgBr": "SLEV",
    })  # fmt: skip
    for payment in order.payments:
        line = add(part, "CdtTrfTxInf", {
            "PmtId/EndToEndId": payment.end_to_end, "Amt/InstdAmt": euros(payment.amount),
            "Cdtr/Nm": _name(payment.name), "CdtrAcct/Id/IBAN": payment.iban,
            "RmtInf/Ustrd": latin.write(order.text, _TEXT),
        })  # fmt: skip
        line.find("Amt/InstdAmt").set("Ccy", "EUR")  # type: ignore[union-attr]  # it was just added
    return encode(root)


def _check(order: Order) -> None:
    ids = [payment.end_to_end for payment in order.payments]
    if order.form not in FORMS:
        raise ValueError(f"{order.form} is not written here.")
    if not ids or len(set(ids)) < len(ids):
        raise ValueError("An order has payments, each with an EndToEndId of its own.")
    wrong = [text for text in (order.msg_id, order.part_id, *ids) if not _ID.fullmatch(text)]
    if wrong:
        raise ValueError(f"{wrong[0]} is no reference that a bank takes.")
    if any(not 1 <= payment.amount <= xml.MAX_CENTS for payment in order.payments):
        raise ValueError("A payment is at least one cent and at most what the books take.")


def encode(root: ET.Element) -> bytes:
    """The bytes of a message, always the same for the same tree."""
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def add(above: ET.Element, name: str, says: dict[str, str]) -> ET.Element:
    """A child of `above`; `says` maps paths below it to texts, in the schema's order."""
    made = ET.SubElement(above, name)
    for path, text in says.items():
        place = made
        for step in path.split("/"):
            place = ET.SubElement(place, step)
        place.text = text
    return made


def euros(cents: int) -> str:
    """An amount as the bank writes it: 1250 is 12.50."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _name(text: str) -> str:
    return latin.write(text, _NAME)


def moment(at: datetime) -> str:
    """A date and time as the bank writes it, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(data: bytes) -> Order:
    """An order as `write` writes it. Raises BankFileError."""
    root = xml.read(data)
    form = root.namespace.removeprefix(NAMESPACE)
    if form not in FORMS:
        root.refuse("not_known", form=form[:60] or root.name[:60])
    message = root.one("CstmrCdtTrfInitn")
    part = message.one("PmtInf")
    order = Order(
        form=form,
        msg_id=message.need("GrpHdr/MsgId"),
        created_at=_read_moment(message.one("GrpHdr/CreDtTm")),
        execute_on=part.one("ReqdExctnDt").day(),
        debtor_name=part.need("Dbtr/Nm", 140),
        debtor_iban=part.need("DbtrAcct/Id/IBAN"),
        text=part.say("CdtTrfTxInf/RmtInf/Ustrd", _TEXT),
        payments=tuple(_payment(line) for line in part.all("CdtTrfTxInf")),
    )
    _check_sums(message, order)
    return order


def _payment(line: xml.Element) -> Payment:
    return Payment(
        end_to_end=line.need("PmtId/EndToEndId"),
        amount=line.one("Amt/InstdAmt").cents(),
        name=line.need("Cdtr/Nm", 140),
        iban=line.need("CdtrAcct/Id/IBAN"),
    )


def _read_moment(element: xml.Element) -> datetime:
    try:
        return datetime.fromisoformat(element.text)
    except ValueError:
        element.refuse("wrong_value", found=element.text[:30])


def _check_sums(message: xml.Element, order: Order) -> None:
    said = {"NbOfTxs": str(len(order.payments)), "CtrlSum": euros(order.total)}
    for name, right in said.items():
        element = message.one(f"GrpHdr/{name}")
        if element.text != right:
            element.refuse("wrong_value", found=element.text[:30])
