"""One cheat or fault per row, and the check that must find it; no other check may fire.

Two kinds: bytes that change after signing, and an operator who signs again with partners who
all look away, so that only the contents can betray him.
"""

from collections.abc import Callable
from typing import Any

from ledger.log import checkpoint, entry, merkle, note, receipt, state, tiles
from tests.audit.folder import LOG_KEY, ORIGIN, WITNESS_KEYS, Folder, commitments, merchants

Mutant = Callable[[Folder], None]


def flip(log: Folder, path: str, at: int = 0) -> None:
    data = bytearray(log.file(path).read_bytes())
    data[at] ^= 1
    log.file(path).write_bytes(bytes(data))


def size(log: Folder) -> int:
    return len(log.leaves)


def flipped_entry(log: Folder) -> None:
    flip(log, tiles.entries_path(0, size(log)), 100)


def flipped_length_of_an_entry(log: Folder) -> None:
    flip(log, tiles.entries_path(0, size(log)), 0)


def flipped_tile(log: Folder) -> None:
    flip(log, tiles.tile_path(0, 0, size(log)), 70)


def missing_tile(log: Folder) -> None:
    log.file(tiles.tile_path(0, 0, size(log))).unlink()


def missing_entries(log: Folder) -> None:
    log.file(tiles.entries_path(0, size(log))).unlink()


def longer_tile(log: Folder) -> None:
    path = log.file(tiles.tile_path(0, 0, size(log)))
    path.write_bytes(path.read_bytes() + bytes(32))


def missing_cosignatures(log: Folder) -> None:
    log.write(("assen",))


def false_cosignature(log: Folder) -> None:
    signed = log.note()
    first = signed.signatures[1]
    broken = note.Signature(first.name, first.key_id, first.body[:-1] + bytes([first.body[-1] ^ 1]))
    lines = (signed.signatures[0], broken, *signed.signatures[2:])
    log.file("checkpoint").write_bytes(note.Note(signed.text, lines).encode())


def signed_by_a_stranger(log: Folder) -> None:
    stranger = note.SignerKey.from_seed(ORIGIN, note.ED25519, b"S" * 32)
    signed = log.note()
    lines = (note.sign(signed.text, stranger), *signed.signatures[1:])
    log.file("checkpoint").write_bytes(note.Note(signed.text, lines).encode())


def another_origin(log: Folder) -> None:
    text = checkpoint.Checkpoint("other.example/gm0014/2026", size(log), merkle.root(log.hashes)).text()
    lines = [note.cosign(text, k, 1) for k in WITNESS_KEYS.values()]
    log.file("checkpoint").write_bytes(note.Note(text, (note.sign(text, LOG_KEY), *lines)).encode())


def torn_checkpoint(log: Folder) -> None:
    path = log.file("checkpoint")
    path.write_bytes(path.read_bytes()[:-30])


def rewritten_history(log: Folder) -> None:
    log.change(0, lambda leaf: leaf.update(chart="1" * 64))
    log.write()


def shorter_log(log: Folder) -> None:
    log.leaves.pop()
    log.write()


def dropped_batch(log: Folder) -> None:
    del log.leaves[3]
    log.write()


def doubled_batch_number(log: Folder) -> None:
    log.change(4, lambda leaf: leaf.update(no=2))
    log.write()


def first_batch_left_out(log: Folder) -> None:
    del log.leaves[2]
    log.write()


def second_opening(log: Folder) -> None:
    log.leaves.append(log.leaves[0])
    log.write()


def without_opening(log: Folder) -> None:
    del log.leaves[0]
    log.write()


def another_municipality(log: Folder) -> None:
    log.change(1, lambda leaf: leaf.update(muni=34))
    log.write()


def unreadable_leaf(log: Folder) -> None:
    log.leaves[1] = b"hello"
    log.write()


def leaf_with_a_field_more(log: Folder) -> None:
    log.change(3, lambda leaf: leaf.update(note="x"))
    log.write()


def raised_sum(log: Folder) -> None:
    log.change(3, lambda leaf: leaf["funds"][0].update(redeemed=999_999))
    log.write()


def money_out_of_nothing(log: Folder) -> None:
    """Fits within the leaf: the pots simply open higher than they closed."""

    def change(leaf: dict[str, Any]) -> None:
        leaf["funds"][0]["pots_opening"] += 5000
        leaf["funds"][0]["pots_closing"] += 5000

    log.change(5, change)
    log.write()


def debt_that_disappears(log: Folder) -> None:
    def change(leaf: dict[str, Any]) -> None:
        leaf["payable"]["opening"] -= 3000
        leaf["payable"]["closing"] -= 3000

    log.change(5, change)
    log.write()


def owed_but_not_spent(log: Folder) -> None:
    """Adds up by itself, but merchants are owed more than left the pots."""

    def change(leaf: dict[str, Any]) -> None:
        leaf["payable"]["redeemed"] += 100
        leaf["payable"]["closing"] += 100

    log.change(5, change)
    log.write()


def missing_commitments(log: Folder) -> None:
    log.file(receipt.addendum_path(commitments(2).addendum_hash())).unlink()


def flipped_commitment(log: Folder) -> None:
    flip(log, receipt.addendum_path(commitments(2).addendum_hash()), 64)


def torn_commitments(log: Folder) -> None:
    path = log.file(receipt.addendum_path(commitments(2).addendum_hash()))
    path.write_bytes(path.read_bytes()[:-1])


