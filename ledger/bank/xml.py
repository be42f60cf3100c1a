"""XML of the bank: a tree of elements that know their line, so that a refusal can name it.

1. defusedxml reads it: a document type, an entity or a reference to elsewhere is refused.
2. Namespaces are looked at once, at the root: banks write the same fields under many of them.
3. A path is the names of elements, `Ntry/NtryDtls/TxDtls`; what is required and missing is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ledger.bank.refusals import BankFileError

MAX_MEGABYTES = 20  # some 20 000 lines of a statement
MAX_BYTES = MAX_MEGABYTES * 1_000_000
MAX_DEPTH = 40
MAX_CENTS = 100_000_000_000  # the books take no more in one transfer
MAX_BALANCE = 1_000_000_000_000_000  # cents; leaves hold whole numbers within 2**53
_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{0,2})0{0,3})?")


@dataclass(slots=True)
class Element:
    """One element: its name without namespace, its line, and its path from the root's child on."""

    name: str
    namespace: str
    line: int
    path: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, path: str) -> Iterator["Element"]:
        """Every element at this path below, in the file's order."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                yield from child.all(rest) if rest else (child,)

    def first(self, path: str) -> "Element | None":
        """The first element at this path, if there is one."""
        return next(self.all(path), None)

    def one(self, path: str) -> "Element":
        """The element at this path. Raises BankFileError when there is none, or more."""
        found = list(self.all(path))
        if not found:
            raise BankFileError("missing", self.line, f"{self.path}/{path}".lstrip("/"))
        if len(found) > 1:
            found[1].refuse("twice")
        return found[0]

    def say(self, path: str, most: int = 35) -> str:
        """The text at this path, "" where there is none. Raises BankFileError above `most` characters."""
        found = self.first(path)
        return found.short(most) if found else ""

    def short(self, most: int = 35) -> str:
        """This element's text. Raises BankFileError when it is longer than `most` characters."""
        return self.text if len(self.text) <= most else self.refuse("too_long", most=most)

    def need(self, path: str, most: int = 35) -> str:
        """The text at this path. Raises BankFileError when there is none."""
        found = self.one(path)
        return found.short(most) or found.refuse("missing")

    def cents(self, most: int = MAX_CENTS) -> int:
        """An amount in euros as cents, at most `most`. Raises BankFileError."""
        match = _AMOUNT.fullmatch(self.text)
        if not match or self.attributes.get("Ccy") != "EUR":
            self.refuse("wrong_amount", found=f"{self.text[:30]} {self.attributes.get('Ccy', '')}".strip())
        cents = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
        return cents if cents <= most else self.refuse("wrong_amount", found=self.text[:30])

    def day(self) -> date:
        """The day of a date, or of a date and time. Raises BankFileError."""
        found = self.first("Dt") or self.first("DtTm") or self
        try:
            return date.fromisoformat(found.text[:10])
        except ValueError:
            found.refuse("wrong_value", found=found.text[:30])

    def refuse(self, code: str, **values: object) -> NoReturn:
        """Refuse the file at this element."""
        raise BankFileError(code, self.line, self.path, **values)


class _Builder:
    """What the parser calls; it asks the parser for the line."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.root: Element | None = None
        self.open: list[Element] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition("}")
        above = self.open[-1] if self.open else None
        path = f"{above.path}/{name}".lstrip("/") if above else ""
        line = self.parser.CurrentLineNumber
        element = Element(name, namespace.lstrip("{"), line, path, attributes)
        if above:
            above.children.append(element)
        elif self.root is None:
            self.root = element
        self.open.append(element)
        if len(self.open) > MAX_DEPTH:
            element.refuse("wrong_value", found=name[:30])

    def data(self, text: str) -> None:
        self.open[-1].text += text

    def end(self, tag: str) -> None:
        closed = self.open.pop()
        closed.text = closed.text.strip()

    def close(self) -> None:
        """Nothing is left to do: the root is there."""


def read(data: bytes) -> Element:
    """The root of a file. Raises BankFileError when it is too large, torn, or not safe to read."""
    if len(data) > MAX_BYTES:
        raise BankFileError("too_large", most=MAX_MEGABYTES)
    builder = _Builder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    builder.parser = parser.parser
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException as error:
        raise BankFileError("not_safe", builder.parser.CurrentLineNumber) from error
    except ParseError as error:
        raise BankFileError("not_xml", error.position[0]) from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise BankFileError("not_xml", 1) from error
    return builder.root or _nothing()


def _nothing() -> NoReturn:
    raise BankFileError("not_xml", 1)
