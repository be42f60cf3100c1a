"""The auditor's command: reads what it was given and trusts nobody (spec 09-audit).

    source      bytes, from an address or a folder      case        everything that was given
    view        the public log, read once               check       a look, a result, the order of doing
    bundles     its leaves, hashed and read             checks/     the table of looks, by family
    seen        checkpoints seen before                 chart       accounts and kinds, written down again
    outside     what others say of the log              sums        what each batch comes to
    tables      the municipality's database             rebuild     state S, made anew
    bankfiles   the bank's files                        anew        commitments, made anew
    papers      a payment's signed papers               manifest    the release's database
    es256       a second opinion on tokens              personal    what must not be public
    ed25519     a second opinion on notes               report      sentences and JSON
    page        one page for a councillor, with its words and style

It runs with the standard library, `ecdsa`, `ledger.log` and `ledger.anchors`. Some inputs need a
package more.
"""
