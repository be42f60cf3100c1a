"""The public memory: a tiled transparency log that anybody can check (specs 07-log, 08-witness).

Pure: no Django, no clock, no network. Bytes come in through arguments and callables,
`now` is an argument, and `cryptography` is called in `note` alone. (`durable` and `hurried` are tools
for the programs around it.) Read in this order:

    entry       what one leaf says           receipt     one holder's, or one shop's, proof
    state       its sums                     canonical   its JSON
    merkle      RFC 6962 roots and proofs    proof       C2SP tlog-proof
    tiles       C2SP tlog-tiles              policy      C2SP tlog-policy
    note        C2SP signed-note             submission  C2SP tlog-witness request
    checkpoint  C2SP tlog-checkpoint
"""


class LogError(ValueError):
    """Every refusal of this package; its text is one plain sentence."""
