"""One fraud per row, as an operator could do it who owns the database and signs the log; and its check.

The guards of the database are asleep while it happens (`Copy.sql`), and all partners sign whatever they are
shown (`Copy.change`): only the contents can betray him. A fraud may answer what else the auditor is given.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.audit.tables import local_day, moment
from ledger.bank import camt053, forms
from ledger.log import canonical, note, receipt
from tests.audit.town import ENDED, OWN, SHOPS, Copy

Fraud = Callable[[Copy], list[str] | None]

PAYMENT = "(SELECT min(seq) FROM ledger_transfer WHERE kind = 5)"
TOP_UP = "(SELECT max(seq) FROM ledger_transfer WHERE kind = 3)"
POT = "(SELECT min(id) FROM ledger_account WHERE code = 2100 AND balance > 0)"


def ago(**span: float) -> str:
    return f"'{datetime.now(UTC) - timedelta(**span):%Y-%m-%d %H:%M:%S}'"


POSTED = "muni kind debit_id credit_id amount ref_type ref_id reverses actor reason effective_at posted_at"


def post_like(copy: Copy, like: str, **says: str) -> None:
    """Post a transfer like another one (its number) that says something else; it waits for its batch."""
    seq = copy.one("SELECT max(seq) + 1 FROM ledger_transfer")
    row = {name: name for name in [*POSTED.split(), "payload_sha256"]}
    row |= {"seq": str(seq), "id": f"'{uuid.uuid4().hex}'", **says}
    copy.sql(
        f"INSERT INTO ledger_transfer ({', '.join(row)})"
        f" SELECT {', '.join(row.values())} FROM ledger_transfer WHERE seq = {like}",
        "INSERT INTO ledger_outbox (transfer_seq, muni, kind)"
        f" SELECT seq, muni, kind FROM ledger_transfer WHERE seq = {seq}",
    )


def against(copy: Copy, table: str, check: str, statement: str) -> None:
    """Do what a constraint forbids: it is taken down meanwhile, put up again, and called valid."""
    if copy.engine == "sqlite":
        copy.sql(statement)
        return
    says = copy.one(f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{check}'")
    copy.sql(
        f"ALTER TABLE {table} DROP CONSTRAINT {check}",
        statement,
        f"ALTER TABLE {table} ADD CONSTRAINT {check} {says} NOT VALID",
        f"UPDATE pg_constraint SET convalidated = true WHERE conname = '{check}'",
    )


def account(code: int) -> str:
    return f"(SELECT min(id) FROM ledger_account WHERE code = {code})"


# --- A1: around the rules -----------------------------------------------------------------------------------
def payment_booked_as_a_correction(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_transfer SET kind = 4 WHERE seq = {PAYMENT}")


def rule_of_his_own(copy: Copy) -> None:
    copy.sql("INSERT INTO ledger_posting_rule (kind, debit, credit) VALUES (4, 1300, 2100)")


def account_of_another_city(copy: Copy) -> None:
    copy.sql("UPDATE ledger_account SET muni = 34 WHERE code = 2210")


def year_closed_by_one(copy: Copy) -> None:
    copy.sql("UPDATE ledger_transfer SET ref_id = actor WHERE kind = 18")


def account_that_vanished(copy: Copy) -> None:
    copy.sql("DELETE FROM ledger_account WHERE code = 1300")


# --- A2: balances -------------------------------------------------------------------------------------------
def raised_balance(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_account SET balance = balance + 5000 WHERE id = {POT}")


def raised_snapshot(copy: Copy) -> None:
    copy.sql(
        "UPDATE ledger_snapshot SET balance = balance + 5000 WHERE id = (SELECT max(id) FROM ledger_snapshot)"
    )


def account_turned_around(copy: Copy) -> None:
    copy.sql("UPDATE ledger_account SET side = 'D' WHERE code = 2400")


# --- A3: lost and invented ----------------------------------------------------------------------------------
def deleted_correction(copy: Copy) -> None:
    """The pot and the fund are put right as well, so every balance is still its transfers."""
    seq, debit, credit, amount = copy.ask(
        "SELECT seq, debit_id, credit_id, amount FROM ledger_transfer t WHERE kind = 4"
        " AND debit_id IN (SELECT id FROM ledger_account WHERE code = 2100) ORDER BY seq"
    )[0]
    copy.sql(
        f"DELETE FROM ledger_transfer WHERE seq = {seq}",
        f"UPDATE ledger_account SET balance = balance + {amount} WHERE id = {debit}",
        f"UPDATE ledger_account SET balance = balance - {amount} WHERE id = {credit}",
    )


def other_totals(copy: Copy) -> None:
    raw = copy.one("SELECT totals FROM ledger_batch WHERE no = 2")
    kept = json.loads(raw) if isinstance(raw, str) else raw
    kept["codes"]["1000"] = kept["codes"].get("1000", 0) + 100
    copy.sql(f"UPDATE ledger_batch SET totals = '{json.dumps(kept)}' WHERE no = 2")


# --- A4: a payment is another -------------------------------------------------------------------------------
def somebody_else_paid(copy: Copy) -> None:
    """A payment is moved to the neighbour's pot, with her pass, her voucher and both balances."""
    seq, pot, amount, id_ = copy.ask(
        "SELECT t.seq, t.debit_id, t.amount, t.id FROM ledger_transfer t"
        " JOIN ledger_batch_item i ON i.transfer_seq = t.seq"
        " JOIN ledger_account a ON a.id = t.debit_id AND a.fund = 12 WHERE t.kind = 5 ORDER BY t.seq"
    )[0]
    other, voucher = copy.ask(
        f"SELECT pot, id FROM wallet_voucher WHERE pot <> {pot} AND pot IN"
        " (SELECT id FROM ledger_account WHERE code = 2100 AND fund = 12)"
    )[0]
    copy.sql(
        f"UPDATE wallet_issuedpass SET voucher_id = '{voucher}'"
        f" WHERE jti = (SELECT issued_pass_id FROM wallet_redemption WHERE id = '{id_}')",
        f"UPDATE wallet_redemption SET voucher_id = '{voucher}' WHERE id = '{id_}'",
        f"UPDATE ledger_transfer SET debit_id = {other} WHERE seq = {seq}",
        # What was refunded goes the same way.
        f"UPDATE ledger_transfer SET credit_id = {other} WHERE reverses = '{id_}'",
        f"UPDATE wallet_refund SET credit = {other} WHERE redemption_id = '{id_}'",
    )
    back = copy.one(f"SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE reverses = '{id_}'")
    copy.sql(
        f"UPDATE ledger_account SET balance = balance + {amount - back} WHERE id = {pot}",
        f"UPDATE ledger_account SET balance = balance - {amount - back} WHERE id = {other}",
    )


