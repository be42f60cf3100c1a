"""pain.002: what the bank says of a payment file before it pays. Only refusals matter: the rest is paid.

A refusal stands at the whole message, at its one part, or at a payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from ledger.bank import pain001, xml

FORMS = ("pain.002.001.03", "pain.002.001.10", "pain.002.001.12", "pain.002.001.14")
REJECTED = "RJCT"


@dataclass(frozen=True)
class Reject:
    """A payment that the bank refuses, why (such as AC01), and where the file says so."""

    end_to_end: str
    reason: str
    line: int = 0


@dataclass(frozen=True)
class Report:
    """The answer to the file `msg_id`. `whole`: all of it is refused, for `reason`."""

    form: str
    msg_id: str
    whole: bool
    reason: str
    rejects: tuple[Reject, ...]
    line: int = 0


def read(root: xml.Element, form: str) -> Report:
    """Read an answer. Raises BankFileError."""
    message = root.one("CstmrPmtStsRpt")
    group = message.one("OrgnlGrpInfAndSts")
    parts = list(message.all("OrgnlPmtInfAndSts"))
    refused = [part for part, status in [(group, "GrpSts"), *((p, "PmtInfSts") for p in parts)]
               if part.say(status) == REJECTED]  # fmt: skip
    return Report(
        form=form,
        msg_id=group.need("OrgnlMsgId"),
        whole=bool(refused),
        reason=next((found for part in refused if (found := _reason(part))), ""),
        rejects=tuple(
            Reject(one.need("OrgnlEndToEndId"), _reason(one), one.line)
            for part in parts
            for one in part.all("TxInfAndSts")
            if one.say("TxSts") == REJECTED
        ),
        line=group.one("OrgnlMsgId").line,
    )


def _reason(element: xml.Element) -> str:
    return element.say("StsRsnInf/Rsn/Cd") or element.say("StsRsnInf/Rsn/Prtry")


def write(order: pain001.Order, id: str, at: datetime, rejects: Sequence[Reject]) -> bytes:
    """The answer (.03) of a bank to an order, of which it refuses some; for demonstrations."""
    root = ET.Element("Document", xmlns=pain001.NAMESPACE + FORMS[0])
    message = ET.SubElement(root, "CstmrPmtStsRpt")
    status = "PART" if rejects else "ACCP"
    pain001.add(message, "GrpHdr", {"MsgId": id, "CreDtTm": pain001.moment(at)})
    pain001.add(message, "OrgnlGrpInfAndSts", {
        "OrgnlMsgId": order.msg_id, "OrgnlMsgNmId": order.form, "GrpSts": status,
    })  # fmt: skip
    part = pain001.add(message, "OrgnlPmtInfAndSts", {"OrgnlPmtInfId": order.part_id, "PmtInfSts": status})
    for reject in rejects:
        pain001.add(part, "TxInfAndSts", {
            "OrgnlEndToEndId": reject.end_to_end, "TxSts": REJECTED, "StsRsnInf/Rsn/Cd": reject.reason,
        })  # fmt: skip
    return pain001.encode(root)
