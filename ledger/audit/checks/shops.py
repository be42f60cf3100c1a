"""Looks at the way of the money to the shops: what is owed, and the files to the bank."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ledger.audit import chart, ed25519, sums
from ledger.audit.case import Case
from ledger.audit.check import Nothing
from ledger.audit.checks import bank
from ledger.audit.personal import is_iban
from ledger.audit.tables import Tables, day, leaf_of, moment, named, number
from ledger.audit.view import View
from ledger.log import LogError, entry, note, state

if TYPE_CHECKING:
    from ledger.bank import pain001

SETTLED = timedelta(days=8)  # the longest that a payout waits for its batch is a week
MINUTE = timedelta(minutes=1)


# --- A12 ----------------------------------------------------------------------------------------------------
def paid_in_public(case: Case) -> Iterator[str | Nothing]:
    """Each batch is paid out at most once, after it was published; shops get no more than is owed to them."""
    log, seen = case.view(), set[int]()
    flow = _Flow(max(log.start.payable, 0), max(log.start.payable, 0))
    if not log.of(entry.Payout):
        yield Nothing("the log holds no payouts")
    for index, leaf in log.leaves.items():
        if isinstance(leaf, entry.Payout):
            faults = _faults(leaf, log, index, flow, again=leaf.batch in seen)
            yield from (f"Leaf {index} pays batch {leaf.batch} {fault}." for fault in faults)
            seen.add(leaf.batch)
            flow.sent += leaf.total
        elif isinstance(leaf, state.Sums):
            flow.take(leaf)
            yield from (f"Leaf {index}: {fault}." for fault in flow.faults())


def _faults(leaf: entry.Payout, log: View, index: int, flow: "_Flow", again: bool) -> Iterator[str]:
    """What is wrong with a payout; of what the log before has the books tell."""
    place = log.places.get(leaf.batch)
    if again:
        yield "again"
    if place is None and leaf.batch > log.last_before:
        yield "which is not there"
    if place is not None and place > index:
        yield "before it was published"
    if place is not None and flow.hidden <= 0 and leaf.total > flow.owed:
        yield f"with {leaf.total} cents, and all that shops were ever owed is {flow.owed}"


@dataclass
class _Flow:
    """The money of the shops in public, so far: cents that they were `owed` in all, that files to the bank
    hold (`sent`), and that the sums say were `paid`. What was owed `before` can be in a file of before.
    """

    before: int
    owed: int
    sent: int = 0
    paid: int = 0
    hidden: int = 0
    """Payments whose amounts are not shown yet: while there are some, nobody can say what is owed."""
    due: int = 0
    """What files hold that were made so long ago that the sums must have it."""
    _files: list[tuple[date, int]] = field(default_factory=list)

    def take(self, leaf: state.Sums) -> None:
        """Go on over a leaf with sums."""
        self.owed += leaf.payable.redeemed + leaf.payable.returned
        self.paid += leaf.payable.paid
        self.hidden -= sum(line.n for line in leaf.funds)
        if isinstance(leaf, entry.Batch):
            self.hidden += leaf.n
            today = day(leaf.to_day)
            self._files.append((today, self.sent))
            self.due = max((held for on, held in self._files if on < today - SETTLED), default=0)

    def faults(self) -> Iterator[str]:
        """What does not fit here."""
        if self.paid > self.sent + self.before:
            yield f"{self.paid} cents were paid to shops, and files to the bank hold {self.sent}"
        if self.hidden <= 0 and self.paid > self.owed:
            yield f"{self.paid} cents were paid to shops, and they were owed {self.owed}"
        if self.paid < self.due:
            yield f"files to the bank hold {self.due} cents, and {self.paid} were paid to shops"


_SETTLED = f"""
SELECT seq, ref_id, debit_id, amount FROM ledger_transfer WHERE kind = {chart.SETTLE} ORDER BY seq
"""  # noqa: S608 - numbers of our own
_OPEN = f"""
SELECT i.batch_id, a.id, sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END)
  FROM ledger_account a
  JOIN ledger_transfer t ON t.credit_id = a.id
  JOIN ledger_batch_item i ON i.transfer_seq = t.seq
 WHERE a.code = {chart.MERCHANT_OPEN} GROUP BY i.batch_id, a.id
 UNION ALL