def keys_thrown_away(copy: Copy) -> None:
    copy.sql("DELETE FROM ledger_subject_key")


def forgotten_people_made_up(copy: Copy) -> None:
    """As many as there are keys, in a month that is over: the books' own count fits."""
    past = ago(days=60)
    for _ in copy.ask("SELECT party FROM ledger_subject_key"):
        copy.sql(f"INSERT INTO ledger_erasure (muni, at) VALUES (14, {past})")
    keys_thrown_away(copy)


def another_line_for_a_shop(copy: Copy) -> None:
    """The lists of the log fit each other; what they commit to is in nobody's books."""
    made = receipt.Commitments.of([bytes(32)])
    (copy.log / receipt.addendum_path(made.addendum_hash())).write_bytes(made.addendum())
    told = {"merchant_root": made.root().hex(), "merchant_commitments": made.addendum_hash()}
    copy.change(copy.find("batch"), lambda leaf: leaf.update(told), books=True)


# --- A5: settled once ---------------------------------------------------------------------------------------
def left_out(copy: Copy) -> None:
    copy.sql(f"DELETE FROM ledger_outbox WHERE transfer_seq = {TOP_UP}")


def in_a_batch_and_waiting(copy: Copy) -> None:
    seq = copy.one(
        "SELECT min(t.seq) FROM ledger_transfer t JOIN ledger_batch_item i ON i.transfer_seq = t.seq"
        " WHERE kind = 3"
    )
    copy.sql(f"INSERT INTO ledger_outbox (transfer_seq, muni, kind) VALUES ({seq}, 14, 3)")


def waits_for_ever(copy: Copy) -> None:
    waiting = "(SELECT max(transfer_seq) FROM ledger_outbox WHERE kind = 5)"
    copy.sql(
        f"UPDATE ledger_transfer SET posted_at = {ago(days=20)}, effective_at = {ago(days=20)}"
        f" WHERE seq = {waiting}"
    )


def payment_without_a_commitment(copy: Copy) -> None:
    """It is in the sums alone; the batch, its list and its leaf count one payment less."""
    batch, fund, lost = copy.ask(
        "SELECT i.batch_id, a.fund, i.transfer_seq FROM ledger_batch_item i"
        " JOIN ledger_transfer t ON t.seq = i.transfer_seq AND t.kind = 5"
        " JOIN ledger_account a ON a.id = t.debit_id ORDER BY i.transfer_seq"
    )[0]
    rows = copy.ask(
        f"SELECT commitment FROM ledger_batch_item WHERE batch_id = {batch} AND pos IS NOT NULL"
        f" AND transfer_seq <> {lost} ORDER BY pos"
    )
    left = receipt.Commitments.of([bytes(commitment) for (commitment,) in rows])
    (copy.log / receipt.addendum_path(left.addendum_hash())).write_bytes(left.addendum())
    copy.sql(
        f"UPDATE ledger_batch_item SET commitment = NULL, pos = NULL WHERE transfer_seq = {lost}",
        f"UPDATE ledger_batch SET n = {len(rows)}, tx_root = {copy.blob(left.root())} WHERE id = {batch}",
    )

    def change(leaf: dict[str, Any]) -> None:
        leaf.update(n=len(rows), tx_root=left.root().hex(), commitments=left.addendum_hash())
        for line in leaf["funds"]:
            line["n"] -= line["fund"] == str(fund)

    copy.change(copy.find("batch"), change, books=True)


# --- A6: the log and the books say the same ----------------------------------------------------------------
def skipped_number(copy: Copy) -> None:
    copy.sql("UPDATE ledger_batch SET no = 9 WHERE no = (SELECT max(no) FROM ledger_batch)")


def other_leaf_in_the_database(copy: Copy) -> None:
    index = copy.find("cover")
    value = canonical.decode(copy.leaves()[index])
    value["date"] = "2026-01-01"
    copy.store_leaf(index, canonical.encode(value))


def fewer_payments_than_there_were(copy: Copy) -> None:
    def change(leaf: dict[str, Any]) -> None:
        leaf["funds"][0]["n"] += 3

    copy.change(copy.find("batch", 1), change, books=True)


# --- A10: two views -----------------------------------------------------------------------------------------
def another_log_for_others(copy: Copy) -> list[str]:
    mirror = copy.folder / "mirror"
    shutil.copytree(copy.log, mirror)
    copy.rewrite(lambda leaves: leaves.pop())
    index = len(copy.leaves()) - 1
    copy.change(index, lambda leaf: leaf.update(muni=14, **({"release": "x"} if "release" in leaf else {})))
    return ["--mirror", str(mirror)]


def another_log_for_a_witness(copy: Copy) -> list[str]:
    """A witness keeps the log's Ed25519 line alone, though the policy also names its ML-DSA key."""
    named = hashlib.sha256(copy.origin.encode()).hexdigest()
    shown = copy.note(len(copy.leaves()), b"\7" * 32, ("drenthe",))
    short = tuple(line for line in shown.signatures if len(line.body) < 100)
    kept = copy.folder / "witness" / named / "checkpoint"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(note.Note(shown.text, short).encode())
    return ["--witness", str(copy.folder / "witness")]


