"""What the auditor reads in a way of its own is what the product reads: top-ups, payments, papers, names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.audit import bundles, es256, papers, personal
from ledger.audit.anew import canonical
from ledger.log import LogError, entry, receipt
from wallet.protocol import presentation, qr
from wallet.protocol.pass_ import DAY, Pass, issue
from wallet.protocol.signing import PrivateKey

CODES = st.from_regex(r"[a-z0-9][a-z0-9._/-]{0,20}", fullmatch=True)
HASH = "ab" * 32


@given(CODES, CODES, st.integers(1, 10**6), st.integers(0, 10**9), st.booleans())
def test_a_top_up_is_read_as_the_log_reads_it(fund: str, batch: str, n: int, more: int, four: bool) -> None:
    leaf = entry.Grant(14, fund, batch, n, n + more, HASH, four)
    found = bundles.Digest()
    bundles.keep(found, 7, [entry.build(leaf)])
    assert (dict(found.given), found.munis, found.unreadable) == ({fund: n + more}, {14: 7}, {})
    assert bundles._GRANT.fullmatch(entry.build(leaf))


@given(
    st.fixed_dictionaries(
        {
            "n": st.sampled_from(["0", "1", "01", "-1", "5"]),
            "total": st.sampled_from(["3", "5", "5.0", "9007199254740992"]),
            "fund": st.sampled_from(["8", "A", "", "-x"]),
            "four": st.sampled_from(["true", "1", "null"]),
        }
    )
)
def test_no_top_up_is_read_that_the_log_refuses(parts: dict[str, str]) -> None:
    raw = (
        f'{{"batch":"b","decision":"{HASH}","four_eyes":{parts["four"]},"fund":"{parts["fund"]}","muni":14,'
        f'"n":{parts["n"]},"t":"grant","total":{parts["total"]},"v":1}}'
    ).encode()
    try:
        entry.parse(raw)
        good = True
    except LogError:
        good = False
    found = bundles.Digest()
    bundles.keep(found, 0, [raw])
    assert bool(found.given) == good
    assert bool(found.unreadable) != good


@given(
    st.integers(1, 999), st.integers(1, 10**6), CODES, st.sampled_from(receipt.KINDS), st.integers(1, 10**9)
)
def test_a_payment_is_written_as_it_was_sealed(no: int, muni: int, fund: str, kind: str, cents: int) -> None:
    text = canonical(muni, no, fund, kind, cents, "2026-11-23", HASH)
    assert text == receipt.Transfer(muni, no, fund, kind, cents, "2026-11-23", HASH).canonical()


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{"release":"nl91abna0417164300"}', ["a bank account number"]),
        ('{"release":"NL91 ABNA 0417 1643 00"}', ["a bank account number"]),
        ('{"release":"nl92abna0417164300"}', []),
        ('{"release":"be68539007547034"}', ["a bank account number"]),
        ('{"x":"123456782"}', ["a citizen service number"]),
        ('{"x":"123456789"}', []),
        ('{"total":123456782,"gap":-111222333}', []),
        ('{"x":"bsn:123456782"}', ["a citizen service number"]),
        ('{"x":"a,111222333"}', ["a citizen service number"]),
        ('{"x":"tel:0612345678"}', ["a mobile phone number"]),
        ('{"x":"ask jan@example.org"}', ["an e-mail address"]),
        ('{"x":"bel 06-12345678"}', ["a mobile phone number"]),
        ('{"x":"made by jan-jansen"}', ["a name from the list"]),
        ('{"x":"janjansen jansen"}', []),
        (f'{{"tx_root":"{"be68539007547034" * 4}"}}', []),
    ],
)
def test_personal_data_is_known_by_its_form(text: str, kinds: list[str]) -> None:
    assert list(personal.find(text.encode(), personal.names_of(["Jan Jansen", "Jan"]))) == kinds


def test_names_are_looked_for_without_accents_and_single_words_are_counted() -> None:
    lines = ["José Núñez", "Søren Łukasz-Weiß", "Jansen", "", "李小龍"]
    assert personal.names_of(lines) == {"jose nunez", "soren lukasz weiss"}
    assert personal.too_short(lines) == 2


def paper(**changes: Any) -> tuple[papers.Payment, papers.Issuer]:
    """A payment with a short code, its papers made by the product."""
    issuer, holder, till = (PrivateKey.from_scalar(n) for n in (5, 6, 7))
    pass_ = Pass("https://i.example", issuer.public.short_kid, 0, DAY, "AAECAwQFBgcICQoL", holder.public.jwk,
                 1, 2, 12, 1500, True)  # fmt: skip
    token, proof = issue(pass_, issuer), presentation.open_proof(1_800_000_000, 900)
    shown = presentation.present(token, proof, holder)
    pres = (
        qr.encode_short(pass_.jti, proof, shown.partition("~")[2]) if changes.pop("short", False) else shown
    )
    from wallet.protocol import record

    sale = record.Record("T", "https://i.example", 1, "0" * 8 + "-0000-0000-0000-" + "0" * 12,
                         "1" * 8 + "-0000-0000-0000-" + "0" * 12, "on", 900, "EUR", 12, False, 1, "A" * 43, 1,
                         pres=pres)  # fmt: skip
    fields = {
        "till": "T", "till_key": till.public.jwk, "merchant": 1001, "txn": sale.txn, "jti": pass_.jti,
        "once": True, "programme": 12, "asked": 900, "seq": 1, "step": proof.step,
        "record": record.write(sale, till),
        "pass_token": token,
        "mode": "on",
        "decided": False,
        "approved": 900,
    }  # fmt: skip
    jwk = {**issuer.public.jwk, "kid": pass_.kid, "vp_use": "pass", "nbf": 0, "exp": DAY}
    return papers.Payment(**{**fields, **changes}), papers.issuer_keys(json.dumps({"keys": [jwk]}).encode())


@pytest.mark.parametrize("short", [False, True])
def test_papers_of_the_product_hold_for_both_libraries(short: bool) -> None:
    fast = es256.fast()
    assert fast is not None
    signatures = papers.read(*paper(short=short))
    assert [one.whose for one in signatures] == ["the till", "the issuer", "the phone"]
    for one in signatures:
        broken = one.signature[:-1] + bytes([one.signature[-1] ^ 1])
        for verify in (fast, es256.slow):
            assert verify(one.public, one.message, one.signature)
            assert not verify(one.public, one.message, broken)
            assert not verify(one.public, one.message + b"x", one.signature)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"asked": 901}, "the till's record says something else than the books"),
        ({"merchant": 1002, "step": 1}, "the phone's proof allows another time or a smaller amount"),
        ({"jti": "AAECAwQFBgcICQoM"}, "the pass is for something else than was paid with it"),
        ({"programme": 13}, "the pass is for something else than was paid with it"),
        ({"till_key": PrivateKey.from_scalar(8).public.jwk}, "the record names another key than its till's"),
        ({"record": "x"}, "it is not a token"),
    ],
)
def test_papers_that_do_not_fit_are_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(es256.PaperError, match=says):
        papers.read(*paper(**changes))