SELECT i.batch_id, a.id, -sum(t.amount)
  FROM ledger_account a
  JOIN ledger_transfer t ON t.debit_id = a.id
  JOIN ledger_batch_item i ON i.transfer_seq = t.seq
 WHERE a.code = {chart.MERCHANT_OPEN} GROUP BY i.batch_id, a.id
"""  # noqa: S608 - numbers of our own


def settled(case: Case) -> Iterator[str]:
    """What a batch makes due to each shop is what its payments and refunds come to, with what was left."""
    books = case.tables()
    moved: dict[int, Counter[int]] = {}
    for batch, account, cents in books.rows(_OPEN):
        moved.setdefault(batch, Counter())[account] += int(cents)
    made: dict[str, Counter[int]] = {}
    for _, ref, account, cents in books.rows(_SETTLED):
        made.setdefault(ref, Counter())[account] += cents
    left: Counter[int] = Counter()
    leaves = sums.leaves(books)
    for batch in sums.batches(books):
        due = made.pop(f"{batch.muni}:{batch.no}", Counter())
        net = moved.get(batch.id, Counter())
        for account in sorted(net.keys() | due.keys()):
            left[account] += net[account]
            wanted = max(0, left[account]) if account in net else 0
            if due[account] != wanted:
                yield f"Batch {batch.no} makes {due[account]} cents due to account {account}; it is {wanted}."
            left[account] -= due[account]
        if batch.id in leaves and leaves[batch.id].merchants != len(net) // 10 * 10:
            yield f"Batch {batch.no}: its leaf says another number of shops than its transfers."
    for ref in made:
        yield f"Money was made due for batch {ref}, which is not there."


_FILE = {
    "id": "f.id",
    "muni": "f.muni",
    "no": "b.no",
    "sha256": "f.sha256",
    "n": "f.n",
    "total": "f.total",
    "size": "f.size",
    "at": "f.exported_at",
    "made_by": "f.exported_by",
    "released_by": "f.released_by",
    "override": "f.override_id",
    # Where its batch stands: in a log that was given up, or in the next one.
    "entry": (
        "coalesce((SELECT max(c.id) FROM ledger_log_entry c WHERE c.copy_of_id = b.entry_id), b.entry_id)"
    ),
}
_FILES = "FROM ledger_pain_file f JOIN ledger_batch b ON b.id = f.batch_id ORDER BY f.muni, b.no"
_PAYOUTS = "SELECT file_id, count(*), sum(amount) FROM ledger_payout GROUP BY file_id"
_SENT = f"""
SELECT p.id, p.amount FROM ledger_payout p
  LEFT JOIN ledger_transfer t ON t.ref_type = 'payout' AND t.kind = {chart.SENT} AND t.ref_id = {{hex}}
  LEFT JOIN ledger_account a ON a.id = t.debit_id
 WHERE t.seq IS NULL OR t.amount <> p.amount OR a.party <> p.payee
"""  # noqa: S608 - numbers of our own
_UNASKED = f"""
SELECT t.seq FROM ledger_transfer t LEFT JOIN ledger_payout p ON {{hex}} = t.ref_id
 WHERE t.kind = {chart.SENT} AND (p.id IS NULL OR t.ref_type <> 'payout') ORDER BY t.seq