# --- A12: shops ---------------------------------------------------------------------------------------------
def inflated_payout(copy: Copy) -> None:
    copy.sql(
        "UPDATE ledger_payout SET amount = amount + 1000"
        " WHERE amount = (SELECT max(amount) FROM ledger_payout)"
    )


def payout_to_a_shop_that_does_not_exist(copy: Copy) -> None:
    file, batch, account = copy.ask("SELECT file_id, batch_id, account_id FROM ledger_payout")[0]
    copy.sql(
        "INSERT INTO ledger_payout (id, muni, file_id, batch_id, payee, account_id, amount, carried, status)"
        f" VALUES ('{uuid.uuid4().hex}', 14, {file}, {batch}, '{uuid.uuid4().hex}', {account}, 5000, 0,"
        " 'sent')",
        f"UPDATE ledger_pain_file SET n = n + 1, total = total + 5000 WHERE id = {file}",
    )


def more_made_due_than_was_sold(copy: Copy) -> None:
    seq, open_, due = copy.ask(
        "SELECT seq, debit_id, credit_id FROM ledger_transfer WHERE kind = 11 ORDER BY seq DESC"
    )[0]
    last = f"(SELECT max(id) FROM ledger_snapshot WHERE account_id = {open_})"
    copy.sql(
        f"UPDATE ledger_transfer SET amount = amount + 500 WHERE seq = {seq}",
        f"UPDATE ledger_account SET balance = balance + 500 WHERE id = {due}",
        f"UPDATE ledger_snapshot SET balance = balance - 500 WHERE id = {last}",
    )


def another_file_than_the_log_says(copy: Copy) -> None:
    copy.change(copy.find("payout"), lambda leaf: leaf.update(file="0" * 64), books=True)


def paid_twice_in_public(copy: Copy) -> None:
    copy.append(copy.leaves()[copy.find("payout")])


def file_that_was_never_made(copy: Copy) -> None:
    path = next((copy.folder / "bank" / "out").glob("*.xml"))
    path.with_name("copy.xml").write_bytes(path.read_bytes().replace(b"Teststad", b"Teststaf"))


def swapped_account_in_the_file(copy: Copy) -> None:
    """The clerk's own account stands in the file; its hash is put right in the books and in the log."""
    path = copy.folder / "bank" / "out" / "GM0014-B000001-1.xml"
    before = path.read_bytes()
    after = before.replace(SHOPS[0].encode(), OWN.encode())
    old, new = (hashlib.sha256(data) for data in (before, after))
    path.write_bytes(after)
    copy.sql(
        f"UPDATE ledger_pain_file SET sha256 = {copy.blob(new.digest())}"
        f" WHERE sha256 = {copy.blob(old.digest())}"
    )
    copy.change(copy.find("payout"), lambda leaf: leaf.update(file=new.hexdigest()), books=True)


def file_that_the_log_does_not_tell(copy: Copy) -> None:
    index, other = copy.find("payout", 1), copy.leaves()[copy.find("policy")]
    copy.rewrite(lambda leaves: leaves.__setitem__(index, other))
    copy.store_leaf(index, other)


def sent_twice_for_one_payout(copy: Copy) -> None:
    """The bank sent a payment back; what is due to the shop again goes out under the old payout."""
    seq, due, amount = copy.ask(
        "SELECT t.seq, t.debit_id, t.amount FROM ledger_transfer t JOIN ledger_account a ON a.id = t.debit_id"
        " WHERE t.kind = 12 AND t.amount <= a.balance"
    )[0]
    post_like(copy, str(seq))
    copy.sql(f"UPDATE ledger_account SET balance = balance - {amount} WHERE id = {due}")


def sent_under_another_name(copy: Copy) -> None:
    sent_twice_for_one_payout(copy)
    copy.sql(
        "UPDATE ledger_transfer SET ref_type = 'other' WHERE seq = (SELECT max(seq) FROM ledger_transfer)"
    )


def file_released_by_who_made_it(copy: Copy) -> None:
    released = "UPDATE ledger_pain_file SET released_by = exported_by"
    against(copy, "ledger_pain_file", "pain_file_two_people", released)


def payouts_said_to_have_arrived(copy: Copy) -> None:
    copy.sql("UPDATE ledger_payout SET status = 'booked' WHERE status = 'sent'")


def more_shops_than_sold(copy: Copy) -> None:
    copy.change(copy.find("batch"), lambda leaf: leaf.update(merchants=20), books=True)


# --- A13: bank accounts -------------------------------------------------------------------------------------
def account_that_did_not_rest(copy: Copy) -> None:
    copy.sql("UPDATE ledger_payee_account SET usable_from = approved_at")


def swapped_accounts(copy: Copy) -> None:
    one, other = [id_ for (id_,) in copy.ask("SELECT DISTINCT account_id FROM ledger_payout ORDER BY 1")][:2]
    copy.sql(f"UPDATE ledger_payout SET account_id = {other} WHERE account_id = {one}")


def account_the_bank_did_not_know(copy: Copy) -> None:
    copy.sql("UPDATE ledger_payee_account SET name_check = 'no'")


def paid_to_a_blocked_account(copy: Copy) -> None:
    """It was blocked that same day."""
    made = moment(copy.one("SELECT min(exported_at) FROM ledger_pain_file")) - timedelta(minutes=1)
    copy.sql(
        f"UPDATE ledger_payee_account SET blocked_at = '{made:%Y-%m-%d %H:%M:%S}'"
        " WHERE id IN (SELECT account_id FROM ledger_payout) AND blocked_at IS NULL"
    )


