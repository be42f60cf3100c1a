"""The bank's files: bytes to plain dataclasses and back (docs/spec/10-bank.md).

Pure: no Django, no clock, no network, no database. Amounts are euro cents. Read in this order:

    refusals    why a file is not taken, in words      pain001   our payments, to the bank
    xml         elements that know their line          pain002   the bank's first answer: what it refuses
    latin       the letters that banks understand      camt053   the account's statement
    forms       which file is which
"""