"""  # noqa: S608 - numbers of our own
_SENT_AGAIN = f"""
SELECT count(*), max(seq) FROM ledger_transfer WHERE kind = {chart.SENT} GROUP BY ref_id HAVING count(*) > 1
"""  # noqa: S608 - numbers of our own
_ON_ITS_WAY = "SELECT sum(amount) FROM ledger_payout WHERE status = 'sent'"
_HEX = {"sqlite": "p.id", "postgresql": "replace(p.id::text, '-', '')"}


def _files(books: Tables) -> Iterator[dict[str, Any]]:
    return named(books, _FILE, _FILES)


def paid(case: Case) -> Iterator[str]:
    """Each file's lines are its sum, each line moved what it says, and nothing was sent without a line."""
    books = case.tables()
    lines = {file: (n, int(cents)) for file, n, cents in books.rows(_PAYOUTS)}
    for file in _files(books):
        if lines.get(file["id"], (0, 0)) != (file["n"], file["total"]):
            yield f"The file of batch {file['no']} says {file['total']} cents; its lines say otherwise."
        if file["released_by"] == file["made_by"]:
            yield f"The file of batch {file['no']} was released by who made it."
    hex_ = _HEX[books.engine]
    for id_, cents in books.rows(_SENT.format(hex=hex_)):
        yield f"Payout {number(id_)} pays {cents} cents, and the books did not send that for this shop."
    for (seq,) in books.rows(_UNASKED.format(hex=hex_)):
        yield f"Transfer {seq} sends money to the bank for no payout."
    for n, seq in books.rows(_SENT_AGAIN):
        yield f"One payout was sent {n} times (transfer {seq} is the last)."
    waits, held = int(next(books.rows(_ON_ITS_WAY))[0] or 0), bank.standing(books)[chart.IN_TRANSIT]
    if waits != held:
        yield f"Payouts of {waits} cents wait for the bank; the books have {held} cents on their way to it."


_TOLD_ELSEWHERE = """
SELECT e.source FROM ledger_log_entry e JOIN ledger_log l ON l.id = e.log_id WHERE e.source LIKE 'payout:%'
 GROUP BY e.source HAVING max(CASE WHEN l.origin = ? AND e.idx < ? THEN 1 ELSE 0 END) = 0
"""


def told(case: Case) -> Iterator[str]:
    """Each file to the bank stands in the log, and each payout of the log is a file.

    A file may stand in the log of another year, or wait to be published: that log, or that day, tells.
    """
    log, books = case.view(), case.tables()
    leaves = {leaf.batch: (leaf.n, leaf.total, leaf.file) for leaf in log.of(entry.Payout).values()}
    files = [f for f in _files(books) if f["muni"] == log.muni]
    made = {f["no"]: (f["n"], f["total"], bytes(f["sha256"]).hex()) for f in files}
    elsewhere = {source for (source,) in books.rows(_TOLD_ELSEWHERE, log.head.origin, log.head.size)}
    for no in sorted(leaves.keys() | made.keys()):
        if no not in made:
            yield f"The log says that batch {no} was paid; there is no file for it."
        elif no in leaves and leaves[no] != made[no]:
            yield f"The file of batch {no} is another than the log says."
        elif no not in leaves and f"payout:{log.muni}:{no}" not in elsewhere:
            yield f"A file of batch {no} was made, and the log does not tell it."


_ORDERED = """
SELECT {hex}, p.amount, a.iban FROM ledger_payout p
  LEFT JOIN ledger_payee_account a ON a.id = p.account_id WHERE p.file_id = ?
"""


def on_disk(case: Case) -> Iterator[str]:
    """Each payment file in the folder is one that was made: these payments, to these bank accounts."""
    books, folder = case.tables(), case.bank
    made = {bytes(f["sha256"]).hex(): f for f in _files(books)}
    for name, order in (folder.orders if folder else {}).items():
        where = folder.names[name] if folder else name
        if name not in made:
            yield f"The payment file {where} is not one that was made here."
        elif _paid_by(order) != sorted(books.rows(_ORDERED.format(hex=_HEX[books.engine]), made[name]["id"])):
            yield f"The payment file {where} pays other amounts than its batch, or to other bank accounts."


def _paid_by(order: "pain001.Order") -> list[tuple[str, int, str]]:
    return sorted((one.end_to_end, one.amount, one.iban) for one in order.payments)