def paid_where_the_last_payment_came_back_from(copy: Copy) -> None:
    """The books knew that it came back before they sent the next one there."""
    back = copy.one("SELECT seq FROM ledger_transfer WHERE kind = 15")
    sent = copy.one(
        "SELECT s.seq FROM ledger_transfer s JOIN ledger_transfer b ON b.credit_id = s.debit_id"
        " WHERE b.kind = 15 AND s.kind = 12 ORDER BY s.seq DESC"
    )
    for old, new in ((back, -1), (sent, back), (-1, sent)):
        copy.sql(f"UPDATE ledger_transfer SET seq = {new} WHERE seq = {old}")


# --- A14: witnessed before paid -----------------------------------------------------------------------------
def paid_before_the_witnesses(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_pain_file SET exported_at = {ago(days=1)} WHERE size IS NOT NULL")


def excuse_for_something_else(copy: Copy) -> None:
    copy.sql("UPDATE ledger_override SET what = 'payout/99'")


def cosignatures_thrown_away(copy: Copy) -> None:
    copy.sql("DELETE FROM ledger_cosignature WHERE witness <> 'assen'")


def no_witness_waited_for(copy: Copy) -> None:
    copy.change(copy.find("payout"), lambda leaf: leaf.update(size=0), books=True)


def excuse_of_one_alone(copy: Copy) -> None:
    approved = "UPDATE ledger_override SET approved_by = made_by"
    against(copy, "ledger_override", "override_two_people", approved)


def excuse_of_one_alone_in_public(copy: Copy) -> None:
    excuse_of_one_alone(copy)
    copy.change(copy.find("override"), lambda leaf: leaf.update(approved_by=leaf["made_by"]), books=True)


def excuse_of_other_people(copy: Copy) -> None:
    copy.sql("UPDATE ledger_override SET made_by = 'staff:8', approved_by = 'staff:9'")


# --- A15: the bank ------------------------------------------------------------------------------------------
def half_matched_line(copy: Copy) -> None:
    copy.sql("UPDATE ledger_bank_match SET amount = amount - 100 WHERE how = 'unmatched'")


def money_without_a_line(copy: Copy) -> None:
    copy.sql(
        "DELETE FROM ledger_bank_match WHERE how = 'funding'", "DELETE FROM ledger_bank_line WHERE ref = 'R1'"
    )


def other_closing_balance(copy: Copy) -> None:
    copy.sql("UPDATE ledger_bank_statement SET closing = closing + 100")


def payment_that_never_arrived(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_pain_file SET released_at = {ago(days=20)} WHERE size IS NULL")


def statement_kept_in_a_drawer(copy: Copy) -> None:
    day = datetime.now(UTC).date()
    line = camt053.Line(ref="X1", booked_on=day, credit=False, amount=50_000)
    said = camt053.Statement("S2", 2, OWN, day, 2_000_000, 1_950_000, (line,))
    data = camt053.write(camt053.Statements("camt.053.001.08", "M2", (said,)))
    (copy.folder / "bank" / "in" / "S2.xml").write_bytes(data)


def line_kept_out_of_the_books(copy: Copy) -> None:
    """The bank's own file has a withdrawal more; only its hash is put right, in the books and in the log."""
    path = copy.folder / "bank" / "in" / "S1.xml"
    before = path.read_bytes()
    said = forms.read(before)
    assert isinstance(said, camt053.Statements)
    [one] = said.statements
    line = camt053.Line(ref="X1", booked_on=one.on, credit=False, amount=50_000)
    more = replace(one, lines=(*one.lines, line), closing=one.closing - line.amount)
    after = camt053.write(replace(said, statements=(more,)))
    path.write_bytes(after)
    old, new = (hashlib.sha256(data) for data in (before, after))
    copy.sql(
        f"UPDATE ledger_bank_file SET sha256 = {copy.blob(new.digest())}"
        f" WHERE sha256 = {copy.blob(old.digest())}"
    )
    for t in ("recon", "cover"):
        copy.change(copy.find(t), lambda leaf: leaf.update(statement=new.hexdigest()), books=True)


def money_of_others_called_the_citys(copy: Copy) -> None:
    post_like(copy, TOP_UP, kind="2", debit_id=account(2400), credit_id=account(1300), amount="1234")


def statement_that_does_not_add_up_in_public(copy: Copy) -> None:
    copy.change(copy.find("recon"), lambda leaf: leaf.update(closing=leaf["closing"] + 1), books=True)


def bank_lines_called_something_else_in_public(copy: Copy) -> None:
    """What fitted nothing is called the council's; the leaf adds up all the same."""

    def change(leaf: dict[str, Any]) -> None:
        leaf["funded"] += leaf["unmatched_in"]
        leaf["unmatched_in"] = 0

    copy.change(copy.find("recon"), change, books=True)


def statement_that_the_log_does_not_tell(copy: Copy) -> None:
    """A leaf about something else stands in its place; the proof of cover says that nothing was read yet."""
    index, other = copy.find("recon"), copy.leaves()[copy.find("policy")]
    closing = canonical.decode(copy.leaves()[index])["closing"]
    copy.rewrite(lambda leaves: leaves.__setitem__(index, other))
    copy.store_leaf(index, other)

    def change(leaf: dict[str, Any]) -> None:
        leaf.update(statement="", bank_closing=0, receivable=leaf["receivable"] + closing)

    copy.change(copy.find("cover"), change, books=True)


def statement_that_no_bank_wrote(copy: Copy) -> None:
    """It goes on from the last one and moves nothing in the end."""
    leaf = canonical.decode(copy.leaves()[copy.find("recon")])
    leaf |= {"opening": leaf["closing"], "booked": 0, "returned": 0, "unmatched_in": 0, "unmatched_out": 700}
    copy.append(canonical.encode(leaf | {"funded": 700}))


# --- A16: cover ---------------------------------------------------------------------------------------------
def pots_left_out_of_the_proof(copy: Copy) -> None:
    def change(leaf: dict[str, Any]) -> None:
        leaf["pots_total"] -= 5000
        leaf["gap"] += 5000

    copy.change(copy.find("cover"), change, books=True)


def money_that_is_not_there(copy: Copy) -> None:
    def change(leaf: dict[str, Any]) -> None:
        leaf["bank_closing"] -= leaf["gap"] + 100
        leaf["gap"] = -100

    copy.change(copy.find("cover"), change, books=True)


def statement_that_nobody_saw(copy: Copy) -> None:
    copy.change(copy.find("cover"), lambda leaf: leaf.update(statement="0" * 64), books=True)


def more_in_the_bank_than_the_bank_says(copy: Copy) -> None:
    def change(leaf: dict[str, Any]) -> None:
        leaf["bank_closing"] += 5_000_000
        leaf["gap"] += 5_000_000

    copy.change(copy.find("cover"), change, books=True)


def statement_passed_over(copy: Copy) -> None:
    copy.change(copy.find("cover"), lambda leaf: leaf.update(statement=""), books=True)


def debts_left_out_of_the_proof(copy: Copy) -> None:
    def change(leaf: dict[str, Any]) -> None:
        leaf["payable_total"] -= 5_000_000
        leaf["gap"] += 5_000_000

    copy.change(copy.find("cover"), change, books=True)


def leaves_of_the_proof_thrown_away(copy: Copy) -> None:
    copy.sql("DELETE FROM ledger_cover_tile")


def prove(copy: Copy, days_ago: int) -> None:
    """The proof of cover says to be of some days ago, in the log and in the books."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    told = {"date": local_day(at).isoformat(), "at": int(at.timestamp())}
    copy.change(copy.find("cover"), lambda leaf: leaf.update(told), books=True)
    copy.sql(f"UPDATE ledger_cover_proof SET day = '{told['date']}', at = '{at:%Y-%m-%d %H:%M:%S}'")


def first_batch_of(copy: Copy, day: str) -> None:
    """The first batch says to be of another day, in the log and in the books."""
    copy.change(copy.find("batch"), lambda leaf: leaf.update(from_day=day, to_day=day), books=True)
    at = f"'{day} 12:00:00'"
    copy.sql(f"UPDATE ledger_batch SET from_at = {at}, to_at = {at} WHERE no = 1")


def week_without_a_proof(copy: Copy) -> None:
    """In the midst of it a batch was sealed."""
    first_batch_of(copy, local_day(datetime.now(UTC) - timedelta(days=3)).isoformat())
    prove(copy, 7)


def day_without_a_proof(copy: Copy) -> None:
    """One day could be a standstill, if nothing had been booked on it; the books went on the day after."""
    prove(copy, 2)
    last = "seq = (SELECT max(seq) FROM ledger_transfer)"
    copy.sql(
        f"UPDATE ledger_transfer SET posted_at = {ago(days=-1)}, effective_at = {ago(days=-1)} WHERE {last}"
    )


def proof_of_yesterday(copy: Copy) -> None:
    """Its moment is of today."""
    day = local_day(datetime.now(UTC) - timedelta(days=1)).isoformat()
    copy.change(copy.find("cover"), lambda leaf: leaf.update(date=day), books=True)


def first_proof_left_out(copy: Copy) -> None:
    copy.change(copy.find("cover"), lambda leaf: leaf.update(no=2), books=True)


# --- A17: papers --------------------------------------------------------------------------------------------
def payment_without_a_pass(copy: Copy) -> None:
    copy.sql(
        "DELETE FROM wallet_redemption WHERE id = (SELECT id FROM ledger_transfer WHERE seq ="
        " (SELECT max(transfer_seq) FROM ledger_outbox WHERE kind = 5))"
    )


def pass_that_was_never_issued(copy: Copy) -> None:
    copy.sql("DELETE FROM wallet_issuedpass WHERE jti = (SELECT min(issued_pass_id) FROM wallet_redemption)")


def card_of_somebody_else(copy: Copy) -> None:
    copy.sql(
        "UPDATE wallet_card SET holder_id = (SELECT holder_id FROM wallet_card WHERE kind = 'coupon' LIMIT 1)"
    )


def coupon_for_more_than_it_says(copy: Copy) -> None:
    copy.sql("UPDATE wallet_card SET most = 699 WHERE kind = 'coupon'")


def record_of_another_sale(copy: Copy) -> None:
    first, second = copy.ask("SELECT id, record FROM wallet_redemption ORDER BY at")[:2]
    copy.sql(f"UPDATE wallet_redemption SET record = '{second[1]}' WHERE id = '{first[0]}'")


def record_with_another_signature(copy: Copy) -> None:
    """The hash that the books keep is put right as well."""
    id_, text = copy.ask("SELECT id, record FROM wallet_redemption ORDER BY at DESC")[0]
    forged = text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:]
    digest = copy.blob(hashlib.sha256(forged.encode()).digest())
    copy.sql(
        f"UPDATE wallet_redemption SET record = '{forged}', record_sha256 = {digest} WHERE id = '{id_}'",
        f"UPDATE ledger_transfer SET payload_sha256 = {digest} WHERE id = '{id_}'",
    )


def guarantee(copy: Copy, like: str = PAYMENT, **says: str) -> None:
    """The guarantee pays the shop of a payment."""
    if not copy.one("SELECT count(*) FROM ledger_account WHERE code = 5000"):
        copy.sql("INSERT INTO ledger_account (muni, code, side, guard) VALUES (14, 5000, 'D', false)")
    post_like(copy, like, **{"kind": "7", "debit_id": account(5000), **says})


def paid_by_the_guarantee_for_nothing(copy: Copy) -> None:
    guarantee(copy, amount="99000", ref_type="'offline'", ref_id="'x'")


def paid_by_the_guarantee_for_a_payment_that_is_not_there(copy: Copy) -> None:
    guarantee(copy, ref_id=f"'{uuid.uuid4()}'")


def more_by_the_guarantee_than_was_asked(copy: Copy) -> None:
    guarantee(copy, amount="1")
    paid = copy.one(f"SELECT id FROM ledger_transfer WHERE seq = {PAYMENT}")
    copy.sql(f"UPDATE wallet_redemption SET mode = 'off' WHERE id = '{paid}'")


# What waits for its batch: its sums are in no leaf yet.
WAITING = "SELECT transfer_seq FROM ledger_outbox"


def offline_payment_that_no_till_sent(copy: Copy) -> None:
    copy.sql("DELETE FROM wallet_tillrecord WHERE outcome = 'accepted'")


def larger_part_by_the_guarantee(copy: Copy) -> None:
    """Ten cents of a pot's part are moved to the guarantee, in the payment and in the books."""
    id_, part = copy.ask(
        "SELECT r.id, r.guaranteed_as FROM wallet_redemption r JOIN ledger_transfer t ON t.id = r.id"
        f" WHERE r.guaranteed_as IS NOT NULL AND t.seq IN ({WAITING})"
    )[0]
    pot = copy.one(f"SELECT debit_id FROM ledger_transfer WHERE id = '{id_}'")
    copy.sql(
        f"UPDATE ledger_transfer SET amount = amount - 10 WHERE id = '{id_}'",
        f"UPDATE ledger_transfer SET amount = amount + 10 WHERE id = '{part}'",
        f"UPDATE ledger_account SET balance = balance + 10 WHERE id = {pot}",
        f"UPDATE wallet_redemption SET guaranteed = guaranteed + 10 WHERE id = '{id_}'",
    )


def paid_by_the_guarantee_though_the_pot_could(copy: Copy) -> None:
    id_, pot, amount = copy.ask(
        "SELECT r.id, t.debit_id, t.amount FROM wallet_redemption r JOIN ledger_transfer t ON t.id = r.id"
        f" WHERE r.mode = 'off' AND r.guaranteed = 0 AND t.seq IN ({WAITING})"
    )[0]
    copy.sql(
        f"UPDATE ledger_transfer SET debit_id = {account(5000)} WHERE id = '{id_}'",
        f"UPDATE ledger_account SET balance = balance + {amount} WHERE id = {pot}",
        f"UPDATE wallet_redemption SET guaranteed = {amount}, voucher_id = NULL WHERE id = '{id_}'",
    )


def offline_payment_called_online(copy: Copy) -> None:
    copy.sql(
        "UPDATE wallet_redemption SET mode = 'on' WHERE mode = 'off' AND guaranteed = 0 AND refunded = 0"
    )


# --- A18: refunds -------------------------------------------------------------------------------------------
def refund_at_another_shop(copy: Copy) -> None:
    other = copy.one(
        "SELECT p.id FROM ledger_transfer p WHERE p.kind = 5 AND p.credit_id <>"
        " (SELECT r.debit_id FROM ledger_transfer r WHERE r.kind = 9 ORDER BY r.seq LIMIT 1)"
    )
    copy.sql(f"UPDATE ledger_transfer SET reverses = '{other}' WHERE kind = 9")


def more_back_than_was_paid(copy: Copy) -> None:
    copy.sql(
        "UPDATE ledger_transfer SET reverses ="
        " (SELECT v.reverses FROM ledger_transfer v WHERE v.kind = 8 ORDER BY v.seq LIMIT 1)"
        " WHERE kind = 9"
    )


def refund_that_no_till_asked_for(copy: Copy) -> None:
    copy.sql("DELETE FROM wallet_refund WHERE kind = 'refund'")


def refunds_counted_wrong(copy: Copy) -> None:
    copy.sql("UPDATE wallet_redemption SET refunded = refunded - 1 WHERE refunded > 1")


# --- A19: top-ups -------------------------------------------------------------------------------------------
def large_top_up_by_one(copy: Copy) -> None:
    copy.sql(
        "UPDATE wallet_grantbatch SET four_eyes = false, approved_by_id = NULL WHERE decision_ref = 'D-large'"
    )


def other_lines_than_were_decided(copy: Copy) -> None:
    copy.sql(
        "UPDATE wallet_grantline SET amount = amount + 1 WHERE id = (SELECT min(id) FROM wallet_grantline)"
    )


def line_said_to_be_missed(copy: Copy) -> None:
    """The holder got it, and its row says that it went back to the budget."""
    copy.sql(
        "UPDATE wallet_grantline SET missed_at = '2026-01-01', taken_back = amount"
        " WHERE id = (SELECT min(id) FROM wallet_grantline)"
    )


def budget_without_a_decision(copy: Copy) -> None:
    copy.sql("UPDATE ledger_transfer SET ref_id = '' WHERE kind = 1")


def top_up_that_nobody_made(copy: Copy) -> None:
    copy.sql("DELETE FROM wallet_grantbatch WHERE decision_ref = 'D-large'")


def other_top_up_in_public(copy: Copy) -> None:
    copy.change(copy.find("grant"), lambda leaf: leaf.update(total=leaf["total"] + 1), books=True)


def top_up_said_to_wait(copy: Copy) -> None:
    """It is in the pots, and its row says that nobody approved it yet."""
    copy.sql(
        "UPDATE wallet_grantbatch SET status = 'waiting', approved_by_id = NULL"
        " WHERE decision_ref = 'D-large'"
    )


def top_up_said_to_be_refused(copy: Copy) -> None:
    copy.sql("UPDATE wallet_grantbatch SET status = 'refused' WHERE decision_ref = 'D-large'")


# --- A20: keys ----------------------------------------------------------------------------------------------
def key_used_after_its_end(copy: Copy) -> None:
    copy.change(copy.issuer_key(), lambda leaf: leaf.update(exp=leaf["nbf"] + 1), books=True)


def key_that_the_log_does_not_name(copy: Copy) -> None:
    copy.change(copy.issuer_key(), lambda leaf: leaf.update(thumbprint="0" * 64), books=True)


def card_key_used_after_its_end(copy: Copy) -> None:
    copy.change(copy.issuer_key("card"), lambda leaf: leaf.update(exp=leaf["nbf"] + 1), books=True)


def card_key_that_the_log_does_not_name(copy: Copy) -> None:
    copy.change(copy.issuer_key("card"), lambda leaf: leaf.update(thumbprint="0" * 64), books=True)


def stolen_key_brought_back(copy: Copy) -> None:
    index = copy.issuer_key()
    for action in ("compromised", "add"):
        value = canonical.decode(copy.leaves()[index])
        value["action"] = action
        copy.append(canonical.encode(value))


def stolen_key_said_to_be_good_for_years(copy: Copy) -> None:
    value = canonical.decode(copy.leaves()[copy.issuer_key()])
    copy.append(canonical.encode(value | {"action": "compromised"}))


def theft_told_twice(copy: Copy) -> None:
    """The second time with a later moment, for the sake of the passes in between."""
    value = canonical.decode(copy.leaves()[copy.issuer_key()])
    for since in (value["nbf"] + 1, int(datetime.now(UTC).timestamp())):
        copy.append(canonical.encode(value | {"action": "compromised", "exp": since}))


# --- A21: ends ----------------------------------------------------------------------------------------------
def pots_emptied_too_early(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_fund SET until_on = {ago(days=3)[:11]}' WHERE number = {ENDED}")


def end_that_nobody_told(copy: Copy) -> None:
    copy.sql(f"DELETE FROM ledger_fund WHERE number = {ENDED}")


def pots_emptied_early_under_a_later_day(copy: Copy) -> None:
    copy.sql(
        f"UPDATE ledger_fund SET until_on = {ago(days=-3)[:11]}' WHERE number = {ENDED}",
        f"UPDATE ledger_transfer SET effective_at = {ago(days=-40)} WHERE kind = 10",
    )


# --- A22: times ---------------------------------------------------------------------------------------------
def back_dated_payment(copy: Copy) -> None:
    copy.sql(
        f"UPDATE ledger_transfer SET posted_at = {ago(days=2)}, effective_at = {ago(days=2)}"
        f" WHERE seq = {PAYMENT}"
    )


def payment_of_another_day(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_transfer SET effective_at = {ago(days=3)} WHERE seq = {PAYMENT}")


def sealed_before_it_was_booked(copy: Copy) -> None:
    copy.sql(f"UPDATE ledger_batch SET sealed_at = {ago(days=1)} WHERE no = 2")


# --- A23: stamps --------------------------------------------------------------------------------------------
def rewritten_by_all_partners_together(copy: Copy) -> None:
    """Nobody can see it but who has the stamp of before."""
    kept = copy.folder / "kept"
    shutil.copytree(copy.log / "anchors", kept)
    copy.change(copy.find("policy"), lambda leaf: leaf.update(release="other"), books=True)
    shutil.copytree(kept, copy.log / "anchors")


def stamp_that_was_lost(copy: Copy) -> None:
    next((copy.log / "anchors").glob("*.rfc3161")).unlink()


def stamps_taken_away(copy: Copy) -> None:
    """All of them, and the books begin a month ago: somebody would have stamped in that time."""
    first_batch_of(copy, "2026-01-01")


# --- A24: the guards ----------------------------------------------------------------------------------------
def guard_taken_down(copy: Copy) -> None:
    on = " ON ledger_account" if copy.engine == "postgresql" else ""
    copy.raw(f"DROP TRIGGER ledger_account_guard{on}")


def guard_put_to_sleep(copy: Copy) -> None:
    if copy.engine == "postgresql":
        copy.raw("ALTER TABLE ledger_account DISABLE TRIGGER ledger_account_guard")
    else:
        copy.raw("INSERT INTO ledger_moving (moving) VALUES (1)")


def trigger_of_his_own(copy: Copy) -> None:
    if copy.engine == "postgresql":
        copy.raw("CREATE FUNCTION extra() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$")
        return
    copy.raw("CREATE TRIGGER extra AFTER INSERT ON ledger_outbox BEGIN SELECT 1; END")


ON_POSTGRESQL = {
    "rule": "CREATE RULE hush AS ON INSERT TO ledger_outbox DO INSTEAD NOTHING",
    "hidden rows": "ALTER TABLE ledger_transfer ENABLE ROW LEVEL SECURITY",
    "policy": "CREATE POLICY hide ON ledger_batch USING (n < 1000)",
    "foreign key": "ALTER TABLE ledger_transfer DROP CONSTRAINT {key}",
    "foreign keys asleep": "ALTER TABLE ledger_bank_line DISABLE TRIGGER ALL",
    "default": "ALTER TABLE ledger_transfer ALTER COLUMN posted_at SET DEFAULT '2020-01-01'",
    "rows beside": "CREATE TABLE extra () INHERITS (ledger_transfer)",
    "all asleep": "ALTER DATABASE {name} SET session_replication_role = replica",
}
"""What only this engine has, and what takes a guard down there."""


# --- A25: personal data -------------------------------------------------------------------------------------
def bank_account_in_public(copy: Copy) -> None:
    copy.change(
        copy.find("policy"), lambda leaf: leaf.update(release="release nl91abna0417164300"), books=True
    )


def citizen_number_in_public(copy: Copy) -> None:
    copy.change(copy.find("policy"), lambda leaf: leaf.update(release="for 123456782"), books=True)


def name_in_public(copy: Copy) -> list[str]:
    (copy.folder / "names").write_text("Jan Jansen\n")
    copy.change(copy.find("policy"), lambda leaf: leaf.update(release="made by jan-jansen"), books=True)
    return ["--names", str(copy.folder / "names")]


def address_in_public(copy: Copy) -> None:
    copy.change(copy.find("policy"), lambda leaf: leaf.update(release="ask jan@example.org"), books=True)


FRAUDS: list[tuple[str, Fraud]] = [
    ("A1", payment_booked_as_a_correction),
    ("A1", rule_of_his_own),
    ("A1", account_of_another_city),
    ("A1", year_closed_by_one),
    ("A1", account_that_vanished),
    ("A2", raised_balance),
    ("A2", raised_snapshot),
    ("A2", account_turned_around),
    ("A3", deleted_correction),
    ("A3", other_totals),
    ("A4", somebody_else_paid),
    ("A4", keys_thrown_away),
    ("A4", forgotten_people_made_up),
    ("A4", another_line_for_a_shop),
    ("A5", left_out),
    ("A5", in_a_batch_and_waiting),
    ("A5", waits_for_ever),
    ("A5", payment_without_a_commitment),
    ("A6", skipped_number),
    ("A6", other_leaf_in_the_database),
    ("A6", fewer_payments_than_there_were),
    ("A10", another_log_for_others),
    ("A10", another_log_for_a_witness),
    ("A12", inflated_payout),
    ("A12", payout_to_a_shop_that_does_not_exist),
    ("A12", more_made_due_than_was_sold),
    ("A12", another_file_than_the_log_says),
    ("A12", paid_twice_in_public),
    ("A12", file_that_was_never_made),
    ("A12", swapped_account_in_the_file),
    ("A12", file_that_the_log_does_not_tell),
    ("A12", sent_twice_for_one_payout),
    ("A12", sent_under_another_name),
    ("A12", file_released_by_who_made_it),
    ("A12", payouts_said_to_have_arrived),
    ("A12", more_shops_than_sold),
    ("A13", account_that_did_not_rest),
    ("A13", swapped_accounts),
    ("A13", account_the_bank_did_not_know),
    ("A13", paid_to_a_blocked_account),
    ("A13", paid_where_the_last_payment_came_back_from),
    ("A14", paid_before_the_witnesses),
    ("A14", excuse_for_something_else),
    ("A14", excuse_of_one_alone),
    ("A14", excuse_of_one_alone_in_public),
    ("A14", excuse_of_other_people),
    ("A14", cosignatures_thrown_away),
    ("A14", no_witness_waited_for),
    ("A15", half_matched_line),
    ("A15", money_without_a_line),
    ("A15", other_closing_balance),
    ("A15", payment_that_never_arrived),
    ("A15", statement_kept_in_a_drawer),
    ("A15", line_kept_out_of_the_books),
    ("A15", money_of_others_called_the_citys),
    ("A15", statement_that_does_not_add_up_in_public),
    ("A15", bank_lines_called_something_else_in_public),
    ("A15", statement_that_the_log_does_not_tell),
    ("A15", statement_that_no_bank_wrote),
    ("A16", pots_left_out_of_the_proof),
    ("A16", money_that_is_not_there),
    ("A16", statement_that_nobody_saw),
    ("A16", more_in_the_bank_than_the_bank_says),
    ("A16", statement_passed_over),
    ("A16", debts_left_out_of_the_proof),
    ("A16", leaves_of_the_proof_thrown_away),
    ("A16", week_without_a_proof),
    ("A16", day_without_a_proof),
    ("A16", proof_of_yesterday),
    ("A16", first_proof_left_out),
    ("A17", payment_without_a_pass),
    ("A17", pass_that_was_never_issued),
    ("A17", card_of_somebody_else),
    ("A17", coupon_for_more_than_it_says),
    ("A17", record_of_another_sale),
    ("A17", record_with_another_signature),
    ("A17", paid_by_the_guarantee_for_nothing),
    ("A17", paid_by_the_guarantee_for_a_payment_that_is_not_there),
    ("A17", more_by_the_guarantee_than_was_asked),
    ("A17", offline_payment_that_no_till_sent),
    ("A17", larger_part_by_the_guarantee),
    ("A17", paid_by_the_guarantee_though_the_pot_could),
    ("A17", offline_payment_called_online),
    ("A18", refund_at_another_shop),
    ("A18", more_back_than_was_paid),
    ("A18", refund_that_no_till_asked_for),
    ("A18", refunds_counted_wrong),
    ("A19", large_top_up_by_one),
    ("A19", other_lines_than_were_decided),
    ("A19", line_said_to_be_missed),
    ("A19", budget_without_a_decision),
    ("A19", top_up_that_nobody_made),
    ("A19", other_top_up_in_public),
    ("A19", top_up_said_to_wait),
    ("A19", top_up_said_to_be_refused),
    ("A20", key_used_after_its_end),
    ("A20", key_that_the_log_does_not_name),
    ("A20", card_key_used_after_its_end),
    ("A20", card_key_that_the_log_does_not_name),
    ("A20", stolen_key_brought_back),
    ("A20", stolen_key_said_to_be_good_for_years),
    ("A20", theft_told_twice),
    ("A21", pots_emptied_too_early),
    ("A21", end_that_nobody_told),
    ("A21", pots_emptied_early_under_a_later_day),
    ("A22", back_dated_payment),
    ("A22", payment_of_another_day),
    ("A22", sealed_before_it_was_booked),
    ("A23", rewritten_by_all_partners_together),
    ("A23", stamp_that_was_lost),
    ("A23", stamps_taken_away),
    ("A24", guard_taken_down),
    ("A24", guard_put_to_sleep),
    ("A24", trigger_of_his_own),
    ("A25", bank_account_in_public),
    ("A25", citizen_number_in_public),
    ("A25", name_in_public),
    ("A25", address_in_public),
]

PAIRS: list[tuple[set[str], Fraud, Fraud]] = [
    ({"A2", "A25"}, raised_balance, bank_account_in_public),
    ({"A13", "A21"}, account_that_did_not_rest, pots_emptied_too_early),
    ({"A17", "A19"}, pass_that_was_never_issued, large_top_up_by_one),
    ({"A12", "A24"}, file_that_was_never_made, trigger_of_his_own),
    ({"A14", "A22"}, excuse_for_something_else, payment_of_another_day),
]
