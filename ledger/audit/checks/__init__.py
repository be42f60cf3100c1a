"""The table of checks (spec 09-audit): one module per family, one function per look, in the order of doing.

    log        the public bytes           outside    witnesses, mirrors and anchors
    books      accounts and transfers     payments   each payment, its papers and its commitment
    people     top-ups and ends           shops      payouts, bank accounts and bank files
    cover      proof of cover             house      the database's own guards
    privacy    what must not be public
"""