# --- A13 ----------------------------------------------------------------------------------------------------
_ACCOUNT = {
    "id": "p.id",
    "payee": "p.payee",
    "account": "p.account_id",
    "owner": "a.payee",
    "iban": "a.iban",
    "made_by": "a.made_by",
    "approved_by": "a.approved_by",
    "approved_at": "a.approved_at",
    "usable_from": "a.usable_from",
    "name_check": "a.name_check",
    "refused_at": "a.refused_at",
    "blocked_at": "a.blocked_at",
    "exported_at": "f.exported_at",
    "no": "b.no",
    "sent": "s.seq",
}
_ACCOUNTS = f"""
  FROM ledger_payout p
  JOIN ledger_pain_file f ON f.id = p.file_id JOIN ledger_batch b ON b.id = f.batch_id
  LEFT JOIN ledger_payee_account a ON a.id = p.account_id
  LEFT JOIN (SELECT ref_id, seq FROM ledger_transfer WHERE kind = {chart.SENT}) s ON s.ref_id = {{hex}}
"""  # noqa: S608 - numbers of our own
# The reasons that say something of the file or of our own account block nobody (spec 10, section 3).
_CAME_BACK = f"""
SELECT p.account_id, min(t.seq) FROM ledger_transfer t JOIN ledger_payout p ON {{hex}} = t.ref_id
 WHERE t.kind IN ({chart.FAILED}, {chart.RETURNED})
   AND substr(t.reason, 1, 2) NOT IN ('AM', 'DT', 'DU', 'FF', 'TM')
 GROUP BY p.account_id
"""  # noqa: S608 - numbers of our own
REST = timedelta(days=3)


def bank_accounts(case: Case) -> Iterator[str | Nothing]:
    """Each payout goes to a bank account of the shop itself that two people approved and that rested."""
    books, looked = case.tables(), False
    hex_ = _HEX[books.engine]
    came_back: dict[int, int] = dict(books.rows(_CAME_BACK.format(hex=hex_)))
    for row in named(books, _ACCOUNT, _ACCOUNTS.format(hex=hex_)):
        looked = True
        fault = _account_fault(row) or ("was blocked" if _was_blocked(row, came_back) else "")
        if fault:
            yield f"Payout {number(row['id'])} of batch {row['no']} goes to a bank account that {fault}."
    if not looked:
        yield Nothing("the books hold no payouts")


def _was_blocked(row: Mapping[str, Any], came_back: Mapping[int, int]) -> bool:
    """Was the account blocked when the file was made?

    What the bank sent back blocks it once the books know: the bank's own day, which is the row's, is older.
    """
    if not row["blocked_at"]:
        return False
    if row["account"] in came_back:
        return bool(came_back[row["account"]] < row["sent"])
    return moment(row["blocked_at"]) < moment(row["exported_at"])


def _account_fault(row: Mapping[str, Any]) -> str:
    """What is wrong with the account of a payout; "" when nothing is."""
    if row["owner"] is None or row["owner"] != row["payee"]:
        return "is not the shop's"
    if not row["approved_by"] or row["approved_by"] == row["made_by"]:
        return "no second person approved"
    exported = moment(row["exported_at"])
    if not row["approved_at"] or not row["usable_from"] or moment(row["usable_from"]) > exported:
        return "could not be used yet"
    if moment(row["usable_from"]) - moment(row["approved_at"]) < REST:
        return f"did not rest for {REST.days} days after its approval"
    if row["name_check"] == "no" or row["refused_at"]:
        return "the bank or the second person said no to"
    return "" if is_iban(row["iban"]) else "has wrong check digits"


