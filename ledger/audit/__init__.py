"""The auditor's command: reads a public log and trusts nobody (spec 09-audit).

    source      the bytes, from an address or a folder      checks      the table of checks
    view        everything that was read, once              seen        checkpoints seen before
    ed25519     a second opinion on signatures              report      sentences and JSON

It runs with the standard library, `ecdsa` and `ledger.log`.
"""
