"""The table of checks (spec 09-audit): one module per family, one function per look, in the order of doing.

log        the public bytes           outside    witnesses, mirrors and anchors
books      accounts and transfers     payments   each payment, its papers and its commitment
people     top-ups and ends           shops      payouts, payment files and bank accounts
bank       statements and bank files  cover      proof of cover
privacy    what must not be public    house      the database's own guards
"""

from ledger.audit.check import Row
from ledger.audit.checks import (
    bank,
    books,
    cover,
    house,
    log,
    offline,
    outside,
    payments,
    people,
    privacy,
    shops,
)

TITLES = {
    "A1": "Every transfer follows the rules of the books",
    "A2": "Every balance is the sum of its transfers",
    "A3": "Nothing was lost or invented: the totals fit",
    "A4": "Every payment is the one that was sealed",
    "A5": "No payment was settled twice or left out",
    "A6": "Leaves and batches follow each other, and say what the books say",
    "A7": "Entries, tiles and root fit together",
    "A8": "Signed by the log and by enough witnesses",
    "A9": "Nothing that was signed before was changed",
    "A10": "Everybody was shown the same log",
    "A11": "Every sum fits and goes on from the one before",
    "A12": "Shops are paid what they are owed, once",
    "A13": "Money goes to bank accounts that two people approved",
    "A14": "No euro left before witnesses had seen it",
    "A15": "The bank says the same as the books",
    "A16": "Every euro that is owed is there",
    "A17": "Every payment has its papers",
    "A18": "Refunds give back what was paid, and no more",
    "A19": "Every top-up was decided, and large ones by two people",
    "A20": "Only the issuer's own keys made passes",
    "A21": "Pots are emptied only after their end",
    "A22": "Nothing is back-dated",
    "A23": "The log was stamped by others, often enough",
    "A24": "The database's guards are those of the release",
    "A25": "No personal data is public",
    "R": "The receipt holds and is in this log",
}

_BOOKS = ("A1", "A2", "A3", "A5")

TABLE: list[Row] = [
    # What everybody can check.
    Row("A8", ("log",), (), log.signatures),
    Row("A7", ("log",), (), log.tree),
    Row("A6", ("log",), ("A7",), log.numbering),
    Row("A9", ("log", "seen"), ("A7",), log.history),
    Row("A10", ("log", "told"), ("A7", "A9"), outside.same_for_all),
    Row("A23", ("log", "stamps"), ("A7", "A9"), outside.stamped),
    Row("A4", ("log",), ("A7",), log.commitments),
    Row("A5", ("log",), ("A7", "A4"), log.once),
    Row("A11", ("log",), ("A6",), log.sums),
    Row("A11", ("log",), ("A6", "A11"), log.goes_on),
    Row("A12", ("log",), ("A6", "A11"), shops.paid_in_public),
    Row("A14", ("log",), ("A6", "A12"), shops.witnessed_first),
    Row("A15", ("log",), ("A6",), bank.statements_in_public),
    Row("A16", ("log",), ("A6", "A15"), cover.covered),
    Row("A16", ("log",), ("A6", "A8", "A15", "A16"), cover.daily),
    Row("A20", ("log",), ("A6",), payments.key_leaves),
    Row("A25", ("log",), ("A7",), privacy.public_bytes),
    Row("R", ("given",), ("A7",), log.own_receipt),
    # What the municipality's own books show.
    Row("A24", ("books",), (), house.guards),
    Row("A1", ("books",), (), books.rules),
    Row("A2", ("books",), ("A1",), books.balances),
    Row("A3", ("books",), ("A1", "A2"), books.totals),
    Row("A5", ("books",), ("A1", "A2", "A3"), books.settled_once),
    Row("A6", ("books",), (), books.numbers),
    Row("A6", ("log", "books"), ("A6", "A7", "A9", "A10"), books.published),
    Row("A6", ("books",), ("A1", "A2", "A3", "A5", "A6", "A11"), books.rebuilt),
    Row("A22", ("books",), ("A1", "A3", "A5"), books.times),
    Row("A18", ("books",), ("A1",), payments.given_back),
    Row("A18", ("wallet",), ("A1", "A18"), payments.asked_back),
    Row("A17", ("wallet", "issuer"), ("A1", "A2", "A3", "A18"), payments.evidence),
    Row("A17", ("wallet",), ("A1", "A2", "A3", "A18", "A17"), offline.sold),
    Row("A20", ("wallet", "issuer", "log"), ("A20", "A17"), payments.keys_used),
    Row("A4", ("books", "keys"), ("A1", "A2", "A3", "A5", "A6", "A17", "A18", "A22"), payments.opened),
    Row("A4", ("books",), ("A6",), payments.forgotten),
    Row("A19", ("books",), ("A1", "A2", "A3", "A5"), people.decided),
    Row("A19", ("wallet",), ("A1", "A2", "A3", "A19"), people.two_people),
    Row("A19", ("books",), ("A6", "A19"), people.published),
    Row("A21", ("books",), ("A1", "A2"), people.ends),
    Row("A12", ("books",), ("A1", "A2", "A3", "A5", "A6"), shops.settled),
    Row("A4", ("books", "keys"), ("A1", "A2", "A3", "A4", "A5", "A6", "A12"), payments.settled),
    Row("A12", ("books",), ("A1", "A2", "A3", "A12"), shops.paid),
    Row("A12", ("log", "books"), ("A6", "A12"), shops.told),
    Row("A13", ("books",), ("A12",), shops.bank_accounts),
    Row("A14", ("books",), ("A6", "A12", "A14"), shops.quorum_first),
    Row("A15", ("books",), ("A1", "A2", "A12", "A15"), bank.statements),
    Row("A15", ("books",), ("A6", "A15"), bank.told),
    Row("A15", ("log", "books"), ("A6", "A15"), bank.made_up),
    Row("A16", ("books",), ("A1", "A2", "A3", "A6", "A15", "A16"), cover.booked),
    Row("A16", ("books",), ("A16",), cover.kept),
    Row("A16", ("books",), ("A16", "A22"), cover.lived),
    # What the bank's own files show.
    Row("A12", ("books", "bank"), ("A12", "A13"), shops.on_disk),
    Row("A15", ("books", "bank"), ("A15",), bank.bank_files),
]