def one_commitment_left_out(log: Folder) -> None:
    path = log.file(receipt.addendum_path(commitments(2).addendum_hash()))
    path.write_bytes(path.read_bytes()[32:])


def fewer_commitments_than_said(log: Folder) -> None:
    log.change(3, lambda leaf: leaf.update(n=4))
    log.write()


def another_tx_root(log: Folder) -> None:
    log.change(3, lambda leaf: leaf.update(tx_root="0" * 64))
    log.write()


def more_for_a_shop(log: Folder) -> None:
    """The shop's line is changed, and the leaf still names the old one."""
    flip(log, receipt.addendum_path(merchants(2).addendum_hash()), 3)


def another_merchant_root(log: Folder) -> None:
    log.change(3, lambda leaf: leaf.update(merchant_root="0" * 64))
    log.write()


def leaf_after_the_end(log: Folder) -> None:
    """The year is closed, and a batch comes after it."""
    standing = state.Standing()
    for raw in log.leaves[2:5]:
        leaf = entry.parse(raw)
        standing = standing.after(leaf) if isinstance(leaf, state.Sums) else standing
    end = entry.Close(14, 2026, 3, **state.lines_of(state.proceed(standing, {})))
    log.leaves.insert(5, entry.build(end))
    log.write()


def money_at_the_bank(log: Folder) -> None:
    """Adds up by itself: the bank has more, and the council owes less."""

    def change(leaf: dict[str, Any]) -> None:
        leaf["bank"]["bank_opening"] += 100
        leaf["bank"]["bank_closing"] += 100
        leaf["bank"]["receivable_opening"] -= 100
        leaf["bank"]["receivable_closing"] -= 100

    log.change(5, change)
    log.write()


def settled_twice(log: Folder) -> None:
    """Batch 3 holds a transfer of batch 2 again, with everything else made to fit."""
    both = receipt.Commitments.of([*commitments(3).values[1:], commitments(2).values[0]])
    hashes = {"tx_root": both.root().hex(), "commitments": both.addendum_hash()}
    log.change(4, lambda leaf: leaf.update(hashes))
    log.write()
    log.file(receipt.addendum_path(both.addendum_hash())).write_bytes(both.addendum())


# --- payouts ------------------------------------------------------------------------------------------------
def pay(log: Folder, batch: int, cents: int, at: int) -> None:
    """A file to the bank, at a place among the leaves."""
    log.leaves.insert(at, entry.build(entry.Payout(14, batch, 1, cents, "0" * 64, at)))


def payout_of_what_nobody_earned(log: Folder) -> None:
    pay(log, 1, 900_000_000, len(log.leaves))
    log.write()


def payout_of_a_batch_that_is_not_there(log: Folder) -> None:
    pay(log, 77, 3000, len(log.leaves))
    log.write()


def payout_that_no_sum_shows(log: Folder) -> None:
    """A month later the sums still do not know of it."""
    pay(log, 1, 3000, 3)
    log.change(6, lambda leaf: leaf.update(to_day="2026-12-23"))
    log.write()


def more_paid_than_was_earned(log: Folder) -> None:
    """Each file by itself could be right; together they pay twice what was sold."""

    def change(leaf: dict[str, Any]) -> None:
        leaf["payable"]["paid"] += 24_000
        leaf["payable"]["closing"] -= 24_000
        leaf["bank"]["sent"] += 24_000
        leaf["bank"]["in_transit_closing"] += 24_000

    log.change(5, change)
    for batch in (1, 2, 3):
        pay(log, batch, 8_000, 4 + batch)
    log.write()


def opened_for_another_year(log: Folder) -> None:
    log.change(0, lambda leaf: leaf.update(year=1999))
    log.write()


MUTANTS: list[tuple[str, Mutant]] = [
    ("A7", flipped_entry),
    ("A7", flipped_length_of_an_entry),
    ("A7", flipped_tile),
    ("A7", missing_tile),
    ("A7", missing_entries),
    ("A7", longer_tile),
    ("A8", missing_cosignatures),
    ("A8", false_cosignature),
    ("A8", signed_by_a_stranger),
    ("A8", another_origin),
    ("A8", torn_checkpoint),
    ("A9", rewritten_history),
    ("A9", shorter_log),
    ("A6", dropped_batch),
    ("A6", doubled_batch_number),
    ("A6", first_batch_left_out),
    ("A6", second_opening),
    ("A6", without_opening),
    ("A6", another_municipality),
    ("A6", unreadable_leaf),
    ("A6", leaf_with_a_field_more),
    ("A11", raised_sum),
    ("A11", money_out_of_nothing),
    ("A11", debt_that_disappears),
    ("A11", owed_but_not_spent),
    ("A4", missing_commitments),
    ("A4", flipped_commitment),
    ("A4", torn_commitments),
    ("A4", one_commitment_left_out),
    ("A4", fewer_commitments_than_said),
    ("A4", another_tx_root),
    ("A4", more_for_a_shop),
    ("A4", another_merchant_root),
    ("A6", leaf_after_the_end),
    ("A11", money_at_the_bank),
    ("A5", settled_twice),
    ("A6", opened_for_another_year),
    ("A12", payout_of_what_nobody_earned),
    ("A12", payout_of_a_batch_that_is_not_there),
    ("A12", payout_that_no_sum_shows),
    ("A12", more_paid_than_was_earned),
]