# --- A14 ----------------------------------------------------------------------------------------------------
def witnessed_first(case: Case) -> Iterator[str | Nothing]:
    """No payout leaf comes before the state that it waited for; else an exception stands before it."""
    log = case.view()
    excused = _excused(log)
    places = log.places
    if not log.of(entry.Payout):
        yield Nothing("the log holds no payouts")
    for index, leaf in log.of(entry.Payout).items():
        if leaf.size == 0:
            if excused.get(f"payout/{leaf.batch}", index) >= index:
                yield f"Leaf {index} pays batch {leaf.batch} without witnesses and without an exception."
        elif leaf.batch not in places and log.continues:
            continue  # it stands in the log before, and so does the state: the books tell
        elif leaf.size > index or leaf.size <= places.get(leaf.batch, -1):
            yield f"Leaf {index} pays batch {leaf.batch} on a state of {leaf.size} leaves: not enough."


def _excused(log: View) -> dict[str, int]:
    """Where two people first let something pass; one person's two hashes are the same."""
    found: dict[str, int] = {}
    for at, leaf in log.of(entry.Override).items():
        if leaf.made_by != leaf.approved_by:
            found.setdefault(leaf.what, at)
    return found


_NOTES = """
SELECT p.size, p.note, e.idx, l.origin FROM ledger_checkpoint p
  JOIN ledger_log l ON l.id = p.log_id
  JOIN ledger_log_entry e ON e.log_id = l.id AND e.id = ? WHERE p.size = ?
"""
_LINES = """
SELECT c.line FROM ledger_cosignature c JOIN ledger_checkpoint p ON p.id = c.checkpoint_id
  JOIN ledger_log_entry e ON e.log_id = p.log_id AND e.id = ? WHERE p.size = ?
"""
_EXCUSES = """
SELECT o.id, o.what, o.made_by, o.approved_by, e.leaf FROM ledger_override o
  JOIN ledger_log_entry e ON e.id = o.entry_id WHERE o.id = ?
"""
ACTOR_TAG = b"vpl/actor/1\0"


def quorum_first(case: Case) -> Iterator[str | Nothing]:
    """Each file was made after the witnesses signed its batch, or two people let it pass."""
    books = case.tables()
    files = list(_files(books))
    if not files:
        yield Nothing("the books hold no payouts")
    for file in files:
        if file["size"] is None:
            if not _is_excused(books, file):
                yield f"The file of batch {file['no']} did not wait for witnesses; no two people let it pass."
        elif fault := _quorum_fault(case, books, file):
            yield f"The file of batch {file['no']} {fault}."


def _is_excused(books: Tables, file: Mapping[str, Any]) -> bool:
    """Did two people let it pass, and does the log's leaf name them (spec 10, section 6)?"""
    for id_, what, made_by, approved_by, raw in books.rows(_EXCUSES, file["override"]):
        leaf, hidden = leaf_of(raw), [_hidden(id_, made_by), _hidden(id_, approved_by)]
        told = [leaf.what, leaf.made_by, leaf.approved_by] if isinstance(leaf, entry.Override) else []
        return what == f"payout/{file['no']}" and made_by != approved_by and told == [what, *hidden]
    return False


def _hidden(id_: Any, person: str) -> str:
    return hashlib.sha256(ACTOR_TAG + number(id_).bytes + person.encode()).hexdigest()


def _quorum_fault(case: Case, books: Tables, file: Mapping[str, Any]) -> str:
    found = list(books.rows(_NOTES, file["entry"], file["size"]))
    if not found or file["size"] <= found[0][2]:
        return "names a state of the log that does not cover it"
    lines = [note.Signature.parse(line) for (line,) in books.rows(_LINES, file["entry"], file["size"])]
    try:
        verdict = case.trusted.check(note.Note.parse(found[0][1].encode()).add(*lines), ed25519.verify)
    except LogError:
        return "was made without the quorum of witnesses"
    in_time = frozenset(
        n for n, at in verdict.cosigned.items() if at <= (moment(file["at"]) + MINUTE).timestamp()
    )
    if case.trusted.counts(in_time) or not case.is_lived(moment(file["at"])):
        return ""
    return "was made before the witnesses signed"
