"""What each PostgreSQL role may do to the books (docs/spec/06-books.md, section 4).

Reading aside, this is all: `manage.py roles` gives exactly these rights, and `manage.py check --deploy`
refuses a role that has more. Where a right is for some rows only, `ROWS` says for which.
"""

Rights = dict[str, list[str]]

# Without `seq` and `posted_at`: those are the database's to give.
_TRANSFER = (
    "id, muni, kind, debit_id, credit_id, amount, ref_type, ref_id, reverses, actor, reason, effective_at,"
    " payload_sha256"
)
_ACCOUNT = "muni, code, side, guard, balance, fund, party, grant_batch, closed_at"


def _adding(*tables: str) -> Rights:
    return {f"ledger_{table}": ["INSERT"] for table in tables}


APP: Rights = {
    "ledger_transfer": [f"INSERT ({_TRANSFER})"],
    "ledger_account": [f"INSERT ({_ACCOUNT})", "UPDATE (closed_at)"],
    "ledger_fund": ["INSERT", "UPDATE (name, name_en, from_on, until_on, grace_days)"],
    # The finance desk works in the web's processes.
    "ledger_payee_account": [
        "INSERT",
        "UPDATE (approved_by, approved_at, usable_from, refused_by, refused_at, blocked_at, blocked_reason)",
    ],
    "ledger_pain_file": ["INSERT", "UPDATE (released_by, released_at)"],
    "ledger_payout": ["INSERT", "UPDATE (status)"],
    "ledger_batch": ["UPDATE (status)"],
    **_adding("bank_file", "bank_statement", "bank_line", "bank_match", "bank_clearing"),
    **_adding("override", "log_entry"),
}
SIGNER: Rights = {
    "ledger_batch": ["UPDATE (status)"],
    "ledger_log": [
        "INSERT",
        "UPDATE (closed)",
    ],  # a year's log is closed, and the next opened, where its key is
    **_adding("checkpoint", "cosignature", "log_entry", "anchor"),
}
SEALER: Rights = APP | {
    "ledger_outbox": ["DELETE"],
    "ledger_batch": ["INSERT", "UPDATE (status)"],
    "ledger_subject_key": ["INSERT", "DELETE"],
    "ledger_cover_line": ["INSERT", "DELETE"],  # kept for some days
    "ledger_cover_tile": ["INSERT", "DELETE"],
    **_adding("batch_item", "snapshot", "log_entry", "addendum", "cover_proof"),
}
WORKER: Rights = SIGNER | SEALER
AUDIT: Rights = {}
ROLES = {"app": APP, "worker": WORKER, "sealer": SEALER, "signer": SIGNER, "audit": AUDIT}

# What the signer reads, and what an auditor does not.
PUBLIC = (
    "log",
    "log_entry",
    "addendum",
    "batch",
    "batch_item",
    "checkpoint",
    "cosignature",
    "anchor",
    "posting_rule",
)
PERSONAL = ("holder", "household", "activationcode", "staff", "deskevent", "erasurerequest")

# Rows that a role may write, where it is not all of them: (table, command, condition).
ROWS: dict[str, list[tuple[str, str, str]]] = {
    "app": [
        # The web adds what the finance desk does. It can pretend neither a batch nor a cover.
        ("ledger_log_entry", "INSERT", "source ~ '^(payout|recon|override|key):'"),
        ("ledger_batch", "UPDATE", "status IN ('exported', 'booked')"),
    ],
    "signer": [
        ("ledger_log_entry", "INSERT", "source ~ '^(open|close|key|policy)'"),
        ("ledger_batch", "UPDATE", "status IN ('logged', 'witnessed')"),
    ],
}
WATCHED = ("ledger_log_entry", "ledger_batch")
