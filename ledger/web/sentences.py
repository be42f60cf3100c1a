"""One leaf of the log in one plain sentence."""

from collections.abc import Mapping

from ledger.log import entry
from ledger.showcase.summary import flow_of, total
from ledger.web.form import count, day, euro, moment_of, month
from ledger.web.texts import leaves

Words = dict[str, str]
Names = Mapping[str, str]
"""What each fund is called, by its code."""


def sentence(leaf: entry.Leaf, names: Names, language: str) -> str:
    """What a leaf says."""
    text = leaves.SENTENCES[language]
    key, words = _told(leaf, names, text)
    return text[key].format(**words)


def title(leaf: entry.Leaf, language: str) -> str:
    """What kind of leaf it is."""
    return leaves.TYPES[language][leaf.t]


def fund_name(code: str, names: Names, language: str) -> str:
    """A fund's name, or its number when it has none yet."""
    return names.get(code) or leaves.SENTENCES[language]["fund"].format(code=code)


def _told(leaf: entry.Leaf, names: Names, text: Words) -> tuple[str, Words]:
    """The sentence's key, and what fills it."""
    key, words = leaf.t, dict[str, str]()
    match leaf:
        case entry.Open() | entry.Close():
            words = {"year": str(leaf.year)}
        case entry.Batch():
            words = _batch(leaf)
        case entry.Grant():
            fund = names.get(leaf.fund) or text["fund"].format(code=leaf.fund)
            words = {"n": count(leaf.n), "total": euro(leaf.total), "fund": fund}
        case entry.Cover():
            key, words = "cover" if leaf.gap >= 0 else "cover.short", _cover(leaf)
        case entry.Payout():
            words = {"n": count(leaf.n), "total": euro(leaf.total), "batch": str(leaf.batch)}
        case entry.Recon():
            words = _recon(leaf)
        case entry.Key():
            key = f"key.{leaf.action}"
            words = {"use": text.get(f"key.use.{leaf.use}", leaf.use), "until": moment_of(leaf.exp)}
        case entry.Rules():
            key, words = leaf.t if leaf.release else "policy.bare", {"release": leaf.release}
        case entry.Override():
            words = {"what": leaf.what, "code": leaf.code}
        case entry.Erasure():
            words = {"n": count(leaf.n), "month": month(leaf.month)}
    one = f"{key}.one"
    return one if getattr(leaf, "n", 0) == 1 and one in text else key, words


def _batch(leaf: entry.Batch) -> Words:
    spent = total(flow_of(line) for line in leaf.funds).spent
    days = {"first": day(leaf.from_day), "last": day(leaf.to_day)}
    return {"no": str(leaf.no), "n": count(leaf.n), "spent": euro(spent), **days}


def _cover(leaf: entry.Cover) -> Words:
    there = leaf.bank_closing + leaf.receivable
    amounts = {"there": euro(there), "owed": euro(there - leaf.gap), "gap": euro(abs(leaf.gap))}
    return {"day": day(leaf.date), **amounts}


def _recon(leaf: entry.Recon) -> Words:
    amounts = {"opening": euro(leaf.opening), "closing": euro(leaf.closing), "booked": euro(leaf.booked)}
    return {"day": day(leaf.date), **amounts}
