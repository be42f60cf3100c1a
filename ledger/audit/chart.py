"""The chart of accounts as an auditor knows it (spec 06, sections 1 and 3): written down here once more.

The product has it in its own tables and models. An auditor who took it from there would believe whatever
stands there; a test holds the two together.
"""

BANK, RECEIVABLE, SUSPENSE = 1000, 1300, 1900
FUND, DISTRIBUTION, POT, SLICES = 2000, 2050, 2100, 2150
MERCHANT_OPEN, MERCHANT_DUE = 2200, 2210
IN_TRANSIT, UNIDENTIFIED = 2300, 2400
GUARANTEE, WRITE_OFF = 5000, 5100

DEBIT_SIDE = (BANK, RECEIVABLE, SUSPENSE, GUARANTEE, WRITE_OFF)
GUARDED = (FUND, DISTRIBUTION, POT, SLICES, MERCHANT_DUE)
MAX_AMOUNT = 100_000_000_000  # cents

ALLOCATE, FUNDING, GRANT, CORRECT, REDEEM, SLICE, OFFLINE = 1, 2, 3, 4, 5, 6, 7
VOID, REFUND, SWEEP, SETTLE, SENT, FAILED, BOOKED, RETURNED = 8, 9, 10, 11, 12, 13, 14, 15
UNMATCHED, COVER_LOSS, CLOSE_YEAR = 16, 17, 18

BY_BANK = (FUNDING, SENT, FAILED, BOOKED, RETURNED, UNMATCHED)
"""The kinds that move what is on its way to the bank, lies there, or came from it."""

PAYMENTS = {REDEEM: "redeem", OFFLINE: "redeem", VOID: "void", REFUND: "refund"}
"""The kinds that have a commitment in public, and what they are called there."""
